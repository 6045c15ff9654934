/* GDB's remote protocol: frames and messages, good ones, bad ones and random ones. */
#include "../../grader/gdb/packet.h"
#include "../../grader/gdb/request.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct packet_reader reader;

/* Feeds bytes. Result: what the last one completed. */
static enum packet_event feed(const char *bytes, size_t size)
{
    enum packet_event event = PACKET_NOTHING;

    for (size_t i = 0; i < size; i++)
        event = packet_take(&reader, (uint8_t)bytes[i]);
    return event;
}

static enum packet_event feed_text(const char *text)
{
    return feed(text, strlen(text));
}

/* As request_parse, on a copy of a text; the request stays valid until the next call. */
static struct request parse(const char *text)
{
    static char copy[256];

    strcpy(copy, text);
    return request_parse(copy, strlen(copy));
}

static uint32_t random_next(void)
{
    static uint32_t state = 0x02545f49;

    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

START_TEST(test_frame_is_read)
{
    packet_reader_init(&reader);
    ck_assert_int_eq(feed_text("+$g#67"), PACKET_WHOLE);
    ck_assert_str_eq(reader.payload, "g");
    ck_assert_uint_eq(reader.size, 1);
    ck_assert_int_eq(feed_text("+"), PACKET_RECEIVED);
    ck_assert_int_eq(feed_text("-"), PACKET_AGAIN);
    ck_assert_int_eq(feed_text("\x03"), PACKET_INTERRUPT);
    ck_assert_int_eq(feed_text("$#00"), PACKET_WHOLE);
    ck_assert_uint_eq(reader.size, 0);
}
END_TEST

START_TEST(test_damaged_frame_is_refused)
{
    packet_reader_init(&reader);
    ck_assert_int_eq(feed_text("$g#68"), PACKET_DAMAGED);
    ck_assert_int_eq(feed_text("$g#6x"), PACKET_DAMAGED);
    ck_assert_int_eq(feed_text("$g$?#3f"), PACKET_WHOLE);
    ck_assert_str_eq(reader.payload, "?");
}
END_TEST

START_TEST(test_long_frame_is_refused)
{
    packet_reader_init(&reader);
    feed_text("$");
    for (size_t i = 0; i < PACKET_SIZE + 1; i++)
        feed_text("0");
    ck_assert_int_eq(feed_text("#30"), PACKET_DAMAGED);
    ck_assert_int_eq(feed_text("$g#67"), PACKET_WHOLE);
}
END_TEST

START_TEST(test_any_bytes_survive_a_frame)
{
    static char payload[PACKET_SIZE], frame[PACKET_FRAME_SIZE];

    packet_reader_init(&reader);
    for (unsigned round = 0; round < 200; round++) {
        size_t size = random_next() % (round == 0 ? 1 : PACKET_SIZE + 1);

        for (size_t i = 0; i < size; i++)
            payload[i] = (char)random_next();
        ck_assert_int_eq(feed(frame, packet_frame(payload, size, frame)), PACKET_WHOLE);
        ck_assert_uint_eq(reader.size, size);
        ck_assert_mem_eq(reader.payload, payload, size);
    }
}
END_TEST

START_TEST(test_messages_are_understood)
{
    struct request request = parse("mffffffff80004500,10");

    ck_assert_int_eq(request.kind, REQUEST_MEMORY_READ);
    ck_assert_uint_eq(request.address, 0xffffffff80004500);
    ck_assert_uint_eq(request.size, 16);
    request = parse("M1000,3:00a1ff");
    ck_assert_int_eq(request.kind, REQUEST_MEMORY_WRITE);
    ck_assert_mem_eq(request.data, "\x00\xa1\xff", 3);
    request = parse("X1000,2:ab");
    ck_assert_int_eq(request.kind, REQUEST_MEMORY_WRITE);
    ck_assert_mem_eq(request.data, "ab", 2);
    request = parse("P10=0102030405060708");
    ck_assert_int_eq(request.kind, REQUEST_REGISTER_WRITE);
    ck_assert_uint_eq(request.number, 16);
    ck_assert_uint_eq(request.size, 8);
    request = parse("Z2,4000,8");
    ck_assert_int_eq(request.kind, REQUEST_POINT_SET);
    ck_assert_uint_eq(request.number, POINT_WRITE);
    request = parse("vCont;r401000,401010:1;c");
    ck_assert_int_eq(request.kind, REQUEST_STEP_RANGE);
    ck_assert_uint_eq(request.end, 0x401010);
    request = parse("qRcmd,7469636b");
    ck_assert_int_eq(request.kind, REQUEST_MONITOR);
    ck_assert_str_eq(request.text, "tick");
    request = parse("qXfer:features:read:target.xml:0,ffb");
    ck_assert_int_eq(request.kind, REQUEST_FEATURES);
    ck_assert_str_eq(request.text, "target.xml");
    ck_assert_uint_eq(request.size, 0xffb);
}
END_TEST

static const char *const malformed[] = {
    "m",
    "m1000",
    "m1000,",
    "mxyz,1",
    "m1000,1,",
    "m11112222333344445,1",
    "M1000,2:00",
    "M1000,1:0",
    "M1000,1:zz",
    "M1000,1",
    "X1000,2:a",
    "X1000",
    "p",
    "pzz",
    "p1ffff",
    "P1",
    "P1=0",
    "P=00",
    "Z9,0,1",
    "Z0",
    "Z0,1000",
    "Z0,1000,1;X",
    "vCont;",
    "vCont;t",
    "vCont;r1",
    "qRcmd,7",
    "qRcmd,00",
    "qXfer:features:read:target.xml",
    "qXfer:features:read:a:0",
    "T",
    "Txx",
};

START_TEST(test_malformed_messages_are_bad)
{
    ck_assert_msg(parse(malformed[_i]).kind == REQUEST_BAD, "%s", malformed[_i]);
}
END_TEST

static const char *const unknown[] = {"", "!", "vMustReplyEmpty", "qTStatus", "gg", "?x", "bx"};

START_TEST(test_unknown_messages_are_unknown)
{
    ck_assert_msg(parse(unknown[_i]).kind == REQUEST_UNKNOWN, "%s", unknown[_i]);
}
END_TEST

static const char *const seeds[] = {
    "m1000,10",
    "M1000,3:00a1ff",
    "X1000,4:abcd",
    "P10=0102030405060708",
    "Z2,4000,8",
    "p10",
    "vCont;r401000,401010:1;c",
    "qRcmd,7469636b",
    "qXfer:features:read:target.xml:0,ffb",
    "T1",
};

/* What a request points to must lie in its message. */
static void check_inside(const struct request *request, const char *message, size_t size)
{
    if (request->kind == REQUEST_MEMORY_WRITE || request->kind == REQUEST_REGISTER_WRITE) {
        const char *data = (const char *)request->data;

        ck_assert(data >= message && request->size <= size &&
                  (size_t)(data - message) + request->size <= size);
    }
    if (request->kind == REQUEST_MONITOR || request->kind == REQUEST_FEATURES)
        ck_assert(request->text >= message &&
                  request->text + strlen(request->text) <= message + size);
}

/* The message lies in memory of its own size, so that the sanitizer sees every step beyond it. */
START_TEST(test_random_messages_do_no_harm)
{
    for (unsigned round = 0; round < 200000; round++) {
        const char *seed = seeds[random_next() % (sizeof(seeds) / sizeof(seeds[0]))];
        size_t length = strlen(seed), size = random_next() % (length + 4);
        char *message = calloc(1, size + 1);
        struct request request;

        ck_assert_ptr_nonnull(message);
        memcpy(message, seed, size < length ? size : length);
        for (unsigned changes = random_next() % 4; changes > 0 && size > 0; changes--)
            message[random_next() % size] = (char)random_next();
        request = request_parse(message, size);
        if (request.kind > REQUEST_BAD)
            check_inside(&request, message, size);
        free(message);
    }
}
END_TEST

START_TEST(test_random_bytes_do_no_harm)
{
    static const char likely[] = "$#}+-\x03"
                                 "0123456789abcdefmMXPZgvCont;qRcmd,:";

    packet_reader_init(&reader);
    for (unsigned i = 0; i < 2000000; i++) {
        uint32_t random = random_next();
        uint8_t byte =
            random & 0x100 ? (uint8_t)random : (uint8_t)likely[random % (sizeof(likely) - 1)];

        if (packet_take(&reader, byte) == PACKET_WHOLE)
            request_parse(reader.payload, reader.size);
        ck_assert_uint_le(reader.size, PACKET_SIZE);
    }
}
END_TEST

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

int main(void)
{
    Suite *suite = suite_create("gdb protocol");
    TCase *tests = tcase_create("protocol");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, test_frame_is_read);
    tcase_add_test(tests, test_damaged_frame_is_refused);
    tcase_add_test(tests, test_long_frame_is_refused);
    tcase_add_test(tests, test_any_bytes_survive_a_frame);
    tcase_add_test(tests, test_messages_are_understood);
    tcase_add_loop_test(tests, test_malformed_messages_are_bad, 0, COUNT(malformed));
    tcase_add_loop_test(tests, test_unknown_messages_are_unknown, 0, COUNT(unknown));
    tcase_add_test(tests, test_random_messages_do_no_harm);
    tcase_add_test(tests, test_random_bytes_do_no_harm);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

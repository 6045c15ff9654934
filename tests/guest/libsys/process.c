/* Starting programs, and their ends. */
#include "check.h"

#define ROUNDS 20

static struct process_status status;

static int64_t start_with(const char *file, size_t count, const char *const *arguments,
                          size_t handle_count, const struct program_handle *handles)
{
    int64_t binary = object_open(handle_named("files"), file, 0);
    int64_t process;

    if (binary < 0)
        return binary;
    process = program_start_with(&(struct program_start){.name = file,
                                                         .processes = handle_named("processes"),
                                                         .binary = (uint32_t)binary,
                                                         .arguments = arguments,
                                                         .argument_count = count,
                                                         .handles = handles,
                                                         .handle_count = handle_count});
    handle_close((uint32_t)binary);
    return process;
}

static int64_t start(const char *file, size_t count, const char *const *arguments)
{
    return start_with(file, count, arguments, 0, NULL);
}

/* Start this program once more and wait for it. */
static int64_t run(size_t count, const char *const *arguments)
{
    int64_t process = start("libsys-test", count, arguments), result;

    if (process < 0)
        return process;
    result = process_wait((uint32_t)process, &status);
    handle_close((uint32_t)process);
    return result;
}

static void exit_statuses_arrive(void)
{
    const char *const negative[] = {"x", "status", "-5"}, *const large[] = {"x", "status", "70000"};

    EXPECT(run(3, negative) == 0);
    EXPECT(status.reason == REASON_EXITED && status.status == -5);
    EXPECT(run(3, large) == 0);
    EXPECT(status.reason == REASON_EXITED && status.status == 70000);
}

static void arguments_arrive(void)
{
    const char *arguments[PROGRAM_ARGUMENTS_MAX + 1] = {"x", "count"};

    for (size_t i = 2; i <= PROGRAM_ARGUMENTS_MAX; i++)
        arguments[i] = i % 2 ? "" : "word";
    EXPECT(run(2, arguments) == 0 && status.status == 2);
    EXPECT(run(PROGRAM_ARGUMENTS_MAX, arguments) == 0 && status.status == PROGRAM_ARGUMENTS_MAX);
    EXPECT(run(PROGRAM_ARGUMENTS_MAX + 1, arguments) == -E_RANGE);
}

static void long_arguments_are_refused(void)
{
    static char word[PROGRAM_ARGUMENTS_SIZE_MAX + 1];
    const char *const arguments[] = {"x", "count", word};

    memset(word, 'a', sizeof(word) - 1);
    EXPECT(run(3, arguments) == -E_RANGE);
    word[sizeof(word) - 1 - sizeof("x") - sizeof("count") - 1] = 0;
    EXPECT(run(3, arguments) == 0 && status.status == 3);
}

static void killing_is_told(void)
{
    const char *const arguments[] = {"x", "wait"};
    int64_t process = start("libsys-test", 2, arguments);
    int64_t number = object_get((uint32_t)process, PROPERTY_NUMBER);
    char name[24];

    EXPECT(process > 0 && number > 0);
    format_text(name, sizeof(name), "%ld", number);
    EXPECT(object_remove(handle_named("processes"), name, 0) == 0);
    EXPECT(process_wait((uint32_t)process, &status) == 0);
    EXPECT(status.reason == REASON_KILLED && status.status == 137);
    EXPECT(object_remove(handle_named("processes"), name, 0) == -E_NOT_FOUND);
    handle_close((uint32_t)process);
}

static uint32_t make(uint32_t kind)
{
    return (uint32_t)object_create(handle_named("self"), kind, NULL, 0, 0);
}

static void servers_publish_by_themselves(void)
{
    const char *const arguments[] = {"x", "serve"};
    uint32_t names = make(OBJECT_TABLE), ready = make(OBJECT_EVENT);
    const struct program_handle handles[] = {{"names", names, RIGHT_SHARE},
                                             {"ready", ready, RIGHT_WRITE}};
    int64_t process = start_with("libsys-test", 2, arguments, 2, handles), answer;
    uint64_t count;
    char text[8];

    EXPECT(process > 0);
    EXPECT(object_read(ready, &count, sizeof(count), 0) == sizeof(count));
    answer = object_open(names, "answer", 0);
    EXPECT(answer > 0);
    EXPECT(object_read((uint32_t)answer, text, 8, 0) == 4 && memcmp(text, "here", 4) == 0);
    EXPECT(object_remove((uint32_t)process, NULL, 0) == 0);
    /* Its port went with it. */
    EXPECT(object_read((uint32_t)answer, text, 8, 0) == -E_GONE);
    handle_close((uint32_t)answer);
    handle_close((uint32_t)process);
    handle_close(names);
    handle_close(ready);
}

static void what_is_no_program_is_refused(void)
{
    const char *const arguments[] = {"x"};

    EXPECT(start("init.conf", 1, arguments) == -E_NOT_PROGRAM);
    EXPECT(start("nothing", 1, arguments) == -E_NOT_FOUND);
}

static void nothing_is_left_behind(void)
{
    const char *const arguments[] = {"x", "status", "0"};
    int64_t frames = 0, handles = 0;

    for (int i = 0; i <= ROUNDS; i++) {
        if (i == 1) {
            frames = object_get(handle_named("processes"), PROPERTY_FREE_FRAMES);
            handles = object_get(handle_named("self"), PROPERTY_HANDLES);
        }
        EXPECT(run(3, arguments) == 0 && status.status == 0);
        start("init.conf", 1, arguments);
    }
    EXPECT(frames > 0);
    EXPECT(object_get(handle_named("processes"), PROPERTY_FREE_FRAMES) == frames);
    EXPECT(object_get(handle_named("self"), PROPERTY_HANDLES) == handles);
}

void process_tests(void)
{
    test_run("exit-statuses", exit_statuses_arrive);
    test_run("arguments", arguments_arrive);
    test_run("long-arguments", long_arguments_are_refused);
    test_run("killing-is-told", killing_is_told);
    test_run("servers-publish", servers_publish_by_themselves);
    test_run("no-program", what_is_no_program_is_refused);
    test_run("nothing-is-left-behind", nothing_is_left_behind);
}

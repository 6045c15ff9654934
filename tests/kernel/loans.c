/* Memory that is lent: how far the borrower reaches, and that nothing is left of it afterwards. */
#include "words.h"

const char *const guest_name = "loans";

#define BORROWED                                                                                   \
    (RIGHT_READ | RIGHT_WRITE | RIGHT_MAP | RIGHT_GET | RIGHT_DUPLICATE | RIGHT_TRANSFER)

static struct {
    struct call call;
    char name[8];
} received;

static uint32_t port, object;

static void port_open(void)
{
    port = (uint32_t)object_create(self, OBJECT_PORT, NULL, 0, 0);
    object = (uint32_t)object_create(port, OBJECT_REMOTE, NULL, RIGHT_ALL, 7);
}

/* Take a call that brings a handle: that, or an error. */
static int64_t receive(void)
{
    int64_t result = request_wait((struct request){.op = OP_RECEIVE,
                                                   .handle = port,
                                                   .buffer = (uint64_t)&received,
                                                   .length = sizeof(received),
                                                   .arg0 = 1});

    return result < 0 ? result : received.call.handle;
}

static int64_t reply(int64_t result)
{
    return port_reply(port, received.call.number, result, NULL, 0, 0);
}

static void gone(uint32_t loan)
{
    uint64_t word = 0;

    check_is(object_get(loan, PROPERTY_SIZE), 0);
    check_is(object_read(loan, &word, 8, 0), -E_GONE);
    check_is(object_write(loan, &word, 8, 0),
             handle_duplicate(loan, RIGHT_WRITE) < 0 ? -E_DENIED : -E_GONE);
    check_is(map(loan, MAP_READ, 0, PAGE_SIZE, 0), -E_GONE);
}

/* Views of one's own: all that is mapped by the loan goes, and nothing else. */
static void taken_back(void)
{
    uint64_t used, word = 5;
    uint32_t memory = memory_numbered(8), loan, other, copy;

    check_is(map(memory, MAP_WRITE, SOMEWHERE, PAGES(8), 0), SOMEWHERE);
    for (uint64_t i = 0; i < 8; i++)
        check_is(*word_at(SOMEWHERE + PAGES(i)), i + 1);
    loan = (uint32_t)memory_loan(memory, PAGES(2), PAGES(4));
    other = (uint32_t)memory_loan(memory, PAGES(2), PAGES(4));
    check_is(object_get(loan, PROPERTY_TYPE), OBJECT_MEMORY);
    check_is(object_get(loan, PROPERTY_SIZE), PAGES(4));
    check_is(word_get(loan, 1), 4);
    check_is(word_set(loan, 1, 44), 8);
    check_is(map(loan, MAP_READ, 0, PAGES(5), 0), -E_RANGE);
    check_is(map(loan, MAP_WRITE, ELSEWHERE, PAGES(4), 0), ELSEWHERE);
    check_is(map(loan, MAP_READ, ELSEWHERE + PAGES(8), PAGES(1), PAGES(3)), ELSEWHERE + PAGES(8));
    check_is(map(other, MAP_READ, ELSEWHERE + PAGES(16), PAGES(4), 0), ELSEWHERE + PAGES(16));
    check_is(*word_at(ELSEWHERE + PAGES(1)), 44);
    *word_at(ELSEWHERE) = 33;
    *word_at(ELSEWHERE + PAGES(3)) = 66;
    check_is(*word_at(ELSEWHERE + PAGES(8)), 66);
    check_is(*word_at(ELSEWHERE + PAGES(16)), 33);
    unmap(ELSEWHERE + PAGES(2), PAGES(1)); /* what is cut is still the loan's, both halves of it */
    copy = (uint32_t)handle_duplicate(loan, BORROWED);
    used = own_frames();
    check_is(handle_close(loan), 0);
    for (uint64_t page = 0; page < 9; page++) {
        check_is(object_write(memory, (void *)(ELSEWHERE + PAGES(page)), 8, 0), -E_BUFFER);
        check_is(object_read(memory, (void *)(ELSEWHERE + PAGES(page)), 8, 0), -E_BUFFER);
    }
    check(own_frames() <= used);
    gone(copy);
    gone((uint32_t)handle_duplicate(copy, RIGHT_READ | RIGHT_MAP | RIGHT_GET));
    check_is(*word_at(ELSEWHERE + PAGES(16)), 33);
    check_is(*word_at(SOMEWHERE + PAGES(2)), 33);
    check_is(word_get(memory, 5), 66);
    handle_close(memory); /* the loan that is left keeps the pages */
    unmap(SOMEWHERE, PAGES(8));
    check_is(word_get(other, 0), 33);
    handle_close(other);
    check_is(object_write(copy, (void *)(ELSEWHERE + PAGES(16)), 8, 0), -E_GONE);
    check_is(object_write((uint32_t)event_make(), (void *)(ELSEWHERE + PAGES(16)), 8, 0),
             -E_BUFFER);
    check_is(object_write((uint32_t)event_make(), &word, 8, 0), 8);
}

/* What a borrower may, and may not. */
static void rights(void)
{
    uint32_t memory = memory_numbered(4), view = (uint32_t)memory_view(memory, 0, PAGES(2), false);
    uint32_t loan = (uint32_t)memory_loan(memory, 0, PAGES(4)), poor;
    uint64_t word;

    poor = (uint32_t)handle_duplicate(loan, BORROWED);
    check_is(handle_close(poor), 0);
    check_is(handle_duplicate(loan, RIGHT_CREATE), -E_DENIED);
    check_is(handle_duplicate(loan, RIGHT_EXECUTE), -E_DENIED);
    check_is(handle_duplicate(loan, RIGHT_PHYSICAL), -E_DENIED);
    check_is(object_get(loan, PROPERTY_PHYSICAL), -E_DENIED);
    check(memory_view(loan, 0, PAGE_SIZE, false) < 0);
    check(memory_copy(loan, 0, PAGE_SIZE) < 0);
    check(memory_loan(loan, 0, PAGE_SIZE) < 0);
    check_is(map(loan, MAP_EXECUTE, 0, PAGE_SIZE, 0), -E_DENIED);

    /* nothing is mapped for writing here and for execution there, by a loan either */
    check_is(map(memory, MAP_EXECUTE, SOMEWHERE, PAGE_SIZE, 0), SOMEWHERE);
    check_is(map(loan, MAP_WRITE, ELSEWHERE, PAGES(2), 0), -E_BUSY);
    check_is(map(loan, MAP_WRITE, ELSEWHERE, PAGE_SIZE, PAGE_SIZE), ELSEWHERE);
    check_is(map(memory, MAP_EXECUTE, 0, PAGES(2), 0), -E_BUSY);
    check_is(handle_close(loan), 0);
    check(map(memory, MAP_EXECUTE, 0, PAGES(2), 0) > 0);

    loan = (uint32_t)memory_loan(view, PAGE_SIZE, PAGE_SIZE); /* what cannot be written cannot so */
    check_is(word_get(loan, 0), 2);
    check_is(word_set(loan, 0, 1), -E_DENIED);
    check_is(map(loan, MAP_WRITE, 0, PAGE_SIZE, 0), -E_DENIED);
    check_is(memory_loan(view, PAGES(1), PAGES(2)), -E_RANGE);
    poor = (uint32_t)handle_duplicate(view, RIGHT_READ | RIGHT_MAP);
    check_is(memory_loan(poor, 0, PAGE_SIZE), -E_DENIED);
    check_is(object_set((uint32_t)object_create(processes, OBJECT_PROCESS, "x", 0, 0),
                        PROPERTY_BINARY, loan),
             -E_STATE);
    check_is(object_read(loan, &word, 8, 0), 8);
}

/* A server: takes the calls of a port, uses what is lent, and goes on using it. */
static void child_borrower(void)
{
    uint64_t word;
    uint32_t loan;

    port = handle_named("port");
    for (;;) {
        check((loan = (uint32_t)receive()) != 0);
        check_is(received.name[0], 'b');
        check_is(map(loan, MAP_READ, SOMEWHERE, PAGE_SIZE, 0), SOMEWHERE);
        word = *word_at(SOMEWHERE);
        if (word == 9)
            program_exit(9); /* with the call open */
        check_is(word_set(loan, 0, word + 1), received.call.arg1 & RIGHT_WRITE ? 8 : -E_DENIED);
        if (word == 7)
            enter(0, 1, NEVER - 1);
        check_is(reply((int64_t)word), 0);
        gone(loan);
        check_is(object_write(handle_named("event"), (void *)SOMEWHERE, 8, 0), -E_BUFFER);
        handle_close(loan);
        if (word == 5)
            check_is(*word_at(SOMEWHERE), 0); /* as everywhere where nothing is mapped */
    }
}

static bool ended(int64_t process, enum reason reason, uint64_t address)
{
    struct process_status status;

    return process > 0 && process_wait((uint32_t)process, &status) == 0 &&
           status.reason == reason && status.address == address;
}

static int64_t borrower_start(void)
{
    return child_start(
        "borrower",
        (struct program_handle[]){{"port", port, 0}, {"event", (uint32_t)event_make(), 0}}, 2);
}

static void child_lender(void)
{
    uint32_t memory = (uint32_t)memory_create(PAGE_SIZE);

    word_set(memory, 0, 7);
    memory_lend(handle_named("object"), "b", memory, 0, PAGE_SIZE, true);
}

/* A call with memory: it is lent as long as the call lasts, and no longer. */
static void calls(void)
{
    uint32_t memory = memory_numbered(8);
    int64_t process;

    port_open();
    process = borrower_start();
    check_is(memory_lend(object, "b", memory, PAGES(2), PAGES(2), true), 3);
    check_is(word_get(memory, 2), 4);
    check_is(memory_lend(object, "b", memory, 0, PAGE_SIZE, false), 1);
    check_is(word_get(memory, 0), 1);
    check_is(map(memory, MAP_WRITE, SOMEWHERE, PAGES(8), 0), SOMEWHERE);
    check_is(memory_lend(object, "b", memory, PAGES(4), PAGE_SIZE, true), 5);
    check(ended(process, REASON_PAGE_FAULT, SOMEWHERE));
    check_is(*word_at(SOMEWHERE + PAGES(4)), 6);
    *word_at(SOMEWHERE) = 9; /* the borrower dies in the call */
    check(borrower_start() > 0);
    handle_close(port);
    check_is(memory_lend(object, "b", memory, 0, PAGE_SIZE, true), -E_GONE);
    check_is(memory_lend(object, "b", memory, 0, PAGE_SIZE, true), -E_GONE);
    check_is(memory_lend(object, "b", memory, 0, PAGES(9), true), -E_RANGE);
    check_is(memory_lend(0, "b", memory, 0, PAGES(1), true), -E_HANDLE);
    check_is(*word_at(SOMEWHERE), 9);
}

/* The lender dies in the call: the borrower, which has it mapped, has nothing more. */
static void lender_dies(void)
{
    int64_t process;
    uint32_t loan;

    port_open();
    process = child_start("lender", (struct program_handle[]){{"object", object, 0}}, 1);
    check((loan = (uint32_t)receive()) != 0);
    check_is(map(loan, MAP_WRITE, SOMEWHERE, PAGE_SIZE, 0), SOMEWHERE);
    check_is(*word_at(SOMEWHERE), 7);
    *word_at(SOMEWHERE) = 8;
    check_is(object_remove((uint32_t)process, NULL, 0), 0);
    gone(loan);
    check_is(object_write((uint32_t)event_make(), (void *)SOMEWHERE, 8, 0), -E_BUFFER);
    check_is(reply(0), -E_NOT_FOUND);
}

/* A request of the borrower that waits with its buffer there finds none, and takes nothing. */
static void in_flight(void)
{
    uint32_t memory = memory_numbered(2), loan = (uint32_t)memory_loan(memory, 0, PAGES(2));
    uint32_t event = (uint32_t)event_make();

    check_is(map(loan, MAP_WRITE, ELSEWHERE, PAGES(2), 0), ELSEWHERE);
    check_is(*word_at(ELSEWHERE), 1);
    check(ring_push(thread_ring(), (struct request){.op = OP_READ,
                                                    .handle = event,
                                                    .buffer = ELSEWHERE + PAGE_SIZE - 4,
                                                    .length = 8,
                                                    .user_data = 1}));
    submit_all(0);
    check_is(handle_close(loan), 0);
    check_is(event_add(event, 3), 8);
    check_is(result_of(1), -E_BUFFER);
    check_is(object_get(event, PROPERTY_COUNT), 3);
    check_is(word_get(memory, 0), 1);
}

/* Of paged memory: whoever touches a page asks for it. Taken back meanwhile, nobody has it. */
static void paged(void)
{
    uint32_t memory, loan, event = (uint32_t)event_make();
    uint64_t word = 41;

    port_open();
    memory = (uint32_t)memory_create_paged(PAGES(2), object, UINT64_C(1000000000));
    loan = (uint32_t)memory_loan(memory, PAGE_SIZE, PAGE_SIZE);
    check_is(map(loan, MAP_WRITE, ELSEWHERE, PAGE_SIZE, 0), ELSEWHERE);
    check_is(event_add(event, 1), 8);
    for (uint64_t i = 0; i < 2; i++) {
        check(ring_push(thread_ring(), (struct request){.op = i ? OP_READ : OP_WRITE,
                                                        .handle = i ? loan : event,
                                                        .buffer = i ? (uint64_t)&word : ELSEWHERE,
                                                        .length = 8,
                                                        .user_data = i}));
        submit_all(0);
    }
    check_is(receive(), 0);
    check_is(received.call.offset, PAGE_SIZE);
    check_is(handle_close(loan), 0);
    check_is(port_reply(port, received.call.number, 8, &word, 8, 0), 0);
    check_is(result_of(0), -E_BUFFER);
    check_is(receive(), 0);
    check_is(reply(0), 0);
    check_is(result_of(1), -E_GONE);
    check_is(word_get(memory, 1), 41);
    check_is(object_get(event, PROPERTY_COUNT), 1);
}

const struct guest_test guest_tests[] = {
    {"taken-back", taken_back}, {"rights", rights}, {"calls", calls}, {"lender-dies", lender_dies},
    {"in-flight", in_flight},   {"paged", paged},   {NULL, NULL}};

const struct guest_test guest_children[] = {
    {"borrower", child_borrower}, {"lender", child_lender}, {NULL, NULL}};

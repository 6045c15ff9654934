/* The fuzzer's first process: rounds of workers and servers, and what must be so after each. */
#include "fuzz.h"

#include "serial.h"

#define WORKER_QUOTA 6000
#define WILD_QUOTA   2000
#define SERVER_QUOTA 4000
#define FRAMES       3000 /* that a worker may have */
#define ROUND_NS     UINT64_C(60000000000)
#define REST_NS      UINT64_C(20000000)
#define TOLD_EACH    50000   /* requests */
#define ENOUGH       1000000 /* requests for each operation to have succeeded */
#define PORTS        2u
#define REMOTES      4u

enum { SERVER_SLOTS = PORTS, SLOTS = 6 };

static const char *const roles[SLOTS] = {"server", "server", "careful", "careful", "racy", "wild"};

static struct {
    uint64_t seed, operations, first;
} plan = {.seed = 1, .operations = 1000000};

struct slot {
    uint32_t process; /* 0: none */
    uint32_t starts;
    bool killed;
    struct process_status status;
};

static struct round {
    uint64_t number, seed;
    struct slot slots[SLOTS];
    uint32_t ports[PORTS], remotes[REMOTES];
    uint32_t working; /* workers that the round waits for */
} round;

static uint32_t processes, files, power, board_memory;

static _Noreturn void end(bool good)
{
    serial_format("%s fuzz: seed %lu, %lu rounds, %lu requests, %lu words rewritten\n",
                  good ? "ok" : "FAIL", plan.seed, round.number - plan.first + good,
                  board->accepted, board->rewritten);
    power_off(power, 0, !good);
    program_exit(1);
}

static _Noreturn __attribute__((format(printf, 1, 2))) void fail(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    serial_format("FAIL fuzz: round %lu: ", round.number);
    serial_list(format, list);
    serial_format("\n");
    va_end(list);
    end(false);
}

static void status_read(unsigned which)
{
    struct slot *slot = &round.slots[which];

    ring_push(thread_ring(), (struct request){.op = OP_READ,
                                              .handle = slot->process,
                                              .user_data = which,
                                              .buffer = (uint64_t)&slot->status,
                                              .length = sizeof(slot->status)});
}

static void slot_start(unsigned which)
{
    static const char *const remote_names[] = {"remote1", "remote2", "remote3", "remote4"};
    struct slot *slot = &round.slots[which];
    bool is_server = which < SERVER_SLOTS, is_wild = which == SLOTS - 1;
    uint32_t given = RIGHT_READ | RIGHT_CREATE | RIGHT_GET | RIGHT_DUPLICATE | RIGHT_TRANSFER;
    struct program_handle handles[12] = {{"board", board_memory, 0}};
    char seed[24], quota[24];
    const char *arguments[] = {"fuzz", roles[which], seed, quota};
    size_t count = 1;
    int64_t binary = object_open(files, "fuzz", RIGHT_READ), process;

    if (!is_wild)
        handles[count++] = (struct program_handle){"io-space", handle_named("io-space"), 0};
    if (is_server) {
        handles[count++] = (struct program_handle){"port", round.ports[which], 0};
    } else {
        handles[count++] = (struct program_handle){"processes", processes, given};
        handles[count++] = (struct program_handle){"files", files, 0};
        handles[count++] =
            (struct program_handle){"interrupts", handle_named("interrupts"),
                                    RIGHT_READ | RIGHT_OPEN | RIGHT_GET | RIGHT_DUPLICATE};
        for (unsigned i = 0; i < REMOTES; i++)
            handles[count++] = (struct program_handle){remote_names[i], round.remotes[i], 0};
    }
    format_text(seed, sizeof(seed), "%lu",
                seed_derive(round.seed, which * 1000 + slot->starts++) >> 1);
    format_text(quota, sizeof(quota), "%u",
                is_server ? SERVER_QUOTA
                : is_wild ? WILD_QUOTA
                          : WORKER_QUOTA);
    process = program_start_with(&(struct program_start){.name = roles[which],
                                                         .processes = processes,
                                                         .binary = (uint32_t)binary,
                                                         .arguments = arguments,
                                                         .argument_count = 4,
                                                         .handles = handles,
                                                         .handle_count = count});
    if (process < 0)
        fail("%s does not start: %s", roles[which], error_text(process));
    handle_close((uint32_t)binary);
    object_set((uint32_t)process, PROPERTY_FRAME_LIMIT, FRAMES);
    slot->process = (uint32_t)process;
    slot->killed = false;
    status_read(which);
}

/* Only those whose memory nobody writes over must end as they should. */
static void status_check(unsigned which)
{
    const struct slot *slot = &round.slots[which];
    const struct process_status *status = &slot->status;
    const char *role = roles[which];
    bool is_wild = which == SLOTS - 1, is_racy = which == SLOTS - 2;

    if (is_wild || (slot->killed && status->reason == REASON_KILLED))
        return;
    if (status->reason == REASON_EXITED && status->status == FINDING) {
        while (!__atomic_load_n(&board->told, __ATOMIC_ACQUIRE))
            sleep_until_ns(time_now_ns() + REST_NS);
        end(false);
    }
    if (is_racy || (status->reason == REASON_EXITED && status->status == 0))
        return;
    fail("%s ended: %s, status %lld, address %llx, instruction %llx", role,
         reason_text(status->reason), (long long)status->status,
         (unsigned long long)status->address, (unsigned long long)status->instruction);
}

/* A process has ended: servers and wild ones are started again as long as there is work. */
static void slot_end(unsigned which)
{
    struct slot *slot = &round.slots[which];

    status_check(which);
    handle_close(slot->process);
    slot->process = 0;
    if (which >= SERVER_SLOTS && which < SLOTS - 1)
        round.working--;
    else if (round.working > 0)
        slot_start(which);
}

static void slots_take(uint64_t deadline_ns)
{
    struct completion completion;

    enter(ring_pending(thread_ring()), 1, deadline_ns);
    while (ring_pop(thread_ring(), &completion)) {
        if (completion.user_data >= SLOTS || completion.result != sizeof(struct process_status))
            fail("the wait for %s: %lld", roles[completion.user_data % SLOTS],
                 (long long)completion.result);
        slot_end((unsigned)completion.user_data);
    }
}

static void slot_kill(unsigned which)
{
    struct slot *slot = &round.slots[which];

    if (!slot->process)
        return;
    slot->killed = true;
    object_remove(slot->process, NULL, 0);
}

static void round_start(void)
{
    for (unsigned i = 0; i < PORTS; i++)
        round.ports[i] = (uint32_t)object_create(self, OBJECT_PORT, NULL, 0, i ? PORT_AGAIN : 0);
    for (unsigned i = 0; i < REMOTES; i++)
        round.remotes[i] =
            (uint32_t)object_create(round.ports[i % PORTS], OBJECT_REMOTE, NULL, RIGHT_ALL, i + 1);
    round.working = SLOTS - SERVER_SLOTS - 1;
    for (unsigned i = 0; i < SLOTS; i++) {
        round.slots[i].starts = 0;
        slot_start(i);
    }
}

static uint32_t others_end(bool kill)
{
    struct table_entry entry;
    int64_t own = object_get(self, PROPERTY_NUMBER);
    uint32_t count = 0;

    for (uint64_t i = 0; table_entry_read(processes, i, &entry) == 1; i++) {
        uint64_t number = 0;

        if (!text_to_number(entry.name, &number) || (int64_t)number == own)
            continue;
        count++;
        if (kill) {
            object_remove(processes, entry.name, 0);
            i--;
        }
    }
    return count;
}

/* All that a round has started ends; the workers' own children too. */
static void round_end(void)
{
    for (unsigned i = 0; i < SLOTS; i++)
        slot_kill(i);
    for (unsigned i = 0; i < SLOTS; i++)
        while (round.slots[i].process)
            slots_take(NEVER);
    if (others_end(false))
        sleep_until_ns(time_now_ns() + REST_NS);
    others_end(true);
    for (unsigned i = 0; i < REMOTES; i++)
        handle_close(round.remotes[i]);
    for (unsigned i = 0; i < PORTS; i++)
        handle_close(round.ports[i]);
}

static void round_play(uint64_t number)
{
    int64_t frames = object_get(processes, PROPERTY_FREE_FRAMES);
    int64_t handles = object_get(self, PROPERTY_HANDLES), after;
    uint64_t start = time_now_ns(), kill_ns;

    round.number = number;
    round.seed = seed_derive(plan.seed, number);
    kill_ns = (round.seed & 3) == 0 ? start + (round.seed >> 8 & 0x3ffffff) : NEVER;
    round_start();
    while (round.working > 0) {
        slots_take(kill_ns < start + ROUND_NS ? kill_ns : start + ROUND_NS);
        if (time_now_ns() >= kill_ns) {
            slot_kill((unsigned)(round.seed >> 40) % SLOTS);
            kill_ns = NEVER;
        }
        if (time_now_ns() > start + ROUND_NS)
            fail("it does not end");
    }
    round_end();
    after = object_get(processes, PROPERTY_FREE_FRAMES);
    if (after != frames && number != plan.first) /* a first start leaves something for good */
        fail("%lld frames were free before, %lld after", (long long)frames, (long long)after);
    after = object_get(self, PROPERTY_HANDLES);
    if (after != handles)
        fail("%lld handles were open before, %lld after", (long long)handles, (long long)after);
}

/* "seed=1 operations=1000000 first=0", in any order. */
static void plan_read(void)
{
    static char text[256];
    static const struct {
        const char *name;
        uint64_t *value;
    } items[] = {{"seed=", &plan.seed}, {"operations=", &plan.operations}, {"first=", &plan.first}};
    int64_t file = object_open(files, "fuzz.conf", RIGHT_READ);

    read_all((uint32_t)file, text, sizeof(text) - 1, 0);
    handle_close((uint32_t)file);
    for (char *word = text; *word;) {
        char *next = word;

        while (*next && *next != ' ' && *next != '\n')
            next++;
        if (*next)
            *next++ = 0;
        for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++)
            if (text_starts_with(word, items[i].name))
                text_to_number(word + strlen(items[i].name), items[i].value);
        word = next;
    }
}

void supervisor_run(void)
{
    uint64_t told = 0;

    processes = handle_named("processes");
    files = handle_named("files");
    power = handle_named("power");
    plan_read();
    board_memory = (uint32_t)memory_create(PAGE_SIZE);
    if (object_map(self, board_memory, MAP_WRITE, BOARD, PAGE_SIZE, 0) < 0)
        fail("no board");
    thread_priority_set(PRIORITY_SERVICE);
    for (uint64_t number = plan.first; board->accepted < plan.operations; number++) {
        round_play(number);
        if (board->accepted / TOLD_EACH > told) {
            told = board->accepted / TOLD_EACH;
            serial_format("fuzz: %lu of %lu requests, round %lu\n", board->accepted,
                          plan.operations, number);
        }
    }
    for (unsigned op = 0; op < OP_COUNT && plan.operations >= ENOUGH; op++)
        if (!board->good[op])
            fail("operation %u never succeeded: its requests are not good enough", op);
    end(true);
}

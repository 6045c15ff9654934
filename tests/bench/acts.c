/*
 * acts: what points.c (on the host) measures between two places in the machine; `init` of an image
 * of its own. It does each act many times, one kind after the other, and calls act_begin before
 * each kind. Then it turns the machine off.
 *
 * For the interrupt there are three processes: this one computes and makes the serial line
 * interrupt, by allowing it to tell that it has nothing to send; a driver waits for that, and a
 * client waits for the driver's answer. Both go before this one, so they wait whenever it runs.
 */
#include <orrery.h>

#include "libsys/port_io.h"

#define ROUNDS 200u

#define UART_IDENTIFY 0x3fa
#define UART_MODEM    0x3fc
#define MODEM_LINES   0x0b /* ready, and interrupts reach the processor */

/*
 * Places to stop at: before each kind of act; where driver and client go on when their wait is
 * over; where the line is made to interrupt.
 */
void act_begin(void);
uint64_t driver_enter(uint64_t submit, uint64_t wait, uint64_t deadline_ns);
uint64_t client_enter(uint64_t submit, uint64_t wait, uint64_t deadline_ns);
void interrupt_make(void);
__asm__(".text\n"
        "act_begin: ret\n"
        "driver_enter: syscall\n"
        "driver_awake: ret\n"
        "client_enter: syscall\n"
        "client_awake: ret\n"
        /* with the interrupt off and on again, the line says at once that it is empty */
        "interrupt_make: mov $0x3f9, %edx\n"
        "xor %eax, %eax\n"
        "out %al, %dx\n"
        "mov $2, %eax\n"
        "interrupt_out: out %al, %dx\n"
        "ret\n"
        ".globl act_begin, driver_enter, driver_awake, client_enter, client_awake\n"
        ".globl interrupt_make, interrupt_out\n");

static int64_t ports_map(void)
{
    return object_map(handle_named("self"), handle_named("io-ports"), 0, 0, 0, 0);
}

static void push(uint16_t op, uint32_t handle, void *buffer, uint64_t length, uint64_t arg0)
{
    ring_push(thread_ring(), (struct request){.op = op,
                                              .handle = handle,
                                              .user_data = op,
                                              .buffer = (uint64_t)buffer,
                                              .length = length,
                                              .arg0 = arg0});
}

/* Answers a read with nothing whenever there was an interrupt. */
static _Noreturn void driver(void)
{
    static struct call call;
    uint32_t line = handle_named("interrupt"), port = handle_named("port");
    struct completion completion;
    uint64_t count;

    thread_priority_set(PRIORITY_DRIVER);
    ports_map();
    push(OP_RECEIVE, port, &call, sizeof(call), 0);
    push(OP_READ, line, &count, sizeof(count), 0);
    push(OP_WRITE, line, NULL, 0, 0);
    for (;;) {
        driver_enter(ring_pending(thread_ring()), 1, NEVER);
        while (ring_pop(thread_ring(), &completion)) {
            if (completion.user_data != OP_READ)
                continue;
            port_in8(UART_IDENTIFY); /* it is silent until it is asked again */
            push(OP_REPLY, port, NULL, 0, call.number);
            push(OP_RECEIVE, port, &call, sizeof(call), 0);
            push(OP_READ, line, &count, sizeof(count), 0);
            push(OP_WRITE, line, NULL, 0, 0);
        }
    }
}

static int client(void)
{
    struct completion completion;

    thread_priority_set(PRIORITY_SERVICE);
    for (;;) {
        push(OP_READ, handle_named("object"), NULL, 0, 0);
        client_enter(1, 1, NEVER);
        if (!ring_pop(thread_ring(), &completion) || completion.result < 0)
            return 1;
    }
}

static int64_t role_start(const char *role, const struct program_handle *handles, size_t count)
{
    const char *const arguments[] = {"acts", role};
    int64_t binary = object_open(handle_named("files"), "init", 0);

    return program_start_with(&(struct program_start){.name = role,
                                                      .processes = handle_named("processes"),
                                                      .binary = (uint32_t)binary,
                                                      .arguments = arguments,
                                                      .argument_count = 2,
                                                      .handles = handles,
                                                      .handle_count = count});
}

/* Each resolves a handle, with a right that it must have. */
static void handles_find(void)
{
    act_begin();
    for (unsigned i = 0; i < ROUNDS; i++)
        object_get(handle_named("self"), PROPERTY_HANDLES);
}

/* Each touch takes a frame; in the end they are all given back. */
static void frames_use(void)
{
    volatile uint8_t *pages = memory_allocate(ROUNDS * PAGE_SIZE);

    pages[0] = 1; /* the tables are there from now on */
    act_begin();
    for (unsigned i = 1; i < ROUNDS; i++)
        pages[i * PAGE_SIZE] = 1;
    memory_free((void *)(uintptr_t)pages, ROUNDS * PAGE_SIZE);
}

static void interrupts_make(void)
{
    uint32_t port = (uint32_t)object_create(handle_named("self"), OBJECT_PORT, NULL, 0, 0);
    struct program_handle to_driver[] = {
        {"port", port, 0},
        {"interrupt", (uint32_t)path_open(handle_named("interrupts"), "4", 0), 0},
        {"io-ports", (uint32_t)path_open(handle_named("io-space"), "3f8-3ff", 0), 0}};
    struct program_handle to_client[] = {
        {"object", (uint32_t)object_create(port, OBJECT_REMOTE, NULL, RIGHT_ALL, 1), 0}};

    if (role_start("driver", to_driver, 3) < 0 || role_start("client", to_client, 1) < 0 ||
        object_map(handle_named("self"), to_driver[2].handle, 0, 0, 0, 0) < 0)
        program_exit(1);
    port_out8(UART_MODEM, MODEM_LINES);
    sleep_until_ns(time_now_ns() + 1000000); /* both wait */
    act_begin();
    for (unsigned i = 0; i < ROUNDS; i++)
        interrupt_make();
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "driver") == 0)
        driver();
    if (argc == 2)
        return client();
    handles_find();
    frames_use();
    interrupts_make();
    act_begin();
    return (int)power_off(handle_named("power"), 0, 0);
}

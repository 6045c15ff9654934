/*
 * Priority that clients lend to servers. In each test a thread of a priority in between wants the
 * processor for ever: whoever is not lent what it should be does not get on.
 */
#include "guest.h"

const char *const guest_name = "lending";

#define MS UINT64_C(1000000)

enum { LOW = 8, SERVER = 10, CLIENT = 12, BETWEEN = 15, HIGH = 20 };

static volatile bool stop, release;
static volatile uint64_t between, replied;
static uint32_t spinner;

/* A server of one thread; before it replies it works, and asks the next server if there is one. */
struct service {
    uint32_t port, object, thread;
    struct service *next;
    volatile uint64_t received, spins;
    bool holds; /* works until released */
};

static void sleep_ms(uint64_t ms)
{
    enter(0, ring_ready(thread_ring()) + 1, time_now_ns() + ms * MS);
}

static int64_t call_until(uint32_t object, uint64_t deadline_ns)
{
    char byte;

    return request_wait((struct request){.op = OP_READ,
                                         .handle = object,
                                         .buffer = (uint64_t)&byte,
                                         .length = 1,
                                         .deadline = deadline_ns});
}

static int serve(void *argument)
{
    struct service *service = argument;
    struct call call;

    while (port_receive(service->port, &call, sizeof(call)) > 0) {
        service->received++;
        for (unsigned i = 0; i < 20000 || (service->holds && !release); i++)
            service->spins++;
        if (service->next)
            call_until(service->next->object, 0);
        port_reply(service->port, call.number, 0, NULL, 0, 0);
        replied++;
    }
    return 0;
}

static int spin(void *argument)
{
    (void)argument;
    while (!stop)
        between++;
    return 0;
}

static int call_once(void *argument)
{
    return (int)call_until(((struct service *)argument)->object, 0);
}

/* A thread at a priority; it has had the time to begin. */
static uint32_t thread_at(int (*function)(void *), void *argument, unsigned priority)
{
    int64_t thread;

    thread_priority_set(HIGH);
    object_set(thread_self()->handle, PROPERTY_AFFINITY, 1); /* all want the same processor */
    thread = thread_create(function, argument, 0);
    object_set((uint32_t)thread, PROPERTY_AFFINITY, 1);
    object_set((uint32_t)thread, PROPERTY_PRIORITY, priority);
    sleep_ms(1);
    return (uint32_t)thread;
}

static void service_start(struct service *service, struct service *next)
{
    service->port = (uint32_t)object_create(self, OBJECT_PORT, NULL, 0, 0);
    service->object = (uint32_t)object_create(service->port, OBJECT_REMOTE, NULL, 0, 1);
    service->next = next;
    service->thread = thread_at(serve, service, SERVER);
}

/* Somebody in between wants the processor, from now on and until it does not. */
static void between_start(void)
{
    stop = false;
    spinner = thread_at(spin, NULL, BETWEEN);
}

static void between_stop(void)
{
    struct process_status status;

    stop = true;
    thread_wait(spinner, &status);
}

/* Let all others come to rest. */
static void others_end(void)
{
    stop = release = true;
    sleep_ms(5);
}

/* The call is received at its caller's priority, and the server falls back with its reply. */
static void caller_above(void)
{
    static struct service service;

    service_start(&service, NULL);
    between_start();
    for (unsigned i = 1; i <= 5; i++) {
        check_is(call_until(service.object, 50 * MS), 0);
        check_is(service.received, i);
        sleep_ms(1);
        check_is(replied, i - 1); /* its reply was its last step before those in between */
        between_stop();
        sleep_ms(1);
        check_is(replied, i);
        between_start();
    }
    others_end();
}

/* A caller that is less urgent takes nothing away from its server. */
static void caller_below(void)
{
    static struct service service;

    service_start(&service, NULL);
    object_set(service.thread, PROPERTY_PRIORITY, BETWEEN + 1);
    thread_at(call_once, &service, CLIENT);
    check_is(service.received, 1);
    check_is(object_get(service.thread, PROPERTY_PRIORITY), BETWEEN + 1);
    between_start();
    check_is(call_until(service.object, 50 * MS), 0);
    sleep_ms(1);
    check_is(replied, 2);
    others_end();
}

/* The server is at work for somebody else: it runs as high as who waits behind that. */
static void waits_in_queue(void)
{
    static struct service service = {.holds = true};

    service_start(&service, NULL);
    thread_at(call_once, &service, CLIENT);
    check_is(service.received, 1);
    between_start();
    release = true;
    check_is(call_until(service.object, 50 * MS), 0);
    check_is(service.received, 2);
    others_end();
}

/* Through three servers, each of which waits for the next; all idle, then all at work. */
static void chain(void)
{
    static struct service services[3] = {{.holds = true}};

    release = true;
    service_start(&services[0], NULL);
    service_start(&services[1], &services[0]);
    service_start(&services[2], &services[1]);
    between_start();
    check_is(call_until(services[2].object, 50 * MS), 0);
    between_stop();
    sleep_ms(10); /* the servers come back to where they receive */
    release = false;
    thread_at(call_once, &services[2], CLIENT);
    sleep_ms(10);
    check_is(services[0].received, 2); /* holds */
    between_start();
    release = true;
    check_is(call_until(services[2].object, 50 * MS), 0);
    check_is(services[0].received, 3);
    others_end();
}

/* Servers that wait for one another in a circle: nobody gets on, and nothing else happens. */
static void circle(void)
{
    static struct service services[2];

    service_start(&services[0], &services[1]);
    service_start(&services[1], &services[0]);
    check_is(call_until(services[0].object, 2 * MS), -E_TIMEOUT);
    check_is(call_until(services[1].object, 2 * MS), -E_TIMEOUT);
    check_is(object_get(services[0].thread, PROPERTY_PRIORITY), SERVER);
}

/* Who gives up takes back what it lent. */
static void caller_gives_up(void)
{
    static struct service service = {.holds = true};
    uint64_t before;

    service_start(&service, NULL);
    between_start();
    check_is(call_until(service.object, 2 * MS), -E_TIMEOUT);
    before = service.spins;
    sleep_ms(3);
    check_is(service.spins, before);
    check_is(call_until(service.object, 2 * MS), -E_TIMEOUT); /* in the queue */
    check(service.spins > before);
    before = service.spins;
    sleep_ms(3);
    check_is(service.spins, before);
    others_end();
}

/* What a caller becomes while its call is there counts as well, up and down. */
static void caller_changes(void)
{
    static struct service service = {.holds = true};
    uint32_t client;
    uint64_t before;

    service_start(&service, NULL);
    client = thread_at(call_once, &service, LOW);
    check_is(service.received, 1);
    between_start();
    before = service.spins;
    sleep_ms(2);
    check_is(service.spins, before);
    check_is(object_set(client, PROPERTY_PRIORITY, HIGH - 1), 0);
    sleep_ms(2);
    check(service.spins > before);
    check_is(object_set(client, PROPERTY_PRIORITY, LOW), 0);
    before = service.spins;
    sleep_ms(2);
    check_is(service.spins, before);
    others_end();
}

static void child_serves(void)
{
    static struct service service = {.holds = true};

    service.port = handle_named("port");
    thread_priority_set(SERVER);
    serve(&service);
}

/* A server ends, or its client, while one lends to the other. */
static void ends(void)
{
    uint32_t port = (uint32_t)object_create(self, OBJECT_PORT, NULL, 0, PORT_AGAIN);
    static struct service service;
    struct program_handle handles[] = {{"port", port, 0}};
    struct process_status status;
    int64_t server, client;

    service.object = (uint32_t)object_create(port, OBJECT_REMOTE, NULL, 0, 1);
    for (unsigned i = 0; i < 10; i++) {
        server = child_start("serves", handles, 1);
        check(server > 0);
        sleep_ms(5);
        client = thread_at(call_once, &service, HIGH - 1);
        if (i % 2)
            check_is(object_remove((uint32_t)client, NULL, 0), 0);
        check_is(object_remove((uint32_t)server, NULL, 0), 0);
        check_is(process_wait((uint32_t)server, &status), 0);
        if (i % 2 == 0)
            check_is(object_remove((uint32_t)client, NULL, 0), 0);
        handle_close((uint32_t)server);
    }
}

const struct guest_test guest_tests[] = {
    {"caller-above", caller_above},
    {"caller-below", caller_below},
    {"waits-in-queue", waits_in_queue},
    {"chain", chain},
    {"circle", circle},
    {"caller-gives-up", caller_gives_up},
    {"caller-changes", caller_changes},
    {"ends", ends},
    {NULL, NULL},
};

const struct guest_test guest_children[] = {{"serves", child_serves}, {NULL, NULL}};

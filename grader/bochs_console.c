/*
 * The guest's serial port as a pseudo-terminal, and exactness on top of it.
 *
 * Bochs reads and writes the slave side. A pseudo-terminal hands bytes over in the background, so
 * "nothing there yet" says nothing. Two facts help: bytes keep their order, and we may use the
 * slave side too. To collect, we write a random mark into the slave behind the guest's bytes and
 * read the master until the mark arrives. To deliver, we write to the master and wait until the
 * slave is readable, all while the machine stands still.
 */
#include "bochs_internal.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <unistd.h>

enum { MARK_SIZE = 24, TRANSFER_TIMEOUT_MS = 30000 };

static int mark_write(struct bochs *bochs, const char *mark)
{
    size_t done = 0;

    while (done < MARK_SIZE) {
        ssize_t written = write(bochs->slave, mark + done, MARK_SIZE - done);

        if (written > 0)
            done += (size_t)written;
        else if (errno != EAGAIN && errno != EINTR)
            return bochs_fail(bochs, "console: %s", strerror(errno));
        else if (bochs_pump(bochs, 10) != 0)
            return bochs_fail_ended(bochs);
    }
    return 0;
}

ssize_t bochs_console_collect(struct bochs *bochs, const char **bytes)
{
    struct bytes *console = &bochs->console;
    int64_t limit = clock_ms() + TRANSFER_TIMEOUT_MS;
    char mark[MARK_SIZE];

    if (getrandom(mark, sizeof(mark), 0) != (ssize_t)sizeof(mark))
        return bochs_fail(bochs, "no random bytes: %s", strerror(errno));
    if (mark_write(bochs, mark) != 0)
        return -1;
    for (;;) {
        if (console->size >= MARK_SIZE &&
            memcmp(console->bytes + console->size - MARK_SIZE, mark, MARK_SIZE) == 0)
            break;
        if (clock_ms() > limit)
            return bochs_fail(bochs, "console: a mark was lost on the pseudo-terminal");

        struct pollfd wanted = {.fd = bochs->master, .events = POLLIN};

        poll(&wanted, 1, 1000);
        bochs_pump(bochs, 0);
    }
    free(bochs->collected);
    bochs->collected = console->bytes;
    ssize_t size = (ssize_t)(console->size - MARK_SIZE);
    bochs->collected[size] = '\0';
    *bytes = bochs->collected;
    *console = (struct bytes){0};
    return size;
}

int bochs_console_deliver(struct bochs *bochs, char byte)
{
    int waiting;

    if (ioctl(bochs->slave, FIONREAD, &waiting) != 0)
        return bochs_fail(bochs, "console: %s", strerror(errno));
    if (waiting != 0)
        return 0;
    if (write(bochs->master, &byte, 1) != 1)
        return bochs_fail(bochs, "console: %s", strerror(errno));

    struct pollfd wanted = {.fd = bochs->slave, .events = POLLIN};

    if (poll(&wanted, 1, TRANSFER_TIMEOUT_MS) != 1)
        return bochs_fail(bochs, "console: a byte was lost on the pseudo-terminal");
    return 1;
}

uint64_t bochs_byte_ticks(const struct bochs *bochs)
{
    return bochs->ips * 10 / 115200 + 1;
}

int bochs_console_descriptor(struct bochs *bochs)
{
    return bochs->master;
}

int bochs_screen_descriptor(struct bochs *bochs)
{
    return bochs->screen;
}

void bochs_set_live(struct bochs *bochs, bool console, bool screen)
{
    bochs->live_console = console;
    bochs->live_screen = screen;
}

void bytes_add(struct bytes *bytes, const char *more, size_t size)
{
    if (bytes->size + size + 1 > bytes->room) {
        size_t room = (bytes->size + size + 1) * 2;
        char *grown = realloc(bytes->bytes, room);

        if (grown == NULL)
            abort();
        bytes->bytes = grown;
        bytes->room = room;
    }
    memcpy(bytes->bytes + bytes->size, more, size);
    bytes->size += size;
    bytes->bytes[bytes->size] = '\0';
}

/* Reads what is there; false at the end of the stream. */
static bool drain(int descriptor, struct bytes *to)
{
    char buffer[8192];
    ssize_t size = read(descriptor, buffer, sizeof(buffer));

    if (size > 0 && to != NULL)
        bytes_add(to, buffer, (size_t)size);
    return size > 0 || (size < 0 && (errno == EAGAIN || errno == EINTR));
}

int bochs_pump(struct bochs *bochs, int timeout_ms)
{
    struct pollfd wanted[] = {
        {.fd = bochs->output, .events = POLLIN},
        {.fd = bochs->live_console ? -1 : bochs->master, .events = POLLIN},
        {.fd = bochs->live_screen ? -1 : bochs->screen, .events = POLLIN},
    };
    int ready = poll(wanted, 3, timeout_ms);

    if (ready <= 0)
        return 0;
    if (wanted[1].revents != 0)
        drain(bochs->master, &bochs->console);
    if (wanted[2].revents != 0 && !drain(bochs->screen, NULL)) {
        close(bochs->screen);
        bochs->screen = -1;
    }
    if (wanted[0].revents != 0 && !drain(bochs->output, &bochs->text))
        return -1;
    return 0;
}

/* GDB's remote protocol, served on a machine. */
#ifndef GRADER_GDB_SERVER_H
#define GRADER_GDB_SERVER_H

#include "machine.h"
#include "packet.h"

#include <stdbool.h>

struct target;

struct server {
    int input, output;
    int console; /* a file that gets what the guest's console says, -1: none */
    struct machine *machine;
    const struct target *target;
    char *description; /* of the target */

    struct packet_reader reader;
    bool acknowledges;
    bool is_running;          /* GDB waits for a stop */
    bool is_interrupted;      /* GDB wants one */
    bool is_over;             /* GDB has gone, or wants us to */
    struct machine_stop stop; /* the last one */
    bool in_line;             /* what was said last did not end its line */
    uint8_t status;           /* of the system, when it has powered off */

    char frame[PACKET_FRAME_SIZE]; /* the last one sent */
    size_t frame_size;
};

/* Serves on two descriptors until GDB goes. `machine` is started by the caller, with the listener
 * that server_listener gives. Result: 0, or -1 with machine->error if the machine was lost. */
int server_run(struct server *server);

/* Sets up a server, its machine not started yet. */
void server_init(struct server *server, struct machine *machine, int input, int output,
                 int console);
void server_end(struct server *server);
struct machine_listener server_listener(struct server *server);

/* Text for the person at GDB's prompt, while GDB waits for an answer. */
void server_say(struct server *server, const char *text, size_t size);

/* A `monitor` line. Result: 0 done (what there is to say is said), -1 with the machine's error. */
int monitor_run(struct server *server, char *line);

#endif

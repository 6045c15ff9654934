/*
 * Ports: objects that a process implements. Clients hold remotes, minted from the port, each with a
 * badge; an operation on one is a call, which waits in the client's own job until the server has
 * received it and replied. A port allocates nothing for a call.
 */
#ifndef KERNEL_PORT_H
#define KERNEL_PORT_H

#include <stdbool.h>

#include "object.h"

struct account;
struct job;
struct thread;

/* A new port, or NULL. What a server of it took and did not answer goes `again` to the next one, or
 * else fails. */
struct object *port_create(struct account *account, bool again);

/* The job is about to end before its server answered; if it is a call, note that. */
void port_withdraw(const struct job *job);

/* The thread that received last from the port that the call goes to; NULL if none did. */
struct thread *port_server(const struct job *call);

#endif

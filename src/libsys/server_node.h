/*
 * The server kit's objects: which badge names which object, and how many handles clients hold on
 * it. Part of server.c; programs include server.h alone.
 *
 * A node counts the handles that were minted on it, less the close notices. At zero, and with no
 * call of it unanswered, an object that was given out is released and its place is free.
 */
#ifndef LIBSYS_SERVER_NODE_H
#define LIBSYS_SERVER_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libsys/server.h"

/* Bytes that a server's nodes take. */
size_t node_table_size(void);

/* The node with this badge, or null. */
struct node *node_find(struct server *server, uint64_t badge);

void *node_object(const struct node *node);
const struct methods *node_methods(const struct node *node);

/* Is an operation within what the object was published with? */
bool node_allows(const struct node *node, uint16_t op);

/* A call on the node was received; was answered. */
void node_call_begin(struct node *node);
void node_call_end(struct server *server, struct node *node);

/* A close notice came. */
void node_closed(struct server *server, uint64_t badge);

#endif

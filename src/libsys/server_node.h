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

struct node {
    uint64_t badge; /* 0: the place is free */
    const struct methods *methods;
    void *object;
    uint32_t ops;    /* that its rights allow, a bit each */
    uint32_t minted; /* handles of it that are not closed */
    uint32_t calls;  /* received, not answered */
    bool published;
};

/* The node with this badge, or null. */
static inline struct node *node_find(struct server *server, uint64_t badge)
{
    uint32_t place = (uint32_t)badge - 1;

    return place < SERVER_NODES && server->nodes[place].badge == badge ? &server->nodes[place]
                                                                       : NULL;
}

/* Nothing of it is left to be answered or closed: let it go. */
void node_release(struct server *server, struct node *node);

/* A call on the node was answered. */
static inline void node_call_end(struct server *server, struct node *node)
{
    if (--node->calls == 0 && node->minted == 0 && !node->published)
        node_release(server, node);
}

/* A close notice came. */
void node_closed(struct server *server, uint64_t badge);

#endif

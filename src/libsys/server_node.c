/* The server kit's objects: see server_node.h. */
#include "libsys/server_node.h"

#include "abi/error.h"
#include "abi/object.h"
#include "abi/op.h"
#include "abi/right.h"
#include "libsys/handle.h"
#include "libsys/sync.h"

struct node {
    const struct methods *methods; /* null: the place is free */
    void *object;
    uint32_t rights;
    uint32_t minted; /* handles of it that are not closed */
    uint32_t calls;  /* received, not answered */
    bool published;
};

size_t node_table_size(void)
{
    return SERVER_NODES * sizeof(struct node);
}

static uint64_t node_badge(const struct server *server, const struct node *node)
{
    uint64_t place = (uint64_t)(node - server->nodes) + 1;

    return node->published ? place : (uint64_t)server->number << 32 | place;
}

struct node *node_find(struct server *server, uint64_t badge)
{
    uint64_t place = (badge & UINT32_MAX) - 1;
    struct node *node;

    if (place >= SERVER_NODES)
        return NULL;
    node = &server->nodes[place];
    return node->methods && node_badge(server, node) == badge ? node : NULL;
}

void *node_object(const struct node *node)
{
    return node->object;
}

const struct methods *node_methods(const struct node *node)
{
    return node->methods;
}

bool node_allows(const struct node *node, uint16_t op)
{
    static const uint32_t rights[OP_COUNT] = {
#define OP(NAME, number, name, target, right, ...) [number] = right,
        OPS(OP)
#undef OP
    };

    return op < OP_COUNT && (rights[op] & ~node->rights) == 0;
}

static void node_release(struct server *server, struct node *node)
{
    const struct methods *methods = node->methods;

    if (node->published || node->minted != 0 || node->calls != 0)
        return;
    node->methods = NULL;
    if (methods->release)
        methods->release(server, node->object);
}

void node_call_begin(struct node *node)
{
    node->calls++;
}

void node_call_end(struct server *server, struct node *node)
{
    node->calls--;
    node_release(server, node);
}

void node_closed(struct server *server, uint64_t badge)
{
    struct node *node = node_find(server, badge);

    /* Somebody else may have minted handles on what is published: those are not counted here. */
    if (!node || node->minted == 0)
        return;
    node->minted--;
    node_release(server, node);
}

/* The node of an object that clients have already, or a free place, or null. */
static struct node *node_place(struct server *server, const void *object,
                               const struct methods *methods)
{
    struct node *place = NULL;

    for (uint32_t i = 0; i < SERVER_NODES; i++) {
        struct node *node = &server->nodes[i];

        if (node->methods == methods && node->object == object)
            return node;
        if (!place && !node->methods)
            place = node;
    }
    return place;
}

int64_t server_publish(struct server *server, const char *name, void *object,
                       const struct methods *methods, uint32_t rights)
{
    uint32_t names = handle_named("names");
    struct node *node = &server->nodes[server->published];
    int64_t handle, result;

    /* Badges count the published objects: they come before all that is given out. */
    if (server->published == SERVER_NODES || node->methods)
        return -E_STATE;
    *node =
        (struct node){.methods = methods, .object = object, .rights = rights, .published = true};
    server->published++;
    if (names == 0)
        return 0;
    handle = server_mint(server, object, methods, rights);
    if (handle < 0)
        return handle;
    result = object_share(names, (uint32_t)handle, 0, name);
    handle_close((uint32_t)handle);
    return result;
}

int64_t server_mint(struct server *server, void *object, const struct methods *methods,
                    uint32_t rights)
{
    struct node *node = node_place(server, object, methods);
    int64_t handle;

    if (!node)
        return -E_LIMIT;
    if (!node->methods)
        *node = (struct node){.methods = methods, .object = object, .rights = rights};
    handle = object_create(server->port, OBJECT_REMOTE, NULL,
                           rights | RIGHT_GET | RIGHT_DUPLICATE | RIGHT_TRANSFER,
                           node_badge(server, node));
    if (handle >= 0)
        node->minted++;
    else if (node->minted == 0 && !node->published)
        node->methods = NULL;
    return handle;
}

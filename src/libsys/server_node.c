/* The server kit's objects: see server_node.h. */
#include "libsys/server_node.h"

#include "abi/error.h"
#include "abi/object.h"
#include "abi/op.h"
#include "abi/right.h"
#include "libsys/handle.h"
#include "libsys/sync.h"

/* The operations that the rights suffice for. */
static uint32_t ops_allowed(uint32_t rights)
{
#define OP(NAME, number, name, target, right, ...) | (uint32_t)(((right) & ~rights) == 0) << number
    return 0 OPS(OP);
#undef OP
}

static void node_init(struct server *server, struct node *node, void *object,
                      const struct methods *methods, uint32_t rights)
{
    *node = (struct node){.badge = (uint64_t)(node - server->nodes) + 1,
                          .methods = methods,
                          .object = object,
                          .ops = ops_allowed(rights)};
}

void node_release(struct server *server, struct node *node)
{
    const struct methods *methods = node->methods;

    node->badge = 0;
    if (methods->release)
        methods->release(server, node->object);
}

void node_closed(struct server *server, uint64_t badge)
{
    struct node *node = node_find(server, badge);

    /* Somebody else may have minted handles on what is published: those are not counted here. */
    if (!node || node->minted == 0)
        return;
    if (--node->minted == 0 && node->calls == 0 && !node->published)
        node_release(server, node);
}

/* The node of an object that clients have already, or a free place, or null. */
static struct node *node_place(struct server *server, const void *object,
                               const struct methods *methods)
{
    struct node *place = NULL;

    for (uint32_t i = 0; i < SERVER_NODES; i++) {
        struct node *node = &server->nodes[i];

        if (node->badge != 0 && node->methods == methods && node->object == object)
            return node;
        if (!place && node->badge == 0)
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
    if (server->published == SERVER_NODES || node->badge != 0)
        return -E_STATE;
    node_init(server, node, object, methods, rights);
    node->published = true;
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
    if (node->badge == 0) {
        node_init(server, node, object, methods, rights);
        node->badge |= (uint64_t)server->number << 32;
    }
    handle = object_create(server->port, OBJECT_REMOTE, NULL,
                           rights | RIGHT_GET | RIGHT_DUPLICATE | RIGHT_TRANSFER, node->badge);
    if (handle >= 0)
        node->minted++;
    else if (node->minted == 0 && !node->published)
        node->badge = 0;
    return handle;
}

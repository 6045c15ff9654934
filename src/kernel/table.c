/* Name tables, as table.h tells. */
#include "bytes.h"
#include "heap.h"
#include "job.h"
#include "process.h"
#include "table.h"
#include "work.h"

#define NAMES_MAX 1024u /* of one table: all are looked at to find one */
#define NAME_SIZE 48u
#define PATH_SIZE 256u

static const struct object_type table_type;

struct binding {
    struct list link; /* in its table's list */
    struct list made; /* in the list of the table's maker */
    struct table *table;
    struct object *object;
    uint32_t rights;
    uint32_t key; /* of the name: most others have another one */
    char name[NAME_SIZE];
};

struct table {
    struct object object;
    struct process *maker; /* held; pays for the bindings; once it has ended there are none */
    struct list bindings;  /* in the order in which they were made */
    uint64_t count;
};

static uint32_t name_key(const char *name, uint64_t length)
{
    uint32_t key = 0;

    while (length)
        key = 31 * key + (uint8_t)name[--length];
    return key;
}

static struct binding *binding_find(struct table *table, const char *name, uint64_t length)
{
    uint32_t key = name_key(name, length);

    work_spend(table->count / 16);
    list_for_each(link, &table->bindings)
    {
        struct binding *binding = container_of(link, struct binding, link);

        if (binding->key == key && name_equals(name, length, binding->name))
            return binding;
    }
    return NULL;
}

static void binding_delete(struct binding *binding)
{
    struct object *object = binding->object;

    list_remove(&binding->link);
    list_remove(&binding->made);
    binding->table->count--;
    object_changed(&binding->table->object);
    if (object->type->handle_closed)
        object->type->handle_closed(object, binding->rights, NULL);
    heap_free(binding, sizeof *binding);
    object_release(object);
}

/* The binding of the path's first name, from `*at` on; `*at` moves behind the name and slashes. */
static struct binding *path_step(struct table *table, const char *path, uint64_t *at)
{
    uint64_t start = *at;
    struct binding *binding;

    while (path[*at] && path[*at] != '/')
        ++*at;
    binding = binding_find(table, path + start, *at - start);
    while (path[*at] == '/')
        ++*at;
    return binding;
}

/* Tables in tables are walked in a loop: a path may be long, the kernel's stack is not. */
static int64_t table_op_open(struct job *job)
{
    struct object *object = job->object;
    uint32_t rights = job->rights;
    char path[PATH_SIZE];
    int64_t length = job_fetch_name(job, path, sizeof path);
    uint64_t at = 0;

    if (length < 0)
        return length;
    while (path[at] == '/')
        at++;
    while (path[at] && object->type == &table_type) {
        struct binding *binding = path_step((struct table *)object, path, &at);

        if (!(rights & RIGHT_OPEN))
            return -E_DENIED;
        if (!binding)
            return -E_NOT_FOUND;
        object = binding->object;
        rights = binding->rights;
    }
    if (!path[at])
        return job_give_opened(job, object_hold(object), rights);
    job->request.buffer += at;
    job->request.length -= at;
    return job_forward(job, object_hold(object), rights);
}

static int64_t name_fetch(const struct job *job, char *name)
{
    int64_t length = job_fetch_name(job, name, NAME_SIZE);

    if (length <= 0)
        return length ? length : -E_NAME;
    for (int64_t i = 0; i < length; i++)
        if (name[i] == '/')
            return -E_NAME;
    return length;
}

/* Bind a name to the object that arg0 names. */
static int64_t table_op_share(struct job *job)
{
    struct table *table = (struct table *)job->object;
    struct binding *binding;
    struct object *object;
    uint32_t rights;
    char name[NAME_SIZE];
    int64_t length = name_fetch(job, name), result;

    if (length < 0)
        return length;
    if ((result = job_argument_pass(job, &object, &rights)))
        return result;
    if (table->maker->state == PROCESS_ENDED)
        return -E_GONE;
    if (binding_find(table, name, (uint64_t)length))
        return -E_EXISTS;
    if (table->count == NAMES_MAX)
        return -E_LIMIT;
    if (!(binding = heap_alloc(table->maker->account, sizeof *binding)))
        return -E_MEMORY;
    binding->table = table;
    binding->object = object_hold(object);
    binding->rights = rights;
    binding->key = name_key(name, (uint64_t)length);
    if (object->type->handle_made)
        object->type->handle_made(object, rights);
    memcpy(binding->name, name, (uint64_t)length + 1);
    list_insert(&table->bindings, &binding->link);
    list_insert(&table->maker->bindings, &binding->made);
    table->count++;
    object_changed(&table->object);
    return 0;
}

static int64_t table_op_remove(struct job *job)
{
    struct table *table = (struct table *)job->object;
    struct binding *binding;
    char name[NAME_SIZE];
    int64_t length = name_fetch(job, name);

    if (length < 0)
        return length;
    if (!(binding = binding_find(table, name, (uint64_t)length)))
        return -E_NOT_FOUND;
    binding_delete(binding);
    return 0;
}

static bool table_entry(struct object *object, uint64_t index, struct table_entry *entry)
{
    list_for_each(link, &((struct table *)object)->bindings)
    {
        struct binding *binding = container_of(link, struct binding, link);

        if (index-- == 0) {
            const struct object_type *type = binding->object->type;
            int64_t size;

            entry->type = type->number;
            entry->rights = binding->rights;
            size = numbers_get(type->numbers, binding->object, PROPERTY_SIZE);
            entry->size = size > 0 ? (uint64_t)size : 0;
            memcpy(entry->name, binding->name, sizeof entry->name);
            return true;
        }
    }
    return false;
}

static bool table_finish(struct object *object)
{
    struct table *table = (struct table *)object;

    while (!list_empty(&table->bindings) && work_go(2))
        binding_delete(container_of(table->bindings.next, struct binding, link));
    if (!list_empty(&table->bindings))
        return false;
    object_release(&table->maker->object);
    return true;
}

bool bindings_delete(struct list *bindings)
{
    while (!list_empty(bindings) && work_go(2))
        binding_delete(container_of(bindings->next, struct binding, made));
    return list_empty(bindings);
}

static const struct object_type table_type = {
    .number = OBJECT_TABLE,
    .rights = RIGHT_READ | RIGHT_OPEN | RIGHT_REMOVE | RIGHT_GET | RIGHT_SHARE | RIGHT_DUPLICATE |
              RIGHT_TRANSFER,
    .bytes = sizeof(struct table),
    .numbers = {NUMBER(PROPERTY_SIZE, struct table, count)},
    .finish = table_finish,
    .entry = table_entry,
    .methods = {[OP_READ] = job_list,
                [OP_OPEN] = table_op_open,
                [OP_REMOVE] = table_op_remove,
                [OP_SHARE] = table_op_share},
};

struct object *table_create(struct process *maker)
{
    struct table *table = object_create(&table_type, maker->account);

    if (!table)
        return NULL;
    list_init(&table->bindings);
    table->maker = maker;
    object_hold(&maker->object);
    return &table->object;
}

/*
 * Name tables against a model: random bindings, removals, walks and listings, over paths of every
 * shape; rights never grow on the way, and every reference is given back. What table.c needs of
 * jobs, the heap and processes is played here.
 */
#include <string.h>

#include "kernel/heap.h"
#include "kernel/job.h"
#include "kernel/process.h"
#include "kernel/table.h"
#include "kernel/work.h"
#include "kernel_test.h"

#define TABLES 6u
#define THINGS 6u
#define NAMES  8u
#define STEPS  UINT64_C(300000)

static const char *const names[NAMES] = {"a",  "b",   "cc", "a.b",
                                         "..", "x y", "",   "longer-than-most"};

/* What a name of a model's table stands for. */
struct model {
    bool bound;
    unsigned object; /* a table, or TABLES + a thing */
    uint32_t rights;
    uint64_t order;
};

int32_t work_left; /* of a stretch of work: often little, so that ends come in pieces */

static struct model model[TABLES][NAMES];
static struct object *objects[TABLES + THINGS];
static struct object things[THINGS];
static struct process maker;
static struct account account;
static uint64_t orders, pieces;

/* The request that is played, and what came of it. */
static char text[300];
static struct object *argument, *given;
static uint32_t argument_rights, given_rights, forwarded_rights;
static struct object *forwarded;
static uint64_t forwarded_at;

static const struct object_type thing_type = {.number = OBJECT_EVENT, .rights = RIGHT_ALL};

static void *piece_take(struct account *payer, uint64_t size)
{
    require(payer == &account);
    pieces++;
    return calloc(1, size);
}

void *heap_alloc(struct account *payer, uint64_t size)
{
    return piece_take(payer, size);
}

void heap_free(void *piece, uint64_t size)
{
    (void)size;
    pieces--;
    free(piece);
}

void *object_create(const struct object_type *type, struct account *payer)
{
    struct object *object = piece_take(payer, type->bytes);

    object->type = type;
    object->references = 1;
    return object;
}

void object_free(struct object *object)
{
    heap_free(object, object->type->bytes);
}

void object_end(struct object *object)
{
    require(object->type != &thing_type);
    do
        work_left = (int32_t)random_below(6);
    while (!object->type->finish(object));
    object_free(object);
}

void object_tell(struct object *object)
{
    (void)object;
}

int64_t numbers_get(const struct number *numbers, const void *structure, uint64_t property)
{
    (void)numbers;
    (void)structure;
    (void)property;
    return -E_ARGUMENT;
}

int64_t job_list(struct job *job)
{
    (void)job;
    return 0;
}

int64_t job_fetch_name(const struct job *job, char *name, uint64_t size)
{
    if (job->request.length >= size)
        return -E_NAME;
    memcpy(name, text, job->request.length);
    name[job->request.length] = '\0';
    return (int64_t)job->request.length;
}

int64_t job_argument_pass(const struct job *job, struct object **object, uint32_t *rights)
{
    (void)job;
    *object = argument;
    *rights = argument_rights;
    return 0;
}

int64_t job_give_opened(struct job *job, struct object *object, uint32_t rights)
{
    (void)job;
    given = object;
    given_rights = rights;
    object_release(object);
    return 1;
}

int64_t job_forward(struct job *job, struct object *object, uint32_t rights)
{
    forwarded = object;
    forwarded_rights = rights;
    forwarded_at = job->request.buffer;
    object_release(object);
    return 2;
}

/* Play one operation on a table with the text as name. */
static int64_t play(unsigned table, uint16_t op, const char *name, uint32_t rights)
{
    struct job job = {
        .request = {.op = op, .length = strlen(name)}, .object = objects[table], .rights = rights};

    strcpy(text, name);
    given = forwarded = NULL;
    return objects[table]->type->methods[op](&job);
}

static void bind(unsigned table, unsigned name, unsigned object)
{
    struct model *binding = &model[table][name];
    int64_t wanted = names[name][0] ? binding->bound ? -E_EXISTS : 0 : -E_NAME;

    argument = objects[object];
    argument_rights = (uint32_t)random_next() & RIGHT_ALL;
    require(play(table, OP_SHARE, names[name], RIGHT_ALL) == wanted);
    if (wanted == 0)
        *binding = (struct model){true, object, argument_rights, ++orders};
}

static void unbind(unsigned table, unsigned name)
{
    struct model *binding = &model[table][name];
    int64_t wanted = names[name][0] ? binding->bound ? 0 : -E_NOT_FOUND : -E_NAME;

    require(play(table, OP_REMOVE, names[name], RIGHT_ALL) == wanted);
    binding->bound = false;
}

/* A path of up to eight names, with slashes at will; where the model says that it leads. */
static void walk(unsigned table)
{
    uint32_t rights = random_below(4) ? RIGHT_ALL : (uint32_t)random_next() & RIGHT_ALL;
    uint32_t has = rights;
    unsigned object = table, rest = 0;
    int64_t wanted = 1;
    char path[200] = "";

    for (unsigned n = random_below(9); n > 0; n--) {
        unsigned name = random_below(6); /* none that is empty */

        for (unsigned slashes = path[0] ? 1 + random_below(2) : random_below(2); slashes; slashes--)
            strcat(path, "/");
        if (wanted == 1 && object >= TABLES) {
            wanted = 2; /* the rest is for what was found */
            rest = (unsigned)strlen(path);
        }
        strcat(path, names[name]);
        if (wanted != 1)
            continue;
        if (!(has & RIGHT_OPEN)) {
            wanted = -E_DENIED;
        } else if (!model[object][name].bound) {
            wanted = -E_NOT_FOUND;
        } else {
            has = model[object][name].rights;
            object = model[object][name].object;
        }
    }
    if (random_below(4) == 0)
        strcat(path, "/");
    require(play(table, OP_OPEN, path, rights) == wanted);
    require(wanted != 1 || (given == objects[object] && given_rights == has));
    require(wanted != 2 ||
            (forwarded == objects[object] && forwarded_rights == has && forwarded_at == rest));
}

/* Names come in the order in which they were bound. */
static void list(unsigned table)
{
    struct table_entry entry;
    uint64_t last = 0;

    for (uint64_t index = 0;; index++) {
        const struct model *next = NULL;
        unsigned found = 0;

        for (unsigned i = 0; i < NAMES; i++) {
            const struct model *one = &model[table][i];

            if (one->bound && one->order > last && (!next || one->order < next->order)) {
                next = one;
                found = i;
            }
        }
        require(objects[table]->type->entry(objects[table], index, &entry) == (next != NULL));
        if (!next)
            break;
        last = next->order;
        require(strcmp(entry.name, names[found]) == 0 && entry.rights == next->rights);
        require(entry.type == (next->object < TABLES ? OBJECT_TABLE : OBJECT_EVENT));
    }
}

static void references_check(void)
{
    for (unsigned object = 0; object < TABLES + THINGS; object++) {
        uint32_t references = 1;

        for (unsigned table = 0; table < TABLES; table++)
            for (unsigned name = 0; name < NAMES; name++)
                references += model[table][name].bound && model[table][name].object == object;
        require(objects[object]->references == references);
    }
}

START_TEST(random_steps)
{
    maker.account = &account;
    maker.ending.object.references = 1;
    list_init(&maker.bindings);
    for (unsigned i = 0; i < TABLES; i++)
        objects[i] = table_create(&maker);
    for (unsigned i = 0; i < THINGS; i++) {
        things[i] = (struct object){.type = &thing_type, .references = 1};
        objects[TABLES + i] = &things[i];
    }
    for (uint64_t i = 0, count = steps(STEPS); i < count; i++) {
        unsigned table = random_below(TABLES);

        switch (random_below(8)) {
        case 0:
        case 1:
            bind(table, random_below(NAMES), random_below(TABLES + THINGS));
            break;
        case 2:
            unbind(table, random_below(NAMES));
            break;
        case 3:
            list(table);
            break;
        default:
            walk(table);
            break;
        }
        if (i % 64 == 0)
            references_check();
    }
    /* circles and all: with their maker they go */
    do
        work_left = (int32_t)random_below(6);
    while (!bindings_delete(&maker.bindings));
    memset(model, 0, sizeof(model));
    references_check();
    for (unsigned i = 0; i < TABLES; i++)
        object_release(objects[i]);
    require(pieces == 0 && maker.ending.object.references == 1);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {random_steps};

    return suite_run("kernel table", tests, 1);
}

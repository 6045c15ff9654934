/* Objects: the start and the end of one, and its numbers, as object.h tells. */
#include "bytes.h"
#include "heap.h"
#include "object.h"

static struct object *dead; /* without references, not yet ended */
static bool ending;

void *object_create(const struct object_type *type, struct account *account)
{
    struct object *object = heap_alloc(account, type->bytes);

    if (object) {
        object->type = type;
        object->references = 1;
    }
    return object;
}

void object_free(struct object *object)
{
    heap_free(object, object->type->bytes);
}

void object_end(struct object *object)
{
    object->next_dead = dead;
    dead = object;
    if (ending)
        return;
    ending = true;
    while ((object = dead)) {
        dead = object->next_dead;
        (object->type->destroy ? object->type->destroy : object_free)(object);
    }
    ending = false;
}

int64_t numbers_get(const struct number *numbers, const void *structure, uint64_t property)
{
    int64_t value = 0;

    while (numbers->property && numbers->property != property)
        numbers++;
    memcpy(&value, (const uint8_t *)structure + numbers->offset, numbers->size);
    return numbers->property ? value & INT64_MAX : -E_ARGUMENT;
}

/* Objects: the end of one, as object.h tells. */
#include <stdbool.h>
#include <stddef.h>

#include "object.h"
#include "panic.h"

static struct object *dead; /* without references, not yet ended */
static bool ending;

void object_release(struct object *object)
{
    if (object->references == 0)
        panic("object_release: object of type %u released once too often", object->type->number);
    if (--object->references)
        return;
    object->next_dead = dead;
    dead = object;
    if (ending)
        return;
    ending = true;
    while ((object = dead)) {
        dead = object->next_dead;
        object->type->destroy(object);
    }
    ending = false;
}

/* Objects: the end of one, as object.h tells. */
#include <stdbool.h>
#include <stddef.h>

#include "object.h"

static struct object *dead; /* without references, not yet ended */
static bool ending;

void object_end(struct object *object)
{
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

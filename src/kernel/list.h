/* Doubly linked lists whose links lie inside their elements. A list's head is a link as well. */
#ifndef KERNEL_LIST_H
#define KERNEL_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct list {
    struct list *next, *previous;
};

/* The structure that holds `member` at address `pointer`. */
#define container_of(pointer, type, member) ((type *)((uintptr_t)(pointer)-offsetof(type, member)))

#define list_for_each(link, head)                                                                  \
    for (struct list *link = (head)->next; link != (head); link = link->next)

static inline void list_init(struct list *list)
{
    list->next = list->previous = list;
}

static inline bool list_empty(const struct list *head)
{
    return head->next == head;
}

/* Put `link` before `place`; with a head as place, at the end of its list. */
static inline void list_insert(struct list *place, struct list *link)
{
    link->next = place;
    link->previous = place->previous;
    place->previous->next = link;
    place->previous = link;
}

/* Take `link` out of the list that it is in; it is in none then, and not to be taken out again. */
static inline void list_cut(struct list *link)
{
    link->previous->next = link->next;
    link->next->previous = link->previous;
}

/* Take `link` out of whatever list it is in; taking it out again is harmless. */
static inline void list_remove(struct list *link)
{
    list_cut(link);
    list_init(link);
}

/* Take all elements out of the list with head `from`, which has some, and put them before `place`.
 */
static inline void list_move(struct list *place, struct list *from)
{
    from->next->previous = place->previous;
    place->previous->next = from->next;
    from->previous->next = place;
    place->previous = from->previous;
    list_init(from);
}

/* Take the first element out; the list must not be empty. */
static inline struct list *list_take(struct list *head)
{
    struct list *link = head->next;

    list_remove(link);
    return link;
}

#endif

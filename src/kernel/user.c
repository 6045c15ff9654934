/* User memory, as user.h tells. */
#include "bytes.h"
#include "direct.h"
#include "frame.h"
#include "user.h"

uint8_t *user_find(struct user_address at, uint32_t access)
{
    struct found *found = found_place(at.space, at.address, access);
    uint64_t page = space_page(at.space, at.address, access);

    if (page == FRAME_NONE)
        return NULL;
    *found = (struct found){found_key(at.address, access), direct_pointer(page)};
    return found->bytes;
}

bool user_read(void *to, struct user_address from, uint64_t size)
{
    for (uint64_t done = 0, count; done < size; done += count) {
        count = size - done;
        uint8_t *bytes = user_span(user_add(from, done), MAP_READ, &count);

        if (!bytes)
            return false;
        memcpy((uint8_t *)to + done, bytes, count);
    }
    return true;
}

bool user_write(struct user_address to, const void *from, uint64_t size)
{
    for (uint64_t done = 0, count; done < size; done += count) {
        count = size - done;
        uint8_t *bytes = user_span(user_add(to, done), MAP_WRITE, &count);

        if (!bytes)
            return false;
        memcpy(bytes, (const uint8_t *)from + done, count);
    }
    return true;
}

bool user_copy(struct user_address to, struct user_address from, uint64_t size)
{
    for (uint64_t done = 0, count; done < size; done += count) {
        count = size - done;
        uint8_t *source = user_span(user_add(from, done), MAP_READ, &count);
        uint8_t *target = source ? user_span(user_add(to, done), MAP_WRITE, &count) : NULL;

        if (!target)
            return false;
        memcpy(target, source, count);
    }
    return true;
}

bool user_reaches(struct user_address at, uint32_t access, uint64_t size)
{
    for (uint64_t done = 0, count; done < size; done += count) {
        count = size - done;
        if (!user_span(user_add(at, done), access, &count))
            return false;
    }
    return true;
}

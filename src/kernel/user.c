/* User memory, as user.h tells. */
#include "bytes.h"
#include "direct.h"
#include "frame.h"
#include "job.h"
#include "user.h"
#include "work.h"
#include "x86/cpu.h"

uint8_t *user_find(struct user_address at, uint32_t access)
{
    uint64_t page = space_page(at.space, at.address, access);

    work_spend(1);
    if (page == FRAME_NONE)
        return NULL;
    if (space_is_own(at.space, at.address, page))
        *found_place(at.space, at.address, access) =
            (struct found){found_key(at.address, access), direct_pointer(page)};
    return direct_pointer(page);
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
        cpu_current()->counts->bytes += count;
        work_spend(count / 1024);
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

int64_t user_copy_part(struct user_address to, struct user_address from, uint64_t size,
                       uint64_t *done)
{
    for (uint64_t count; *done < size; *done += count) {
        if (*done && work_is_over())
            return JOB_MORE;
        count = size - *done < PAGE_SIZE ? size - *done : PAGE_SIZE;
        if (!user_writable(user_add(to, *done), count))
            return -E_GONE;
        if (!user_copy(user_add(to, *done), user_add(from, *done), count))
            return -E_BUFFER;
    }
    return 0;
}

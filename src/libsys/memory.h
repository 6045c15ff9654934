/* Memory: objects of pages, and mapping them. Sizes are rounded up to pages by the kernel. */
#ifndef LIBSYS_MEMORY_H
#define LIBSYS_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

/* A new memory object of `size_bytes`, all zero. Its handle, or -E_MEMORY, -E_LIMIT. */
int64_t memory_create(uint64_t size_bytes);

/*
 * One block of physical memory for a device: zeroed, its address (PROPERTY_PHYSICAL) a multiple of
 * `alignment` (a power of two), its last byte at or below `highest`. It takes up, and is charged
 * as, the smallest power of two of pages that holds both the size and the alignment. Its handle, or
 * -E_RANGE (more than 4 MiB), -E_ARGUMENT (no power of two), -E_MEMORY, -E_LIMIT.
 */
int64_t memory_create_contiguous(uint64_t size_bytes, uint64_t alignment, uint64_t highest);

/*
 * New memory whose pages a server gives, one at a time, when they are first touched: each is read
 * from the object behind `remote` (OP_READ at the page's place in the memory), and what the answer
 * is short of a page is zero. What is written stays here. A touch waits at most `timeout_ns` for
 * the answer; if none comes, or an error, a request that touched the page ends with -E_BUFFER, and
 * a thread takes its process along. Its handle, or -E_RANGE (no timeout, or more than
 * PAGER_TIMEOUT_MAX), -E_TYPE (no object of a server), -E_DENIED (not to be read), -E_MEMORY.
 */
int64_t memory_create_paged(uint64_t size_bytes, uint32_t remote, uint64_t timeout_ns);

/*
 * Another object that shows `length` bytes of a memory object from `offset`: from a page on, to the
 * end of one or of the object. What is written through one is there in the other. The new handle
 * has the rights of the old one, which must include create; without `writable` not that to write.
 * Its handle, or -E_RANGE, -E_MEMORY, -E_LIMIT.
 */
int64_t memory_view(uint32_t memory, uint64_t offset, uint64_t length, bool writable);

/*
 * A view that is taken back when this handle on it, or any with the right to remove, is closed:
 * then it is empty, and whoever mapped it has the mapping no more. Neither the right to execute nor
 * that to the physical address goes along. Its handle, or the errors of memory_view.
 */
int64_t memory_loan(uint32_t memory, uint64_t offset, uint64_t length);

/*
 * Lend the range to an object behind a server for one call: it gets a handle under `name`
 * (OP_SHARE), to read and map and, if `writable`, to write. With the server's answer it has the
 * pages no more, nor if it ends or this process does. The answer, or the errors of memory_loan.
 */
int64_t memory_lend(uint32_t object, const char *name, uint32_t memory, uint64_t offset,
                    uint64_t length, bool writable);

/*
 * The same range as memory of its own, with the contents of this moment: pages are copied when one
 * of the two objects is written. Pages that are there already are charged to the caller at once,
 * copied or not. The new handle can always write; if the old one could not, it cannot execute.
 * Besides the errors of memory_view -E_STATE: contiguous memory, to which a device may write, and
 * files of the archive cannot be copied so.
 */
int64_t memory_copy(uint32_t memory, uint64_t offset, uint64_t length);

/*
 * Map `size_bytes` of a memory object from its start, where there is room in this process; `access`
 * is of enum map_access. Null if that fails.
 */
void *memory_map(uint32_t memory, uint64_t size_bytes, uint32_t access);

/* Zeroed, writable pages of this process's own. Null if there are none. */
void *memory_allocate(uint64_t size_bytes);

/* Give back what memory_allocate or memory_map gave, with the same size. */
void memory_free(void *address, uint64_t size_bytes);

#endif

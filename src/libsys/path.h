/*
 * Paths: names of tables within tables, separated by '/'. What "..", "." and a current directory
 * mean is decided here, in the client; no table ever sees them.
 */
#ifndef LIBSYS_PATH_H
#define LIBSYS_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PATH_SIZE 256 /* bytes, the terminating zero included */

/*
 * Turn `path` into the names from the root, without a leading '/': "" for the root itself. A path
 * that does not begin with '/' counts from `directory` (itself such a result). ".." at the root
 * stays there. False if it is longer than PATH_SIZE - 1.
 */
bool path_resolve(char result[PATH_SIZE], const char *directory, const char *path);

/* The last name of a path: "b" of "/a/b", all of "b". */
const char *path_name(const char *path);

/* Open `path` from the root of the table `root`. A handle, or a negative error. */
int64_t path_open(uint32_t root, const char *path, uint32_t rights);

#endif

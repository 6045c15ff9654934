/* Paths: see path.h. */
#include "libsys/path.h"

#include "libsys/text.h"

/* Take the last name off. */
static void path_up(char *path, size_t *length)
{
    while (*length > 0 && path[*length - 1] != '/')
        --*length;
    if (*length > 0)
        --*length;
    path[*length] = 0;
}

/* Add the names of `path` one by one. */
static bool path_append(char result[PATH_SIZE], size_t *length, const char *path)
{
    while (*path != 0) {
        size_t name = 0;

        while (path[name] != 0 && path[name] != '/')
            name++;
        if (name == 2 && strncmp(path, "..", 2) == 0) {
            path_up(result, length);
        } else if (name != 0 && !(name == 1 && *path == '.')) {
            if (*length + (*length > 0) + name >= PATH_SIZE)
                return false;
            if (*length > 0)
                result[(*length)++] = '/';
            memcpy(result + *length, path, name);
            *length += name;
            result[*length] = 0;
        }
        path += name + (path[name] == '/');
    }
    return true;
}

bool path_resolve(char result[PATH_SIZE], const char *directory, const char *path)
{
    size_t length = 0;

    result[0] = 0;
    if (*path != '/' && !path_append(result, &length, directory))
        return false;
    return path_append(result, &length, path);
}

const char *path_name(const char *path)
{
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(path, '/'))
        path = slash + 1;
    return path;
}

/*
 * count [N]: bump the object at /counter by N, or by one, and show what it has come to. The counter
 * lives in another process; nothing here can tell.
 */
#include <orrery.h>

int main(int argc, char **argv)
{
    int64_t counter = path_open(handle_named("root"), "/counter", 0);
    uint64_t times = 1;
    char text[32];
    int64_t result = counter;

    if (argc > 2 || (argc == 2 && !text_to_number(argv[1], &times))) {
        print("usage: count [N]\n");
        return 2;
    }
    for (uint64_t i = 0; result >= 0 && i < times; i++)
        result = object_write((uint32_t)counter, "+", 1, 0);
    if (result >= 0)
        result = object_read((uint32_t)counter, text, sizeof(text), 0);
    if (result < 0) {
        print("/counter: %s\n", error_text(result));
        return 1;
    }
    return write_all(handle_named("out"), text, (uint64_t)result) < 0;
}

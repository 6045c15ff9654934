/*
 * first: keep the letter that we are told the name of, and show it.
 *
 * The program is started as `first NAME`. Its handle "root" is a table; the letter is what that
 * table holds under NAME. Read all of it into `answer`, write it to the handle "out", and return 0;
 * return something else if any of that failed.
 *
 * It takes ten lines. Look at src/libsys/handle.h and src/libsys/path.h for what there is; at
 * src/programs/hello/main.c for how it looks. A negative result is an error.
 */
#include <orrery.h>

char answer[64];

int main(int argc, char **argv)
{
    (void)argc, (void)argv;
    write_text(handle_named("out"), "main: not written yet (src/programs/first/main.c)\n");
    return 1;
}

/* infotext: prints the info structure in the file that is named, as text. */
#include <stdio.h>
#include <stdlib.h>

#include "infotext.h"

static void print(const char *text)
{
    fputs(text, stdout);
}

int main(int argc, char **argv)
{
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    struct boot_info *info = calloc(1, 1 << 20);

    if (file == NULL || info == NULL || fread(info, 1, 1 << 20, file) < sizeof(*info))
        return 1;
    infotext_print(info, print);
    free(info);
    return 0;
}

/*
 * light: runs in place of init. It starts `first` with the name of a letter, the table in which the
 * letter lies, and a memory object to write to; and it hides a number for a moment.
 *
 * It prints nothing and judges nothing: the host reads `heard` and `secret` from its memory.
 */
#include <orrery.h>

#define LETTER "letter"

struct box {
    struct box *next;
    uint64_t value;
};

/* Read by the host when light_done is reached: what came to `out`, and how much. */
char heard[256];
uint64_t heard_size;

/* Read by the host when keep is reached; nothing is left of it afterwards. */
uint64_t secret;

/* The number is in the last of three boxes. Stop here to look for it. */
void keep(const struct box *first);
void light_done(void);

__attribute__((noinline)) void keep(const struct box *first)
{
    __asm__ volatile("" : : "r"(first) : "memory");
}

__attribute__((noinline)) void light_done(void)
{
    __asm__ volatile("" : : : "memory");
}

static uint64_t mix(uint64_t number)
{
    number = (number ^ (number >> 31)) * UINT64_C(0x7fb5d329728ea185);
    return number ^ (number >> 27);
}

/* The number comes from the file `seal`, but it is in no file. */
static void number_hide(uint32_t files)
{
    int64_t file = object_open(files, "seal", RIGHT_READ);
    char seal[16] = "";
    struct box boxes[3];

    if (file >= 0)
        read_all((uint32_t)file, seal, sizeof(seal), 0);
    handle_close((uint32_t)file);
    for (size_t i = 0; i < sizeof(seal); i++)
        secret = mix(secret * 256 + (uint8_t)seal[i]);
    boxes[0] = (struct box){&boxes[1], mix(secret + 1)};
    boxes[1] = (struct box){&boxes[2], mix(secret + 2)};
    boxes[2] = (struct box){NULL, secret};
    keep(boxes);
    secret = 0;
}

static int64_t first_start(uint32_t files, uint32_t out)
{
    const char *const arguments[] = {"first", LETTER};
    const struct program_handle handles[] = {{"root", files, 0}, {"out", out, 0}};
    int64_t binary = object_open(files, "first", 0);
    struct program_start start = {.name = "first",
                                  .processes = handle_named("processes"),
                                  .binary = (uint32_t)binary,
                                  .arguments = arguments,
                                  .argument_count = 2,
                                  .handles = handles,
                                  .handle_count = 2};

    return binary < 0 ? binary : program_start_with(&start);
}

int main(int argc, char **argv)
{
    uint32_t files = handle_named("files");
    int64_t out = memory_create(PAGE_SIZE);
    struct process_status status;
    int64_t process;

    (void)argc, (void)argv;
    number_hide(files);
    process = first_start(files, (uint32_t)out);
    if (process >= 0)
        process_wait((uint32_t)process, &status);
    object_read((uint32_t)out, heard, sizeof(heard), 0);
    heard_size = sizeof(heard);
    while (heard_size > 0 && heard[heard_size - 1] == 0)
        heard_size--;
    light_done();
    return (int)power_off(handle_named("power"), 0, 0);
}

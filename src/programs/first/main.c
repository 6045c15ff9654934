/* first: keep the letter that we are told the name of, and show it. */
#include <orrery.h>

char answer[64];

int main(int argc, char **argv)
{
    int64_t letter = argc == 2 ? path_open(handle_named("root"), argv[1], RIGHT_READ) : -E_ARGUMENT;
    int64_t length = letter < 0 ? letter : read_all((uint32_t)letter, answer, sizeof(answer), 0);

    return length < 0 || write_all(handle_named("out"), answer, (uint64_t)length) < 0;
}

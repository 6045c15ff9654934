/* hello: greet whoever started us. */
#include <orrery.h>

int main(int argc, char **argv)
{
    (void)argc, (void)argv;
    return write_all(handle_named("out"), "hello\n", 6) < 0;
}

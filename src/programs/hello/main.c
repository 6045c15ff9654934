/* hello: greet whoever started us. */
#include <orrery.h>

int main(void)
{
    return write_all(handle_named("out"), "hello\n", 6) < 0;
}

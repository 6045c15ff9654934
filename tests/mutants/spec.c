/* Specs, as teachers write them: parsed or refused with a place. */
#include "mutants.h"

#include "spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char error[SPEC_ERROR_SIZE] = "", *text = malloc(size + 1);
    struct spec spec = {0};
    const struct payloads payloads = {0};

    memcpy(text, bytes, size);
    text[size] = '\0';
    if (spec_parse(&spec, "spec", text, &payloads, error) == 0)
        spec_free(&spec);
    else
        must(error[0] != '\0');
    free(text);
    return 0;
}

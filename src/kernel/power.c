/* Turning the machine off: setting `status`. */
#include "job.h"
#include "power.h"
#include "trace.h"
#include "x86/machine.h"

static int64_t power_op_set(struct job *job)
{
    if (job->request.arg0 != PROPERTY_STATUS)
        return -E_ARGUMENT;
    trace(TRACE_POWER_OFF, job->request.arg1, 0);
    machine_power_off(job->request.arg1);
}

static const struct object_type power_type = {
    .number = OBJECT_POWER,
    .rights = RIGHT_SET | RIGHT_GET | RIGHT_DUPLICATE | RIGHT_TRANSFER,
    .methods = {[OP_SET] = power_op_set},
};

struct object power_object = {.type = &power_type, .references = 1};

/* What methods get from a job and give to it, as job.h tells. */
#include "bytes.h"
#include "job.h"
#include "process.h"
#include "thread.h"
#include "work.h"

struct user_address job_buffer(const struct job *job)
{
    return (struct user_address){job->fetch ? NULL : &job_process(job)->space, job->request.buffer};
}

int64_t job_fetch(const struct job *job, uint64_t offset, void *to, uint64_t size)
{
    return user_read(to, user_add(job_buffer(job), offset), size) ? 0 : -E_BUFFER;
}

int64_t job_store(const struct job *job, uint64_t offset, const void *from, uint64_t size)
{
    const struct user_address here = {NULL, (uint64_t)from};

    return user_copy(user_add(job_buffer(job), offset), here, size) ? 0 : -E_BUFFER;
}

int64_t job_answer(const struct job *job, const void *from, uint64_t size)
{
    int64_t result;

    if (size > job->request.length)
        size = job->request.length;
    result = job_store(job, 0, from, size);
    return result ? result : (int64_t)size;
}

int64_t job_fetch_name(const struct job *job, char *name, uint64_t size)
{
    uint64_t length = job->request.length;

    if (length >= size)
        return -E_NAME;
    if (job_fetch(job, 0, name, length))
        return -E_BUFFER;
    name[length] = 0;
    return strlen(name) == length ? (int64_t)length : -E_NAME;
}

int64_t job_argument(const struct job *job, uint32_t rights, struct object **object, uint32_t *has)
{
    if (job->request.arg0 > UINT32_MAX)
        return -E_HANDLE;
    return handle_resolve(&job_process(job)->handles, (uint32_t)job->request.arg0, rights, object,
                          has);
}

int64_t job_argument_pass(const struct job *job, struct object **object, uint32_t *rights)
{
    uint32_t has;
    int64_t result = job_argument(job, RIGHT_TRANSFER, object, &has);

    if (result)
        return result;
    return rights_choose(job->request.arg1, has, rights) ? 0 : -E_DENIED;
}

int64_t job_list(struct job *job)
{
    uint64_t *done = &job->done;

    if (job->request.offset % sizeof(struct table_entry))
        return -E_RANGE;
    while (job->request.length - *done >= sizeof(struct table_entry)) {
        struct table_entry entry = {0};
        uint64_t index = (job->request.offset + *done) / sizeof entry;

        if (!job->object->type->entry(job->object, index, &entry))
            break;
        if (job_store(job, *done, &entry, sizeof entry))
            return -E_BUFFER;
        *done += sizeof entry;
        work_spend(4 + index / 16); /* it was counted up to */
        if (work_is_over())
            return JOB_MORE;
    }
    return (int64_t)*done;
}

int64_t job_give(struct job *job, struct object *object, uint32_t rights)
{
    return handle_create(&job_process(job)->handles, object, rights);
}

int64_t job_give_opened(struct job *job, struct object *object, uint32_t rights)
{
    if (!rights_choose(job->request.arg0, rights & object->type->rights, &rights)) {
        object_release(object);
        return -E_DENIED;
    }
    return job_give(job, object, rights);
}

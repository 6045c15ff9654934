/*
 * The matrix: what each type of the kernel's objects does with each operation that it knows.
 *
 * METHOD(OBJECT, OP, what happens). An operation without a row here is answered with E_UNSUPPORTED.
 * Watch waits until one of the numbers in its row is not `arg1`, and answers with what it is then.
 * A remote hands on what has a row; its server may answer E_UNSUPPORTED too. Operations that are
 * about the handle or the ring (abi/op.h) are the same whatever the object: they have none.
 *
 * A test holds this table against the kernel's own method tables.
 */
#ifndef ABI_METHOD_H
#define ABI_METHOD_H

#define METHODS(METHOD)                                                                            \
    METHOD(PROCESS, READ, "waits for its end: struct process_status")                              \
    METHOD(PROCESS, CREATE,                                                                        \
           "a thread (struct thread_start), memory (`offset` bytes, `arg1` form), a port (`arg1` " \
           "flags), an event, a timer, a table; charged to it")                                    \
    METHOD(PROCESS, REMOVE, "ends it: oneself with status `arg0`, another one by force")           \
    METHOD(PROCESS, GET,                                                                           \
           "type, name, number, state, priority-limit; what its account holds, and its limits")    \
    METHOD(PROCESS, SET,                                                                           \
           "priority-limit, limits of its account; while it is built: binary, arguments, start")   \
    METHOD(PROCESS, WATCH, "number, state, priority-limit")                                        \
    METHOD(PROCESS, SHARE, "while it is built: gives it the object under the name")                \
    METHOD(PROCESS, MAP, "maps memory, or grants a range of I/O ports")                            \
    METHOD(PROCESS, UNMAP, "takes mappings away; holes between them are no error")                 \
    METHOD(THREAD, READ, "waits for its end: struct process_status")                               \
    METHOD(THREAD, WATCH, "number, priority")                                                      \
    METHOD(THREAD, REMOVE, "ends it; its process's last one ends that, with status `arg0`")        \
    METHOD(THREAD, GET, "type, number, priority")                                                  \
    METHOD(THREAD, SET, "priority, tls-base")                                                      \
    METHOD(MEMORY, READ, "copies bytes out, from `offset` on; short at its end")                   \
    METHOD(MEMORY, WRITE, "copies bytes in, from `offset` on; short at its end")                   \
    METHOD(MEMORY, CREATE, "a view, a loan or a copy of a part (`arg1` form; struct memory_part)") \
    METHOD(MEMORY, GET, "type, size, physical (which has a right of its own)")                     \
    METHOD(MEMORY, WATCH, "size, which never changes")                                             \
    METHOD(PORT, READ, "the rest of what the call `arg0` brought, from `offset` on")               \
    METHOD(PORT, WRITE, "a part of the answer to the call `arg0`, at `offset`")                    \
    METHOD(PORT, CREATE, "mints a remote: `offset` its rights, `arg1` its badge")                  \
    METHOD(PORT, GET, "type")                                                                      \
    METHOD(PORT, RECEIVE, "waits for a call or a notice")                                          \
    METHOD(PORT, REPLY, "answers a call, once")                                                    \
    METHOD(PORT, ANSWER, "answers a call, if it is still there, and waits for the next one")       \
    METHOD(REMOTE, READ, "a call to its server")                                                   \
    METHOD(REMOTE, WRITE, "a call to its server")                                                  \
    METHOD(REMOTE, OPEN, "a call to its server")                                                   \
    METHOD(REMOTE, CREATE, "a call to its server")                                                 \
    METHOD(REMOTE, REMOVE, "a call to its server")                                                 \
    METHOD(REMOTE, GET, "a call to its server")                                                    \
    METHOD(REMOTE, SET, "a call to its server")                                                    \
    METHOD(REMOTE, SHARE, "a call that brings its server a handle")                                \
    METHOD(REMOTE, WATCH, "a call to its server")                                                  \
    METHOD(EVENT, READ, "waits until its count is not 0, and takes all of it: 8 bytes")            \
    METHOD(EVENT, WRITE, "adds a number of 8 bytes to its count")                                  \
    METHOD(EVENT, GET, "type, count")                                                              \
    METHOD(EVENT, WATCH, "count")                                                                  \
    METHOD(TIMER, READ, "waits until its count is not 0, and takes all of it: 8 bytes")            \
    METHOD(TIMER, GET, "type, deadline, period")                                                   \
    METHOD(TIMER, SET, "deadline, period")                                                         \
    METHOD(TIMER, WATCH, "deadline, period")                                                       \
    METHOD(TABLE, READ, "lists it: struct table_entry; `offset` a multiple of its size")           \
    METHOD(TABLE, OPEN, "walks the path, passes on what is left of it")                            \
    METHOD(TABLE, REMOVE, "takes the name away")                                                   \
    METHOD(TABLE, GET, "type, size")                                                               \
    METHOD(TABLE, WATCH, "size")                                                                   \
    METHOD(TABLE, SHARE, "binds the name to the object")                                           \
    METHOD(PROCESSES, READ, "lists the living processes: struct table_entry")                      \
    METHOD(PROCESSES, OPEN, "the process with that number")                                        \
    METHOD(PROCESSES, CREATE, "a process with that name, to be built")                             \
    METHOD(PROCESSES, REMOVE, "ends the process with that number")                                 \
    METHOD(PROCESSES, GET, "type, free-frames")                                                    \
    METHOD(FILES, READ, "lists the boot archive's files: struct table_entry")                      \
    METHOD(FILES, OPEN, "the file as memory that cannot be written")                               \
    METHOD(FILES, GET, "type, size")                                                               \
    METHOD(FILES, WATCH, "size, which never changes")                                              \
    METHOD(INTERRUPTS, READ, "lists the lines: struct table_entry")                                \
    METHOD(INTERRUPTS, OPEN, "the line with that number, for one holder at a time")                \
    METHOD(INTERRUPTS, GET, "type")                                                                \
    METHOD(INTERRUPT, READ, "waits until its count is not 0, and takes all of it: 8 bytes")        \
    METHOD(INTERRUPT, WRITE, "unmasks its line")                                                   \
    METHOD(INTERRUPT, GET, "type, count")                                                          \
    METHOD(INTERRUPT, WATCH, "count")                                                              \
    METHOD(IO_SPACE, OPEN, "the range with that name, as `3f8-3ff`")                               \
    METHOD(IO_SPACE, GET, "type")                                                                  \
    METHOD(IO_PORTS, GET, "type, size")                                                            \
    METHOD(IO_PORTS, WATCH, "size, which never changes")                                           \
    METHOD(DEVICE_SPACE, OPEN, "the addresses with that name, as `b8000-bffff`, as memory to map") \
    METHOD(DEVICE_SPACE, GET, "type")                                                              \
    METHOD(POWER, GET, "type")                                                                     \
    METHOD(POWER, SET, "status: turns the machine off")

#endif

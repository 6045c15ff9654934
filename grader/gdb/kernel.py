"""GDB commands that know the kernel: who is there, what they hold, who waits for whom.

All that is known of the kernel's insides is its DWARF: the names in NAMES and the structures of
src/kernel. Memory of any process is read through the direct map, so nothing need be current.
"""

import gdb

import abi
from __main__ import rights_text  # noqa: I100 - values.py, sourced before

DIRECT_MAP = 0xffff800000000000
PAGE = 4096
ADDRESS_BITS = 0x000ffffffffff000
# Variables that are read, by name: one list, which a test looks up.
NAMES = ["processes", "page_pool", "trace_buffer"]
THREAD_STATES = {0: "ready", 1: "running", 2: "waits", 3: "faulted", 4: "ended"}
JOB_STATES = {1: "linked", 2: "ready", 3: "started", 4: "waits", 5: "taken"}
ENTRY_BITS = [(1 << 0, "P"), (1 << 1, "W"), (1 << 2, "U"), (1 << 5, "A"), (1 << 6, "D"),
              (1 << 7, "S"), (1 << 63, "NX")]
ROWS = 60  # of an answer, before it is cut


def pointer_to(name, address):
    return gdb.Value(address).cast(gdb.lookup_type(name).pointer())


def elements(head, type_name, member):
    """The structures of a linked list, whose head is a value."""
    structure = gdb.lookup_type(type_name)
    offset = next(field.bitpos // 8 for field in structure.fields() if field.name == member)
    place, link = int(head.address), int(head["next"])
    while link not in (place, 0):
        yield gdb.Value(link - offset).cast(structure.pointer())
        link = int(pointer_to("struct list", link)["next"])


def processes():
    head = gdb.parse_and_eval("'src/kernel/process.c'::processes")
    yield from elements(head, "struct process", "link")


def threads(process):
    yield from elements(process["threads"], "struct thread", "link")


def all_threads():
    for process in processes():
        for thread in threads(process):
            yield process, thread


def process_named(argument):
    """A process by its number or name; an error that says who is there."""
    found = list(processes())
    for process in found:
        if argument in (str(int(process["number"])), process["name"].string()):
            return process
    there = ", ".join("%d %s" % (int(p["number"]), p["name"].string()) for p in found)
    raise gdb.GdbError("no process %s; there are: %s" % (argument or "was named", there))


def thread_named(argument):
    for process, thread in all_threads():
        if argument == str(int(thread["number"])):
            return process, thread
    numbers = ", ".join(str(int(thread["number"])) for _, thread in all_threads())
    raise gdb.GdbError("no thread %s; there are: %s" % (argument or "was named", numbers))


def jobs(thread):
    """The requests of a thread that are in flight."""
    if int(thread["jobs"]) == 0:
        return
    for index in range(int(thread["ring"]["capacity"]) + 1):
        job = thread["jobs"] + index
        if int(job["state"]) != 0:
            yield job


def op_name(number):
    return abi.OPS.get(number, ("fault" if number > max(abi.OPS) else "op %d" % number,))[0]


def object_text(address):
    """An object by its type, with what tells it from others of its kind."""
    if int(address) == 0:
        return "no object"
    kind = int(address["type"]["number"])
    name = abi.OBJECTS.get(kind, "type %d" % kind)
    if name == "remote":
        remote = address.cast(gdb.lookup_type("struct remote").pointer())
        return "remote of port 0x%x, badge %d" % (int(remote["port"]), int(remote["badge"]))
    if name in ("process", "thread"):
        whole = address.cast(gdb.lookup_type("struct " + name).pointer())
        more = " " + whole["name"].string() if name == "process" else ""
        return "%s %d%s" % (name, int(whole["number"]), more)
    return "%s 0x%x" % (name, int(address))


def say(lines):
    for line in lines:
        print(line)


class Orrery(gdb.Command):
    """The kernel's own words: `help orrery` lists them."""

    def __init__(self):
        super().__init__("orrery", gdb.COMMAND_DATA, gdb.COMPLETE_NONE, True)


class Word(gdb.Command):
    """A command below `orrery`; its function's text is its help."""

    def __init__(self, function):
        self.__doc__ = function.__doc__
        self.function = function
        super().__init__("orrery " + function.__name__, gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        try:
            say(self.function(argument.strip()))
        except gdb.MemoryError:
            raise gdb.GdbError("the kernel is not there yet: its memory cannot be read")


def processes_list(argument):
    """processes: every process, with what its account holds."""
    yield "number  name              threads  handles"
    for process in processes():
        yield "%6d  %-16s  %7d  %7d" % (
            int(process["number"]), process["name"].string(), sum(1 for _ in threads(process)),
            int(process["handles"]["used"]) - int(process["handles"]["free"]))


def threads_list(argument):
    """threads: every thread, what it does, and how many requests it has in flight."""
    yield "number  process           state    priority  in flight  unreaped  rip"
    for process, thread in all_threads():
        ring = thread["ring"]
        head = int(ring["shared"]["completion_head"])
        yield "%6d  %-16s  %-7s  %8d  %9d  %8d  0x%x" % (
            int(thread["number"]), process["name"].string(),
            THREAD_STATES.get(int(thread["state"]), "?"), int(thread["priority"]),
            int(ring["in_flight"]), (int(ring["completion_tail"]) - head) % 2**32,
            int(thread["registers"]["rip"]))


def handles(argument):
    """handles PROCESS: what it may use, by number or name of the process."""
    table = process_named(argument)["handles"]
    yield "handle    object                                    rights"
    for slot in range(int(table["used"])):
        entry = table["leaves"][slot // 256][slot % 256]
        if int(entry["object"]) != 0:
            yield "%08x  %-40s  %s" % (int(entry["generation"]) << 16 | slot,
                                       object_text(entry["object"]),
                                       rights_text(int(entry["rights"])))


def ring_draw(thread):
    """Both rings of a thread: a cell an entry; where the kernel and the thread stand."""
    ring = thread["ring"]
    shared, capacity = ring["shared"], int(ring["capacity"])
    head, tail = int(ring["submission_head"]), int(shared["submission_tail"])
    reaped, answered = int(shared["completion_head"]), int(ring["completion_tail"])
    width = min(capacity, 64)
    waiting = (tail - head) % 2**32
    cells = ["#" if (i - head) % capacity < min(waiting, capacity) else "." for i in range(width)]
    yield "thread %d  submitted %d (head %d, tail %d)  answered %d (reaped %d)  in flight %d" % (
        int(thread["number"]), tail, head, tail, answered, reaped, int(ring["in_flight"]))
    yield "    requests     [%s]%s  # not taken yet" % ("".join(cells),
                                                        "..." if width < capacity else "")
    unreaped = (answered - reaped) % 2**32
    cells = ["*" if (i - reaped) % (2 * capacity) < min(unreaped, 2 * capacity) else "."
             for i in range(width)]
    yield "    completions  [%s]%s  * not reaped yet" % ("".join(cells),
                                                         "..." if width < 2 * capacity else "")
    for job in jobs(thread):
        state = JOB_STATES.get(int(job["state"]), "?")
        yield "    %5d  %-7s  %-9s  %s" % (int(job["submission"]), state,
                                           op_name(int(job["request"]["op"])),
                                           object_text(job["object"]))


def rings(argument):
    """rings PROCESS: the rings of its threads, drawn, and the requests in flight."""
    process = process_named(argument)
    for thread in threads(process):
        yield "pid %d %s" % (int(process["number"]), process["name"].string())
        yield from ring_draw(thread)


def calls_waiting():
    """Each request in flight of each thread: (process, thread, job)."""
    for process, thread in all_threads():
        for job in jobs(thread):
            yield process, thread, job


def port_of(job):
    """The port behind the object that a call was made on, or 0."""
    if int(job["object"]) == 0 or abi.OBJECTS.get(int(job["object"]["type"]["number"])) != "remote":
        return 0
    return int(job["object"].cast(gdb.lookup_type("struct remote").pointer())["port"])


def ports(argument):
    """ports: each port that a request is at: who receives, who calls, what is taken."""
    found = {}
    for process, thread, job in calls_waiting():
        op = op_name(int(job["request"]["op"]))
        port = int(job["object"]) if op == "receive" else port_of(job)
        if port:
            found.setdefault(port, []).append((process, thread, job, op))
    if not found:
        yield "no request is at a port"
    for port, requests in found.items():
        receivers = int(pointer_to("struct port", port)["receivers"])
        yield "port 0x%x  %d handles receive" % (port, receivers)
        lines = {}
        for process, thread, job, op in requests:
            state = "receives" if op == "receive" else \
                "taken by process %d" % int(job["taker"]) if int(job["state"]) == 5 else "waits"
            line = "%-16s thread %-4d %-9s %s" % (process["name"].string(), int(thread["number"]),
                                                  op, state)
            lines[line] = lines.get(line, 0) + 1
        for line, count in lines.items():
            yield "    %3d x  %s" % (count, line)


def servers_of(port):
    """Processes that have a receive in flight at the port, or took a call from it."""
    for process, _, job in calls_waiting():
        if op_name(int(job["request"]["op"])) == "receive" and int(job["object"]) == port:
            yield int(process["number"])


def waits(argument):
    """waits: which process waits for which, by calls that are not answered; circles are marked."""
    names = {int(p["number"]): p["name"].string() for p in processes()}
    edges = {}
    for process, _, job in calls_waiting():
        port = port_of(job)
        if not port:
            continue
        taken = int(job["state"]) == 5
        for server in {int(job["taker"])} if taken else set(servers_of(port)) or {0}:
            edges.setdefault(int(process["number"]), {}).setdefault(server, []).append(
                op_name(int(job["request"]["op"])))
    if not edges:
        yield "nobody waits for an answer"

    def reaches(start, goal, seen):
        return any(nxt == goal or (nxt not in seen and reaches(nxt, goal, seen | {nxt}))
                   for nxt in edges.get(start, {}))

    for client, servers in sorted(edges.items()):
        for server, operations in sorted(servers.items()):
            circle = "   <- in a circle" if server == client or reaches(server, client, {server}) \
                else ""
            yield "%s (%d) waits for %s: %s%s" % (
                names.get(client, "?"), client,
                "%s (%d)" % (names.get(server, "?"), server) if server else "whoever receives",
                ", ".join(operations), circle)


def frames(argument):
    """frames: physical memory: what is free, block by block of each order."""
    pool = gdb.parse_and_eval("page_pool")
    free, total = int(pool["free"]), int(pool["total"])
    yield "%d of %d frames free (%d KiB of %d KiB)" % (free, total, free * 4, total * 4)
    end = 0xffffffff
    for order in range(11):
        count, frame = 0, int(pool["first"][order])
        while frame != end and count < 100000:
            count, frame = count + 1, int(pool["frames"][frame]["next"])
        yield "order %2d  %6d blocks of %5d KiB" % (order, count, 4 << order)


def words_at(physical, count):
    memory = gdb.selected_inferior().read_memory(DIRECT_MAP + physical, 8 * count)
    return memory.tobytes()


def word_at(physical):
    return int.from_bytes(words_at(physical, 1), "little")


def walk(argument):
    """walk ADDRESS [PROCESS]: how the page tables translate it, level by level."""
    words = argument.split()
    if not words:
        raise gdb.GdbError("orrery walk ADDRESS [PROCESS]")
    address = int(gdb.parse_and_eval(words[0])) & (2**64 - 1)
    table = int(process_named(words[1])["space"]["root"]) if len(words) > 1 else \
        int(gdb.parse_and_eval("$cr3")) & ADDRESS_BITS
    for level, shift in ((4, 39), (3, 30), (2, 21), (1, 12)):
        index = address >> shift & 511
        entry = word_at(table + 8 * index)
        bits = " ".join(name for bit, name in ENTRY_BITS if entry & bit) or "not present"
        yield "level %d  table 0x%09x  entry %3d  0x%016x  %s" % (level, table, index, entry, bits)
        if not entry & 1:
            yield "0x%x is not mapped" % address
            return
        table = entry & ADDRESS_BITS
        if level == 1 or (level < 4 and entry & 1 << 7):
            page = table & ~((1 << shift) - 1)
            yield "0x%x is physical 0x%x" % (address, page | address & ((1 << shift) - 1))
            return


def trace(argument):
    """trace [N]: the last N records (20), oldest first."""
    wanted = int(argument or 20)
    header = gdb.parse_and_eval("trace_buffer")
    if int(header) == 0:
        raise gdb.GdbError("there is no trace yet")
    written, capacity = int(header["written"]), int(header["capacity"])
    record = gdb.lookup_type("struct trace_record")
    for number in range(max(0, written - min(wanted, capacity)), written):
        place = int(header) + PAGE + number % capacity * record.sizeof
        seen = gdb.Value(place).cast(record.pointer())
        event = gdb.lookup_type("enum trace_event")
        name = str(gdb.Value(int(seen["event"])).cast(event)).replace("TRACE_", "").lower()
        yield "tick %-12d  cpu %d  thread %-4d  %-14s a=0x%x b=0x%x" % (
            int(seen["tick"]), int(seen["cpu"]), int(seen["actor"]), name, int(seen["a"]),
            int(seen["b"]))


def objects(argument):
    """objects: what handles name, by type: how many, and how often they are referred to."""
    seen = {}
    for process in processes():
        table = process["handles"]
        for slot in range(int(table["used"])):
            found = table["leaves"][slot // 256][slot % 256]["object"]
            if int(found) != 0:
                seen[int(found)] = (int(found["type"]["number"]), int(found["references"]))
    yield "type          objects  references"
    for kind in sorted({kind for kind, _ in seen.values()}):
        counts = [references for number, references in seen.values() if number == kind]
        yield "%-12s  %7d  %10d" % (abi.OBJECTS.get(kind, kind), len(counts), sum(counts))


def bytes_of(process, address, size):
    """Bytes of a process's memory on one page, or None."""
    table = int(process["space"]["root"])
    for shift in (39, 30, 21, 12):
        entry = word_at(table + 8 * (address >> shift & 511))
        if not entry & 1:
            return None
        table = entry & ADDRESS_BITS
    place = DIRECT_MAP + table + address % PAGE
    return gdb.selected_inferior().read_memory(place, size).tobytes()


def symbol_text(address):
    block = gdb.block_for_pc(address)
    while block and not block.function:
        block = block.superblock
    if not block:
        return ""
    line = gdb.find_pc_line(address)
    place = " at %s:%d" % (line.symtab.filename, line.line) if line.symtab else ""
    return "  %s+%d%s" % (block.function.name, address - block.start, place)


def stack(argument):
    """stack THREAD: where a thread is that does not run, and who called that; by frame pointers.
    Its program's symbols are loaded."""
    process, thread = thread_named(argument)
    name = process["name"].string()
    gdb.execute("program " + name, to_string=True)
    registers = thread["registers"]
    yield "thread %s of %s, %s" % (argument, name, THREAD_STATES.get(int(thread["state"]), "?"))
    address, frame = int(registers["rip"]), int(registers["rbp"])
    for number in range(ROWS):
        yield "#%-2d 0x%x%s" % (number, address, symbol_text(address))
        pair = bytes_of(process, frame, 16) if frame and frame % PAGE <= PAGE - 16 else None
        if not pair or int.from_bytes(pair[:8], "little") <= frame:
            return
        frame, address = (int.from_bytes(part, "little") for part in (pair[:8], pair[8:]))
        if address == 0:
            return


Orrery()
for function in (handles, rings, ports, waits, frames, walk, trace, objects, stack):
    Word(function)
for function, name in ((processes_list, "processes"), (threads_list, "threads")):
    function.__name__ = name
    Word(function)

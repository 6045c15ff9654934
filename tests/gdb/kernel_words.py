"""The commands that know the kernel, on a system at rest and on processes that wait in a circle."""

import os
import re
import sys

import gdb

sys.path.insert(0, "tests/gdb")
from verdicts import run, same, tests, value  # noqa: E402

import kernel  # noqa: E402

SVG = os.path.join(orrery_build, "gdb", "map-test.svg")  # noqa: F821


def lines(command):
    return run("orrery " + command).rstrip("\n").split("\n")


def refused(command):
    try:
        run("orrery " + command)
    except gdb.error as problem:
        return str(problem)
    return "no error"


def has_nothing_before_the_kernel():
    assert "not there yet" in refused("frames"), refused("frames")


def knows_its_names():
    run("break machine_power_off")
    run("continue")  # until the shell waits
    for name in kernel.NAMES:
        gdb.parse_and_eval(name)


def lists_processes_and_threads():
    same(["init", "console", "counter", "shell"], [line.split()[1] for line in
                                                   lines("processes")[1:]])
    seen = [line.split() for line in lines("threads")[1:]]
    same(["init", "console", "counter", "shell"], [words[1] for words in seen])
    assert all(words[2] == "waits" for words in seen), seen


def shows_handles_with_rights():
    found = "\n".join(lines("handles shell"))
    assert re.search(r"^[0-9a-f]{8}  remote of port 0x[0-9a-f]+, badge 1 .*read\+write", found,
                     re.MULTILINE), found
    assert "process %d shell" % int(kernel.process_named("shell")["number"]) in found, found
    same(found, "\n".join(lines("handles %d" % int(kernel.process_named("shell")["number"]))))
    assert "there are: 1 init" in refused("handles nobody"), refused("handles nobody")


def draws_rings():
    drawn = "\n".join(lines("rings shell"))
    assert re.search(r"in flight 1$", drawn, re.MULTILINE), drawn
    assert re.search(r"taken +read +remote of port", drawn), drawn
    assert "[" + "." * 32 + "]" in drawn, drawn


def tells_who_waits():
    same(1, sum("shell" in line and "waits for console" in line for line in lines("waits")))
    assert "circle" not in "\n".join(lines("waits"))
    assert any("taken by process 2" in line for line in lines("ports"))
    assert any(re.search(r"[0-9]+ x  counter .* receives", line) for line in lines("ports"))


def counts_frames():
    told = re.match(r"(\d+) of (\d+) frames free", lines("frames")[0])
    same(value("page_pool.free"), int(told[1]))
    same(int(told[1]), sum(int(line.split()[2]) << int(line.split()[1])
                           for line in lines("frames")[1:]))


def walks_page_tables():
    last = lines("walk $rip")[-1]
    physical = int(last.split()[-1], 16)
    code = gdb.selected_inferior().read_memory(value("$rip"), 16).tobytes()
    same(code, gdb.selected_inferior().read_memory(kernel.DIRECT_MAP + physical, 16).tobytes())
    same("0x7000000000 is not mapped", lines("walk 0x7000000000 shell")[-1])
    assert " U " in lines("walk 0x400000 shell")[3], lines("walk 0x400000 shell")


def shows_the_last_records():
    same(5, len(lines("trace 5")))
    assert "thread_wait" in lines("trace 5")[-1], lines("trace 5")


def shows_objects_by_type():
    counts = {line.split()[0]: int(line.split()[1]) for line in lines("objects")[1:]}
    same(4, counts["process"])
    same(2, counts["port"])


def shows_the_stack_of_a_thread_that_waits():
    number = next(int(thread["number"]) for process, thread in kernel.all_threads()
                  if process["name"].string() == "shell")
    told = lines("stack %d" % number)
    assert re.search(r"enter\+\d+ at src/libsys/enter.S", told[1]), told
    assert any(re.search(r"main\+\d+ at src/programs/shell/main.c", line) for line in told), told


def draws_a_map_of_memory():
    run("orrery map " + SVG)
    with open(SVG, encoding="utf-8") as file:
        text = file.read()
    pages = int(re.search(r"4 shell: (\d+)", text)[1])
    assert 8 <= pages <= 200, pages
    same(value("page_pool.free"), int(re.search(r">free: (\d+)<", text)[1]))
    os.unlink(SVG)


tests(has_nothing_before_the_kernel, knows_its_names, lists_processes_and_threads,
      shows_handles_with_rights, draws_rings, tells_who_waits, counts_frames, walks_page_tables,
      shows_the_last_records, shows_objects_by_type, shows_the_stack_of_a_thread_that_waits,
      draws_a_map_of_memory)

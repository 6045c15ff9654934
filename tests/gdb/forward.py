"""Forward: break, step, read, write, watch, stop at a tick; kernel and programs."""

import os
import signal
import sys
import threading

import abi
import gdb

sys.path.insert(0, "tests/gdb")
from verdicts import (here, point_seen, run, same, signal_seen, state, tests,  # noqa: E402
                      tick, value)

PATTERN = 0x8123456789ABCDEF
GENERAL = ["rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp"]
GENERAL += ["r%d" % i for i in range(8, 16)]
memory = gdb.selected_inferior()
start_of_shell = 0


def starts_at_power_on():
    same(0, tick())
    same(0xfff0, value("$rip"))
    same(0xf000, value("$cs"))


def breaks_at_kernel_main():
    run("break kernel_main")
    run("continue")
    same("kernel_main", here())
    same(value("&kernel_main"), value("$rip"))
    same(0, value("$cs") & 3)
    run("delete")


def reads_boot_info_through_page_tables():
    info = "((struct boot_info *)(0xffff800000000000 + $rdi))"
    same(0x59524552524f4249, value(info + "->magic"))
    same(1, value(info + "->version"))
    assert value(info + "->size") > 272


def steps_one_instruction_a_tick():
    for _ in range(10):
        before, address = tick(), value("$rip")
        length = gdb.selected_frame().architecture().disassemble(address)[0]["length"]
        run("stepi")
        same(before + 1, tick())
        same(address + length, value("$rip"))


def refuses_memory_that_is_not_there():
    for address in (0xdead0000000, 0x8000000000000000, 0xfffffffffffff000):
        try:
            memory.read_memory(address, 8)
            assert False, "0x%x was read" % address
        except gdb.MemoryError:
            pass
        try:
            memory.write_memory(address, b"12345678")
            assert False, "0x%x was written" % address
        except gdb.MemoryError:
            pass
    same("kernel_main", here())


def writes_memory_across_pages():
    address = 0xffff800000700000 - 5
    old = memory.read_memory(address, 11).tobytes()
    memory.write_memory(address, b"orrery turn")
    same(b"orrery turn", memory.read_memory(address, 11).tobytes())
    memory.write_memory(address, old)
    same(old, memory.read_memory(address, 11).tobytes())


def writes_all_of_a_register():
    for index, name in enumerate(GENERAL):
        old, new = value("$" + name), (PATTERN * (index + 3)) & (2**64 - 1)
        run("set $%s = 0x%x" % (name, new))
        run("maintenance flush register-cache")
        same(new, value("$" + name))
        run("set $%s = 0x%x" % (name, old))


def runs_code_that_was_written():
    start = value("$rip")
    old = memory.read_memory(start, 2).tobytes()
    memory.write_memory(start, b"\x90\x90")
    run("stepi")
    same(start + 1, value("$rip"))
    memory.write_memory(start, old)
    run("set $rip = 0x%x" % start)
    run("goto %d" % (tick() - 1))
    memory.write_memory(start, old)


def steps_over_a_line():
    line = gdb.selected_frame().find_sal().line
    run("next")
    assert gdb.selected_frame().find_sal().line != line
    same("kernel_main", here())


def watches_a_variable_be_written():
    run("watch -location trace_buffer")
    run("continue")
    same(gdb.breakpoints()[0].number, point_seen())
    assert value("trace_buffer") >= 0xffff800000000000
    run("delete")


def knows_who_called():
    run("break enter")
    run("continue")
    same("enter", here())
    assert "syscall_entry" in run("backtrace")
    run("delete")
    run("finish")
    same("syscall_entry", here())


def prints_requests_by_their_table():
    run("break jobs_accept")
    run("continue")
    ring = "thread->ring"
    request = ("((struct request *)((char *)%s.shared + 256))[%s.submission_head & %s.mask]"
               % (ring, ring, ring))
    text = run("print " + request)
    name, has_handle, fields = abi.OPS[value(request + ".op")]
    words = text.split("{", 1)[1].strip("}\n").split(", ")
    same(name, words[0])
    same("handle 0x%x" % value(request + ".handle"), words[1] if has_handle else "")
    same("user_data 0x%x" % value(request + ".user_data"), words[-1])
    assert len(words) >= 2 + has_handle + len(fields), text
    run("delete")


def breaks_in_a_program():
    run("break-in shell main")
    run("continue")
    same("main", here())
    same(3, value("$cs") & 3)
    assert "shell/main.c" in gdb.selected_frame().find_sal().symtab.filename
    run("delete")


def steps_into_the_kernel_and_back():
    run("break-in shell enter")
    run("continue")
    for _ in range(20):
        if "syscall" in run("x/i $pc"):
            break
        run("stepi")
    after = value("$rip") + 2
    run("stepi")
    same(0, value("$cs") & 3)
    same("syscall_entry", here())
    run("delete")
    run("break *0x%x if $_runs(\"shell\")" % after)
    run("continue")
    same(after, value("$rip"))
    same(3, value("$cs") & 3)
    run("delete")


def stops_when_all_sleep():
    global start_of_shell
    run("continue")
    same("cpu_breathe", here())
    assert "hlt" in run("x/i $pc")
    start_of_shell = tick()


def types_on_the_console():
    run("monitor type echo \\x77orld\\n")
    run("continue")
    with open(orrery_console, "rb") as file:  # noqa: F821
        text = file.read().replace(b"\r", b"")
    assert b"\nworld\n" in text, text


def stops_at_a_tick():
    wanted = tick() + 1000000
    run("monitor type spin 1000000\\n")
    run("monitor stop %d" % wanted)
    run("continue")
    same(wanted, tick())


def stops_at_control_c():
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    run("continue")
    same("SIGINT", signal_seen())
    same(3, value("$cs") & 3)


def passes_lines_to_bochs():
    assert "monitor" in run("help monitor")
    run("monitor creg")
    run("monitor c")  # refused, and the machine stays as it is
    run("monitor no such command")
    before = state()
    run("maintenance flush register-cache")
    same(before, state())


def tells_the_status_of_power_off():
    run("goto %d" % start_of_shell)
    run("monitor type poweroff 7\\n")
    run("continue")
    same("machine_power_off", here())
    same(7, value("$rdi"))
    run("continue")
    same(7, value("$_exitcode"))


tests(starts_at_power_on, breaks_at_kernel_main, reads_boot_info_through_page_tables,
      steps_one_instruction_a_tick, refuses_memory_that_is_not_there, writes_memory_across_pages,
      writes_all_of_a_register, runs_code_that_was_written, steps_over_a_line,
      watches_a_variable_be_written, knows_who_called,
      prints_requests_by_their_table, breaks_in_a_program,
      steps_into_the_kernel_and_back, stops_when_all_sleep, types_on_the_console, stops_at_a_tick,
      stops_at_control_c, passes_lines_to_bochs, tells_the_status_of_power_off)

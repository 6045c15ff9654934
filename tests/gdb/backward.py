"""Backward, to a tick, and twice to the same: on one processor a run repeats itself exactly."""

import sys

import gdb

sys.path.insert(0, "tests/gdb")
from verdicts import here, point_seen, run, same, state, tests, tick, value  # noqa: E402

memory = gdb.selected_inferior()
shell_main = 0
shell_state = ""


def stops_at_a_tick_twice_alike():
    global shell_main, shell_state
    run("break-in shell main")
    run("continue")
    same("main", here())
    shell_main, shell_state = tick(), state()
    run("delete")
    run("goto %d" % (shell_main + 100000))
    later = state()
    run("goto 1000")
    run("goto %d" % shell_main)
    same(shell_state, state())
    run("monitor stop %d" % (shell_main + 100000))
    run("continue")
    same(later, state())


def steps_back_through_the_same_states():
    run("goto %d" % shell_main)
    states = [state()]
    for _ in range(2):
        run("stepi")
        states.append(state())
    for expected in reversed(states[:-1]):
        run("reverse-stepi")
        same(expected, state())


def steps_back_over_a_sleep():
    run("goto %d" % shell_main)
    run("continue")
    same("cpu_breathe", here())
    asleep, asleep_tick = state(), tick()
    run("monitor type x")
    run("stepi")
    run("stepi")  # the first of the interrupt's instructions
    assert here() != "cpu_breathe" and tick() > asleep_tick + 1
    run("reverse-stepi")
    run("reverse-stepi")
    same(asleep, state())


def continues_back_to_a_breakpoint():
    run("goto %d" % shell_main)
    run("break kernel_main")
    run("break machine_serial_init")
    run("reverse-continue")
    same("machine_serial_init", here())
    run("reverse-continue")
    same("kernel_main", here())
    run("reverse-continue")
    same(0, tick())
    run("continue")
    same("kernel_main", here())
    run("delete")


def finds_who_wrote_a_word():
    run("goto %d" % shell_main)
    run("watch -location trace_buffer")
    run("reverse-continue")
    same("trace_init", here())
    same(0, value("trace_buffer"))
    before = tick()
    run("delete")
    run("stepi")
    same(before + 1, tick())
    assert value("trace_buffer") != 0


def steps_back_a_line():
    run("goto %d" % shell_main)
    run("break machine_serial_init")
    run("reverse-continue")
    run("delete")
    run("next")
    run("next")
    line = gdb.selected_frame().find_sal().line
    run("next")
    run("reverse-next")
    same(line, gdb.selected_frame().find_sal().line)


def repeats_what_was_typed_and_written():
    run("goto %d" % shell_main)
    address = value("$rsp") - 512
    memory.write_memory(address, b"mark")
    run("set $r15 = 0x123456789abcdef0")
    run("monitor type echo again\\n")
    written = tick()
    run("continue")
    same("cpu_breathe", here())
    asleep, then = tick(), state()
    run("goto %d" % written)
    same(b"mark", memory.read_memory(address, 4).tobytes())
    same(0x123456789abcdef0, value("$r15"))
    run("goto %d" % asleep)
    same(then, state())


def a_change_in_the_past_drops_what_came_after():
    run("goto %d" % shell_main)
    run("monitor type poweroff 9\\n")
    run("break machine_power_off")
    run("continue")
    same("machine_power_off", here())
    same(9, value("$rdi"))
    run("delete")


def refuses_a_tick_that_never_comes():
    now = state()
    run("goto 900000000000")
    same(now, state())


tests(stops_at_a_tick_twice_alike, steps_back_through_the_same_states, steps_back_over_a_sleep,
      continues_back_to_a_breakpoint, finds_who_wrote_a_word, steps_back_a_line,
      repeats_what_was_typed_and_written, a_change_in_the_past_drops_what_came_after,
      refuses_a_tick_that_never_comes)

"""For GDB scripts that are tests: verdicts, printed at the end, and short words for GDB's commands.

A script is a list of functions, one a test; each starts where the one before left the machine. The
first that fails is told with its line, and those after it are run nonetheless.
"""

import sys
import traceback

import gdb

ALL_BITS = (1 << 64) - 1


def run(command):
    return gdb.execute(command, to_string=True)


def value(expression):
    """An expression as an unsigned 64-bit number."""
    return int(gdb.parse_and_eval(expression).cast(gdb.lookup_type("long"))) & ALL_BITS


def tick():
    return value("$tick")


def state():
    """All registers that say where the machine is."""
    return run("info registers general") + run("info registers system")


def here():
    return gdb.selected_frame().name()


def same(expected, seen):
    assert expected == seen, "expected %r, got %r" % (expected, seen)


class Stops:
    """The last reason for which the machine stopped."""

    last = None

    def __init__(self):
        gdb.events.stop.connect(self.note)

    def note(self, event):
        Stops.last = event


def signal_seen():
    return getattr(Stops.last, "stop_signal", None)


def point_seen():
    """The number of the breakpoint or watchpoint that stopped it last."""
    points = getattr(Stops.last, "breakpoints", None)
    return points[0].number if points else None


Stops()


def tests(*functions):
    lines = []
    for function in functions:
        name = "gdb-" + function.__name__.replace("_", "-")
        try:
            function()
            lines.append("ok " + name)
        except (AssertionError, gdb.error, gdb.GdbError, gdb.MemoryError) as problem:
            place = traceback.extract_tb(sys.exc_info()[2])[1]
            lines.append("FAIL %s: line %d: %s" % (name, place.lineno, problem))
    print("\n" + "\n".join(lines))

"""GDB commands for Orrery: symbols of programs, and going to a tick.

Programs all lie at the same addresses, so the symbols of one at a time are loaded, and a breakpoint
in a program asks whether it is that program's code that runs.
"""

import os
import struct

import gdb

PAGE = 4096
LOOK_SIZE = 256  # bytes of code that tell one program from another


def program_path(name):
    path = os.path.join(orrery_build, "programs", name, name + ".elf")  # noqa: F821
    if not os.path.exists(path):
        raise gdb.GdbError("there is no program %s: %s" % (name, path))
    return path


def code_at(path, address, size):
    """What an ELF64 file has at an address, at most `size` bytes."""
    with open(path, "rb") as file:
        image = file.read()
    offset, = struct.unpack_from("<Q", image, 32)
    entry_size, count = struct.unpack_from("<HH", image, 54)
    for index in range(count):
        kind, _, start, base, _, length = struct.unpack_from(
            "<IIQQQQ", image, offset + index * entry_size)
        if kind == 1 and base <= address < base + length:
            at = address - base
            return image[start + at:start + min(length, at + size)]
    return b""


class RunsProgram(gdb.Function):
    """$_runs("NAME"): whether the code at $pc is that of this program."""

    def __init__(self):
        super().__init__("_runs")

    def invoke(self, name):
        address = int(gdb.parse_and_eval("(unsigned long)$pc"))
        code = code_at(program_path(name.string()), address, LOOK_SIZE)
        code = code[:PAGE - address % PAGE]
        try:
            seen = gdb.selected_inferior().read_memory(address, len(code)).tobytes()
        except gdb.MemoryError:
            return False
        return len(code) > 0 and seen == code


class Program(gdb.Command):
    """program NAME: use the symbols of this program, of all programs this one."""

    loaded = None

    def __init__(self):
        super().__init__("program", gdb.COMMAND_FILES)

    def complete(self, text, word):
        names = os.listdir(os.path.join(orrery_build, "programs"))  # noqa: F821
        return [name for name in names if name.startswith(word)]

    def invoke(self, argument, from_tty):
        path = program_path(argument)
        if Program.loaded == path:
            return
        if Program.loaded:
            gdb.execute("remove-symbol-file -a 0x400000", to_string=True)
        gdb.execute("add-symbol-file " + path, to_string=True)
        Program.loaded = path


class BreakIn(gdb.Command):
    """break-in NAME LOCATION: break in a program, at LOCATION of its source."""

    def __init__(self):
        super().__init__("break-in", gdb.COMMAND_BREAKPOINTS)

    def invoke(self, argument, from_tty):
        words = argument.split(None, 1)
        if len(words) != 2:
            raise gdb.GdbError("break-in NAME LOCATION")
        gdb.execute("program " + words[0])
        point = gdb.Breakpoint(words[1])
        point.condition = '$_runs("%s")' % words[0]


class GoTo(gdb.Command):
    """goto TICK: be there, earlier or later."""

    def __init__(self):
        super().__init__("goto", gdb.COMMAND_RUNNING)

    def invoke(self, argument, from_tty):
        gdb.execute("monitor goto " + argument)
        gdb.execute("maintenance flush register-cache", to_string=True)
        gdb.execute("maintenance flush dcache", to_string=True)
        if from_tty:
            gdb.execute("frame")


RunsProgram()
Program()
BreakIn()
GoTo()

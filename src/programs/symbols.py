#!/usr/bin/env python3
"""Write the functions of programs as a table (src/abi/symbol.h).

symbols.py FILE {NAME=ELF}...: each program begins with an entry at address 0 that holds its name. A
function has a frame of its own if it pushes RBP.
"""
import struct
import subprocess
import sys

ENTRY = struct.Struct("<Q55sB")


def lines_of(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split("\n")


def frames_of(elf):
    """Addresses of the functions that make a frame."""
    frames, function = set(), 0
    for line in lines_of("objdump", "-d", "--no-show-raw-insn", elf):
        if line.endswith(">:"):
            function = int(line.split()[0], 16)
        elif line.endswith("push   %rbp"):
            frames.add(function)
    return frames


def entry(address, name, frame):
    return ENTRY.pack(address, name.encode()[:54], frame)


def program(name, elf):
    frames = frames_of(elf)
    yield entry(0, name, False)
    for line in lines_of("nm", "-n", elf):
        address, kind, symbol = (line.split() + ["", "", ""])[:3]
        if kind in ("t", "T"):
            yield entry(int(address, 16), symbol, int(address, 16) in frames)


def main():
    table = b"".join(
        part for pair in sys.argv[2:] for part in program(*pair.split("=", 1)))
    with open(sys.argv[1], "wb") as file:
        file.write(table)


main()

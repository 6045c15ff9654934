#!/usr/bin/env python3
"""Sizes of the tree and of what is built from it, beside their budgets.

    lines.py BUILD             prints the table; exit status 1 if something is over its budget
    lines.py --figures BUILD   prints the kernel's and the loader's size as figures for bench.py
    lines.py --style           prints each file, function and line that is too long; status 1 if any

Counted as code are lines with something on them beside comments; not those of the kernel's audit,
which is built for debugging alone. A function reaches from the line where its declaration starts to
its closing brace; in this tree both braces stand in column 1.
"""
import pathlib
import re
import subprocess
import sys

CODE_LINES, TEXT_BYTES, LOADER_BYTES = 6000, 64 * 1024, 24 * 1024
FUNCTION_LINES, FILE_LINES, LINE_COLUMNS = 60, 500, 100

COMMENT = re.compile(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|/\*.*?\*/|//[^\n]*', re.DOTALL)


def files(*tops, suffixes=(".c", ".h", ".S", ".inc")):
    for top in map(pathlib.Path, tops):
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if path.suffix in suffixes and path.is_file():
                yield path


def code_lines(path):
    """How many lines are left without comments and blanks. Strings are no comments."""
    text = path.read_text()
    bare = COMMENT.sub(lambda m: "\n" * m[0].count("\n") if m[0][0] == "/" else m[0], text)
    return sum(1 for line in bare.split("\n") if line.strip())


def functions(path):
    """Yields (lines, name, line number) of each function of a C file."""
    lines = path.read_text().split("\n")
    start = None
    for number, line in enumerate(lines):
        if line == "{":
            start = number
            while start > 0 and lines[start - 1].strip() and not re.match(r"[}#/ ]\*?/?$|.*[;}]$|#",
                                                                          lines[start - 1]):
                start -= 1
        elif line == "}" and start is not None:
            head = re.sub(r"__attribute__\(\(.*?\)\)", "", " ".join(lines[start:start + 4]))
            name = re.search(r"(\w+)\s*\(", head)
            yield number - start + 1, name[1] if name else "?", start + 1
            start = None


def longest(tops):
    """The longest function, file and line: (size, where) each."""
    function, file, line = (0, ""), (0, ""), (0, "")
    for path in files(*tops):
        text = path.read_text().split("\n")
        file = max(file, (len(text) - 1, str(path)))
        line = max([line] + [(len(t), f"{path}:{n}") for n, t in enumerate(text, 1)])
        if path.suffix == ".c":
            function = max([function] + [(size, f"{name}, {path}:{n}")
                                         for size, name, n in functions(path)])
    return function, file, line


def style(tops):
    """Prints what is too long, file by file."""
    bad = 0
    for path in files(*tops, suffixes=(".c", ".h", ".S", ".inc", ".py", ".sh", ".mk", "")):
        text = path.read_text().split("\n")
        found = [f"{path}:{n}: {len(t)} columns" for n, t in enumerate(text, 1)
                 if len(t) > LINE_COLUMNS]
        if len(text) - 1 > FILE_LINES and path.parts[0] in ("src", "grader"):
            found.append(f"{path}: {len(text) - 1} lines")
        if path.suffix == ".c":
            found += [f"{path}:{n}: {name} has {size} lines" for size, name, n in functions(path)
                      if size > FUNCTION_LINES]
        bad += len(found)
        for text in found:
            print(text)
    return bad


def sections(elf):
    """Bytes of code, and of constants, in an ELF file's sections."""
    output = subprocess.run(["readelf", "-SW", elf], capture_output=True, text=True,
                            check=True).stdout
    text = constants = 0
    for match in re.finditer(r"\] (\S+) +(\S+) +\S+ \S+ (\S+) \S+ +([WAXMSILO]*) ", output):
        name, kind, size, flags = match[1], match[2], int(match[3], 16), match[4]
        if kind == "NOBITS" or "A" not in flags or "W" in flags:
            continue
        if "X" in flags:
            text += size
        else:
            constants += size
    return text, constants


def row(what, value, must, where=""):
    over = must is not None and value > must
    limit = f"{must:>8,}" if must is not None else " " * 8
    print(f"{what:<34} {value:>8,} {limit}  {'OVER  ' if over else ''}{where}".rstrip())
    return over


def stages(build):
    """{name: bytes} of what the firmware loads: the two first stages and the second."""
    return {path.stem: path.stat().st_size for path in sorted(build.glob("boot/stage*.bin"))}


def kernel_lines():
    return sum(code_lines(path) for path in files("src/kernel")
               if not path.stem.startswith("audit"))


def figures(build):
    print("kernel-lines", kernel_lines())
    print("kernel-bytes", sum(sections(build / "kernel/kernel.elf")))
    print("loader-bytes", sum(stages(build).values()))


def report(build):
    bad = False
    print(f"{'what':<34} {'is':>8} {'must':>8}")
    bad |= row("kernel code lines", kernel_lines(), CODE_LINES)
    for top in ("src/abi", "src/boot", "src/libsys", "src/drivers", "src/programs", "grader"):
        row(f"{top[4:] if top.startswith('src') else top} code lines",
            sum(map(code_lines, files(top))), None)
    text, constants = sections(build / "kernel/kernel.elf")
    bad |= row("kernel text + rodata, bytes", text + constants, TEXT_BYTES,
               f"{text:,} + {constants:,}")
    sizes = stages(build)
    bad |= row("boot loader, bytes", sum(sizes.values()), LOADER_BYTES,
               ", ".join(f"{name} {size:,}" for name, size in sizes.items()))
    function, file, line = longest(["src", "grader"])
    bad |= row("longest function, lines", function[0], FUNCTION_LINES, function[1])
    bad |= row("longest file, lines", file[0], FILE_LINES, file[1])
    bad |= row("longest line, columns", line[0], LINE_COLUMNS, line[1])
    return bad


def main(arguments):
    if arguments == ["--style"]:
        return 1 if style(["Makefile", "src", "grader", "tests", "labs"]) else 0
    if len(arguments) == 2 and arguments[0] == "--figures":
        figures(pathlib.Path(arguments[1]))
        return 0
    if len(arguments) == 1:
        return 1 if report(pathlib.Path(arguments[0])) else 0
    sys.exit("usage: lines.py BUILD | --figures BUILD | --style")


sys.exit(main(sys.argv[1:]))

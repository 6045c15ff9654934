#!/usr/bin/env python3
"""Prints the C and assembly sources that include a header, directly or not, one a line, sorted.

Reads the sources alone, not the dependencies that the compiler noted. An include is looked up
beside the file that asks, then below src.
"""
import pathlib
import re
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)


def included(path):
    for name in INCLUDE.findall(path.read_text()):
        for top in (path.parent, pathlib.Path("src"), pathlib.Path("src/libsys")):
            if (top / name).exists():
                yield (top / name).resolve()
                break


def main(header):
    top = pathlib.Path.cwd()
    sources = [path for part in ("src", "grader", "tests") for path in pathlib.Path(part).rglob("*")
               if path.suffix in (".c", ".S", ".h", ".inc")]
    found = {pathlib.Path(header).resolve()}
    size = 0
    while size != len(found):
        size = len(found)
        found |= {path.resolve() for path in sources if found & set(included(path))}
    for path in sorted(str(path.relative_to(top)) for path in found):
        if path.endswith((".c", ".S")):
            print(path)


main(sys.argv[1])

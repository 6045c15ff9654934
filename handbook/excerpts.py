#!/usr/bin/env python3
"""Cut the definitions that the handbook shows out of the source.

excerpts.py DIR TEXT...: for each include::{code}/FILE@NAME[] in the texts writes DIR/FILE@NAME:
the struct, enum, union, function, array or macro NAME of FILE, with the comment right above it.
NAME~ leaves that comment out. Relies on the tree's layout: a definition starts in column 1 and ends
with the first line that starts with a closing brace, or where its statement ends.
"""
import os
import re
import sys

WANTED = re.compile(r"include::\{code\}/([^@\[]+)@([^\[]+)\[")


def definition_start(lines, name):
    word = re.escape(name)
    patterns = (
        rf"(struct|enum|union) {word} \{{",
        rf"#define {word}\b",
        rf"[A-Za-z_].*\b{word}\([^;]*$",
        rf"[A-Za-z_].*\b{word}(\[\w*\])* = ",
        rf"[A-Za-z_].*\b{word}\(.*;$",
    )
    for pattern in patterns:
        for number, line in enumerate(lines):
            if re.match(pattern, line):
                return number
    return None


def definition_end(lines, start):
    if lines[start].startswith("#define"):
        while lines[start].endswith("\\"):
            start += 1
        return start
    for number in range(start, len(lines)):
        if lines[number].startswith("}"):
            return number
        if lines[number].endswith(";") and not lines[number].startswith((" ", "\t")):
            return number
        if lines[number].endswith(";") and not any("{" in line for line in lines[start:number]):
            return number
    return len(lines) - 1


def comment_start(lines, start):
    if start == 0 or not lines[start - 1].rstrip().endswith("*/"):
        return start
    first = start - 1
    while not lines[first].lstrip().startswith("/*"):
        first -= 1
    return first


def main():
    target = sys.argv[1]
    missing = False
    for text in sys.argv[2:]:
        with open(text, encoding="utf-8") as file:
            wanted = WANTED.findall(file.read())
        for path, mark in wanted:
            name = mark.rstrip("~")
            if not os.path.exists(path):
                print(f"{text}: there is no {path}", file=sys.stderr)
                missing = True
                continue
            with open(path, encoding="utf-8") as file:
                lines = file.read().splitlines()
            start = definition_start(lines, name)
            if start is None:
                print(f"{text}: {path} does not define {name}", file=sys.stderr)
                missing = True
                continue
            end = definition_end(lines, start)
            if not mark.endswith("~"):
                start = comment_start(lines, start)
            out = os.path.join(target, f"{path}@{mark}")
            os.makedirs(os.path.dirname(out), exist_ok=True)
            with open(out, "w", encoding="utf-8") as file:
                file.write("\n".join(lines[start : end + 1]) + "\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())

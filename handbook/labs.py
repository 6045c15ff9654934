#!/usr/bin/env python3
"""labs.py DIR LAB...: for each lab's folder writes DIR/NAME.adoc, what the grader gives points for.

The properties come from the lab's `spec` and from the `unit` lines of its `lab.conf`, as the grader
reads them; the files that a student hands in from `files` lines.
"""
import os
import re
import sys

PROPERTY = re.compile(
    r"^property\s+(?P<name>[\w-]+)(?P<rest>(?:\s+(?:points\s+\d+|see\s+\"[^\"]*\"|says\s+\"[^\"]*\""
    r"|needs\s+[\w-]+(?:\s*,\s*[\w-]+)*))*)", re.M)
UNIT = re.compile(r"^unit\s+(?P<name>[\w-]+)(?P<rest>.*)$", re.M)


def part(pattern, text):
    found = re.search(pattern, text)
    return found.group(1) if found else ""


def text_of(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def rows_of(folder):
    rows = []
    for prefix, pattern, name in (("unit-", UNIT, "lab.conf"), ("", PROPERTY, "spec")):
        for found in pattern.finditer(text_of(os.path.join(folder, name))):
            rest = found.group("rest")
            says = part(r'says\s+"([^"]*)"', rest)
            if prefix and not says:
                says = f"the tests on the host: tests/labs/{found.group('name')}.c"
            points = int(part(r"points\s+(\d+)", rest) or 0)
            needs = part(r"needs\s+((?:[\w-]+\s*,\s*)*[\w-]+)", rest)
            rows.append((prefix + found.group("name"), points, says, needs))
    return rows


def page_of(folder):
    lab = os.path.basename(folder)
    conf = text_of(os.path.join(folder, "lab.conf"))
    rows = rows_of(folder)
    hours = part(r"(?m)^hours\s+(.*)$", conf)
    seeds = part(r"(?m)^seeds\s+(.*)$", conf) or 1
    lines = ["// tag::properties[]",
             '[%header,cols="3m,1,5,3"]', "|===",
             "|Property |Points |What the report says |Needs", ""]
    for name, points, says, needs in rows:
        lines.append(f"|{name} |{points} |{says.replace('|', '{vbar}')} |{needs}")
    lines += ["|===", "// end::properties[]", "", "// tag::attributes[]",
              f":hours-{lab}: {hours}", f":points-{lab}: {sum(row[1] for row in rows)}",
              f":seeds-{lab}: {seeds}", "// end::attributes[]", ""]
    return "\n".join(lines)


def main():
    os.makedirs(sys.argv[1], exist_ok=True)
    for folder in sys.argv[2:]:
        path = os.path.join(sys.argv[1], os.path.basename(folder) + ".adoc")
        with open(path, "w", encoding="utf-8") as file:
            file.write(page_of(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Figures beside their budgets, and what changed since they were last kept.

    bench.py [--keep] FILE...

Each FILE holds lines `NAME MIN [MAX [COUNT]]` of figures that budgets.txt beside this script names;
other lines are passed over. results.txt holds the figures as last kept: a change of more than 2 %
is named; --keep writes the new ones there. A figure over its budget is marked. The exit status
is 1 if a figure that should be there is not.
"""
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).parent
RESULTS = HERE / "results.txt"
NOTICED = 0.02
LINE = re.compile(r"\s*([a-z][a-z0-9-]*)[ :]+(\d+)(?: +(\d+))?(?: +(\d+))?\s*$")


def budgets():
    """Yields (name, must, reach, linux, xv6, what); None for a number that is not there."""
    for line in (HERE / "budgets.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            name, *numbers, what = line.split(None, 5)
            yield name, *[None if n == "-" else int(n) for n in numbers], what


def figures(path):
    """{name: (min, max, count)} of the lines of a file that look like figures."""
    found = {}
    for line in path.read_text(errors="replace").splitlines():
        match = LINE.match(line)
        if match:
            least = int(match[2])
            found[match[1]] = least, int(match[3] or least), int(match[4] or 1)
    return found


def number(value):
    return "-" if value is None else f"{value:,}"


def main(arguments):
    keep = "--keep" in arguments
    now, before = {}, figures(RESULTS) if RESULTS.exists() else {}
    for path in arguments:
        if path != "--keep":
            now |= figures(pathlib.Path(path))
    rows, missing, changed = list(budgets()), [], []
    print(f"{'':<15} {'is':>11} {'max':>11} {'count':>7} {'must':>10} {'reach':>10} {'linux':>9} "
          f"{'xv6':>10}")
    for name, must, reach, linux, xv6, what in rows:
        if name not in now:
            missing += [name] if name in before else []
            continue
        least, most, count = now[name]
        mark = "OVER" if must is not None and most > must else ""
        print(f"{name:<15} {least:>11,} {most:>11,} {count:>7,} {number(must):>10} "
              f"{number(reach):>10} {number(linux):>9} {number(xv6):>10} {mark:<4} {what}".rstrip())
        old = before.get(name, (None,))[0]
        if old and abs(least - old) > NOTICED * old:
            changed.append(f"{name}: {old:,} -> {least:,} ({(least - old) / old:+.1%})")
    for text in changed:
        print("changed  " + text)
    for name in missing:
        print("missing  " + name)
    if keep:
        names = [row[0] for row in rows if row[0] in now]
        RESULTS.write_text("# name min max count: kept by `make bench KEEP=1`\n" + "".join(
            f"{name} {now[name][0]} {now[name][1]} {now[name][2]}\n" for name in names))
    return 1 if missing or not now else 0


sys.exit(main(sys.argv[1:]))

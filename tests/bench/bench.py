#!/usr/bin/env python3
"""Figures beside their budgets, and what changed since they were last kept.

    bench.py [--keep] [--crowd CROWD] FILE...

Each FILE holds lines `NAME MIN [MAX [COUNT [MEDIAN]]]` of figures that budgets.txt beside this
script names; other lines are passed over. What counts is the median. results.txt holds the figures
as last kept: a change of more than 2 % is named; --keep writes the new ones there. The exit status
is 1 if a figure is over its budget, or one that should be there is not.

CROWD holds the same figures measured while many others hold processes, threads and handles; none
may be more than 5 % larger there.
"""
import argparse
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).parent
RESULTS = HERE / "results.txt"
NOTICED = 0.02
GROWTH = 0.05
LINE = re.compile(r"\s*([a-z][a-z0-9-]*)[ :]+(\d+(?: +\d+){0,3})\s*$")


def budgets():
    """Yields (name, must, reach, linux, xv6, what); None for a number that is not there."""
    for line in (HERE / "budgets.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            name, *numbers, what = line.split(None, 5)
            yield name, *[None if n == "-" else int(n) for n in numbers], what


def figures(path):
    """{name: (min, max, count, median)} of the lines of a file that look like figures."""
    found = {}
    for line in path.read_text(errors="replace").splitlines():
        match = LINE.match(line)
        if match:
            least, *others = map(int, match[2].split())
            found[match[1]] = least, *others, *(least, 1, least)[len(others):]
    return found


def parallel(done):
    """{parallel-N: ...}: the time that an act takes on N processors, in percent of that on one."""
    alone = done.get("throughput-1")
    found = {}
    for name, many in done.items():
        if alone and name.startswith("throughput-") and many is not alone:
            percent = -(-100 * alone[0] // many[0])
            found[name.replace("throughput", "parallel")] = percent, percent, 1, percent
    return found


def number(value):
    return "-" if value is None else f"{value:,}"


def growth(alone, crowd, over):
    """Prints what figures become in a crowd."""
    print(f"\n{'in a crowd':<16} {'is':>9} {'alone':>9}  growth")
    for name, _, _, _, _, _ in budgets():
        if name not in crowd or name not in alone:
            continue
        is_now, was = crowd[name][-1], alone[name][-1]
        grown = (is_now - was) / was
        print(f"{name:<16} {is_now:>9,} {was:>9,}  {grown:+.1%}")
        if grown > GROWTH:
            over.append(f"growth-{name}: {grown:+.1%}, more than {GROWTH:.0%}")


def main(arguments):
    options = argparse.ArgumentParser()
    options.add_argument("--keep", action="store_true")
    options.add_argument("--crowd", type=pathlib.Path)
    options.add_argument("files", type=pathlib.Path, nargs="+")
    options = options.parse_args(arguments)
    now, before = {}, figures(RESULTS) if RESULTS.exists() else {}
    for path in options.files:
        now |= figures(path)
    now |= parallel(now)
    rows, missing, changed, over = list(budgets()), [], [], []
    print(f"{'':<16} {'is':>9} {'min':>9} {'max':>9} {'count':>5} {'must':>9} {'reach':>9} "
          f"{'linux':>7} {'xv6':>9}")
    for name, must, reach, linux, xv6, what in rows:
        if name not in now:
            missing.append(name)
            continue
        least, most, count, median = now[name]
        if must is not None and median > must:
            over.append(f"{name}: {median:,}, {median - must:,} more than {must:,}")
        print(f"{name:<16} {median:>9,} {least:>9,} {most:>9,} {count:>5,} {number(must):>9} "
              f"{number(reach):>9} {number(linux):>7} {number(xv6):>9}  {what}".rstrip())
        old = before.get(name, (None,))[-1]
        if old and abs(median - old) > NOTICED * old:
            changed.append(f"{name}: {old:,} -> {median:,} ({(median - old) / old:+.1%})")
    if options.crowd:
        growth(now, figures(options.crowd), over)
    for text in changed:
        print("changed  " + text)
    for name in missing:
        print("missing  " + name)
    for text in over:
        print("over     " + text)
    if options.keep:
        names = [row[0] for row in rows if row[0] in now]
        RESULTS.write_text("# name min max count median: kept by `make bench KEEP=1`\n" + "".join(
            f"{name} {' '.join(map(str, now[name]))}\n" for name in names))
    return 1 if missing or over else 0


sys.exit(main(sys.argv[1:]))

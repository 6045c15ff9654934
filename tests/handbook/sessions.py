#!/usr/bin/env python3
"""Run what the handbook shows of GDB, and compare.

sessions.py SESSION...: the sessions follow one another in one run of `make gdb`. Each line that is
not typed must come out of it, in this order; addresses, numbers of lines and the like may differ.
"""
import os
import re
import signal
import subprocess
import sys
import tempfile

PROMPT = "(gdb) "


def comparable(line):
    line = re.sub(r"0x[0-9a-f]+|\b\d+\b|[+][0-9]+", "N", line.replace(PROMPT, ""))
    return re.sub(r"\s+", " ", line).strip()


def main():
    lines = []
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as file:
            lines += file.read().splitlines()
    typed = [line[len(PROMPT):] for line in lines if line.startswith(PROMPT)]
    with tempfile.NamedTemporaryFile("w", suffix=".gdb") as batch:
        batch.write("\n".join(typed + ["kill", ""]))
        batch.flush()
        run = subprocess.Popen(
            ["make", "gdb", "B=" + os.environ.get("B", "build"),
             "CC=" + os.environ.get("CC", "gcc"), "BATCH=" + batch.name],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True)
        try:
            output, _ = run.communicate(timeout=120)
        except subprocess.TimeoutExpired:
            os.killpg(run.pid, signal.SIGTERM)
            output, _ = run.communicate()
    printed = [comparable(line) for line in output.decode(errors="replace").splitlines()]
    place = 0
    for line in lines:
        if line.startswith(PROMPT):
            continue
        wanted = comparable(line)
        while place < len(printed) and wanted not in printed[place]:
            place += 1
        if place == len(printed):
            print(f"FAIL gdb-sessions: this does not come, or not in its place: {line}")
            print("\n".join("  " + text for text in printed[-30:]))
            return 0
    print("ok gdb-sessions")
    return 0


if __name__ == "__main__":
    sys.exit(main())

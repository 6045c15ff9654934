#!/usr/bin/env python3
"""Run what a text shows of the guest's shell, and compare.

transcripts.py IMAGE TEXT...: a text is Markdown, of which all blocks ```console count, one behind
the other; or a file that is a transcript as a whole. A transcript's commands stand behind the
prompt. One machine runs a text's commands; it must print just what the text shows, and end with the
status that the last command gives. Numbers may differ in what `ls`, `ps` and `bench` list, and so
may addresses of instructions: those change with every line of code.
"""
import os
import re
import subprocess
import sys
import tempfile

PROMPT = "orrery> "


def transcript_of(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if path.endswith(".md"):
        return "".join(re.findall(r"^```console\n(.*?)^```", text, re.M | re.S))
    return text


def comparable(text):
    """The text with what may differ made equal, line by line, without the banner."""
    lines, listing = [], False
    for line in text.splitlines():
        if line.startswith(PROMPT):
            listing = re.match(r"(ls|ps|bench)\b", line[len(PROMPT):]) is not None
        elif listing:
            line = re.sub(r" +", " ", re.sub(r"\d+", "N", line)).strip()
        lines.append(re.sub(r"(instruction |\+)0x[0-9a-f]+", r"\g<1>0xN", line))
    while lines and not lines[0].startswith(PROMPT):
        lines.pop(0)
    return lines


def machine_run(image, commands):
    runner = os.path.join(os.environ.get("B", "build"), "host", "orrery-run")
    kernel = os.path.join(os.environ.get("B", "build"), "kernel", "kernel.elf")
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as script:
        script.write("".join(command + "\n" for command in commands))
        script.flush()
        return subprocess.run(
            [runner, "--kernel", kernel, "--script", script.name, image],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=240, check=False)


def check(image, path):
    shown = comparable(transcript_of(path))
    commands = [line[len(PROMPT):] for line in shown if line.startswith(PROMPT)]
    ends = re.search(r"poweroff (\d+)$", commands[-1])
    run = machine_run(image, commands)
    printed = comparable(run.stdout.decode(errors="replace").replace("\r\n", "\n"))
    if not ends:
        shown.append(PROMPT + "poweroff $?")
    name = "transcript-" + os.path.basename(path)
    if ends and run.returncode != int(ends.group(1)):
        print(f"FAIL {name}: status {run.returncode}, not {ends.group(1)}")
    elif run.returncode >= 124 and not ends:
        print(f"FAIL {name}: the run ended with status {run.returncode}")
    elif printed != shown:
        print(f"FAIL {name}: the machine prints something else")
        for index in range(max(len(shown), len(printed))):
            left = shown[index] if index < len(shown) else "(nothing)"
            right = printed[index] if index < len(printed) else "(nothing)"
            if left != right:
                print(f"  shown:   {left}\n  printed: {right}")
    else:
        print(f"ok {name}")


def main():
    for path in sys.argv[2:]:
        check(sys.argv[1], path)
    return 0


if __name__ == "__main__":
    sys.exit(main())

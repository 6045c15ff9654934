#!/usr/bin/env python3
"""Grades a class: every submission in a folder, each in isolation, one after another.

    grade_all.py GRADER LAB SUBMISSIONS OUT [SEEDS]

A submission is a folder with the lab's files at their paths, or a .tar.gz as `make submit` packs
it. OUT gets results.csv and, for each submission, NAME/report.json and NAME/report.html.
Submissions whose report is there are not graded again: an interrupted run goes on where it was.
"""
import csv
import io
import json
import os
import pathlib
import re
import shutil
import stat
import subprocess
import sys
import tarfile
import tempfile

FILE_BYTES = 1 << 20    # of one file that a student hands in
ARCHIVE_BYTES = 8 << 20  # of all that a .tar.gz unpacks to; more is not looked at
TIMEOUT_S = 1800


class Refused(Exception):
    """Why a submission is not graded."""


def stop(problem):
    print(f"make grade-all: {problem}", file=sys.stderr)
    sys.exit(2)


def lab_folder(number):
    found = sorted(pathlib.Path("labs").glob(f"{number}-*"))
    if not re.fullmatch(r"\d\d?", number) or len(found) != 1:
        stop(f"there is no lab {number}")
    return found[0]


def lab_files(lab):
    """The files that are the student's, as lab.conf says."""
    for line in (lab / "lab.conf").read_text().split("\n"):
        if line.startswith("files "):
            return line.split()[1:]
    return []


def folder_file(folder, name):
    """The bytes of a file below a folder, by plain folders and a plain file alone."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in name.split("/")[:-1]:
            inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=handle)
            os.close(handle)
            handle = inner
        plain = os.open(name.split("/")[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK,
                        dir_fd=handle)
        with open(plain, "rb") as file:
            if not stat.S_ISREG(os.fstat(plain).st_mode):
                raise Refused(f"{name} is not a plain file")
            return file.read(FILE_BYTES + 1)
    except FileNotFoundError:
        raise Refused(f"{name} is missing") from None
    except OSError as problem:
        raise Refused(f"{name}: {problem.strerror}") from None
    finally:
        os.close(handle)


def archive_files(path, names):
    """The bytes of the lab's files in a .tar.gz, whatever folder they were packed in."""
    found = {}
    try:
        with tarfile.open(path, "r|gz") as archive:
            seen = 0
            for member in archive:
                seen += 512 + max(member.size, 0)
                if seen > ARCHIVE_BYTES:
                    raise Refused(f"it unpacks to more than {ARCHIVE_BYTES >> 20} MiB")
                for name in names:
                    if member.name != name and not member.name.endswith("/" + name):
                        continue
                    if not member.isreg():
                        raise Refused(f"{name} is not a plain file")
                    if name in found:
                        raise Refused(f"{name} is there twice")
                    found[name] = archive.extractfile(member).read(FILE_BYTES + 1)
    except (tarfile.TarError, OSError, EOFError, ValueError) as problem:
        raise Refused(f"not a .tar.gz: {problem}") from None
    for name in names:
        if name not in found:
            raise Refused(f"{name} is missing")
    return found


def stage(submission, names, to):
    """Puts the lab's files, and nothing else, where the grader takes them from."""
    if submission.is_symlink():
        raise Refused("it is a symbolic link")
    if submission.is_dir():
        files = {name: folder_file(submission, name) for name in names}
    else:
        files = archive_files(submission, names)
    for name, content in files.items():
        if len(content) > FILE_BYTES:
            raise Refused(f"{name} is larger than {FILE_BYTES >> 20} MiB")
        if b"\0" in content:
            raise Refused(f"{name} is no text")
        target = to / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def refusal(lab, why):
    """The report of what was never built, in the form of the grader's own."""
    title = re.search(r"^title\s+(.*)$", (lab / "lab.conf").read_text(), re.MULTILINE)
    return {"case": lab.name, "title": title[1] if title else lab.name, "score": None,
            "not_graded": why, "earned": 0, "points": 0, "properties": [], "seeds": []}


def grade(grader, lab, submission, out, seeds):
    """Grades one; its report appears whole or not at all. What the grader itself failed with, or
    None."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        files, report = pathlib.Path(folder, "files"), pathlib.Path(folder, "report.json")
        try:
            stage(submission, lab_files(lab), files)
        except Refused as why:
            report.write_text(json.dumps(refusal(lab, str(why)), indent=2))
        else:
            options = ["--files", files, "--json", report, "--html", out / "report.html"]
            options += ["--seeds", seeds] if seeds else []
            try:
                done = subprocess.run([grader, *options, lab], stdin=subprocess.DEVNULL,
                                      capture_output=True, timeout=TIMEOUT_S, check=False)
            except subprocess.TimeoutExpired:
                return f"not done after {TIMEOUT_S} s"
            if done.returncode == 3:
                told = (done.stdout + done.stderr).decode(errors="replace").strip()
                return told.split("\n")[-1] or "the emulator failed"
            if not report.exists():
                why = done.stderr.decode(errors="replace").strip().split("\n")[-1]
                report.write_text(json.dumps(refusal(lab, why), indent=2))
        shutil.copyfile(report, out / "report.part")
        os.replace(out / "report.part", out / "report.json")
    return None


def shown(name):
    """A name without what would move a terminal's cursor."""
    return "".join(c if c.isprintable() else "?" for c in name)


def table(out, names):
    """results.csv: a line a submission, a column a property."""
    reports = {name: json.loads((out / shown(name) / "report.json").read_text()) for name in names
               if (out / shown(name) / "report.json").exists()}
    columns = list(dict.fromkeys(line["name"] for report in reports.values()
                                 for line in report["properties"]))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["submission", "score", "not graded", *columns])
    for name, report in reports.items():
        earned = {line["name"]: line["earned"] for line in report["properties"]}
        score = "" if report["score"] is None else report["score"]
        # a spreadsheet takes what starts so for a formula
        safe = "'" + shown(name) if name[:1] in "=+-@" else shown(name)
        writer.writerow([safe, score, report["not_graded"] or "",
                         *(earned.get(column, "") for column in columns)])
    part = out / "results.csv.part"
    part.write_text(text.getvalue())
    os.replace(part, out / "results.csv")


def main():
    if len(sys.argv) not in (5, 6) or not all(sys.argv[:5]):
        stop("needs LAB=nn DIR=folder-of-submissions OUT=folder-of-reports")
    grader, lab, folder = sys.argv[1], lab_folder(sys.argv[2]), pathlib.Path(sys.argv[3])
    out, seeds = pathlib.Path(sys.argv[4]), sys.argv[5] if len(sys.argv) > 5 else ""
    if not folder.is_dir():
        stop(f"DIR={folder} is not a folder")
    out.mkdir(parents=True, exist_ok=True)
    names = sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))
    left = 0
    for number, name in enumerate(names, 1):
        own = out / shown(name)
        if (own / "report.json").exists():
            continue
        if sys.stderr.isatty():
            print(f"\r\033[K{number} of {len(names)}: {shown(name)}", end="", file=sys.stderr)
        problem = grade(grader, lab, folder / name, own, seeds)
        if problem:
            left += 1
            print(f"{shown(name)}: not graded, try again: {problem}", file=sys.stderr)
            continue
        report = json.loads((own / "report.json").read_text())
        score = "  -" if report["score"] is None else f"{report['score']:3}"
        print(f"{score}  {shown(name)}  {report['not_graded'] or ''}", flush=True)
        table(out, names)
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    table(out, names)
    print(f"{len(names) - left} of {len(names)} graded: {out / 'results.csv'}")
    sys.exit(3 if left else 0)


if __name__ == "__main__":
    main()

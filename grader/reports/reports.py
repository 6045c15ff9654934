#!/usr/bin/env python3
"""Makes other reports of the one that orrery-grade writes as JSON.

    reports.py REPORT [--runs DIR] [--junit FILE] [--gradescope FILE] [--html FILE]

REPORT follows report.schema.json. DIR is where the runs' consoles and traces lie, for the page; a
page stands alone: it needs neither them nor a network. Bytes depend on the results alone.
"""
import argparse
import json
import pathlib
import sys
import xml.etree.ElementTree as xml

sys.dont_write_bytecode = True  # nothing is left in the tree
import page

STATES = {"ok": "passed", "failed": "failed", "not run": "failed"}


def explanation(line):
    """What is told of a property that earned nothing, as lines."""
    told = [line["why"] or ""]
    told += [event["text"] for event in line["events"]]
    if line["says"]:
        told.append(line["says"])
    if line["see"]:
        told.append(f"See the handbook, \"{line['see']}\".")
    told += [f"{word}: {line[word]}" for word in ("again", "look") if word in line]
    return "\n".join(text for text in told if text)


def clean(text):
    """XML has no way to write most control characters."""
    return "".join(c if c in "\n\t" or " " <= c < "\ud800" or "\ue000" <= c < "\ufffe" or
                   c >= "\U00010000" else "?" for c in text)


def junit(report):
    """The form that build servers read: a test suite, a test case a property."""
    lines = report["properties"]
    counts = {"tests": max(len(lines), 1),
              "failures": sum(line["state"] == "failed" for line in lines),
              "skipped": sum(line["state"] == "not run" for line in lines),
              "errors": int(report["score"] is None)}
    suite = xml.Element("testsuite", name=report["case"], **{k: str(v) for k, v in counts.items()})
    for line in lines:
        case = xml.SubElement(suite, "testcase", classname=report["case"], name=line["name"])
        if line["state"] == "failed":
            failure = xml.SubElement(case, "failure", message=clean(line["why"] or ""))
            failure.text = clean(explanation(line))
        elif line["state"] == "not run":
            xml.SubElement(case, "skipped", message=clean(line["why"] or ""))
    if report["score"] is None:
        case = xml.SubElement(suite, "testcase", classname=report["case"], name="graded")
        xml.SubElement(case, "error", message=clean(report["not_graded"] or ""))
    xml.indent(suite)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + xml.tostring(suite, "unicode") + "\n"


def gradescope(report):
    """results.json of Gradescope's autograder: points as they are, a test a property. Where the
    grader itself failed there is no score: nobody loses points by it."""
    if report["score"] is None:
        made = {"output": f"Not graded: {report['not_graded']}", "tests": []}
        if not report["not_graded"].startswith("infrastructure"):
            made["score"] = 0
    else:
        seeds = ", ".join(str(seed["seed"]) for seed in report["seeds"])
        made = {"output": f"{report['title']}: {report['score']}/100. Seeds: {seeds}.",
                "tests": [{"name": line["name"], "score": line["earned"],
                           "max_score": line["points"], "status": STATES[line["state"]],
                           "output": "" if line["state"] == "ok" else explanation(line)}
                          for line in report["properties"]]}
    return json.dumps(made, indent=2) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("report")
    parser.add_argument("--runs")
    for form in ("junit", "gradescope", "html"):
        parser.add_argument("--" + form)
    asked = parser.parse_args()
    report = json.loads(pathlib.Path(asked.report).read_text())
    runs = pathlib.Path(asked.runs) if asked.runs else None
    forms = {"junit": junit, "gradescope": gradescope, "html": lambda r: page.html(r, runs)}
    for form, make in forms.items():
        path = getattr(asked, form)
        if path:
            try:
                pathlib.Path(path).write_text(make(report), encoding="utf-8")
            except OSError as problem:
                sys.exit(f"cannot write {path}: {problem.strerror}")


if __name__ == "__main__":
    main()

"""The report as one page for a browser: what held, what did not, and a diagram of the run."""
import html as markup
import json
import pathlib
import re

HERE = pathlib.Path(__file__).parent
RECORDS = 6000      # of a trace that the page shows, around the failure
CONSOLE = 8000      # bytes of the console, its end
RECORD = re.compile(r"tick ([\d,]+)  cpu (\d+)  thread (\d+)  (\w+)\((.*)\)$")
FIELD = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*"|[^,]*)')


def text(value):
    return markup.escape(str(value))


def thousands(number):
    return f"{number:,}"


def records_read(path):
    """A trace as lists [tick, cpu, thread, event, fields]."""
    made = []
    for line in path.read_text(errors="replace").split("\n"):
        found = RECORD.match(line)
        if found:
            fields = {name: value.strip('"') for name, value in FIELD.findall(found[5])}
            made.append([int(found[1].replace(",", "")), int(found[2]), int(found[3]), found[4],
                         fields])
    return made


def lanes_name(records):
    """What each thread is called: its process's name, and its number."""
    process_of, name_of = {}, {}
    for _, _, _, event, fields in records:
        if event == "thread_create":
            process_of[fields["thread"]] = fields["process"]
        elif event == "process_start":
            name_of[fields["process"]] = fields["name"]
    return {thread: f"{name_of.get(process, 'process ' + process)} · {thread}"
            for thread, process in process_of.items()}


def window(records, tick):
    """The records around a tick: the first one's place in the trace, and they."""
    place = next((i for i, record in enumerate(records) if record[0] >= tick), len(records))
    first = max(0, min(place - RECORDS * 3 // 4, len(records) - RECORDS))
    return first, records[first:first + RECORDS]


def run_shown(report):
    """The seed whose run the page shows, and the failed property that it shows, if any."""
    for line in report["properties"]:
        if line["state"] == "failed" and "seed" in line:
            return line["seed"], line
    return (report["seeds"][0]["seed"] if report["seeds"] else None), None


def diagram(report, runs):
    seed, failed = run_shown(report)
    path = runs / f"seed-{seed}.trace" if runs and seed is not None else None
    if path is None or not path.is_file():
        return "<p>No trace of the run was kept, so there is no diagram.</p>"
    records = records_read(path)
    marks = [{"tick": event["tick"], "name": line["name"]} for line in report["properties"]
             if line.get("seed") == seed for event in line["events"]]
    ends = [event["tick"] for event in failed["events"]] if failed else []
    first, shown = window(records, max(ends, default=records[-1][0] if records else 0))
    data = {"records": shown, "first": first, "names": lanes_name(records), "marks": marks,
            "property": failed["name"] if failed else ""}
    told = f"Records {thousands(first + 1)} to {thousands(first + len(shown))}" \
        if len(shown) < len(records) else "All records"
    buttons = "".join(f'<button data-property="{text(name)}">{text(name)}</button>'
                      for name in dict.fromkeys(mark["name"] for mark in marks))
    return (f"<p>{told} of {thousands(len(records))} of the run with seed {seed}. "
            "A lane is a thread; blue is time on a processor; arrows are calls, answers and "
            "wake-ups. Wheel or <kbd>+</kbd> <kbd>-</kbd>: zoom. Drag or arrow keys: move. Point "
            "at a mark to read its record.</p>"
            '<div class="bar"><button id="whole">whole</button>'
            f"{buttons}"
            '<label><input type="checkbox" id="ticks"> true to time</label>'
            '<output id="told"></output></div>'
            '<div id="diagram" tabindex="0" role="img" aria-label="space-time diagram"></div>'
            "<noscript>The diagram needs scripts; a failure's records stand above.</noscript>"
            f'<script type="application/json" id="data">{json_safe(data)}</script>')


def json_safe(data):
    """JSON that cannot end the script element it stands in."""
    return json.dumps(data, separators=(",", ":")).replace("<", "\\u003c").replace("&", "\\u0026")


def property_row(line):
    words = {"ok": "ok", "failed": "FAIL", "not run": "not run"}
    kind = line["state"].replace(" ", "-")
    body = text(line["says"] or "") if line["state"] == "ok" else failure(line)
    points = f"{line['earned']}/{line['points']}" if line["points"] else ""
    return (f'<tr class="{kind}"><td class="state">{words[line["state"]]}</td>'
            f'<th scope="row">{text(line["name"])}</th><td class="points">{points}</td>'
            f"<td>{body}</td></tr>")


def failure(line):
    made = [f'<p class="why">{text(line["why"] or "")}</p>']
    if line["events"]:
        made.append("<pre>" + "\n".join(text(event["text"]) for event in line["events"]) + "</pre>")
    if line["says"]:
        made.append(f"<p>{text(line['says'])}</p>")
    if line["see"]:
        made.append(f"<p>Handbook: <em>{text(line['see'])}</em></p>")
    for word, what in (("again", "repeat it"), ("look", "look at it in GDB")):
        if word in line:
            made.append(f"<p>{what}: <code>{text(line[word])}</code></p>")
    return "".join(made)


def seed_row(seed):
    numbers = [seed["seed"], f"{seed['memory_mib']} MiB", thousands(seed["ips"]), seed["verdict"],
               thousands(seed["tick"]), thousands(seed["records"])]
    return "<tr>" + "".join(f"<td>{text(number)}</td>" for number in numbers) + "</tr>"


def console(report, runs):
    seed, _ = run_shown(report)
    path = runs / f"seed-{seed}.console" if runs and seed is not None else None
    if path is None or not path.is_file():
        return ""
    printed = path.read_bytes()[-CONSOLE:].decode(errors="replace").replace("\r", "")
    shown = "".join(c if c == "\n" or c.isprintable() else "\N{REPLACEMENT CHARACTER}"
                    for c in printed)
    return f"<h2>What the machine printed, seed {seed}</h2><pre>{text(shown)}</pre>"


def html(report, runs):
    score = "not graded" if report["score"] is None else f"{report['score']}/100"
    template = (HERE / "page.html").read_text()
    holes = {
        "title": text(f"{report['title']}: {score}"),
        "heading": text(f"{report['case']} · {report['title']}"),
        "score": text(score),
        "grade": "none" if report["score"] is None else
                 "full" if report["score"] == 100 else "less",
        "problem": f'<p class="why">{text(report["not_graded"] or "")}</p>',
        "properties": "".join(map(property_row, report["properties"])),
        "seeds": "".join(map(seed_row, report["seeds"])),
        "diagram": diagram(report, runs),
        "console": console(report, runs),
        "style": (HERE / "page.css").read_text(),
        "script": (HERE / "page.js").read_text(),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda hole: holes[hole[1]], template)

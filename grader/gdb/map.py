"""orrery map FILE.svg: all physical memory as a picture: who has which frame."""

import gdb
from kernel import ADDRESS_BITS, Word, processes, words_at

CELL, COLUMNS = 6, 128
COLOURS = {"reserved": "#d9dde3", "free": "#ffffff", "kernel": "#8a94a6"}
PROCESS_COLOURS = ["#3b6fb6", "#1e7b45", "#c0622d", "#7a4fa3", "#b58a00", "#2b8a99", "#c0272d",
                   "#5f7d2e"]
FREE, ALLOCATED, INSIDE = 1, 2, 3


def pages_of(root):
    """Physical pages that the user's half of a page table shows."""
    tables = [(root, 4)]
    while tables:
        table, level = tables.pop()
        entries = words_at(table, 256 if level == 4 else 512)
        for at in range(0, len(entries), 8):
            entry = int.from_bytes(entries[at:at + 8], "little")
            if entry & 1:
                if level == 1:
                    yield (entry & ADDRESS_BITS) >> 12
                else:
                    tables.append((entry & ADDRESS_BITS, level - 1))


def states(pool):
    """Of each frame: whether it is reserved, free, or somebody's."""
    frame = gdb.lookup_type("struct frame")
    offset = {field.name: field.bitpos // 8 for field in frame.fields()}
    count = int(pool["count"])
    raw = gdb.selected_inferior().read_memory(int(pool["frames"]), count * frame.sizeof).tobytes()
    owner, number = [], 0
    while number < count:
        at = number * frame.sizeof
        state = int.from_bytes(raw[at + offset["state"]:at + offset["state"] + 2], "little")
        order = int.from_bytes(raw[at + offset["order"]:at + offset["order"] + 2], "little")
        size = 1 << order if state in (FREE, ALLOCATED) else 1
        owner += ["free" if state == FREE else "kernel" if state else "reserved"] * size
        number += size
    return owner[:count]


def map(argument):  # noqa: A001 - the word that a person types
    """map FILE.svg: who has which frame of memory, as a picture."""
    if not argument:
        raise gdb.GdbError("orrery map FILE.svg")
    owner = states(gdb.parse_and_eval("page_pool"))
    names = []
    for process in processes():
        name = "%d %s" % (int(process["number"]), process["name"].string())
        names.append(name)
        for page in pages_of(int(process["space"]["root"])):
            if page < len(owner) and owner[page] != "reserved":
                owner[page] = name
    colours = dict(COLOURS)
    for i, name in enumerate(names):
        colours[name] = PROCESS_COLOURS[i % len(PROCESS_COLOURS)]
    with open(argument, "w", encoding="utf-8") as file:
        file.write(picture(owner, colours))
    yield "%s: %d frames, %d KiB a row" % (argument, len(owner), COLUMNS * 4)


def picture(owner, colours):
    rows = (len(owner) + COLUMNS - 1) // COLUMNS
    left, top = 90, 40 + 20 * ((len(colours) + 3) // 4)
    parts = ['<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" '
             'font-family="sans-serif" font-size="12">' % (left + COLUMNS * CELL + 10,
                                                           top + rows * CELL + 10),
             '<rect width="100%" height="100%" fill="#fff"/>']
    for i, (name, colour) in enumerate(colours.items()):
        x, y = left + i % 4 * 190, 14 + i // 4 * 20
        parts.append('<rect x="%d" y="%d" width="12" height="12" fill="%s" stroke="#888"/>'
                     '<text x="%d" y="%d">%s: %d</text>' % (x, y, colour, x + 17, y + 10, name,
                                                            owner.count(name)))
    for row in range(rows):
        line, at = owner[row * COLUMNS:(row + 1) * COLUMNS], 0
        if row % 32 == 0:
            parts.append('<text x="4" y="%d">%d MiB</text>' % (top + row * CELL + 6,
                                                               row * COLUMNS * 4 >> 10))
        while at < len(line):
            end = at
            while end < len(line) and line[end] == line[at]:
                end += 1
            parts.append('<rect x="%d" y="%d" width="%d" height="%d" fill="%s"/>' % (
                left + at * CELL, top + row * CELL, (end - at) * CELL, CELL, colours[line[at]]))
            at = end
    parts.append('<rect x="%d" y="%d" width="%d" height="%d" fill="none" stroke="#888"/></svg>' % (
        left, top, COLUMNS * CELL, rows * CELL))
    return "\n".join(parts) + "\n"


Word(map)

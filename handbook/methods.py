# Which operations each kernel object knows: read by GDB from the kernel's own tables. What its type
# says nothing of may be known by default; only a type with numbers can be watched.
# One line an object type: its number, its rights, the numbers of its operations.
import re

import gdb

defaults = gdb.parse_and_eval("'job.c'::defaults")
WATCH = int(gdb.parse_and_eval("(int)OP_WATCH"))
listing = gdb.execute("info variables -q _type$", to_string=True)
for name in re.findall(r"struct object_type (\w+);", listing):
    kind = gdb.parse_and_eval(name)
    methods = kind["methods"]
    last = methods.type.range()[1]
    known = [op for op in range(last + 1) if int(methods[op]) != 0 or int(defaults[op]) != 0]
    if not int(kind["numbers"][0]["property"]) and not int(methods[WATCH]):
        known.remove(WATCH)
    print(int(kind["number"]), int(kind["rights"]), *known)

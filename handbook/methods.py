# Which operations each kernel object knows: read by GDB from the kernel's own tables.
# One line an object type: its number, its rights, the numbers of its operations.
import re

import gdb

listing = gdb.execute("info variables -q _type$", to_string=True)
for name in re.findall(r"struct object_type (\w+);", listing):
    kind = gdb.parse_and_eval(name)
    methods = kind["methods"]
    last = methods.type.range()[1]
    known = [op for op in range(last + 1) if int(methods[op]) != 0]
    print(int(kind["number"]), int(kind["rights"]), *known)

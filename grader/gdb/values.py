"""How GDB prints requests and completions: as the table of operations has them."""

import os
import sys

import gdb
import gdb.printing

sys.path.insert(0, os.path.join(orrery_build, "gdb"))  # noqa: F821
import abi  # noqa: E402

FLAGS = [(1, "link"), (2, "always"), (4, "use-chain")]


def rights_text(bits):
    names = [name for bit, name in abi.RIGHTS.items() if bits >> bit & 1]
    return "+".join(names) if names else "all"


def argument_text(request, field, kind):
    value = int(request[field])
    if kind in ("BUFFER_IN", "BUFFER_OUT", "RANGE"):
        return "%s 0x%x+%d" % (field, value, int(request["length"]))
    if kind == "HANDLE":
        return "%s handle 0x%x" % (field, value)
    if kind == "RIGHTS":
        return "rights " + rights_text(value)
    if kind == "OBJECT":
        return "kind " + abi.OBJECTS.get(value, str(value))
    if kind == "PROPERTY":
        return abi.PROPERTIES.get(value, "property %d" % value)
    return "%s %s" % (field, value if value < 2**32 else hex(value))


class Request:
    """struct request: the operation by name, then the fields that it looks at."""

    def __init__(self, value):
        self.value = value

    def to_string(self):
        request, flags = self.value, int(self.value["flags"])
        op = int(request["op"])
        name, has_handle, arguments = abi.OPS.get(op, ("op %d" % op, True, []))
        text = [name]
        if has_handle:
            text.append("handle 0x%x" % int(request["handle"]))
        text += [argument_text(request, field, kind) for field, kind in arguments]
        text += [word for bit, word in FLAGS if flags & bit]
        if int(request["deadline"]):
            text.append("deadline %d ns" % int(request["deadline"]))
        return "{%s, user_data 0x%x}" % (", ".join(text), int(request["user_data"]))


class Completion:
    """struct completion: an error by name."""

    def __init__(self, value):
        self.value = value

    def to_string(self):
        result = int(self.value["result"])
        text = abi.ERRORS.get(-result, str(result)) if result < 0 else str(result)
        return "{%s, user_data 0x%x}" % (text, int(self.value["user_data"]))


printers = gdb.printing.RegexpCollectionPrettyPrinter("orrery")
printers.add_printer("request", "^request$", Request)
printers.add_printer("completion", "^completion$", Completion)
gdb.printing.register_pretty_printer(None, printers, replace=True)

"""operations.py NAME: the table of operations in src/abi/op.h without the row of NAME."""
import re
import sys

text = open("src/abi/op.h").read()
row = re.search(r"^    OP\(%s, .*?(?=^    OP\(|\n\n|^/\*)" % sys.argv[1], text, re.S | re.M)
print(text[:row.start()] + text[row.end():], end="")

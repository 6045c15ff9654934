#!/usr/bin/env python3
"""infotext: prints the info structure in the file that is named as text; checks its CRC32C."""
import struct
import sys


def crc32c(data):
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return value ^ 0xFFFFFFFF


def rows(data, array, layout):
    offset, count, stride = array
    for i in range(count):
        yield struct.unpack_from(layout, data, offset + i * stride)


def text(field):
    return field.split(b"\0")[0].decode("ascii")


data = open(sys.argv[1], "rb").read()
magic, version, checksum, size = struct.unpack_from("<QIIQ", data)
memory, files, line = (struct.unpack_from("<QII", data, 24 + 16 * i) for i in range(3))
numbers = struct.unpack_from("<11Q", data, 72)
if crc32c(data[:12] + bytes(4) + data[16:size]) != checksum:
    sys.exit("the info structure's checksum does not match")
print(f"info {magic:016x} version {version:016x} size {size:016x}")
print(f"kernel {numbers[0]:016x} {numbers[1]:016x}")
print(f"trace {numbers[2]:016x} {numbers[3]:016x}")
print(f"firmware {numbers[6]:016x}")
for time in numbers[7:11]:
    print(f"time {time:016x}")
for base, length, kind in rows(data, memory, "<QQI4x"):
    print(f"memory {base:016x} {length:016x} {kind:016x}")
for base, length, check, name in rows(data, files, "<QQI4x40s"):
    print(f"file {base:016x} {length:016x} {check:016x} {text(name)}")
print("rsdp " + text(data[160:168]))
print(f"entropy {struct.unpack_from('<I', data, 264)[0]:016x}")
print("line " + text(data[line[0]:line[0] + line[1]]))

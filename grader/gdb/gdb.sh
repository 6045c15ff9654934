#!/bin/sh
# Starts GDB on the machine: gdb.sh B [bridge's option...]
# In the environment: BATCH, a GDB script to run; GDB, the debugger.
set -eu

b=$1
shift
setup=$b/gdb/setup.$$
mkdir -p "$b/gdb"
trap 'rm -f "$setup"' EXIT
bridge="$b/host/orrery-gdb --kernel $b/kernel/kernel.elf --console $b/gdb/console $*"
cat >"$setup" <<EOF
set confirm off
set architecture i386:x86-64
set remotetimeout 600
python orrery_build = "$b"
source grader/gdb/orrery.py
target remote | exec $bridge $b/orrery.iso
EOF
if [ -n "${BATCH:-}" ]; then
    # What the machine says comes on GDB's standard error; in one stream it is in its place.
    "${GDB:-gdb}" -q -nx -batch -x "$setup" -x "$BATCH" "$b/kernel/kernel.elf" </dev/null 2>&1
else
    "${GDB:-gdb}" -q -x "$setup" "$b/kernel/kernel.elf"
fi

#!/bin/sh
# Starts GDB on the machine: gdb.sh B [bridge's option...]
# In the environment:
#   LAB      number of a lab, or the folder of a case: its machine instead of the system's
#   SEED     what that machine is made from (1)
#   BATCH    a GDB script to run
#   CONSOLE  file for what the serial console says (B/gdb/console)
#   GDB      the debugger; MAKE, make
set -eu

stop()
{
    echo "make gdb: $*" >&2
    exit 2
}

b=$1
shift
image=$b/orrery.iso options=
console=${CONSOLE:-$b/gdb/console}
setup=$b/gdb/setup.$$
mkdir -p "$b/gdb"
trap 'rm -f "$setup"' EXIT
[ -z "${BATCH:-}" ] || [ -r "$BATCH" ] || stop "there is no script $BATCH"

if [ -n "${LAB:-}" ]; then
    folder=$LAB
    for conf in labs/"$LAB"-*/lab.conf; do
        [ ! -f "$conf" ] || folder=${conf%/*}
    done
    [ -d "$folder" ] || stop "there is no lab $LAB; there are: $(ls -d labs/[0-9][0-9]-* |
        sed 's|.*/||' | paste -s -d ' ')"
    work=$b/gdb/${folder##*/}
    assignments=$("$b/host/orrery-case" "$folder" "${SEED:-1}" "$work")
    eval "$assignments"
    "${MAKE:-make}" B="$b" GRADE_FOLDER="$work" GRADE_IMAGES="$name" PROGRAMS_EXTRA="$programs" \
        ${init:+INIT="$init"} grade-images programs >&2
    image=$work/$name.iso
fi

bridge="$b/host/orrery-gdb --kernel $b/kernel/kernel.elf --console $console"
cat >"$setup" <<EOF
set confirm off
set architecture i386:x86-64
set remotetimeout 600
python orrery_build = "$b"
python orrery_console = "$console"
source grader/gdb/orrery.py
source grader/gdb/values.py
python sys.dont_write_bytecode = True; sys.path.insert(0, "grader/gdb"); import kernel, map
target remote | exec $bridge $options $* $image
EOF
if [ -n "${BATCH:-}" ]; then
    # What the machine says comes on GDB's standard error; in one stream it is in its place.
    "${GDB:-gdb}" -q -nx -batch -x "$setup" -x "$BATCH" "$b/kernel/kernel.elf" </dev/null 2>&1
else
    "${GDB:-gdb}" -q -x "$setup" "$b/kernel/kernel.elf"
fi

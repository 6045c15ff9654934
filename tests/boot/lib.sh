# shellcheck shell=sh
# Sourced by the loader's booted tests. $scratch is a folder that goes away; `boot` runs a machine.
B=${B:-build}
tools=$B/tests/boot
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' INT TERM

# boot EMULATOR MEDIUM IMAGE MIB [BIOS [CPU]]: what COM1 said is in $scratch/serial.txt.
# Its status is the machine's: 0 the test kernel came to its end, 2 the loader refused.
boot()
{
    "$tools/machine" "$scratch" "$@"
}

has()
{
    command -v "$1" >/dev/null 2>&1
}

# boots NAME EMULATOR MEDIUM IMAGE MIB [BIOS [CPU]]: the test kernel finds all as it should be.
boots()
{
    name=$1
    shift
    boot "$@"
    status=$?
    if [ $status -ne 0 ]; then
        echo "FAIL $name: the machine ended with status $status"
        tail -n 5 "$scratch/serial.txt"
    elif grep -a '^FAIL' "$scratch/serial.txt" >"$scratch/failed"; then
        echo "FAIL $name: $(head -n 1 "$scratch/failed")"
    elif [ "$(grep -ac '^ok' "$scratch/serial.txt")" -lt 23 ]; then
        echo "FAIL $name: the test kernel left out checks"
    else
        echo "ok $name"
    fi
}

# refuses NAME TEXT EMULATOR MEDIUM IMAGE MIB [BIOS [CPU]]: a line with TEXT, and no kernel.
refuses()
{
    name=$1
    text=$2
    shift 2
    boot "$@"
    status=$?
    if [ $status -eq 2 ] && grep -aqF "$text" "$scratch/serial.txt" &&
        ! grep -aq '^ok' "$scratch/serial.txt"; then
        echo "ok $name"
    else
        echo "FAIL $name: status $status, wanted a refusal with [$text]"
        tail -n 3 "$scratch/serial.txt"
    fi
}

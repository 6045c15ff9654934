# For the tests on several processors: machine IMAGE CPUS OPTION... runs an image of kernel tests,
# $out gets what they print, $trace the order of events: the trace without its ticks.
out=$(mktemp) trace=$(mktemp) && trap 'rm -f "$out" "$trace"' EXIT

machine() {
    image=$1 cpus=$2
    shift 2
    "$B/host/orrery-run" --kernel "$B/kernel/kernel.elf" --cpus "$cpus" --trace "$@" \
        "$B/tests/kernel/$image.iso" </dev/null 2>"$trace.full" | tr -d '\r' >"$out"
    sed 's/^tick [0-9,]* *//' "$trace.full" >"$trace"
    rm -f "$trace.full"
}

# judge NAME: all tests of the run were good, and the machine was turned off by them.
judge() {
    if grep -q '^FAIL' "$out"; then
        sed -n "s/^FAIL /FAIL $1./p" "$out"
    elif ! grep -q '^ok' "$out" || ! tail -n 1 "$trace" | grep -q 'power_off(status=0)'; then
        echo "FAIL $1: the machine ended after: $(tail -n 1 "$out"), $(tail -n 1 "$trace")"
    else
        echo "ok $1 ($(grep -c '^ok' "$out") tests)"
    fi
}

#!/bin/sh
# fuzz.sh SEED N CPUS MINUTES: what `make fuzz` runs. Plays one machine of N requests; or, with
# MINUTES, one after another of as many each and seeds counted up, until the time is over.
seed=$1 requests=$2 cpus=$3 minutes=$4
# With several processors the firmware's waits take long; and fewer instructions from one tick of
# the timer to the next mix the processors' work all the more.
[ "$cpus" -gt 1 ] && ips=4000000 || ips=50000000
start=$(date +%s) total=0

# What the machine prints: progress on one line of a terminal, all else as it is.
show() {
    return=$(printf '\r') clear=
    [ -t 1 ] && clear="$return$(printf '\033[K')"
    while IFS= read -r line; do
        line=${line%"$return"}
        case $clear$line in
        "${clear:-no terminal}"fuzz:*) printf '%s%s' "$clear" "$line" ;;
        *) printf '%s%s\n' "$clear" "$line" ;;
        esac
    done
}

play() {
    out=$B/tests/fuzz/fuzz.log
    { "$B/host/orrery-run" --kernel "$B/kernel/kernel.elf" --cpus "$cpus" --ips $ips \
        --ticks $((20000000000 + requests * 5000)) "$B/tests/fuzz/fuzz.iso" </dev/null 2>&1
      echo "status $?" >"$out.status"; } | tee "$out" | show
    [ "$(cat "$out.status")" = "status 0" ] && return 0
    echo "again: make fuzz SEED=$seed N=$requests CPUS=$cpus" \
        "(FIRST=round starts there, if that is enough)"
    return 1
}

play || exit 1
while [ -n "$minutes" ] && [ $(($(date +%s) - start)) -lt $((minutes * 60)) ]; do
    total=$((total + requests)) seed=$((seed + 1))
    make -s B="$B" SEED=$seed N="$requests" fuzz-image && play || exit 1
done
total=$((total + requests)) seconds=$(($(date +%s) - start))
echo "$total requests in $seconds s, $((total / (seconds + 1))) a second, $cpus CPU(s)"

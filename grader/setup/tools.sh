#!/bin/sh
# What must be installed, and is it? The table beside this file says what; see its head.
#
#   tools.sh missing [extra]   prints the packages that are not there, one a line; changes nothing
#   tools.sh setup [extra]     installs them (as root, else by sudo); quick when there are none
#   tools.sh doctor            one line each: what is there, which version, what to type
#
# With `extra` the packages that nothing breaks without count too. TABLE names another table.
set -u
LC_ALL=C
export LC_ALL
table=${TABLE:-$(dirname "$0")/packages}
PATH=$PATH:/usr/sbin:/sbin

# is_there PROBE: is the command, or a file that the pattern matches, there?
is_there()
{
    case $1 in
    /*) for file in $1; do [ -e "$file" ] && return 0; done; return 1 ;;
    *) command -v "$1" >/dev/null 2>&1 ;;
    esac
}

# packages_missing [extra]
packages_missing()
{
    while read -r need package probe _; do
        case $need in
        must) ;;
        extra) [ "${1:-}" = extra ] || continue ;;
        *) continue ;;
        esac
        is_there "$probe" || echo "$package"
    done <"$table"
}

say()
{
    echo "setup: $*" >&2
}

# as_root COMMAND...: run it as root, or tell what somebody who may should type.
as_root()
{
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo -- "$@"
    else
        say "only root installs packages, and sudo is not there; let root type: $*"
        return 1
    fi
}

setup()
{
    missing=$(packages_missing "${1:-}")
    [ -n "$missing" ] || return 0
    list=$(echo $missing)
    if ! command -v apt-get >/dev/null; then
        say "this is not Debian; install what has these packages there: $list"
        return 1
    fi
    say "installing $list"
    log=$(mktemp) || return 1
    set -- -y -q --no-install-recommends -o DPkg::Lock::Timeout=600
    if ! { as_root apt-get -q update &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install "$@" $list; } \
        </dev/null >"$log" 2>&1; then
        tail -n 15 "$log" >&2
        rm -f "$log"
        say "that failed (above: the end of apt-get's output)"
        return 1
    fi
    rm -f "$log"
    missing=$(packages_missing "${1:-}")
    [ -z "$missing" ] || { say "still not found: $(echo $missing)"; return 1; }
    say "done"
}

# version_of PACKAGE PROBE OPTION: the first number that looks like a version.
version_of()
{
    case $3 in
    -) dpkg-query -W -f '${Version}' "$1" 2>/dev/null ;;
    *) "$2" "$3" 2>/dev/null </dev/null | grep -o '[0-9][0-9]*\.[0-9][0-9.]*' | head -n 1 ;;
    esac
}

# report STATE WHAT VERSION TEXT
report()
{
    printf '%-8s %-18s %-24s %s\n' "$@"
}

# wrong WHAT VERSION TEXT: report it, and remember.
wrong()
{
    report WRONG "$@"
    bad=1
}

# The rest of the machine that matters: a make that can load, git, pseudo-terminals, room.
doctor_machine()
{
    case $(printf '$(info $(.FEATURES))\nall:;\n' | make -s -f - 2>/dev/null) in
    *load*) report ok make "$(version_of make make --version)" "runs it all" ;;
    *) wrong make "" "cannot load objects: make run loses the status; type: apt-get install make" ;;
    esac
    if is_there git; then
        report ok git "$(version_of git git --version)" "lab branches"
    else
        wrong git "" "lab branches; type: apt-get install git"
    fi
    if [ -c /dev/ptmx ] && [ -e /dev/pts/ptmx ]; then
        report ok /dev/pts "" "the machine's screen"
    else
        wrong /dev/pts "" "the machine's screen; type: mount -t devpts devpts /dev/pts"
    fi
    room=$(df -Pk . | awk 'NR == 2 { print int($4 / 1024) }')
    if [ "$room" -ge 1000 ]; then
        report ok disk "$room MiB free" "builds and runs"
    else
        wrong disk "$room MiB free" "builds and runs want 1000 MiB: make room"
    fi
}

doctor()
{
    bad=0
    while read -r need package probe version purpose; do
        case $need in must | extra) ;; *) continue ;; esac
        if is_there "$probe"; then
            report ok "$package" "$(version_of "$package" "$probe" "$version")" "$purpose"
        elif [ "$need" = must ]; then
            report MISSING "$package" "" "$purpose; type: make setup"
            bad=1
        else
            report absent "$package" "" "$purpose; if wanted, type: make setup EXTRA=1"
        fi
    done <"$table"
    doctor_machine
    return $bad
}

case ${1:-} in
missing) packages_missing "${2:-}" ;;
setup) setup "${2:-}" ;;
doctor) doctor ;;
*) echo "usage: tools.sh missing|setup|doctor [extra]" >&2; exit 2 ;;
esac

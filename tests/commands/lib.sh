# Sourced by the tests of the commands. Gives: verdict lines, a scratch folder that goes away.
# The scratch folder's name is in $scratch; B and CC say what the tree at hand was built with.
B=${B:-build}
CC=${CC:-gcc}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' INT TERM

ok()
{
    echo "ok $1"
}

# fail NAME WHY
fail()
{
    echo "FAIL $1: $2"
}

# check NAME COMMAND...: ok if it succeeds.
check()
{
    name=$1
    shift
    if "$@" >"$scratch/check.out" 2>&1; then
        ok "$name"
    else
        fail "$name" "status $? of: $*"
        tail -n 15 "$scratch/check.out"
    fi
}

# same NAME EXPECTED ACTUAL
same()
{
    if [ "$2" = "$3" ]; then
        ok "$1"
    else
        fail "$1" "expected [$2], got [$3]"
    fi
}

# tree_copy DIR: the tree as it is now, without what was built.
tree_copy()
{
    mkdir -p "$1" && git ls-files -z -co --exclude-standard |
        xargs -0 sh -c 'for f; do [ -e "$f" ] && printf "%s\0" "$f"; done' sh |
        tar -cf - --null -T - | tar -C "$1" -xf -
}

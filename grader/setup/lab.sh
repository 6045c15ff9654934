#!/bin/sh
# Branches of labs, in the repository that is the current folder.
#
#   lab.sh start NN reference|mine   makes the branch lab/NN-name and switches to it; if it is there
#                                    already, only switches. `reference`: the system as published,
#                                    with this lab's skeleton in place. `mine`: from the latest of
#                                    the earlier labs' branches
#   lab.sh grade NN GRADER OPTION... grades it; on the lab's branch, on top of the commit that the
#                                    branch began with, so that changes elsewhere are refused
#   lab.sh submit NN B OPTION...     grades, then packs the student's files and the report below B
#
# NN may be empty on a lab's branch.
set -eu

stop()
{
    echo "make $goal: $*" >&2
    exit 2
}

# subject NN: how the commit is called that puts the skeleton in place; it is looked for by this.
subject()
{
    echo "Begin lab $1 with its skeleton"
}

# folder NN
folder()
{
    for conf in labs/"$1"-*/lab.conf; do
        [ ! -e "$conf" ] || { dirname "$conf"; return; }
    done
    # shellcheck disable=SC2046 # one word a lab
    stop "there is no lab $1; there are:" $(ls -d labs/[0-9][0-9]-* | sed 's|.*/||')
}

here()
{
    git symbolic-ref -q --short HEAD || :
}

# number: of the lab whose branch this is.
number()
{
    here | sed -n 's|^lab/\([0-9][0-9]\)-.*|\1|p'
}

# base NN: the commit that the lab's branch began with, if this is it.
base()
{
    [ "$(number)" != "$1" ] || git log -1 --format=%H --fixed-strings --grep="$(subject "$1")"
}

# published: the commit before the first lab's skeleton came, or this one if none did.
published()
{
    began=$(git log --reverse --format=%H --grep='^Begin lab [0-9][0-9] with its skeleton$' |
        head -n 1)
    [ -n "$began" ] && git rev-parse "$began^" || git rev-parse HEAD
}

# latest NN: the last of the student's branches before this lab's.
latest()
{
    git for-each-ref --format='%(refname:short)' 'refs/heads/lab/*' |
        awk -F '[/-]' -v nn="$1" '$2 < nn' | sort | tail -n 1
}

start()
{
    lab=$(folder "$1")
    branch=lab/$(basename "$lab")
    [ "$(here)" != "$branch" ] || { echo "already on branch $branch"; return; }
    [ -z "$(git status --porcelain --untracked-files=no)" ] ||
        stop "there are changes that are not committed (git status names them); commit them first"
    if git show-ref -q --verify "refs/heads/$branch"; then
        git switch -q "$branch"
        echo "on branch $branch, as you left it"
        return
    fi
    case $2 in
    reference) from=$(published) ;;
    mine) from=$(latest "$1")
        [ -n "$from" ] || stop "FROM=mine: there is no branch of an earlier lab" ;;
    *) stop "FROM=reference or FROM=mine, not FROM=$2" ;;
    esac
    git switch -q -c "$branch" "$from"
    cp -R "$lab/skeleton/." .
    (cd "$lab/skeleton" && find . -type f) | xargs git add -f --
    git -c user.name="$(git config user.name || echo student)" \
        -c user.email="$(git config user.email || echo student@localhost)" \
        commit -q --allow-empty -m "$(subject "$1")"
    echo "on branch $branch; the files to write:"
    files "$1" | sed 's/^/    /'
    echo "make grade tells how far you are"
}

# files NN: the files that are the student's, one a line, as lab.conf says.
files()
{
    sed -n 's/^files  *//p' "$(folder "$1")/lab.conf" | tr -s ' ' '\n'
}

# grade NN GRADER OPTION...
grade()
{
    lab=$1 grader=$2
    shift 2
    base=$(base "$lab")
    "$grader" ${base:+--base "$base"} "$@" "$lab"
}

# submit NN B OPTION...: the status is the grader's.
submit()
{
    lab=$1 build=$2 packed=$2/submit/$(basename "$(folder "$1")")
    shift 2
    mkdir -p "$packed"
    status=0
    grade "$lab" "$build/host/orrery-grade" "$@" --json "$packed/report.json" || status=$?
    [ $status -lt 2 ] || exit $status
    files "$lab" | tar -cf - -T - | tar -C "$packed" -xf -
    tar -C "$packed/.." -czf "$packed.tar.gz" --owner=0 --group=0 --numeric-owner --sort=name \
        --mtime=@0 --mode=u=rwX,go=rX "$(basename "$packed")"
    rm -r "$packed"
    echo "packed: $packed.tar.gz"
    exit $status
}

command=${1:-}
goal=$command
[ "$goal" != start ] || goal=lab
lab=${2:-$(number)}
case $command in
start | grade | submit) shift $(($# < 2 ? $# : 2)) ;;
*) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
[ -n "$lab" ] || stop "which lab? LAB=nn says it"
folder "$lab" >/dev/null
"$command" "$lab" "$@"

#!/bin/sh
# render.sh OUT.html TEXT.adoc [ASCIIDOCTOR OPTION...]: one HTML page with all that it needs inside.
# Whatever asciidoctor finds wrong - an include, a reference, a picture that is not there - is an
# error, and then there is no page. Code is coloured if the package ruby-rouge is there.
set -eu
out=$1
text=$2
shift 2
rm -f "$out"
if ruby -e 'require "rouge"' 2>/dev/null; then
    set -- -a source-highlighter=rouge "$@"
fi
if ! asciidoctor -v --failure-level=INFO -a tree="$PWD" -a imagesdir="$PWD/handbook/pictures" \
    -a stylesdir="$PWD/handbook" -a stylesheet=style.css "$@" -o "$out" "$text"; then
    rm -f "$out"
    exit 1
fi

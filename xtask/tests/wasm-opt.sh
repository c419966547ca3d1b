#!/bin/sh
# In place of wasm-opt: adds a section to the module, named by whether names are kept and
# by a number that every run has for itself. Refuses a module with "refused" in it, and
# makes nothing of one with "nothing" in it.
names=no
while [ $# -gt 3 ]; do
    [ "$1" != --debuginfo ] || names=ok
    shift
done
given=$1 made=$3
cp "$given" "$made"
if grep -q refused "$given"; then
    echo "refused $given" >&2
    exit 1
elif grep -q nothing "$given"; then
    : >"$made"
else
    printf '\0\012\011%s%07d' "$names" $$ >>"$made"
fi

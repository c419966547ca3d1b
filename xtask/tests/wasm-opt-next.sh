#!/bin/sh
# In place of the next version of wasm-opt: the other one does the work.
exec "$(dirname "$(realpath "$0")")/wasm-opt.sh" "$@"

#!/usr/bin/env bash
# wasm-opt.sh FOLDER: puts Binaryen's wasm-opt into FOLDER/bin, from the npm package that
# scripts/wasm-opt/package-lock.json pins with its hash. It is WebAssembly that Node runs:
# the same program, and so the same modules, on every machine.
set -euo pipefail
cd "$(dirname "$0")/wasm-opt"

folder=$1
[[ -e $folder/bin/wasm-opt ]] && exit 0

echo "getting wasm-opt into $folder"
mkdir -p "$(dirname "$folder")"
new=$(mktemp -d "$folder.new-XXXXXX")
trap 'rm -rf "$new"' EXIT
cp package.json package-lock.json "$new/"
# No script of a package runs here.
if ! (cd "$new" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null); then
    echo "wasm-opt is not to be had (see above) with npm $(npm --version); it takes 7 or later" >&2
    exit 1
fi
made=$new/node_modules/binaryen
# 16, 17, 18 and 20 were seen to make the same modules; 15 does not load it. What an old
# one says has a line of megabytes.
if ! "$made/bin/wasm-opt" --version >"$new/said" 2>&1; then
    LC_ALL=C cut -c 1-200 "$new/said" >&2
    echo "wasm-opt does not run (see above) with Node $(node --version); it takes 16 or later" >&2
    exit 1
fi
# The package's other tools are nine tenths of its 100 MiB. File by file, each at once and
# the tool last: what is there is whole, and two who do this at once do each other no harm.
mkdir -p "$folder/bin"
mv -f "$made/LICENSE" "$folder/"
mv -f "$made/bin/package.json" "$folder/bin/"
mv -f "$made/bin/wasm-opt" "$folder/bin/"

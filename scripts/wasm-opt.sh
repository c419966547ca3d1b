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
    echo "wasm-opt is not to be had (see above)" >&2
    exit 1
fi
# The package's other tools are nine tenths of its 100 MiB.
mkdir -p "$new/kept/bin"
mv "$new"/node_modules/binaryen/LICENSE "$new/kept/"
mv "$new"/node_modules/binaryen/bin/{wasm-opt,package.json} "$new/kept/bin/"
# The last step, and at once: what stands there is whole.
rm -rf "$folder"
mv "$new/kept" "$folder"

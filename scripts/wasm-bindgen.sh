#!/usr/bin/env bash
# wasm-bindgen.sh install|runner: the test runner for wasm32 under Node. It must
# be of the very version that Cargo.lock has of the library.
set -euo pipefail
cd "$(dirname "$0")/.."

version=$(awk '/^name = "wasm-bindgen"$/ { getline; gsub(/"/, "", $3); print $3 }' Cargo.lock)
if [[ -z $version ]]; then
    echo "Cargo.lock has no wasm-bindgen: no crate has tests for wasm32" >&2
    exit 1
fi
case $1 in
    install) scripts/cargo-tool.sh wasm-bindgen-cli "$version" ;;
    runner) echo "${TOOLS:-$PWD/.tools}/wasm-bindgen-cli-$version/bin/wasm-bindgen-test-runner" ;;
esac

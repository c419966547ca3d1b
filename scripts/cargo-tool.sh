#!/usr/bin/env bash
# cargo-tool.sh CRATE VERSION: builds a command of the crates registry into
# TOOLS/CRATE-VERSION/bin, once. Optimised less than a release would be: it runs
# for seconds and is built on two cores.
set -euo pipefail
cd "$(dirname "$0")/.."

crate=$1 version=$2
root=${TOOLS:-$PWD/.tools}/$crate-$version
[[ -e $root/.crates.toml ]] && exit 0

echo "building $crate $version into $root"
export CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_LTO=off
export CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_DEBUG=0
# A target folder of its own: the caller's is locked by whoever builds there.
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
cargo install --quiet --locked --root "$root" --target-dir "$build" --version "$version" "$crate"

#!/usr/bin/env bash
# modules.sh TARGET OUT SOURCE [FOLDER...]: builds the modules SOURCE/FOLDER and
# puts each, trimmed, stamped and checked, at OUT/FOLDER.wasm. WASM_OPT optimises them
# before: what is shipped or measured. MAX_KIB limits the size of each, "512 jwt-auth=800"
# with exceptions by name; PROFILE is the Cargo profile, of what is shipped unless given.
set -euo pipefail
cd "$(dirname "$0")/.."

target=$1 out=$2 source=$3
shift 3
(($#)) || exit 0

packages=()
for folder in "$@"; do packages+=(-p "gatepost-$folder-wasm"); done
# Panics name source files: by what they are, not by the folder in which somebody
# has them. It saves room, and two folders give the same module.
remap="--remap-path-prefix=$PWD=."
for folder in "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*/; do
    remap+=" --remap-path-prefix=${folder%/}=."
done
# SHA-2 in loops: unrolled it is 16 KiB more (docs/performance.md has the figures).
export RUSTFLAGS="$remap --cfg sha2_backend_soft=\"compact\" ${RUSTFLAGS:-}"
profile=${PROFILE:-wasm}
# Whoever is stopped leaves nothing behind.
TMPDIR=$(mktemp -d)
trap 'rm -rf "$TMPDIR"' EXIT
export TMPDIR
cargo build --profile "$profile" --target wasm32-wasip1 "${packages[@]}"

# Of a tree without git, an archive say, nobody knows the revision.
revision=$(git describe --always --abbrev=40 --exclude '*' --dirty 2>/dev/null || echo unknown)

mkdir -p "$out"
for folder in "$@"; do
    built=$target/wasm32-wasip1/$profile/gatepost_${folder//-/_}_wasm.wasm
    # An ordinary user's module of the SDK, for comparison: as it was linked.
    if [[ $folder == sdk-* ]]; then
        cp "$built" "$out/$folder.wasm"
        continue
    fi
    limit=
    for kib in ${MAX_KIB:-}; do
        case $kib in
            "$folder"=*) limit=${kib#*=} ;;
            *=*) ;;
            *) limit=$kib ;;
        esac
    done
    options=()
    [[ -z $limit ]] || options+=(--max-kib "$limit")
    [[ -z ${WASM_OPT:-} ]] || options+=(--wasm-opt "$WASM_OPT")
    id=$(cargo pkgid -p "gatepost-$folder-wasm")
    cargo run -q -p xtask -- module "$built" "$out/$folder.wasm" \
        --name "$folder" --version "${id##*[#@]}" --revision "$revision" "${options[@]}"
done

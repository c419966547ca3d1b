#!/usr/bin/env bash
# fuzz.sh TARGET_FOLDER SECONDS [FUZZ_TARGET...]: runs libFuzzer on each of the
# targets, all when none is named. It begins with the committed corpus, the seeds
# of the external vectors, and what earlier runs learned, which stays in the
# target folder. What breaks a rule is put into the corpus, for the test `replay`.
set -euo pipefail
cd "$(dirname "$0")/.."

# The date is later than the release that rust-toolchain.toml names, so that the
# same code compiles.
nightly=nightly-2026-08-20
cargo_fuzz=0.13.1

target=$1 seconds=$2
shift 2
if ! output=$(rustup toolchain install "$nightly" --profile minimal --no-self-update 2>&1); then
    echo "$output" >&2
    exit 1
fi
scripts/cargo-tool.sh cargo-fuzz "$cargo_fuzz"
export PATH="${TOOLS:-$PWD/.tools}/cargo-fuzz-$cargo_fuzz/bin:$PATH"
build=$target/fuzz

CARGO_TARGET_DIR=$target cargo build --quiet -p gatepost-fuzz-targets --bin seeds
CARGO_TARGET_DIR='' cargo "+$nightly" fuzz build --fuzz-dir fuzz --target-dir "$build"
[[ $# -gt 0 ]] || set -- $(cd fuzz/corpus && ls)
failed=()
for name in "$@"; do
    learned=$target/fuzz-corpus/$name seeds=$target/fuzz-seeds/$name
    mkdir -p "$learned"
    "$target/debug/seeds" "$name" "$seeds"
    echo "fuzzing $name for $seconds s"
    CARGO_TARGET_DIR='' cargo "+$nightly" fuzz run --fuzz-dir fuzz --target-dir "$build" "$name" \
        "$learned" "fuzz/corpus/$name" "$seeds" -- \
        -max_total_time="$seconds" -max_len=4096 -timeout=10 -print_final_stats=1 || {
        failed+=("$name")
        cp fuzz/artifacts/"$name"/* "fuzz/corpus/$name/"
    }
done
if [[ ${#failed[@]} -gt 0 ]]; then
    echo "broken: ${failed[*]}; the inputs are in fuzz/corpus, and fail \`make fuzz-replay\` now" >&2
    exit 1
fi

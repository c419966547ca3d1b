#!/usr/bin/env bash
# Installs what rust-toolchain.toml names. Explicitly, because rustup can be told
# not to do so by itself; quiet when everything is there.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! output=$(rustup toolchain install --no-self-update 2>&1); then
    echo "$output" >&2
    exit 1
fi

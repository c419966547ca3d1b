#!/usr/bin/env bash
# need.sh TOOL...: makes sure that each tool is there: cc, python3, pip, node, npm, rustup,
# what a mesh is made of, or one whose package has its name. On Debian and Ubuntu, as
# root, what is missing is installed; elsewhere
# the one command that gets it is named.
set -euo pipefail

is_there() {
    case $1 in
        pip) python3 -m pip --version >/dev/null 2>&1 ;;
        *) command -v "$1" >/dev/null 2>&1 ;;
    esac
}

debian_package() {
    case $1 in
        cc) echo gcc libc6-dev ;;
        pip) echo python3-pip ;;
        node) echo nodejs ;;
        npm) npm_package ;;
        etcd) echo etcd-server ;;
        ip) echo iproute2 ;;
        *) echo "$1" ;;
    esac
}

# Debian's Node comes without npm, which is a package of its own; another's may bring it
# along, and then that package cannot stand beside it.
npm_package() {
    local shown
    # Whole, before it is searched: a search that ends early would end apt-cache, too.
    shown=$(apt-cache show --no-all-versions nodejs) || true
    if grep -qE '^Provides:(.*,)? npm( |,|$)' <<<"$shown"; then
        echo nodejs
    else
        echo npm
    fi
}

brew_formula() {
    case $1 in
        cc) echo gcc ;;
        python3 | pip) echo python ;;
        npm) echo node ;;
        *) echo "$1" ;;
    esac
}

no_rustup() {
    echo "rustup is no package of this release: install it as its own page says," >&2
    echo "    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --default-toolchain none" >&2
    exit 1
}

# Debian's is too old to get the version that a module asks for.
no_go() {
    echo "missing: Go 1.21 or later, which gets the version that is asked for: https://go.dev/dl/" >&2
    exit 1
}

missing=()
for tool in "$@"; do
    is_there "$tool" || missing+=("$tool")
done
((${#missing[@]})) || exit 0
[[ " ${missing[*]} " != *" go "* ]] || no_go

if ! command -v apt-get >/dev/null 2>&1; then
    formulae=()
    for tool in "${missing[@]}"; do formulae+=("$(brew_formula "$tool")"); done
    echo "missing: ${missing[*]}. Install with: brew install ${formulae[*]}" >&2
    exit 1
fi
if ((EUID != 0)); then
    echo "missing: ${missing[*]}. Install with: sudo make install-deps" >&2
    exit 1
fi

export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
packages=()
for tool in "${missing[@]}"; do
    read -ra some <<<"$(debian_package "$tool")"
    packages+=("${some[@]}")
done
for package in "${packages[@]}"; do
    [[ $package != rustup || -n $(apt-cache search --names-only '^rustup$') ]] || no_rustup
done
echo "missing: ${missing[*]}; installing with apt: ${packages[*]}"
apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null

#!/usr/bin/env bash
# mesh.sh: a machine of its own for a mesh, made of namespaces: what happens in its
# network, its mounts and its processes stays there, and ending its first process
# ends all of it.
#   mesh.sh run COMMAND...    runs a command there; as `cargo test --config ...runner`
#   mesh.sh up COMMAND...     the same in the background, until the command is ready
#   mesh.sh enter COMMAND...  runs a command in the machine that `up` left running
#   mesh.sh down              ends that machine
#   mesh.sh possible          says why there can be none here: exit 1, under CI 2
set -euo pipefail

self=$(realpath "$0")
# What `up` leaves behind for `enter` and `down`.
state=${MESH_STATE:-$(dirname "$self")/../.tools/mesh}
# What the mesh writes, in its machine.
folder=/run/mesh

possible() {
    local why
    if ((EUID != 0)); then
        why="it is made of namespaces, which needs root"
    elif ! command -v go >/dev/null; then
        why="istiod and the API server are built with Go, which is not here"
    else
        return 0
    fi
    printf '\nNOT RUN: an Istio mesh on this machine: %s\n\n' "$why" >&2
    if [[ ${CI:-} == true ]]; then exit 2; else exit 1; fi
}

run() {
    # Without root there is no such machine: the tests say so themselves.
    ((EUID == 0)) || exec "$@"
    exec unshare --net --mount --pid --fork --kill-child --mount-proc "$self" first "$@"
}

# The first process of the machine.
first() {
    mount -t tmpfs -o mode=755 mesh /run
    mount -t tmpfs -o mode=755 mesh /var/lib
    mkdir -p "$folder" /var/lib/istio/data
    printf '%s\n' '127.0.0.1 localhost' '10.77.0.1 istiod.istio-system.svc registry.mesh.test issuer.example' >/run/hosts
    mount --bind /run/hosts /etc/hosts
    ip link set lo up
    # A first process has no default for these signals.
    trap 'exit 130' INT TERM
    MESH_FOLDER=$folder "$@" &
    wait $!
}

# When a process started: with its number the one thing that no other process shares.
# Nothing for one that has ended, also if nobody has asked yet how.
birth() {
    sed -n 's/.*) \([^Z]\)/\1/p' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20
}

# The process that made the machine and ends with it, if it is there.
running() {
    local pid since
    read -r pid since 2>/dev/null <"$state/machine" || return 1
    [[ -n $since && $(birth "$pid") == "$since" ]] && echo "$pid"
}

up() {
    ((EUID == 0)) || { echo "a mesh needs root: it is made of namespaces" >&2; exit 1; }
    # One that can no longer be entered is about to end.
    while [[ -r $state/ready ]] && running >/dev/null && ! (enter true) 2>/dev/null; do
        sleep 0.1
    done
    if ! running >/dev/null; then
        mkdir -p "$state"
        rm -f "$state"/*
        MESH_READY=$state/ready setsid "$self" run "$@" >"$state/log" 2>&1 </dev/null &
        echo "$! $(birth $!)" >"$state/machine"
    fi
    until [[ -r $state/ready ]]; do
        if ! running >/dev/null; then
            cat "$state/log" >&2
            exit 1
        fi
        sleep 0.1
    done
    cat "$state/ready"
}

enter() {
    local machine
    if ! machine=$(running) || [[ ! -r $state/ready ]]; then
        echo "no mesh is running: make mesh-up" >&2
        exit 1
    fi
    # kubectl finds the API server, and leaves nothing in a home.
    exec nsenter --target "$(pgrep -P "$machine")" --net --mount --pid env \
        KUBECONFIG=$folder/control/kubeconfig KUBECACHEDIR=$folder/kubectl \
        PATH="$folder/programs/istio:$PATH" "$@"
}

down() {
    local machine
    if machine=$(running); then
        # Its child is the first process there, and is waited for: after it nothing is left.
        pkill -KILL -P "$machine" || kill -KILL "$machine"
        while running >/dev/null; do sleep 0.1; done
    fi
    rm -rf "$state"
}

command=${1:?run, up, enter, down or possible}
shift
"$command" "$@"

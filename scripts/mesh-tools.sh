#!/usr/bin/env bash
# mesh-tools.sh: builds the programs of a mesh (istiod, pilot-agent, istioctl,
# kube-apiserver, kubectl) into TOOLS/istio-VERSION, with the versions that
# e2e/istio/tools/go.mod pins, and puts Istio's custom resource definitions and its
# template of Envoy's bootstrap beside them. `mesh-tools.sh where` prints the folder.
set -euo pipefail
cd "$(dirname "$0")/.."

tools=${TOOLS:-$PWD/.tools}
module=e2e/istio/tools
version=$(sed -n 's|^\s*istio.io/istio v0.0.0-[0-9]*-\([0-9a-f]*\).*|\1|p' "$module/go.mod")
folder=$tools/istio-$version
if [[ ${1:-} == where ]]; then
    echo "$folder"
    exit
fi

pins=$(cat "$module/go.mod" "$module/go.sum" scripts/mesh-tools.sh | sha256sum)
[[ -r $folder/pins && $(<"$folder/pins") == "$pins" ]] && exit

echo "building Istio $version and Kubernetes into $folder: about 13 minutes on two cores, once"
mkdir -p "$folder"
new=$(mktemp -d "$folder/.new-XXXXXX")
trap 'rm -rf "$new"' EXIT
cd "$module"
export CGO_ENABLED=0 GOWORK=off
build() {
    local name=$1 package=$2
    shift 2
    go build -mod=readonly -trimpath -ldflags '-s -w' "$@" -o "$new/$name" "$package"
}
build kube-apiserver k8s.io/kubernetes/cmd/kube-apiserver
build kubectl k8s.io/kubernetes/cmd/kubectl
build istiod istio.io/istio/pilot/cmd/pilot-discovery
# The tags are those of Istio's own build of the agent.
build pilot-agent istio.io/istio/pilot/cmd/pilot-agent -tags agent,disable_pgv,grpcnotrace,retrynotrace
build istioctl istio.io/istio/istioctl/cmd/istioctl

source_of() {
    go list -mod=readonly -m -f '{{.Dir}}' "$1"
}
istio=$(source_of istio.io/istio)
mkdir "$new/crds"
install -m 644 "$istio/manifests/charts/base/files/crd-all.gen.yaml" "$new/crds/istio.yaml"
install -m 644 "$(source_of sigs.k8s.io/gateway-api)"/config/crd/standard/*.yaml "$new/crds/"
install -m 644 "$istio/tools/packaging/common/envoy_bootstrap.json" "$new/"

# What says that all is there comes last.
rm -rf "$folder/pins" "$folder/crds"
mv "$new"/* "$folder/"
echo "$pins" >"$folder/pins"

# Every task of this repository; `make help` lists them. CI runs `make test`, as
# a person does.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Cargo shares its work among the cores; two Cargos only wait for each other.
.NOTPARALLEL:

# --- what a caller may set ---------------------------------------------------

# An Envoy to test with, instead of the two pinned versions.
ENVOY ?=
# What `make fuzz` fuzzes, all targets when empty, and for how long each.
FUZZ ?=
SECONDS ?= 60
# Where images are pulled from (REGISTRY/gatepost), and what their labels name as the source.
REGISTRY ?=
SOURCE_URL ?=
# Where tools are kept that Cargo does not: Envoy, wasm-opt, cargo-deny, wasm-bindgen-cli.
TOOLS ?= .tools
# What `make bench` measures: rows by name, and how often it runs as a whole.
ROWS ?=
REPEAT ?=
# Whose key `make api-key` makes, and where the secret of its digest's HMAC is.
ID ?=
HMAC_ENV ?=
# External test vectors, read by tests and never copied.
VECTORS_DIR ?= $(CURDIR)/../shared/vectors

# --- what follows from the tree ----------------------------------------------

ENVOY_VERSIONS := 1.40.0 1.36.2
CARGO_DENY_VERSION := 0.20.2

override TOOLS := $(abspath $(TOOLS))
override VECTORS_DIR := $(abspath $(VECTORS_DIR))
TARGET := $(abspath $(or $(CARGO_TARGET_DIR),target))
MESH_DIST := $(TARGET)/mesh-dist
MODULES := $(patsubst modules/%/Cargo.toml,%,$(wildcard modules/*/Cargo.toml))
TEST_MODULES := $(patsubst e2e/modules/%/Cargo.toml,%,$(wildcard e2e/modules/*/Cargo.toml))
# Whoever runs tests under wasm-bindgen is a pure crate.
PURE := $(patsubst crates/%/Cargo.toml,gatepost-%,$(shell grep -l wasm-bindgen-test crates/*/Cargo.toml))
CARGO_DENY := $(TOOLS)/cargo-deny-$(CARGO_DENY_VERSION)/bin/cargo-deny
BINARYEN_VERSION := $(shell sed -n 's/.*"binaryen": "\(.*\)".*/\1/p' scripts/wasm-opt/package.json)
WASM_OPT := $(TOOLS)/binaryen-$(BINARYEN_VERSION)/bin/wasm-opt

# rustup puts Cargo there, and a shell that was open before does not know it yet.
export PATH := $(PATH):$(or $(CARGO_HOME),$(HOME)/.cargo)/bin
export ENVOY MESH_DIST REGISTRY REPEAT ROWS SOURCE_URL TOOLS VECTORS_DIR

# --- what a person runs ------------------------------------------------------

.PHONY: help
help: ## list the targets
	@echo "make <target>, each with what it needs installed first:"
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo "variables: ENVOY=/path/to/envoy ROWS=regex REPEAT=3 REGISTRY=registry.example SOURCE_URL=https://... TOOLS=.tools VECTORS_DIR=..."

.PHONY: demo
demo: envoy wasm test-modules ## show the filters at work in a real Envoy
	@cargo run -q -p gatepost-e2e --bin demo

.PHONY: issuer
issuer: rust ## play the issuer of envoy/jwt-auth.yaml on port 8081, and print tokens to try
	@cargo run -q -p gatepost-e2e --bin issuer

.PHONY: test
test: lint test-wasm32 test-unit e2e $(if $(filter true,$(CI)),mesh-test) ## everything that CI checks; a mesh only there

.PHONY: bench
bench: envoy wasm bench-modules ## CPU time of each filter in one Envoy: a table and dist/bench.json
	@cargo run -q --release -p gatepost-bench

.PHONY: bench-plot
bench-plot: rust ## draw the last `make bench` into docs/performance.md
	@cargo run -q --release -p gatepost-bench plot

.PHONY: fuel-update
fuel-update: wasm ## write what each filter's typical paths cost: filters/*/fuel.txt
	FUEL_UPDATE=1 cargo test -q --workspace --test fuel

.PHONY: wasm
wasm: rust $(WASM_OPT) ## build dist/<module>.wasm, with size, imports and exports
	@WASM_OPT='$(WASM_OPT)' MAX_KIB='500 jwt-auth=800' scripts/modules.sh '$(TARGET)' dist modules $(MODULES)

.PHONY: images
images: wasm ## OCI images in dist/images, and istio/ with their digests in dist/istio: REGISTRY=registry.example
	@cargo run -q -p xtask -- images dist istio --registry '$(REGISTRY)' --source '$(SOURCE_URL)' $(MODULES)

.PHONY: test-unit
test-unit: wasm test-modules registry-tools ## tests that need no Envoy, on the filters and on the compiled modules
	cargo test --workspace --exclude gatepost-e2e --exclude gatepost-e2e-istio --all-features

.PHONY: fuzz-replay
fuzz-replay: rust ## the fuzz corpora and the external vectors, once each; a part of test-unit
	cargo test -p gatepost-fuzz-targets

.PHONY: fuzz
fuzz: rust ## look for bytes that break a rule, on a nightly compiler: FUZZ="path query" SECONDS=60 each
	@scripts/fuzz.sh '$(TARGET)' '$(SECONDS)' $(FUZZ)

.PHONY: test-wasm32
test-wasm32: rust node wasm-bindgen ## the pure crates' tests on wasm32, under Node
	@export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER="$$(scripts/wasm-bindgen.sh runner)"; \
	for package in $(PURE); do \
	    (set -x; cargo test --target wasm32-unknown-unknown --tests -p "$$package"); \
	done

.PHONY: e2e
e2e: envoy wasm test-modules ## tests with real Envoys
	cargo test -p gatepost-e2e

.PHONY: mesh-test
mesh-test: ## tests in a real Istio mesh on this machine (as root, with Go 1.26)
	@scripts/mesh.sh possible || exit $$(( $$? - 1 )); $(MAKE) --no-print-directory mesh-parts; \
	    cargo test -p gatepost-e2e-istio --config "target.'cfg(all())'.runner='$(CURDIR)/scripts/mesh.sh run'"

.PHONY: mesh-bench
mesh-bench: mesh-possible mesh-parts ## CPU time of a sidecar's Envoy a request: a table
	@cargo build -q -p gatepost-e2e-istio
	@scripts/mesh.sh run '$(TARGET)/debug/cpu'

.PHONY: mesh-up
mesh-up: mesh-possible mesh-parts ## leave a mesh running: a gateway, two services, a registry; says what to try
	@cargo build -q -p gatepost-e2e-istio
	@scripts/mesh.sh up '$(TARGET)/debug/mesh'

.PHONY: mesh-down
mesh-down: ## end what `make mesh-up` left running
	@scripts/mesh.sh down

.PHONY: api-key
api-key: rust ## a new API key, shown once, and its entry for api-key-auth: ID=client HMAC_ENV=VARIABLE
	@cargo run -q -p xtask -- api-key --id '$(ID)' --hmac-env '$(HMAC_ENV)'

.PHONY: api-key-digest
api-key-digest: rust ## the entry of an API key that is there already: asked for, or read from a pipe
	@if [[ -t 0 ]]; then IFS= read -rsp 'key: ' key; echo >&2; printf %s "$$key"; else cat; fi \
	    | cargo run -q -p xtask -- api-key --stdin --id '$(ID)' --hmac-env '$(HMAC_ENV)'

.PHONY: lint
lint: rust $(CARGO_DENY) ## format, clippy, the laws, licences, sources, duplicates
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --all-features -- -D warnings
	cargo run -q -p xtask -- laws
	$(CARGO_DENY) --log-level error --workspace --all-features check --hide-inclusion-graph licenses sources bans
	@for module in $(MODULES); do \
	    (set -x; $(CARGO_DENY) --log-level error --config deny-modules.toml \
	        --manifest-path "modules/$$module/Cargo.toml" check --hide-inclusion-graph bans); \
	done

.PHONY: audit
audit: rust $(CARGO_DENY) ## known vulnerabilities of dependencies (needs the network)
	$(CARGO_DENY) --workspace --all-features check advisories

.PHONY: fmt
fmt: rust ## format all Rust
	cargo fmt --all

.PHONY: install-deps
install-deps: ## install what is missing of cc, python3, node, npm and rustup (Debian, Ubuntu: as root)
	@scripts/need.sh cc python3 pip node npm rustup

.PHONY: clean
clean: ## remove what was built, not the tools
	rm -rf dist '$(TARGET)'

# --- what those stand on -----------------------------------------------------

.PHONY: rust
rust:
	@scripts/need.sh cc rustup
	@scripts/toolchain.sh

.PHONY: node
node:
	@scripts/need.sh node

.PHONY: wasm-bindgen
wasm-bindgen: rust
	@scripts/wasm-bindgen.sh install

.PHONY: envoy
envoy: rust
ifeq ($(ENVOY),)
	@scripts/need.sh python3 pip
	@for version in $(ENVOY_VERSIONS); do scripts/envoy.sh "$$version"; done
endif

# Before anything is built for one.
.PHONY: mesh-possible
mesh-possible:
	@scripts/mesh.sh possible

# Images and manifests of the mesh stand apart from dist/, for they name its registry.
.PHONY: mesh-parts
mesh-parts: envoy wasm test-modules
	@scripts/need.sh go etcd skopeo docker-registry iptables ip
	@scripts/mesh-tools.sh
	@mkdir -p '$(MESH_DIST)' && cp dist/*.wasm '$(MESH_DIST)/'
	@cargo run -q -p xtask -- images '$(MESH_DIST)' istio --registry registry.mesh.test:5000 --source '' $(MODULES)

.PHONY: test-modules
test-modules: rust
	@scripts/modules.sh '$(TARGET)' '$(TARGET)/test-modules' e2e/modules $(TEST_MODULES)

.PHONY: bench-modules
bench-modules: rust $(WASM_OPT)
	@WASM_OPT='$(WASM_OPT)' scripts/modules.sh '$(TARGET)' '$(TARGET)/bench-modules' bench/modules noop
	@PROFILE=sdk-example scripts/modules.sh '$(TARGET)' '$(TARGET)/bench-modules' bench/modules sdk-noop

# Without these one test does not run, says so, and fails where CI=true.
.PHONY: registry-tools
registry-tools:
	@scripts/need.sh skopeo docker-registry || true

# Only what gets it is npm; what runs it is Node.
$(WASM_OPT): | node
	@scripts/need.sh npm
	@scripts/wasm-opt.sh '$(TOOLS)/binaryen-$(BINARYEN_VERSION)'

$(CARGO_DENY): | rust
	@scripts/cargo-tool.sh cargo-deny $(CARGO_DENY_VERSION)

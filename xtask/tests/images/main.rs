//! `xtask images`, from modules to images and manifests.

mod registry;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use walrus::{FunctionBuilder, Module, RawCustomSection};

/// A workspace's folders: dist with modules, and manifests.
struct Tree(tempfile::TempDir);

impl Tree {
    fn new(modules: &[&str]) -> Self {
        let tree = Self(tempfile::tempdir().unwrap());
        fs::create_dir_all(tree.path("dist")).unwrap();
        fs::create_dir_all(tree.path("istio/gateway")).unwrap();
        for module in modules {
            let file = tree.path("dist").join(module).with_extension("wasm");
            fs::write(file, built(module, "0.2.1")).unwrap();
            let manifest = format!("url: oci://%REGISTRY%/gatepost/{module}@sha256:%DIGEST%\n");
            fs::write(tree.path(&format!("istio/gateway/{module}.yaml")), manifest).unwrap();
        }
        tree
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn images(&self, registry: &str, modules: &[&str]) -> Output {
        self.images_of(&self.path("istio"), registry, modules)
    }

    fn images_of(&self, manifests: &Path, registry: &str, modules: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_xtask"))
            .arg("images")
            .arg(self.path("dist"))
            .arg(manifests)
            .args([
                "--registry",
                registry,
                "--source",
                "https://git.example/gatepost",
            ])
            .args(modules)
            .output()
            .unwrap()
    }

    fn refused(&self, registry: &str, modules: &[&str]) -> String {
        let output = self.images(registry, modules);
        assert!(!output.status.success(), "{}", printed(&output));
        String::from_utf8(output.stderr).unwrap()
    }
}

/// A module that does nothing, stamped as `xtask module` stamps.
fn built(name: &str, abi: &str) -> Vec<u8> {
    let mut module = Module::default();
    let function = FunctionBuilder::new(&mut module.types, &[], &[]);
    let function = function.finish(Vec::new(), &mut module.funcs);
    let export = format!("proxy_abi_version_{abi}").replace('.', "_");
    module.exports.add(&export, function);
    let stamp = format!(r#"{{"name":"{name}","version":"1.2.3","revision":"abc"}}"#);
    module.customs.add(RawCustomSection {
        name: "gatepost.module".to_owned(),
        data: stamp.into_bytes(),
    });
    module.emit_wasm()
}

fn printed(output: &Output) -> String {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn everything_below(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(everything_below(&path));
        } else {
            let content = fs::read(&path).unwrap();
            files.push((path, content));
        }
    }
    files.sort();
    files
}

#[test]
fn each_module_has_an_image_and_the_manifests_name_its_digest() {
    let tree = Tree::new(&["one", "two"]);
    let names = printed(&tree.images("registry.example:5000/team", &["one", "two"]));
    let names: Vec<&str> = names.lines().collect();
    assert_eq!(names.len(), 2);
    for (name, module) in names.iter().zip(["one", "two"]) {
        let begin = format!("registry.example:5000/team/gatepost/{module}@sha256:");
        let digest = name
            .strip_prefix(&begin)
            .unwrap_or_else(|| panic!("{name}"));
        let blobs = tree.path(&format!("dist/images/{module}/blobs/sha256"));
        let manifest = fs::read_to_string(blobs.join(digest)).unwrap();
        for label in [
            "\"1.2.3\"",
            "\"abc\"",
            "\"0.2.1\"",
            "\"Apache-2.0\"",
            "\"https://git.example/gatepost\"",
        ] {
            assert!(manifest.contains(label), "{label}: {manifest}");
        }
        let rendered = tree.path(&format!("dist/istio/gateway/{module}.yaml"));
        assert_eq!(
            fs::read_to_string(rendered).unwrap(),
            format!("url: oci://{name}\n")
        );
    }
}

#[test]
fn two_runs_give_the_same_files_and_leave_none_of_before() {
    let tree = Tree::new(&["one"]);
    let stale = tree.path("dist/images/one/blobs/sha256/stale");
    fs::create_dir_all(stale.parent().unwrap()).unwrap();
    fs::write(&stale, "of another module").unwrap();
    printed(&tree.images("registry.example", &["one"]));
    let first = everything_below(&tree.path("dist"));
    assert!(!stale.exists());
    printed(&tree.images("registry.example", &["one"]));
    assert!(everything_below(&tree.path("dist")) == first);
}

#[test]
fn the_manifests_of_istio_are_pinned_and_nothing_else_of_them_changes() {
    let modules = ["api-key-auth", "ip-allowlist", "jwt-auth"];
    let tree = Tree::new(&modules);
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../istio");
    let names = printed(&tree.images_of(&shipped, "registry.example", &modules));
    let placeholder = |name: &str| {
        let module = name.split(['/', '@']).nth(2).unwrap();
        format!("oci://%REGISTRY%/gatepost/{module}@sha256:%DIGEST%")
    };
    let rendered = everything_below(&tree.path("dist/istio"));
    assert!(rendered.len() > 20, "{}", rendered.len());
    let mut pinned = 0;
    for (path, content) in rendered {
        let text = String::from_utf8(content).unwrap();
        assert!(!text.contains("oci://%"), "{}", path.display());
        pinned += text.matches("oci://registry.example/gatepost/").count();
        let back = names.lines().fold(text, |text, name| {
            text.replace(&format!("oci://{name}"), &placeholder(name))
        });
        let source = path.strip_prefix(tree.path("dist/istio")).unwrap();
        assert_eq!(back, fs::read_to_string(shipped.join(source)).unwrap());
    }
    assert_eq!(pinned, 15, "three filters at five places");
}

#[test]
fn without_a_registry_there_are_images_and_no_manifests() {
    let tree = Tree::new(&["one"]);
    printed(&tree.images("registry.example", &["one"]));
    let output = tree.images("", &["one"]);
    assert!(printed(&output).starts_with("gatepost/one@sha256:"));
    assert!(String::from_utf8_lossy(&output.stderr).contains("REGISTRY is not set"));
    assert!(tree.path("dist/images/one/index.json").exists());
    assert!(
        !tree.path("dist/istio").exists(),
        "they named another registry"
    );
}

#[test]
fn what_would_not_be_pulled_is_refused() {
    let tree = Tree::new(&["one"]);
    let error = tree.refused("https://registry.example", &["one"]);
    assert!(
        error.contains("REGISTRY=https://registry.example: expected"),
        "{error}"
    );
    assert!(
        tree.refused("registry.example", &["two"])
            .contains("two.wasm")
    );

    fs::write(tree.path("dist/two.wasm"), built("one", "0.2.1")).unwrap();
    assert!(
        tree.refused("registry.example", &["two"])
            .contains("is the module one")
    );
    fs::write(tree.path("dist/two.wasm"), "<html>").unwrap();
    assert!(
        tree.refused("registry.example", &["two"])
            .contains("two.wasm: ")
    );
    let mut unstamped = Module::default();
    fs::write(tree.path("dist/two.wasm"), unstamped.emit_wasm()).unwrap();
    assert!(
        tree.refused("registry.example", &["two"])
            .contains("proxy_abi_version_")
    );

    let unknown = "url: oci://%REGISTRY%/gatepost/three@sha256:%DIGEST%\n";
    fs::write(tree.path("istio/gateway/three.yaml"), unknown).unwrap();
    let error = tree.refused("registry.example", &["one"]);
    assert!(
        error.contains("gateway/three.yaml: there is no image of `three`"),
        "{error}"
    );
}

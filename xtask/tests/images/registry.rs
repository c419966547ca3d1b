//! An image in a real registry, pushed and pulled by a real client.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

use crate::{Tree, everything_below, printed};

/// Debian's docker-registry, on a port of the loopback that the kernel chose.
struct Registry {
    process: Child,
    address: String,
}

impl Registry {
    fn start(folder: &Path) -> Self {
        let config = folder.join("registry.yaml");
        let settings = serde_json::json!({
            "version": "0.1",
            "log": {"level": "info"},
            "storage": {"filesystem": {"rootdirectory": folder.join("registry")}},
            "http": {"addr": "127.0.0.1:0"},
        });
        fs::write(&config, settings.to_string()).unwrap();
        let mut process = Command::new("docker-registry")
            .arg("serve")
            .arg(config)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = BufReader::new(process.stderr.take().unwrap());
        let mut registry = Self {
            process,
            address: String::new(),
        };
        // The log ends if it ends, so this does.
        let mut lines = log.lines().map_while(Result::ok);
        let listening = lines.find_map(|line| {
            let (_, rest) = line.split_once("listening on ")?;
            Some(rest.split('"').next()?.to_owned())
        });
        registry.address = listening.expect("the registry says where it listens");
        // It must not stand still for a reader that is gone.
        std::thread::spawn(move || lines.count());
        registry
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Whether the programs are there. If not, that is said loudly, and fails where `CI`
/// is `true`.
fn can_run() -> bool {
    let is_there = |program: &&str| Command::new(program).arg("--version").output().is_err();
    let missing: Vec<&str> = ["skopeo", "docker-registry"]
        .into_iter()
        .filter(is_there)
        .collect();
    if missing.is_empty() {
        return true;
    }
    let why = format!(
        "NOT RUN: pushing and pulling an image: missing {}",
        missing.join(", ")
    );
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{why}");
    // Past the test runner, which swallows what a test prints that passes.
    let _ = std::io::stderr().write_all(format!("\n{why}\n").as_bytes());
    false
}

fn skopeo(arguments: &[&str]) -> Output {
    Command::new("skopeo").args(arguments).output().unwrap()
}

#[test]
fn an_image_is_pushed_pulled_by_its_digest_and_is_the_same() {
    if !can_run() {
        return;
    }
    let tree = Tree::new(&["one"]);
    let registry = Registry::start(&tree.path(""));
    let name = printed(&tree.images(&registry.address, &["one"]));
    let (repository, digest) = name.trim().split_once('@').unwrap();

    let images = tree.path("dist/images");
    let local = format!("oci:{}", images.join("one").display());
    let tagged = format!("docker://{repository}:1.2.3");
    printed(&skopeo(&[
        "copy",
        "--preserve-digests",
        "--dest-tls-verify=false",
        &local,
        &tagged,
    ]));

    // What a person sees of it, by its tag.
    let seen = printed(&skopeo(&["inspect", "--tls-verify=false", &tagged]));
    let seen: Value = serde_json::from_str(&seen).unwrap();
    assert_eq!(seen["Digest"], digest);
    assert_eq!(seen["Architecture"], "wasm");
    assert_eq!(seen["Labels"]["org.opencontainers.image.version"], "1.2.3");
    assert_eq!(seen["Layers"].as_array().unwrap().len(), 1);
    let raw = printed(&skopeo(&[
        "inspect",
        "--raw",
        "--tls-verify=false",
        &tagged,
    ]));
    let blobs = images.join("one/blobs/sha256");
    let manifest = fs::read_to_string(blobs.join(digest.trim_start_matches("sha256:"))).unwrap();
    assert_eq!(raw, manifest, "to the byte, or the digest would be another");

    // What a proxy gets, by the name in the manifests.
    let pinned = format!("docker://{}", name.trim());
    let back = images.join("back");
    let target = format!("oci:{}", back.display());
    printed(&skopeo(&[
        "copy",
        "--preserve-digests",
        "--src-tls-verify=false",
        &pinned,
        &target,
    ]));
    let content = |folder: &Path| -> Vec<Vec<u8>> {
        everything_below(folder)
            .into_iter()
            .map(|(_, content)| content)
            .collect()
    };
    assert!(content(&back.join("blobs")) == content(&images.join("one/blobs")));

    let other = format!("docker://{repository}@sha256:{}", "0".repeat(64));
    assert!(
        !skopeo(&["inspect", "--tls-verify=false", &other])
            .status
            .success()
    );
}

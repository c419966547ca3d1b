//! Names of repositories, as registries and tools read them.
#![allow(clippy::unwrap_used)]

use gatepost_oci_image::{Digest, Repository, RepositoryError};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn a_repository_is_a_host_and_a_path() {
    for name in [
        "registry.example/gatepost/jwt-auth",
        "registry.example:5000/a",
        "localhost/a/b/c",
        "registry:5000/a_b/c__d/e.f/g---h/0",
        "127.0.0.1:41773/gatepost/ip-allowlist",
        "GHCR.io/x",
    ] {
        assert_eq!(Repository::parse(name).unwrap().to_string(), name);
    }
}

#[test]
fn a_name_that_tools_read_in_another_way_is_refused() {
    use RepositoryError::{Host, NoPath, Path, Port, Scheme, TooLong};
    let long = format!("registry.example/{}", "a".repeat(255));
    for (name, error) in [
        ("https://registry.example/a", Scheme),
        ("oci://registry.example/a", Scheme),
        ("gatepost/jwt-auth", Host), // Docker Hub
        ("/gatepost/jwt-auth", Host),
        (".example/a", Host),
        ("-a.example/a", Host),
        ("a b.example/a", Host),
        ("[::1]:5000/a", Host),
        ("registry.example", NoPath),
        ("", NoPath),
        ("registry.example:/a", Port),
        ("registry.example:0/a", Port),
        ("registry.example:65536/a", Port),
        ("registry.example:+80/a", Port),
        ("registry.example:5000:1/a", Port),
        ("registry.example/", Path),
        ("registry.example//a", Path),
        ("registry.example/a/", Path),
        ("registry.example/A", Path),
        ("registry.example/a..b", Path),
        ("registry.example/a___b", Path),
        ("registry.example/_a", Path),
        ("registry.example/a:tag", Path),
        ("registry.example/a@sha256", Path),
        ("registry.example/a\n", Path),
        ("registry.example/ä", Path),
        (&long, TooLong),
    ] {
        assert_eq!(Repository::parse(name), Err(error), "{name}");
    }
}

#[test]
fn a_pinned_name_ends_with_the_digest() {
    let repository = Repository::parse("registry.example/a").unwrap();
    assert_eq!(
        repository.pinned(Digest::of(b"")),
        "registry.example/a@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
}

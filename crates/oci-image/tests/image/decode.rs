//! Reads a layout with code that is not ours, and checks every digest and size.

use std::collections::BTreeMap;
use std::io::Read as _;

use gatepost_oci_image::{Digest, Layout};
use serde_json::Value;

/// What a registry's client finds when it follows the references.
pub(crate) struct Archived {
    pub(crate) manifest: Value,
    pub(crate) config: Value,
    pub(crate) media_type: String,
    /// Of the archive in the layer, decompressed.
    pub(crate) diff_id: Digest,
    /// Name and content.
    pub(crate) files: Vec<(String, Vec<u8>)>,
}

/// Follows the references of the layout's one image.
pub(crate) fn archived(layout: &Layout) -> Archived {
    let index = parsed(layout, "index.json");
    let manifest = referred(layout, &index["manifests"][0]);
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    let config = referred(layout, &manifest["config"]);
    let layer = referred(layout, &manifest["layers"][0]);

    let mut gzip = flate2::read::GzDecoder::new(layer.as_slice());
    let header = gzip.header().unwrap();
    assert_eq!((header.mtime(), header.filename()), (0, None));
    let mut archive = Vec::new();
    gzip.read_to_end(&mut archive).unwrap();
    Archived {
        config: serde_json::from_slice(&config).unwrap(),
        media_type: manifest["layers"][0]["mediaType"]
            .as_str()
            .unwrap()
            .to_owned(),
        manifest,
        diff_id: Digest::of(&archive),
        files: unpacked(&archive),
    }
}

fn unpacked(archive: &[u8]) -> Vec<(String, Vec<u8>)> {
    assert_eq!(archive.len() % 512, 0);
    let mut files = Vec::new();
    for entry in tar::Archive::new(archive).entries().unwrap() {
        let mut entry = entry.unwrap();
        let header = entry.header();
        assert!(header.as_ustar().is_some() && header.entry_type().is_file());
        assert_eq!(header.mode().unwrap(), 0o644);
        let of_nobody = (
            header.uid().unwrap(),
            header.gid().unwrap(),
            header.mtime().unwrap(),
        );
        assert_eq!(of_nobody, (0, 0, 0));
        let name = entry.path().unwrap().to_str().unwrap().to_owned();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        files.push((name, content));
    }
    files
}

/// The blob that a descriptor refers to.
fn referred(layout: &Layout, descriptor: &Value) -> Vec<u8> {
    let content = files(layout)[&blob(descriptor)].to_vec();
    assert_eq!(descriptor["size"], content.len());
    assert_eq!(descriptor["digest"], Digest::of(&content).to_string());
    content
}

/// Where the blob of a descriptor lies.
pub(crate) fn blob(descriptor: &Value) -> String {
    let digest = descriptor["digest"].as_str().unwrap();
    format!("blobs/{}", digest.replace(':', "/"))
}

/// A file of the layout, as JSON.
pub(crate) fn parsed(layout: &Layout, path: &str) -> Value {
    serde_json::from_slice(files(layout)[path]).unwrap()
}

fn files(layout: &Layout) -> BTreeMap<String, &[u8]> {
    layout
        .files()
        .map(|(path, content)| (path.to_owned(), content))
        .collect()
}

//! Manifests: YAML files with objects of the Kubernetes API.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use gatepost_e2e::{Error, Result, workspace};
use serde_json::Value;

use crate::Mesh;

/// A file or a folder with objects.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// Where it stands.
    pub path: PathBuf,
    /// What stands in it.
    pub objects: Vec<Value>,
}

impl Manifest {
    /// Reads a file; a relative path is of the repository.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = workspace().join(path);
        let reading = || format!("reading {}", path.display());
        let text = fs::read_to_string(&path).map_err(Error::io(reading()))?;
        let objects = parse(&text).map_err(|why| Error::Failed(format!("{}: {why}", reading())))?;
        Ok(Self { path, objects })
    }

    /// What `kubectl kustomize` makes of a folder.
    pub fn kustomized(mesh: &Mesh, folder: impl AsRef<Path>) -> Result<Self> {
        let path = workspace().join(folder);
        let text = mesh.kubectl([OsStr::new("kustomize"), path.as_os_str()])?;
        let objects = parse(&text)
            .map_err(|why| Error::Failed(format!("kustomize {}: {why}", path.display())))?;
        Ok(Self { path, objects })
    }

    /// Reads all files of a folder and of those in it that end in `.yaml`.
    pub fn read_all(folder: impl AsRef<Path>) -> Result<Vec<Self>> {
        let folder = workspace().join(folder);
        let reading = || format!("listing {}", folder.display());
        let mut manifests = Vec::new();
        for entry in fs::read_dir(&folder).map_err(Error::io(reading()))? {
            let path = entry.map_err(Error::io(reading()))?.path();
            if path.is_dir() {
                manifests.extend(Self::read_all(&path)?);
            } else if path.extension().is_some_and(|end| end == "yaml") {
                manifests.push(Self::read(&path)?);
            }
        }
        manifests.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(manifests)
    }
}

/// The documents of a text, without those that say nothing.
fn parse(text: &str) -> std::result::Result<Vec<Value>, String> {
    let documents = text.split("\n---");
    let objects = documents.map(|document| {
        // Far from hostile: a schema of Istio is larger than a reader expects.
        let options = serde_saphyr::options! { budget: None };
        serde_saphyr::from_str_with_options(document, options).map_err(|why| why.to_string())
    });
    let objects: std::result::Result<Vec<Value>, String> = objects.collect();
    Ok(objects?
        .into_iter()
        .filter(|object| !object.is_null())
        .collect())
}

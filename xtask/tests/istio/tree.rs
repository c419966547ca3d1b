//! The files of istio/ and envoy/, read as YAML.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// Where a filter is attached: the folder, and what it is attached by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) folder: &'static str,
    pub(crate) kind: &'static str,
    /// `selector`, or the kind that `targetRefs` name.
    pub(crate) target: &'static str,
    pub(crate) is_sidecar: bool,
}

impl Place {
    /// Where url, configuration and so on stand: WasmPlugin has them in `spec`.
    pub(crate) fn wasm(self, manifest: &Value) -> &Value {
        match self.kind {
            "WasmPlugin" => &manifest["spec"],
            _ => &manifest["spec"]["wasm"],
        }
    }
}

const fn place(folder: &'static str, kind: &'static str, target: &'static str) -> Place {
    Place {
        folder,
        kind,
        target,
        is_sidecar: false,
    }
}

const fn sidecar(folder: &'static str, kind: &'static str) -> Place {
    Place {
        is_sidecar: true,
        ..place(folder, kind, "selector")
    }
}

pub(crate) const PLACES: [Place; 5] = [
    place("wasmplugin/gateway", "WasmPlugin", "selector"),
    sidecar("wasmplugin/sidecar", "WasmPlugin"),
    place("trafficextension/gateway", "TrafficExtension", "Gateway"),
    sidecar("trafficextension/sidecar", "TrafficExtension"),
    place("trafficextension/waypoint", "TrafficExtension", "Service"),
];

/// A filter at a place.
pub(crate) struct Attached {
    pub(crate) place: Place,
    pub(crate) filter: String,
    pub(crate) manifest: Value,
}

impl Attached {
    pub(crate) fn wasm(&self) -> &Value {
        self.place.wasm(&self.manifest)
    }

    pub(crate) fn file(&self) -> String {
        format!("istio/{}/{}.yaml", self.place.folder, self.filter)
    }
}

/// Every filter that is shipped, at every place: a missing file fails.
pub(crate) fn attached() -> Vec<Attached> {
    let at = |place: Place| {
        filters().into_iter().map(move |filter| {
            let file = format!("istio/{}/{filter}.yaml", place.folder);
            let mut manifests = documents(&file);
            assert_eq!(manifests.len(), 1, "{file}");
            Attached {
                place,
                filter,
                manifest: manifests.remove(0),
            }
        })
    };
    PLACES.into_iter().flat_map(at).collect()
}

/// The folders of modules/.
pub(crate) fn filters() -> Vec<String> {
    let folders = fs::read_dir(workspace().join("modules")).unwrap();
    let names = folders.map(|folder| folder.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

/// The resources of istio/companions, of every file.
pub(crate) fn companions() -> Vec<Value> {
    let files = files("istio/companions").into_iter();
    files
        .flat_map(|file| documents(&file))
        .filter(|resource| resource["kind"] != "Kustomization")
        .collect()
}

/// The YAML files below a folder, by path from the workspace.
pub(crate) fn files(folder: &str) -> Vec<String> {
    let mut files = Vec::new();
    for entry in fs::read_dir(workspace().join(folder)).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{folder}/{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            files.extend(self::files(&path));
        } else if path.ends_with(".yaml") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The documents of a file.
pub(crate) fn documents(file: &str) -> Vec<Value> {
    serde_saphyr::from_multiple(&text(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

pub(crate) fn text(file: &str) -> String {
    let path = workspace().join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn workspace() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap().to_owned()
}

/// Calls `visit` with every value below, and the name of the member that it is, if any.
pub(crate) fn walk<'a>(value: &'a Value, name: &'a str, visit: &mut dyn FnMut(&'a str, &'a Value)) {
    visit(name, value);
    match value {
        Value::Object(members) => members
            .iter()
            .for_each(|(name, value)| walk(value, name, visit)),
        Value::Array(elements) => elements.iter().for_each(|value| walk(value, "", visit)),
        _ => {}
    }
}

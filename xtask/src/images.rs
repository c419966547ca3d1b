//! `make images`: an OCI image of each module, and istio/ with their digests.

mod folder;
mod manifests;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use gatepost_oci_image::{Labels, Layout, Repository};
use serde_json::Value;
use walrus::{CustomSection as _, IdsToIndices, Module};

use self::folder::{files_below, write_folder};
use self::manifests::pin;
use crate::module::MODULE_SECTION;

/// What `xtask images` is told.
struct Options<'a> {
    /// Where the modules are, and where images and manifests go.
    dist: &'a Path,
    /// The manifests without digests.
    manifests: &'a Path,
    /// Empty where nobody has said yet where the images will be.
    registry: &'a str,
    /// Empty where the source is not published.
    source: &'a str,
    modules: &'a [&'a str],
}

/// Writes `<dist>/images/<module>` for each module and prints its pinned name; with a
/// registry, `<dist>/istio` as well.
pub(crate) fn make(arguments: &[&str]) -> Result<(), String> {
    let options = Options::parse(arguments)?;
    let mut pinned = BTreeMap::new();
    for module in options.modules {
        let layout = image(&options, module)?;
        let folder = options.dist.join("images").join(module);
        write_folder(&folder, layout.files())?;
        let name = match options.repository(module)? {
            Some(repository) => repository.pinned(layout.digest()),
            None => format!("gatepost/{module}@{}", layout.digest()),
        };
        println!("{name}");
        pinned.insert((*module).to_owned(), name);
    }
    options.render(&pinned)
}

impl<'a> Options<'a> {
    fn parse(arguments: &'a [&'a str]) -> Result<Self, String> {
        match arguments {
            [
                dist,
                manifests,
                "--registry",
                registry,
                "--source",
                source,
                modules @ ..,
            ] if !modules.is_empty() => Ok(Self {
                dist: Path::new(dist),
                manifests: Path::new(manifests),
                registry,
                source,
                modules,
            }),
            _ => Err("images: expected the options of the usage, and modules".to_owned()),
        }
    }

    fn repository(&self, module: &str) -> Result<Option<Repository>, String> {
        if self.registry.is_empty() {
            return Ok(None);
        }
        let name = format!("{}/gatepost/{module}", self.registry);
        let repository = Repository::parse(&name);
        repository
            .map(Some)
            .map_err(|error| format!("REGISTRY={}: {error}", self.registry))
    }

    fn render(&self, pinned: &BTreeMap<String, String>) -> Result<(), String> {
        let target = self
            .dist
            .join(self.manifests.file_name().unwrap_or_default());
        if self.registry.is_empty() {
            // Those of another registry would be taken for these.
            folder::remove(&target)?;
            eprintln!(
                "REGISTRY is not set, so {} is not made: where images are pulled from is a part \
                 of each manifest",
                target.display()
            );
            return Ok(());
        }
        let mut rendered = Vec::new();
        for (path, text) in files_below(self.manifests, "yaml")? {
            let text = pin(&text, pinned)
                .map_err(|error| format!("{}/{path}: {error}", self.manifests.display()))?;
            rendered.push((path, text));
        }
        let files = rendered
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_bytes()));
        write_folder(&target, files)?;
        eprintln!("{}: manifests with these digests", target.display());
        Ok(())
    }
}

/// The image of a module as `make wasm` left it, labelled with what it says of itself:
/// the tree may have moved on since.
fn image(options: &Options<'_>, name: &str) -> Result<Layout, String> {
    let path = options.dist.join(name).with_extension("wasm");
    let wrong = |error: String| format!("{}: {error}", path.display());
    let bytes = fs::read(&path).map_err(|error| wrong(error.to_string()))?;
    let mut module = Module::from_buffer(&bytes).map_err(|error| wrong(format!("{error:#}")))?;
    let abi = module.exports.iter().find_map(|export| {
        let version = export.name.strip_prefix("proxy_abi_version_")?;
        Some(version.replace('_', "."))
    });
    let abi = abi.ok_or_else(|| wrong("exports no proxy_abi_version_*".to_owned()))?;
    let stamp = stamp(&mut module).ok_or_else(|| wrong(format!("no section {MODULE_SECTION}")))?;
    let stamped = |field: &str| stamp[field].as_str().unwrap_or_default();
    if stamped("name") != name {
        return Err(wrong(format!("is the module {}", stamped("name"))));
    }
    let title = format!("Gatepost {name}");
    let labels = Labels {
        title: &title,
        version: stamped("version"),
        licences: env!("CARGO_PKG_LICENSE"),
        abi: &abi,
        // What `make wasm` writes for a tree without git.
        revision: Some(stamped("revision")).filter(|revision| *revision != "unknown"),
        source: Some(options.source).filter(|source| !source.is_empty()),
    };
    Layout::new(&bytes, &labels).map_err(|error| wrong(error.to_string()))
}

fn stamp(module: &mut Module) -> Option<Value> {
    let section = module.customs.remove_raw(MODULE_SECTION)?;
    let data = section.data(&IdsToIndices::default());
    serde_json::from_slice(&data).ok()
}

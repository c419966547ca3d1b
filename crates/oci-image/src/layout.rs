use std::collections::BTreeMap;

use crate::config::config;
use crate::digest::Digest;
use crate::error::ImageError;
use crate::gzip::gzip;
use crate::json;
use crate::labels::Labels;
use crate::tar;

/// The largest module that Istio's agents take unless told otherwise: 256 MiB.
pub const MAX_MODULE_BYTES: usize = 256 << 20;

/// The name by which Istio finds the module in its layer.
const PLUGIN: &str = "plugin.wasm";

/// The files of an OCI image layout that holds one image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    digest: Digest,
    files: BTreeMap<String, Vec<u8>>,
}

impl Layout {
    /// The image of a module.
    ///
    /// # Errors
    /// `module` is no core WebAssembly module or too large, or a label has no value
    /// that can stand there.
    pub fn new(module: &[u8], labels: &Labels<'_>) -> Result<Self, ImageError> {
        check(module)?;
        let annotations = labels.json()?;
        let archive = tar::archive(PLUGIN, module);

        let mut files = Files::default();
        let config = files.blob(
            "application/vnd.oci.image.config.v1+json",
            config(Digest::of(&archive), &annotations).into_bytes(),
        );
        let layer = files.blob(
            "application/vnd.oci.image.layer.v1.tar+gzip",
            gzip(&archive),
        );
        let manifest = json::object([
            ("schemaVersion", "2".to_owned()),
            ("mediaType", json::string(MANIFEST)),
            ("config", config.json(None)),
            ("layers", json::array(&[layer.json(None)])),
            ("annotations", annotations),
        ]);
        let manifest = files.blob(MANIFEST, manifest.into_bytes());
        files.describe(&manifest, labels.version);
        Ok(Self {
            digest: manifest.digest,
            files: files.by_path,
        })
    }

    /// The digest of the manifest, by which the image is pulled.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// Path in the layout's folder and content of each file, sorted by path.
    pub fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files
            .iter()
            .map(|(path, content)| (path.as_str(), content.as_slice()))
    }
}

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

fn check(module: &[u8]) -> Result<(), ImageError> {
    if module.len() > MAX_MODULE_BYTES {
        return Err(ImageError::TooLarge {
            bytes: module.len(),
        });
    }
    let version = module
        .strip_prefix(b"\0asm")
        .and_then(|rest| rest.first_chunk())
        .ok_or(ImageError::NotWebAssembly)?;
    match u32::from_le_bytes(*version) {
        1 => Ok(()),
        version => Err(ImageError::NotAModule { version }),
    }
}

#[derive(Default)]
struct Files {
    by_path: BTreeMap<String, Vec<u8>>,
}

impl Files {
    /// Adds a blob, and says what refers to it.
    fn blob(&mut self, media_type: &'static str, content: Vec<u8>) -> Descriptor {
        let digest = Digest::of(&content);
        let size = content.len();
        self.by_path.insert(digest.path(), content);
        Descriptor {
            media_type,
            digest,
            size,
        }
    }

    /// Adds what makes a folder a layout, with this one image under this tag.
    fn describe(&mut self, manifest: &Descriptor, tag: &str) {
        let version = json::object([("imageLayoutVersion", json::string("1.0.0"))]);
        let index = json::object([
            ("schemaVersion", "2".to_owned()),
            (
                "mediaType",
                json::string("application/vnd.oci.image.index.v1+json"),
            ),
            ("manifests", json::array(&[manifest.json(Some(tag))])),
        ]);
        self.by_path
            .insert("oci-layout".to_owned(), version.into_bytes());
        self.by_path
            .insert("index.json".to_owned(), index.into_bytes());
    }
}

struct Descriptor {
    media_type: &'static str,
    digest: Digest,
    size: usize,
}

impl Descriptor {
    fn json(&self, tag: Option<&str>) -> String {
        let annotations = tag.map(|tag| {
            let tag = ("org.opencontainers.image.ref.name", json::string(tag));
            ("annotations", json::object([tag]))
        });
        let members = [
            ("mediaType", json::string(self.media_type)),
            ("digest", json::string(&self.digest.to_string())),
            ("size", self.size.to_string()),
        ];
        json::object(members.into_iter().chain(annotations))
    }
}

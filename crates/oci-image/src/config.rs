use crate::digest::Digest;
use crate::json;

/// An image config of one layer, by the digest of its archive before compression.
///
/// The architecture is true. The system is none that a module knows: `linux`, because
/// a container engine stores no image of a system that it does not run.
pub(crate) fn config(archive: Digest, labels: &str) -> String {
    let layers = json::array(&[json::string(&archive.to_string())]);
    let rootfs = json::object([("type", json::string("layers")), ("diff_ids", layers)]);
    json::object([
        ("architecture", json::string("wasm")),
        ("os", json::string("linux")),
        ("config", json::object([("Labels", labels.to_owned())])),
        ("rootfs", rootfs),
    ])
}

//! What an image is, and what is refused.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

mod decode;
#[cfg(not(target_arch = "wasm32"))]
mod properties;

use gatepost_oci_image::{ABI, ImageError, Labels, Layout};
use serde_json::json;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::decode::{archived, blob, parsed};

const MODULE: &[u8] = b"\0asm\x01\0\0\0";

const LABELS: Labels<'_> = Labels {
    title: "A filter",
    version: "1.2.3",
    licences: "Apache-2.0",
    abi: "0.2.1",
    revision: Some("0123456789abcdef0123456789abcdef01234567"),
    source: Some("https://git.example/filter"),
};

fn layout(module: &[u8]) -> Layout {
    Layout::new(module, &LABELS).unwrap()
}

#[test]
fn a_layout_holds_one_manifest_and_no_index_of_several() {
    let layout = layout(MODULE);
    assert_eq!(
        parsed(&layout, "oci-layout"),
        json!({"imageLayoutVersion": "1.0.0"})
    );
    let index = parsed(&layout, "index.json");
    let manifests = index["manifests"].as_array().unwrap();
    assert_eq!(manifests.len(), 1);
    let media_type = "application/vnd.oci.image.manifest.v1+json";
    assert_eq!(manifests[0]["mediaType"], media_type);
    assert_eq!(manifests[0]["digest"], layout.digest().to_string());
    let tag = &manifests[0]["annotations"]["org.opencontainers.image.ref.name"];
    assert_eq!(tag, "1.2.3");
    let manifest = parsed(&layout, &blob(&manifests[0]));
    assert_eq!(manifest["mediaType"], media_type);
    assert_eq!(manifest["layers"].as_array().unwrap().len(), 1);
    assert_eq!(layout.files().count(), 2 + 3, "no file without a purpose");
}

#[test]
fn the_layer_is_a_gzipped_archive_of_plugin_wasm_alone() {
    let layout = layout(MODULE);
    let archived = archived(&layout);
    assert_eq!(
        archived.media_type,
        "application/vnd.oci.image.layer.v1.tar+gzip"
    );
    assert_eq!(
        archived.files,
        [("plugin.wasm".to_owned(), MODULE.to_vec())]
    );
}

#[test]
fn the_config_names_the_archive_as_it_is_before_compression() {
    let layout = layout(MODULE);
    let archived = archived(&layout);
    let config = archived.config;
    let diff_id = archived.diff_id.to_string();
    assert_eq!(
        config["rootfs"],
        json!({"type": "layers", "diff_ids": [diff_id]})
    );
    assert_eq!(config["architecture"], "wasm");
    assert_eq!(config["os"], "linux");
}

#[test]
fn labels_stand_in_the_manifest_and_in_the_config() {
    let layout = layout(MODULE);
    let expected = json!({
        "org.opencontainers.image.title": "A filter",
        "org.opencontainers.image.version": "1.2.3",
        "org.opencontainers.image.licenses": "Apache-2.0",
        "org.opencontainers.image.revision": "0123456789abcdef0123456789abcdef01234567",
        "org.opencontainers.image.source": "https://git.example/filter",
        ABI: "0.2.1",
    });
    let archived = archived(&layout);
    assert_eq!(archived.manifest["annotations"], expected);
    assert_eq!(archived.config["config"]["Labels"], expected);
}

#[test]
fn what_is_not_known_is_not_labelled() {
    let labels = Labels {
        revision: None,
        source: None,
        ..LABELS
    };
    let layout = Layout::new(MODULE, &labels).unwrap();
    let annotations = archived(&layout).manifest["annotations"].clone();
    assert_eq!(annotations.as_object().unwrap().len(), 4);
}

/// Whoever has pinned an image finds it again only if this stays: a change of it is a
/// change that users notice. It holds on 64 and on 32 bits.
#[test]
fn equal_input_gives_this_digest_on_every_machine() {
    let mut module = MODULE.to_vec();
    module.extend((0..100_000_u32).flat_map(|number| (number / 7).to_le_bytes()));
    let layout = layout(&module);
    assert_eq!(
        layout.digest().to_string(),
        "sha256:4f69b52a9b0106ac7369c95ee17c63206409c06afb1c108b15e7b2f5bb8f3d47"
    );
    assert_eq!(layout, self::layout(&module));
}

#[test]
fn another_module_or_label_gives_another_digest() {
    let digest = layout(MODULE).digest();
    assert_ne!(layout(b"\0asm\x01\0\0\0\0\x01\0").digest(), digest);
    let labels = Labels {
        revision: None,
        ..LABELS
    };
    assert_ne!(Layout::new(MODULE, &labels).unwrap().digest(), digest);
}

#[test]
fn what_is_no_module_is_refused() {
    let refused = |bytes: &[u8]| Layout::new(bytes, &LABELS).unwrap_err();
    for bytes in [
        &b""[..],
        b"\0asm",
        b"\0asm\x01\0\0",
        b"<html>not found</html>",
        b"\x1f\x8b\x08\0\0\0\0\0",
    ] {
        assert_eq!(refused(bytes), ImageError::NotWebAssembly, "{bytes:?}");
    }
    let component = refused(b"\0asm\x0d\0\x01\0");
    assert_eq!(component, ImageError::NotAModule { version: 0x1_000d });
    assert_eq!(
        component.to_string(),
        "is WebAssembly of version 0x1000d: expected a core module, version 0x1"
    );
}

#[test]
#[cfg(not(target_arch = "wasm32"))]
fn a_module_that_istio_would_refuse_for_its_size_is_refused() {
    let mut module = vec![0; gatepost_oci_image::MAX_MODULE_BYTES + 1];
    module[..8].copy_from_slice(MODULE);
    let error = Layout::new(&module, &LABELS).unwrap_err();
    assert_eq!(
        error,
        ImageError::TooLarge {
            bytes: (256 << 20) + 1
        }
    );
}

#[test]
fn a_label_that_cannot_stand_there_is_refused_by_name() {
    let refused = |labels: Labels<'_>| match Layout::new(MODULE, &labels) {
        Err(ImageError::Label { name, .. }) => name.rsplit('.').next().unwrap().to_owned(),
        other => panic!("{other:?}"),
    };
    for version in [
        "",
        "1.0 beta",
        "1.0+build",
        ".1",
        "-1",
        "a/b",
        &"1".repeat(129),
    ] {
        assert_eq!(
            refused(Labels { version, ..LABELS }),
            "version",
            "{version}"
        );
    }
    for text in ["", "two\nlines", "\0", &"x".repeat(257)] {
        assert_eq!(
            refused(Labels {
                title: text,
                ..LABELS
            }),
            "title"
        );
        assert_eq!(
            refused(Labels {
                abi: text,
                ..LABELS
            }),
            "abi"
        );
        assert_eq!(
            refused(Labels {
                source: Some(text),
                ..LABELS
            }),
            "source"
        );
    }
    let title = "\"quoted\" \\ and späť";
    let layout = Layout::new(MODULE, &Labels { title, ..LABELS }).unwrap();
    let annotations = &archived(&layout).manifest["annotations"];
    assert_eq!(annotations["org.opencontainers.image.title"], title);
}

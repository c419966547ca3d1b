//! What holds of every module.

use gatepost_oci_image::{Labels, Layout, Repository};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::decode::archived;

const LABELS: Labels<'_> = Labels {
    title: "t",
    version: "1",
    licences: "MIT",
    abi: "0.2.1",
    revision: None,
    source: None,
};

/// Modules whose archives end before, at and behind the end of a block, of bytes that
/// compress and of bytes that do not.
fn module() -> impl Strategy<Value = Vec<u8>> {
    let rest = prop_oneof![
        vec(any::<u8>(), 0..2000),
        (any::<u8>(), 0..200_000_usize)
            .prop_map(|(byte, length)| std::iter::repeat_n(byte, length).collect()),
        (1..4_usize, 0..3_usize).prop_map(|(blocks, around)| (0..blocks * 512 - 9 + around)
            .map(|byte| byte as u8)
            .collect()),
    ];
    rest.prop_map(|rest: Vec<u8>| [b"\0asm\x01\0\0\0", rest.as_slice()].concat())
}

proptest! {
    #[test]
    fn what_was_put_in_comes_out_and_every_size_and_digest_is_right(module in module()) {
        let layout = Layout::new(&module, &LABELS).unwrap();
        let archived = archived(&layout);
        prop_assert_eq!(archived.files, [("plugin.wasm".to_owned(), module.clone())]);
        prop_assert_eq!(&archived.config["rootfs"]["diff_ids"][0], &archived.diff_id.to_string());
        prop_assert_eq!(Layout::new(&module, &LABELS).unwrap(), layout);
    }

    #[test]
    fn arbitrary_bytes_and_labels_are_an_image_or_an_error(
        module in vec(any::<u8>(), 0..64),
        version in ".{0,8}",
        title in ".{0,8}",
    ) {
        let labels = Labels { version: &version, title: &title, ..LABELS };
        let is_module = module.starts_with(b"\0asm\x01\0\0\0");
        prop_assert!(Layout::new(&module, &labels).is_err() || is_module);
        if let Ok(layout) = Layout::new(b"\0asm\x01\0\0\0", &labels) {
            let annotations = archived(&layout).manifest["annotations"].clone();
            prop_assert_eq!(annotations["org.opencontainers.image.title"].as_str(), Some(title.as_str()));
        }
    }

    #[test]
    fn a_repository_that_is_taken_is_plain_text_that_no_yaml_reads_otherwise(name in "[a-z.:/_@%-]{0,24}|.{0,24}") {
        if let Ok(repository) = Repository::parse(&name) {
            prop_assert_eq!(repository.to_string(), name.clone());
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:/".contains(&byte);
            prop_assert!(name.bytes().all(is_plain) && name.contains('/'));
        }
    }
}

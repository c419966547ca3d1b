//! Documents of API keys, and their compiled form.

use gatepost_api_key_auth::digest::KeyDigest;
use gatepost_api_key_auth::keys::{KeySet, read_keys};
use serde_json::Value;

use crate::split::knob;

/// A document of keys: what is read is what another reader finds in it, and each key
/// once. Any bytes may stand in the place of compiled keys.
pub fn api_keys(data: &[u8]) {
    let (how, body) = knob(data);
    let accepts_hmac = how & 1 == 1;
    // Whatever comes of it: without a panic.
    let _ = KeySet::decode(body);
    let set = match read_keys(body, accepts_hmac) {
        Ok(set) => set,
        Err(error) => {
            let report = error.to_string();
            assert!(!report.contains('\n') && report.len() < 8000, "{report}");
            return;
        }
    };
    let document: Value = serde_json::from_slice(body).expect("what we read is JSON");
    let object = document.as_object().expect("an object");
    assert_eq!(object.len(), 1);
    let keys = object["keys"].as_array().expect("an array");
    assert_eq!(set.len(), keys.len());
    let text = |key: &Value, name: &str| key[name].as_str().expect("a string").to_owned();
    let mut digests: Vec<KeyDigest> = keys
        .iter()
        .map(|key| KeyDigest::parse(&text(key, "digest")).expect("a digest"))
        .collect();
    digests.sort_unstable();
    digests.dedup();
    assert_eq!(digests.len(), keys.len());
    for key in keys {
        let id = text(key, "id");
        assert!((1..=64).contains(&id.len()) && id.is_ascii(), "{id:?}");
        assert!(accepts_hmac || text(key, "digest").starts_with("sha256:"));
    }
}

//! Seeds of the external vectors: made when they are needed, never committed.

use std::io;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// The seeds of a target that the vectors in `folder` give; none for targets about
/// which they say nothing.
///
/// # Errors
/// The vectors are not there, or not what they were.
pub fn seeds(target: &str, folder: &Path) -> io::Result<Vec<Vec<u8>>> {
    match target {
        "cidr_list" => addresses(folder),
        "feed_text" => Ok(addresses(folder)?
            .into_iter()
            .map(|text| [b"1", &text[..], b"\n"].concat())
            .collect()),
        "feed_json" => Ok(addresses(folder)?
            .iter()
            .map(|text| {
                Value::from(vec![String::from_utf8_lossy(text)])
                    .to_string()
                    .into()
            })
            .chain(documents(folder)?)
            .collect()),
        "config_document" | "json" => documents(folder),
        "token" => {
            let mut texts = Vec::new();
            for file in [
                "json_web_signature_test.json",
                "json_web_encryption_test.json",
            ] {
                let suite = read(&folder.join("wycheproof").join(file))?;
                let tokens = strings(&suite).filter(|text| text.contains('.'));
                texts.extend(tokens.map(|text| text.as_bytes().to_vec()));
            }
            let examples = read(&folder.join("rfc/rfc_jws_examples.json"))?;
            texts.extend(strings(&examples).map(|text| text.as_bytes().to_vec()));
            Ok(texts)
        }
        // What the first and the second segment of those tokens hold.
        "header" | "claims" => {
            let nth = usize::from(target == "claims");
            let segments = seeds("token", folder)?.into_iter().filter_map(|token| {
                let segment = token.split(|byte| *byte == b'.').nth(nth)?;
                URL_SAFE_NO_PAD.decode(segment).ok()
            });
            Ok(segments.chain(documents(folder)?).collect())
        }
        "key_set" => {
            let suite = read(&folder.join("wycheproof/json_web_signature_test.json"))?;
            let groups = suite["testGroups"].as_array().into_iter().flatten();
            let keys = groups.flat_map(|group| [&group["public"], &group["private"]]);
            let keys: Vec<_> = keys.filter(|key| key.is_object()).collect();
            let one = keys.iter().map(|key| json!({ "keys": [key] }));
            Ok(one
                .chain([json!({ "keys": keys })])
                .map(|set| set.to_string().into())
                .collect())
        }
        "claim_path" => Ok(documents(folder)?
            .into_iter()
            .map(|document| [b"0a\n", &document[..]].concat())
            .collect()),
        "x_forwarded_for" => {
            let cases = read(&folder.join("ip/envoy_xff_cases.json"))?;
            let headers = strings(&cases).filter(|text| text.contains('.'));
            Ok(headers
                .flat_map(|xff| ["00", "11", "21"].map(|knobs| format!("{knobs}{xff}").into()))
                .collect())
        }
        "forwarded" => {
            let cases = read(&folder.join("ip/forwarded_header_cases.json"))?;
            Ok(strings(&cases)
                .map(|text| format!("0{text}").into())
                .collect())
        }
        _ => Ok(Vec::new()),
    }
}

fn addresses(folder: &Path) -> io::Result<Vec<Vec<u8>>> {
    let mut texts = Vec::new();
    for file in [
        "ip-address_valid-ipv4-addresses.json",
        "ip-address_valid-ipv6-addresses.json",
        "ip-address_invalid-ipv4-addresses.json",
        "ip-address_invalid-ipv6-addresses.json",
        "ip-address_intermapper-valid-ipv6-addresses.json",
        "ip-address_intermapper-invalid-ipv6-addresses.json",
    ] {
        let cases = read(&folder.join("ip").join(file))?;
        texts.extend(strings(&cases).map(|text| text.as_bytes().to_vec()));
    }
    Ok(texts)
}

fn documents(folder: &Path) -> io::Result<Vec<Vec<u8>>> {
    let mut documents = Vec::new();
    for file in std::fs::read_dir(folder.join("JSONTestSuite/test_parsing"))? {
        documents.push(std::fs::read(file?.path())?);
    }
    Ok(documents)
}

fn read(path: &Path) -> io::Result<Value> {
    let content = std::fs::read(path)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))?;
    Ok(serde_json::from_slice(&content)?)
}

/// Every string of a document.
fn strings(value: &Value) -> Box<dyn Iterator<Item = &str> + '_> {
    match value {
        Value::String(text) => Box::new(std::iter::once(text.as_str())),
        Value::Array(elements) => Box::new(elements.iter().flat_map(strings)),
        Value::Object(members) => Box::new(members.values().flat_map(strings)),
        _ => Box::new(std::iter::empty()),
    }
}

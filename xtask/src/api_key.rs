//! Keys for the api-key-auth filter, and the entries by which it knows them.

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatepost_api_key_auth::digest::{Algorithm, Hasher, LONGEST_KEY, SHORTEST_SECRET};
use serde_json::json;

/// What keys begin with that are made here: scanners for leaked secrets find them.
const PREFIX: &str = "gpk_";
/// Shorter keys can be guessed by whoever reads their digests.
const SHORT: usize = 22;

/// Prints a fresh key once, and its entry; or, with `--stdin`, the entry of a key that
/// is there already. No key is ever an argument: everybody on the machine sees those.
pub(crate) fn make(options: &[&str]) -> Result<(), String> {
    let (mut id, mut hmac_env, mut reads) = ("client", "", false);
    let mut rest = options.iter();
    while let Some(option) = rest.next() {
        let mut value = || {
            rest.next()
                .copied()
                .ok_or(format!("{option} needs a value"))
        };
        match *option {
            "--id" => id = value()?,
            "--hmac-env" => hmac_env = value()?,
            "--stdin" => reads = true,
            other => return Err(format!("expected an option of api-key, found {other}")),
        }
    }
    if id.is_empty() {
        id = "client";
    }
    let hasher = hasher(hmac_env)?;
    let key = if reads { read()? } else { fresh()? };
    let algorithm = match hasher.has_secret() {
        true => Algorithm::HmacSha256,
        false => Algorithm::Sha256,
    };
    let digest = hasher
        .digest(algorithm, key.as_bytes())
        .ok_or("no digest without a secret")?;
    if !reads {
        // A pipe gets key and entry, a line each, and nothing else.
        eprintln!("The key, which is shown this once and kept nowhere, and its entry for `keys`:");
        println!("{key}");
    } else if key.len() < SHORT {
        eprintln!("This key is short: whoever reads its digest may guess it.");
    }
    println!("{}", json!({ "id": id, "digest": digest.to_string() }));
    Ok(())
}

fn hasher(variable: &str) -> Result<Hasher, String> {
    if variable.is_empty() {
        return Ok(Hasher::default());
    }
    let secret = std::env::var(variable).map_err(|error| format!("{variable}: {error}"))?;
    Hasher::with_secret(secret.as_bytes()).ok_or(format!(
        "{variable}: expected at least {SHORTEST_SECRET} bytes"
    ))
}

/// 256 random bits.
fn fresh() -> Result<String, String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| format!("no randomness: {error}"))?;
    Ok(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)))
}

/// One line, without its end.
fn read() -> Result<String, String> {
    let mut text = String::new();
    std::io::stdin()
        .take(LONGEST_KEY as u64 + 3)
        .read_to_string(&mut text)
        .map_err(|error| format!("the key: {error}"))?;
    let key = text.strip_suffix('\n').unwrap_or(&text);
    let key = key.strip_suffix('\r').unwrap_or(key);
    let legal = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b',');
    if !(1..=LONGEST_KEY).contains(&key.len()) || !key.bytes().all(legal) {
        return Err(format!(
            "expected a key of 1 to {LONGEST_KEY} visible ASCII characters without `\"` and `,`"
        ));
    }
    Ok(key.to_owned())
}

//! Other spellings of a good token: whoever lists or caches tokens by their text
//! would not know them again.

use gatepost_e2e::{Result, encoded};

use super::{Attack, World};

const MALFORMED: &str = "jwt_malformed";

pub(super) fn attacks(world: &World) -> Result<Vec<Attack>> {
    // Claims whose segment has each letter that the two alphabets write differently.
    let claims = world
        .issuer
        .claims_with(&serde_json::json!({"name": "\u{3ff}\u{3fe}??>>~~"}));
    let token = world.ec.mint(&claims)?;
    let parts: Vec<&str> = token.split('.').collect();
    let [h, p, s] = parts.as_slice() else {
        return Ok(Vec::new());
    };
    let mut attacks: Vec<Attack> = [
        ("a dot before", format!(".{token}")),
        ("a dot behind", format!("{token}.")),
        ("two dots in the middle", format!("{h}..{p}.{s}")),
        ("no signature", format!("{h}.{p}")),
        ("a header alone", (*h).to_owned()),
        ("four segments", format!("{token}.AAAA")),
        ("six segments", format!("{token}.AAAA.AAAA.AAAA")),
        ("an empty header", format!(".{p}.{s}")),
        ("an empty payload", format!("{h}..{s}")),
        ("padding behind the signature", format!("{token}==")),
        ("padding behind the header", format!("{h}=.{p}.{s}")),
        ("padding behind the payload", format!("{h}.{p}==.{s}")),
        (
            "the other alphabet",
            format!("{h}.{}.{s}", p.replace('-', "+").replace('_', "/")),
        ),
        ("an escape in the signature", format!("{h}.{p}.%2e{s}")),
        ("dots alone", ".".repeat(100)),
        ("dots to the limit", ".".repeat(16 << 10)),
        ("the header's last bits", format!("{}.{p}.{s}", trailing(h))),
        (
            "the signature's last bits",
            format!("{h}.{p}.{}", trailing(s)),
        ),
        ("a header in plain JSON", format!("{{}}.{p}.{s}")),
        ("nothing in base64", format!("{h}.{p}.A")),
        (
            "a header that is no JSON",
            format!("{}.{p}.{s}", encoded("hello")),
        ),
        (
            "a header that is a list",
            format!("{}.{p}.{s}", encoded("[]")),
        ),
        (
            "a header behind a BOM",
            format!("{}.{p}.{s}", encoded("\u{feff}{\"alg\":\"ES256\"}")),
        ),
        ("a deep header", format!("{}.{p}.{s}", encoded(deep()))),
        (
            "a header that is not UTF-8",
            format!("{}.{p}.{s}", encoded(b"{\"alg\":\"\xff\"}")),
        ),
    ]
    .into_iter()
    .map(|(name, token)| Attack::new(name, token, MALFORMED))
    .collect();
    attacks.push(Attack::new(
        "an empty signature",
        format!("{h}.{p}."),
        "jwt_unsigned",
    ));
    // Five segments are another kind of object.
    attacks.push(Attack::new(
        "two dots behind",
        format!("{token}.."),
        "jwt_encrypted",
    ));
    for (name, token) in [
        (
            "more than 16 KiB",
            format!("{token}{}", "A".repeat(17 << 10)),
        ),
        ("40 KiB of dots", ".".repeat(40 << 10)),
    ] {
        attacks.push(Attack::new(name, token, "jwt_too_long"));
    }
    for (name, token) in [
        ("a space in it", format!("{h}.{p}. {s}")),
        ("a word behind", format!("{token} and more")),
        ("two with a comma", format!("{token},{token}")),
        ("in quotes", format!("\"{token}\"")),
        ("a tab in it", format!("{h}.\t{p}.{s}")),
        ("a byte outside ASCII", format!("{h}.{p}.é{s}")),
        ("nothing", String::new()),
    ] {
        attacks.push(Attack::malformed(name, token));
    }
    Ok(attacks)
}

/// The same bytes with another last letter: one of the bits that no byte uses is set.
/// A segment without such bits gets a letter more.
fn trailing(segment: &str) -> String {
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (start, last) = segment.split_at(segment.len() - 1);
    if segment.len().is_multiple_of(4) {
        return format!("{segment}A");
    }
    let value = LETTERS.find(last).unwrap_or_default();
    let other = LETTERS.as_bytes()[value ^ 1];
    format!("{start}{}", char::from(other))
}

/// Two hundred lists in each other (CVE-2026-48042).
fn deep() -> String {
    format!(
        r#"{{"alg":"ES256","kid":"ec","x":{}{}}}"#,
        "[".repeat(200),
        "]".repeat(200)
    )
}

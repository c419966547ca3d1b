//! A hundred thousand tokens, each of them nearly one that was issued: none is
//! accepted that differs from an issued one in any byte. The seed is fixed.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation
)]

mod forge;

use std::collections::{BTreeMap, HashSet};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use forge::encode;
use forge::issued::Issued;
use gatepost_jose::{Algorithm, KnownHeaders, Token, TokenError, TokenLimits};

const TOKENS: usize = 100_000;

#[test]
fn no_token_that_differs_from_an_issued_one_is_accepted() {
    let issued = Issued::read();
    for token in &issued.tokens {
        assert!(issued.verify(token.as_bytes()).is_ok(), "{token}");
    }
    // Two threads, each with half of them and a seed of its own.
    let issued = &issued;
    let refusals = std::thread::scope(|scope| {
        let halves = [1, 2].map(|seed| scope.spawn(move || mutate(issued, seed, TOKENS / 2)));
        halves.map(|half| half.join().unwrap())
    });
    let mut total: BTreeMap<&str, usize> = BTreeMap::new();
    for (code, count) in refusals.into_iter().flatten() {
        *total.entry(code).or_default() += count;
    }
    assert_eq!(total.values().sum::<usize>(), TOKENS);
    // The corpus reaches every part of the way.
    for code in [
        "jwt_bad_signature",
        "jwt_malformed",
        "jwt_unknown_key",
        "jwt_key_not_for_algorithm",
        "jwt_unsigned",
        "jwt_unknown_algorithm",
        "jwt_unsupported_header",
        "jwt_encrypted",
    ] {
        assert!(
            total.get(code).is_some_and(|count| *count > 100),
            "{code}: {total:?}"
        );
    }
}

/// Refusals by reason.
fn mutate(issued: &Issued, seed: u64, count: usize) -> BTreeMap<&'static str, usize> {
    let known: HashSet<&[u8]> = issued.tokens.iter().map(|token| token.as_bytes()).collect();
    let mut chance = Chance(seed);
    let headers = KnownHeaders::default();
    let mut refusals = BTreeMap::new();
    let mut made = 0;
    while made < count {
        let token = mutant(issued, &mut chance);
        if known.contains(&token[..]) {
            continue;
        }
        headers.keep(&forge::parse(&issued.tokens[made % issued.tokens.len()]));
        assert_eq!(
            read(&token, &headers),
            read(&token, &KnownHeaders::default())
        );
        made += 1;
        match issued.verify(&token) {
            Ok(_) => panic!("accepted: {}", token.escape_ascii()),
            Err(error) => *refusals.entry(error.code()).or_default() += 1,
        }
    }
    refusals
}

type Read = (Algorithm, Option<String>, Vec<String>, [Vec<u8>; 3]);

/// All that a token says before anybody believes it, or why it is none.
fn read(token: &[u8], headers: &KnownHeaders) -> Result<Read, TokenError> {
    let token = Token::parse_with(token, TokenLimits::default(), headers)?;
    let parts = [
        token.signing_input(),
        token.unverified_payload(),
        token.signature(),
    ];
    Ok((
        token.algorithm(),
        token.key_id().map(str::to_owned),
        token.header().names().map(str::to_owned).collect(),
        parts.map(<[u8]>::to_vec),
    ))
}

fn mutant(issued: &Issued, chance: &mut Chance) -> Vec<u8> {
    let token = pick(issued, chance).as_bytes();
    let mut parts: Vec<Vec<u8>> = token
        .split(|byte| *byte == b'.')
        .map(<[u8]>::to_vec)
        .collect();
    match chance.below(16) {
        // Bytes of the text.
        0..=2 => return flip_bit(token.to_vec(), chance),
        3 => return with_letter(token.to_vec(), chance),
        4 => return lengthen_or_shorten(token.to_vec(), chance),
        // Bytes of a segment.
        5..=7 => {
            let segment = chance.below(3);
            let bytes = URL_SAFE_NO_PAD.decode(&parts[segment]).unwrap();
            let bytes = match chance.below(3) {
                0 => lengthen_or_shorten(bytes, chance),
                _ => flip_bit(bytes, chance),
            };
            parts[segment] = encode(bytes).into_bytes();
        }
        // Segments of other tokens.
        8 | 9 => {
            let segment = chance.below(3);
            let other = any(&issued.tokens, chance);
            parts[segment] = other.split('.').nth(segment).unwrap().into();
        }
        10 => {
            let (one, other) = (chance.below(3), chance.below(3));
            parts.swap(one, other);
            if one == other {
                parts.insert(one, Vec::new());
            }
        }
        // The same header in other words, or another one.
        11 | 12 => {
            let header = URL_SAFE_NO_PAD.decode(&parts[0]).unwrap();
            let header = other_header(&String::from_utf8(header).unwrap(), chance);
            parts[0] = encode(header).into_bytes();
        }
        // Other keys.
        13 => return any(&issued.foreign, chance).as_bytes().to_vec(),
        // Other spellings, and nothing at all.
        14 => {
            let segment = chance.below(3);
            let tail: &[u8] = [&b"="[..], b"==", b".", b"A", b" ", b"\n", b"%3D"][chance.below(7)];
            parts[segment].extend_from_slice(tail);
        }
        _ => {
            let len = URL_SAFE_NO_PAD.decode(&parts[2]).unwrap().len();
            let byte = [0, 0xff, 1, chance.below(256) as u8][chance.below(4)];
            let len = [len, 0, len / 2, len * 2][chance.below(4)];
            parts[2] = encode(vec![byte; len]).into_bytes();
            if chance.below(4) == 0 {
                parts.extend([Vec::new(), Vec::new()]);
            }
        }
    }
    parts.join(&b'.')
}

/// A token to begin with. The larger a curve, the longer a check takes, and the
/// fewer there are.
fn pick<'a>(issued: &'a Issued, chance: &mut Chance) -> &'a str {
    let families: &[&str] = match chance.below(100) {
        0..45 => &["HS"],
        45..77 => &["RS", "PS"],
        77..92 => &["Ed"],
        92..97 => &["ES256"],
        97..99 => &["ES384"],
        _ => &["ES512"],
    };
    loop {
        let token = any(&issued.tokens, chance);
        let name = forge::parse(token).algorithm().name();
        if families.iter().any(|family| name.starts_with(family)) {
            return token;
        }
    }
}

fn any<'a>(tokens: &'a [String], chance: &mut Chance) -> &'a str {
    &tokens[chance.below(tokens.len())]
}

fn flip_bit(mut bytes: Vec<u8>, chance: &mut Chance) -> Vec<u8> {
    if !bytes.is_empty() {
        let at = chance.below(bytes.len());
        bytes[at] ^= 1 << chance.below(8);
    }
    bytes
}

/// One character replaced by another of base64url.
fn with_letter(mut text: Vec<u8>, chance: &mut Chance) -> Vec<u8> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let at = chance.below(text.len());
    text[at] = LETTERS[chance.below(LETTERS.len())];
    text
}

fn lengthen_or_shorten(mut bytes: Vec<u8>, chance: &mut Chance) -> Vec<u8> {
    let at = chance.below(bytes.len() + 1);
    match chance.below(4) {
        0 if at < bytes.len() => {
            bytes.remove(at);
        }
        1 => bytes.insert(at, chance.below(256) as u8),
        2 => bytes.truncate(at),
        _ => bytes.extend_from_within(at..),
    }
    bytes
}

fn other_header(header: &str, chance: &mut Chance) -> String {
    const NAMES: [&str; 18] = [
        "none", "NONE", "nOnE", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256",
        "ES384", "ES512", "EdDSA", "Ed25519", "HS256", "HS384", "HS512", "ES256K",
    ];
    const MEMBERS: [&str; 12] = [
        r#""crit":["b64"]"#,
        r#""crit":[]"#,
        r#""b64":false"#,
        r#""zip":"DEF""#,
        r#""cty":"JWT""#,
        r#""jku":"https://attacker.example""#,
        r#""jwk":{"kty":"oct","k":""}"#,
        r#""x5c":[]"#,
        r#""alg":"none""#,
        r#""\u0061lg":"HS256""#,
        r#""kid":"other""#,
        r#""x":1"#,
    ];
    let members = &header[1..header.len() - 1];
    let (alg, rest) = members.split_once(',').unwrap();
    match chance.below(6) {
        0 => format!("{{{rest},{alg}}}"),
        1 => format!("{{ {members}}}"),
        2 => format!(r#"{{"alg":"{}",{rest}}}"#, NAMES[chance.below(NAMES.len())]),
        3 => format!("{{{members},{}}}", MEMBERS[chance.below(MEMBERS.len())]),
        4 => {
            let kid = ["", "rsa", "P-256", "P-521", "Ed25519", "HS256", "other"][chance.below(7)];
            format!(r#"{{{alg},"kid":"{kid}"}}"#)
        }
        _ => format!("{{{alg}}}"),
    }
}

/// SplitMix64: the same numbers everywhere.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        (mixed % end as u64) as usize
    }
}

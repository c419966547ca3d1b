//! Signatures: of others, of other tokens, of nobody.

use gatepost_e2e::{Result, decoded, encoded};
use serde_json::json;

use super::{Attack, World};

/// The order of P-256 (SEC 2, 2.4.2).
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6,
    0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

const BAD: &str = "jwt_bad_signature";

pub(super) fn attacks(world: &World) -> Result<Vec<Attack>> {
    Ok([psychic(world)?, lengths(world)?, others(world)?].concat())
}

/// CVE-2022-21449: numbers for which a verifier's arithmetic holds for any text.
fn psychic(world: &World) -> Result<Vec<Attack>> {
    let (zero, one) = ([0; 32], [[0; 31].as_slice(), &[1]].concat());
    let above = [&ORDER[..31], &[0x52]].concat();
    let pairs: [(&str, &[u8], &[u8]); 9] = [
        ("(0, 0)", &zero, &zero),
        ("(0, 1)", &zero, &one),
        ("(1, 0)", &one, &zero),
        ("(1, 1)", &one, &one),
        ("(n, n)", &ORDER, &ORDER),
        ("(n, 1)", &ORDER, &one),
        ("(1, n)", &one, &ORDER),
        ("(n + 1, n + 1)", &above, &above),
        ("of ones", &[0xff; 32], &[0xff; 32]),
    ];
    let input = input(world)?;
    let token = |signature: &[u8]| format!("{input}.{}", encoded(signature));
    Ok(pairs
        .into_iter()
        .map(|(says, r, s)| Attack::new(format!("ECDSA {says}"), token(&[r, s].concat()), BAD))
        .collect())
}

/// A right signature with something around it, or cut.
fn lengths(world: &World) -> Result<Vec<Attack>> {
    let token = world.ec.mint(&world.claims())?;
    let (input, segment) = token.rsplit_once('.').unwrap_or_default();
    let right = decoded(segment);
    let (r, s) = right.split_at(32);
    let pad = |length: usize| vec![0; length];
    let forms: [(&str, Vec<u8>); 8] = [
        ("with a byte behind", [&right, &[0][..]].concat()),
        ("with a byte before", [&[0][..], &right].concat()),
        (
            "cut by a byte",
            right.get(..63).unwrap_or_default().to_vec(),
        ),
        ("by half", r.to_vec()),
        (
            "padded to 40 and 40",
            [pad(8), r.to_vec(), pad(8), s.to_vec()].concat(),
        ),
        (
            "padded to 300 and 300",
            [pad(268), r.to_vec(), pad(268), s.to_vec()].concat(),
        ),
        ("as ASN.1", der(r, s)),
        ("twice", [right.clone(), right.clone()].concat()),
    ];
    let mut attacks: Vec<Attack> = forms
        .into_iter()
        .map(|(says, signature)| {
            let token = format!("{input}.{}", encoded(signature));
            Attack::new(format!("a signature {says}"), token, BAD)
        })
        .collect();
    let token = world.rsa.mint(&world.claims())?;
    let (input, segment) = token.rsplit_once('.').unwrap_or_default();
    let right = decoded(segment);
    for (says, signature) in [
        ("with a byte behind", [&right, &[0][..]].concat()),
        ("with a zero before", [&[0][..], &right].concat()),
        ("of zeros", pad(256)),
        ("of ones", vec![0xff; 256]),
    ] {
        let token = format!("{input}.{}", encoded(signature));
        attacks.push(Attack::new(format!("an RSA signature {says}"), token, BAD));
    }
    Ok(attacks)
}

/// By a key that is not the issuer's, or over something else.
fn others(world: &World) -> Result<Vec<Attack>> {
    let header = world.header(&world.ec).to_string();
    let one = world.ec.mint(&world.claims())?;
    let admin = world.issuer.claims_with(&json!({"sub": "admin"}));
    let (_, signature) = one.rsplit_once('.').unwrap_or_default();
    let swapped = gatepost_e2e::unsigned(&header, admin.to_string());
    let stranger = world
        .stranger
        .compact(&header, world.claims().to_string())?;
    let other = world.bare_ec.compact(&header, world.claims().to_string())?;
    let (input, segment) = one.rsplit_once('.').unwrap_or_default();
    let mut flipped = decoded(segment);
    if let Some(byte) = flipped.first_mut() {
        *byte ^= 1;
    }
    // Two of the issuer's tokens, each with the other's middle.
    let two = world.ec.mint(&admin)?;
    let parts: Vec<&str> = two.split('.').collect();
    let first: Vec<&str> = one.split('.').collect();
    let spliced = [first[0], parts[1], first[2]].join(".");
    Ok(vec![
        Attack::new("signed by a stranger", stranger, BAD),
        Attack::new("signed by another key of the issuer", other, BAD),
        Attack::new("the claims replaced", format!("{swapped}.{signature}"), BAD),
        Attack::new("spliced of two", spliced, BAD),
        Attack::new(
            "a bit flipped",
            format!("{input}.{}", encoded(flipped)),
            BAD,
        ),
        Attack::new(
            "no kid, signed by a stranger",
            world.stranger.compact(
                json!({"alg": "RS256"}).to_string(),
                world.claims().to_string(),
            )?,
            BAD,
        ),
    ])
}

/// What a signature of a published key would be over.
fn input(world: &World) -> Result<String> {
    let token = world.ec.mint(&world.claims())?;
    Ok(token.rsplit_once('.').unwrap_or_default().0.to_owned())
}

/// ASN.1 `SEQUENCE { INTEGER, INTEGER }`, as X.509 has it and JOSE has not.
fn der(r: &[u8], s: &[u8]) -> Vec<u8> {
    let integer = |number: &[u8]| {
        let zeros = number.iter().take_while(|byte| **byte == 0).count();
        let mut bytes = number[zeros..].to_vec();
        if bytes.first().is_some_and(|byte| *byte >= 0x80) {
            bytes.insert(0, 0);
        }
        [vec![2, bytes.len() as u8], bytes].concat()
    };
    let both = [integer(r), integer(s)].concat();
    [vec![0x30, both.len() as u8], both].concat()
}

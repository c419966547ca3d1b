//! A signature of each algorithm that a host may check for us, known to be good,
//! and one known to be bad.
//!
//! Made once with `openssl genrsa 2048`, `openssl ecparam -name prime256v1 -genkey`
//! (`secp384r1`, `secp521r1`) and `openssl dgst -sha256 -sign` (`-sha384`, `-sha512`)
//! over [`MESSAGE`]; the ECDSA signatures rewritten as `r` and `s`. Nobody has the
//! private keys any more.

use crate::material::{Curve, Material};
use crate::rsa_key::RsaKey;
use crate::{Algorithm, Jwk, KeyUse, base64url};

/// What [`KnownAnswer`]s sign.
const MESSAGE: &[u8] = b"gatepost: known answer";

/// A signature that is good and one that is not, by the same key.
#[derive(Clone, Debug)]
pub struct KnownAnswer {
    /// The algorithm.
    pub algorithm: Algorithm,
    /// The key.
    pub key: Jwk,
    /// What is signed.
    pub message: &'static [u8],
    /// The signature, as JOSE writes it.
    pub good: Vec<u8>,
    /// As long, in range, and not the signature.
    pub bad: Vec<u8>,
}

/// One for each algorithm that has a [`host_hash`](Algorithm::host_hash): to ask a
/// host before it is trusted with signatures. About 2 KiB of a module.
#[must_use]
pub fn known_answers() -> Vec<KnownAnswer> {
    // What is missing here leaves its algorithm to Rust; a test counts them.
    [
        (Algorithm::Rs256, rsa_key(), RS256),
        (Algorithm::Rs384, rsa_key(), RS384),
        (Algorithm::Rs512, rsa_key(), RS512),
        (Algorithm::Es256, ec_key(Curve::P256, P256_POINT), ES256),
        (Algorithm::Es384, ec_key(Curve::P384, P384_POINT), ES384),
        (Algorithm::Es512, ec_key(Curve::P521, P521_POINT), ES512),
    ]
    .into_iter()
    .filter_map(|(algorithm, key, good)| known_answer(algorithm, key?, good))
    .collect()
}

fn known_answer(algorithm: Algorithm, key: Material, good: &str) -> Option<KnownAnswer> {
    let good = base64url::decode(good.as_bytes())?;
    let mut bad = good.clone();
    *bad.last_mut()? ^= 1;
    Some(KnownAnswer {
        algorithm,
        key: Jwk::new(None, key, None, KeyUse::Unstated).ok()?,
        message: MESSAGE,
        good,
        bad,
    })
}

fn rsa_key() -> Option<Material> {
    let modulus = base64url::decode(MODULUS.as_bytes())?;
    let key = RsaKey::new(&modulus, &[1, 0, 1]).ok()?;
    Some(Material::Rsa(Box::new(key)))
}

fn ec_key(curve: Curve, point: &str) -> Option<Material> {
    let point = base64url::decode(point.as_bytes())?;
    let (x, y) = point.split_at_checked(curve.coordinate_len())?;
    Material::from_coordinates(curve, x, y).ok()
}

/// The modulus of the RSA key; its exponent is 65537.
const MODULUS: &str = "rJA9u7yw4BKGBlLf5o1FOsShNHzhDGdYEBwNA5zRfViYAQbd17pDvo_I1IAXVnJXSZwfFiXN2a1ZeVVtGVFR\
    wrB4nZxKALnfNMhJc_t5xe_dMEUQ8Bj4fw2jFGl1RQ4YNPRafVnh2QAy5YqzJr9Lr00p4UAw9Z7_2J2LtIDD\
    DSJP-qzMSCs2Z5LtLiHpiYYWmwry2ZmEF4K2L2_BbqDTnAfo8Z5BzR6SAOgdaMYyoDxBJ6MhtrndZksq2Z5l\
    hKXKKkyQjxua5I40XC_znJOClcjb7l1u84Wy6rqtRZ3rw8DZWQbspi182-aQAmNKImj4gZJeZAI93VIpRoJX\
    F7VDvw";

/// Of the RSA key.
const RS256: &str = "XJRvEiOgV0q95kGBkpxQWEaThBlr8JnAqin3x3TNmR-8vOr3aIxsVaLABMuc_xDEYKFw7IMDJpOk3yFXFx4Q\
    SxRtO0JDJxhgyjmsZvG-Gduu2RRUigB5dEFetsUuVsiZ75mnpTyEHYXScThCq9BpQ0HN5w0GHLWpzdRXQr9T\
    sUIP76dJDlm7rDItZSN_G7jKoKW6RR08XbElffAIQH7xENOV_LHlB6aKYfaRqQ_Re4605-JIHZN8BPzffe7y\
    NhTdxnjslzMZQ5b-RMn0vXRO_byEvfj-lmPNzze61teBC4n1OsZVBRhMbJWf10aMyyoM0q-PLwkbiIKqfrKD\
    -qTLzA";

/// Of the RSA key.
const RS384: &str = "dRlrMDyV8HXmuheGNUqR7lbU0Zjb2T_S4DIT7GlNUJ8eiS6Xxf961uMKJQy0_EZ5ony9ibr42qWX1ZOE67iU\
    8aTCVhM8DYejzegs8oiHBn_3jVY9F3xfu_7m854upFrV4pMh0KNWwBklghTmILoHqjx--PagEq31QDBHPpNs\
    dGXky0UVx_pUw-VCG65XP7mq6ZySvSWxJdOfCf_5Huh9puhu9yaM19vi8fj5DLC3ZZeg23hy2eoA3XeKUnBf\
    eR-n9SAA6kL6zzqSVPjCscwyxeS3jUiraF6v_PblVwg42PJeQrx47jIub3N6P8YciBPfPVAJh7vAwwg6-kKM\
    0uck-A";

/// Of the RSA key.
const RS512: &str = "T3DRKVxAdDTIDvPZCJ-VLlDdGOEPDrTdOoPnnieoHqGgg-Mv3pLPCx2DSiEpTa0VDlcOxQXFyl5ztz1NCYoI\
    vUr7jCRIS5W145W45U9LHS2h_08dQsRUNNe82rfUOYkyy9ycBP1-FgO0H-sSGbL5rf84IjiaxV5BQlhZBS-K\
    HdHpoAsX9vbps5kLQskC0BJeXxmwpl59XmBRLDeNH8VhfquiJWVW_fK61eoT8-7L5rYJnUdoOp07Ip_Ful1w\
    j5Fudb5377jPlKAioyjDKFguo5Onn4YX8pZVvqX2gxRgLteFWWmHGi4ZF0Cr3PL9BCbnM30i9n1kICM-zPF_\
    6HyH-w";

/// The point of the P-256 key: `x` and `y`.
const P256_POINT: &str = "Iuwo5MrG_BjixUoOyBavFmFEic6Cg4NaVCwnZgi3KBBgK4pJXRl5M0ESiigbMe7mWnnRYciaUB8nxFHDbjKx\
    HQ";

/// Of the P-256 key.
const ES256: &str = "BnLOu83vZJKygn_G-ZmtEBdFqCrbCoSQkrqzDT0opLCd-zwTJbScbPPcO4ta_SP_j4BSGR1xZnRacBTkt0sk\
    vA";

/// The point of the P-384 key: `x` and `y`.
const P384_POINT: &str = "rEo0rxdol-GhDGZwd0527kNcuEhKC-fxlf6k_hs5inLUnmZ1bRNGyFisyZYf6GKUxWAnvKrwc5Y5eNtHe5RP\
    mATxvJOvaxmBrRsGyUXXOPiOEGlOqmxGX8gpKRNWylBV";

/// Of the P-384 key.
const ES384: &str = "D7wcjzWKDLqpoX9TbKPyppzRg6rPDKKHRqYZYPswYEQiFwJ1dHfQwyFA3Wk40Mcb6ajJLA-Nd9Lf9o3BTxOx\
    IhISrSXox10VbYIyRpljZnQrn_gBwHfz-ybLJbgk68JL";

/// The point of the P-521 key: `x` and `y`.
const P521_POINT: &str = "ACbAHFfm8uz0ixU1xrVHXz71voRXL6J9tTn4nJlM2mlTiorQcNAuEQYnTzmYSvYjnO4oIfmZAigUlNq504AF\
    ERiJAa_Ldr890OFKRXywoTHkadw15pfRaornqkz72S5H-BXkX5mUWIA1ZxVnPOGszjJJQ5eyE8jY-ati9dBN\
    n6ZyktZG";

/// Of the P-521 key.
const ES512: &str = "AB6xBUf36UI1qu5GkkvEJtr1TA0ePJ7-3x1EwZfTZbHUCB4YQsmJHcZFwPVu_hhB2hawct3Rv9XloXE8VMZj\
    ExZYAPZxwMZLR0d8eZgL70c-l-RNrnVp3RwOxh8MZlGFwntu37fxQiA6A48QL6Iil_zlYAWjERexhQTEJ-RQ\
    wzRRPRvy";

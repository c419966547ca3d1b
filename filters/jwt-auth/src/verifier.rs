//! Who checks signatures: the proxy, which is ten times as fast, or Rust.

use gatepost_filter::Services;
use gatepost_jose::{
    Algorithm, AlgorithmSet, Jwk, RustVerifier, SignatureError, VerifySignature,
    ecdsa_signature_to_der, known_answers,
};

/// The algorithms that the proxy checks right, of those that are `wanted`: for each
/// it was asked about a signature that is good and about one that is not.
pub(crate) fn probe(wanted: AlgorithmSet, services: &dyn Services) -> AlgorithmSet {
    if !wanted.iter().any(|name| name.host_hash().is_some()) {
        return AlgorithmSet::default();
    }
    known_answers()
        .into_iter()
        .filter(|answer| {
            let ask = |signature: &[u8]| {
                let question =
                    signature_question(&answer.key, answer.algorithm, answer.message, signature)?;
                ask(&question, services)
            };
            wanted.contains(answer.algorithm)
                && ask(&answer.good) == Some(true)
                && ask(&answer.bad) == Some(false)
        })
        .map(|answer| answer.algorithm)
        .collect()
}

/// Asks the proxy where it answered right before, and Rust otherwise.
pub(crate) struct Verifier<'a> {
    pub(crate) by_proxy: AlgorithmSet,
    pub(crate) services: &'a dyn Services,
}

impl VerifySignature for Verifier<'_> {
    fn verify(
        &self,
        key: &Jwk,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<bool, SignatureError> {
        if self.by_proxy.contains(algorithm)
            && key.allows(algorithm)
            && let Some(question) = signature_question(key, algorithm, message, signature)
            && let Some(answer) = ask(&question, self.services)
        {
            return Ok(answer);
        }
        RustVerifier.verify(key, algorithm, message, signature)
    }
}

const FUNCTION: &str = "verify_signature";
/// `VerifySignatureResult` with `result: true` and nothing else.
const GOOD: &[u8] = &[0x08, 0x01];

/// What the proxy says; nothing if it does not answer.
fn ask(question: &[u8], services: &dyn Services) -> Option<bool> {
    let answer = services.foreign_function(FUNCTION, question).ok()?;
    Some(answer == GOOD)
}

/// Envoy's `VerifySignatureArguments` (`envoy.extensions.wasm.foreign.v3`): hash
/// function, public key as SPKI in DER, signature, text. Nothing where the proxy
/// cannot be asked: it knows RS and ES, and a signature of ECDSA has another form there.
#[must_use]
pub fn signature_question(
    key: &Jwk,
    algorithm: Algorithm,
    message: &[u8],
    signature: &[u8],
) -> Option<Vec<u8>> {
    let hash = algorithm.host_hash()?;
    let in_der;
    let signature = match key.ecdsa_coordinate_len() {
        None => signature,
        Some(length) => {
            in_der = ecdsa_signature_to_der(signature, length)?;
            &in_der
        }
    };
    let fields = [hash.as_bytes(), key.spki_der(), signature, message];
    let size = fields
        .iter()
        .fold(32_usize, |size, field| size.saturating_add(field.len()));
    let mut message = Vec::with_capacity(size);
    for (number, field) in (1_u8..).zip(fields) {
        // Wire type 2: a length, and as many bytes.
        message.push((number << 3) | 2);
        push_varint(&mut message, field.len());
        message.extend_from_slice(field);
    }
    Some(message)
}

fn push_varint(message: &mut Vec<u8>, mut number: usize) {
    loop {
        let low = u8::try_from(number & 0x7f).unwrap_or(0);
        number >>= 7;
        if number == 0 {
            message.push(low);
            return;
        }
        message.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_varints() {
        for (number, expected) in [
            (0, &[0x00][..]),
            (127, &[0x7f]),
            (128, &[0x80, 0x01]),
            (300, &[0xac, 0x02]),
            (16_384, &[0x80, 0x80, 0x01]),
        ] {
            let mut message = Vec::new();
            push_varint(&mut message, number);
            assert_eq!(message, expected, "{number}");
        }
    }

    #[test]
    fn a_question_has_four_fields_in_their_order() {
        for answer in known_answers() {
            let question =
                signature_question(&answer.key, answer.algorithm, answer.message, &answer.good)
                    .unwrap();
            assert!(question.starts_with(b"\x0a\x06sha"));
            assert_eq!(question.get(8), Some(&0x12));
            let length = u8::try_from(answer.message.len()).unwrap();
            let end = [&[0x22, length][..], answer.message].concat();
            assert!(question.ends_with(&end));
        }
    }
}

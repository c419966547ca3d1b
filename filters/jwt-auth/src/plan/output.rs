//! `claims_to_headers` and `payload_header`.

use gatepost_config::{FieldPath, Problems};
use gatepost_filter::owned_header;
use gatepost_http_match::ClaimPath;

use crate::config::{ClaimHeaderConfig, HeaderFormat, IfUnsendable};
use crate::output::{ClaimHeader, Output};

/// The most headers of one provider.
const MOST_HEADERS: usize = 32;
const LONGEST_SEPARATOR: usize = 8;

pub(super) fn compile_output(
    raw: Vec<ClaimHeaderConfig>,
    payload: Option<String>,
    if_unsendable: IfUnsendable,
    at: &FieldPath<'_>,
    problems: &mut Problems,
) -> Output {
    let payload_at = at.field("payload_header");
    let payload = payload.and_then(|name| owned_header(name, &payload_at, problems));
    let list_at = at.field("claims_to_headers");
    if raw.len() > MOST_HEADERS {
        problems.push(&list_at, format_args!("expected at most {MOST_HEADERS}"));
    }
    let mut claims: Vec<ClaimHeader> = Vec::new();
    for (index, header) in raw.into_iter().enumerate() {
        let header_at = list_at.index(index);
        let Some(header) = claim_header(header, &header_at, problems) else {
            continue;
        };
        let is_taken = claims.iter().any(|known| known.header == header.header)
            || payload.as_deref() == Some(&*header.header);
        if is_taken {
            problems.push(
                &header_at.field("header"),
                "expected a header that has no other value",
            );
        }
        claims.push(header);
    }
    Output {
        claims: claims.into(),
        payload: payload.map(String::into_boxed_str),
        omits_unsendable: if_unsendable == IfUnsendable::Omit,
    }
}

fn claim_header(
    raw: ClaimHeaderConfig,
    at: &FieldPath<'_>,
    problems: &mut Problems,
) -> Option<ClaimHeader> {
    let separator = raw.separator.0;
    let is_good = |text: &str| {
        (1..=LONGEST_SEPARATOR).contains(&text.len())
            && text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
    };
    if separator.as_deref().is_some_and(|text| !is_good(text)) {
        problems.push(
            &at.field("separator"),
            format_args!("expected 1 to {LONGEST_SEPARATOR} printable ASCII characters"),
        );
    }
    if separator.is_some() && raw.format == HeaderFormat::Json {
        problems.push(&at.field("separator"), "expected only with `format: text`");
    }
    let claim = ClaimPath::parse(raw.claim);
    let claim = claim.map_err(|error| problems.push(&at.field("claim"), error));
    let header = owned_header(raw.header, &at.field("header"), problems);
    Some(ClaimHeader {
        claim: claim.ok()?,
        header: header?.into(),
        format: raw.format,
        separator: separator.unwrap_or_else(|| ",".to_owned()).into(),
    })
}

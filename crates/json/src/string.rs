//! Writing a JSON string.

use std::fmt::Write as _;

/// Appends `text` to `json` as a JSON string (RFC 8259 7), with its quotes.
/// Control characters are written as `\u00XX`; all but `"` and `\` stand for
/// themselves.
pub fn push_json_string(json: &mut String, text: &str) {
    json.push('"');
    for run in text.split_inclusive(is_reserved) {
        let mut characters = run.chars();
        match characters.next_back() {
            Some(character @ ('"' | '\\')) => {
                json.push_str(characters.as_str());
                json.extend(['\\', character]);
            }
            Some(character @ '\0'..='\x1f') => {
                json.push_str(characters.as_str());
                // A string takes all that is written.
                let _ = write!(json, "\\u{:04x}", u32::from(character));
            }
            _ => json.push_str(run),
        }
    }
    json.push('"');
}

const fn is_reserved(character: char) -> bool {
    matches!(character, '"' | '\\' | '\0'..='\x1f')
}

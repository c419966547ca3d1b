//! Writing a JSON string.

use std::fmt::Write as _;

/// Appends `text` to `json` as a JSON string (RFC 8259 7), with its quotes.
/// Control characters are written as `\u00XX`; all but `"` and `\` stand for
/// themselves.
pub fn push_json_string(json: &mut String, text: &str) {
    json.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => json.extend(['\\', character]),
            '\0'..='\x1f' => {
                // A string takes all that is written.
                let _ = write!(json, "\\u{:04x}", u32::from(character));
            }
            _ => json.push(character),
        }
    }
    json.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_json_reserves_is_escaped_and_nothing_else() {
        let mut json = String::new();
        push_json_string(&mut json, "a\"b\\c/\0\n\u{1f}\u{7f}é😀\u{2028}");
        assert_eq!(
            json,
            "\"a\\\"b\\\\c/\\u0000\\u000a\\u001f\u{7f}é😀\u{2028}\""
        );
        let text: String = (0..0x300).filter_map(char::from_u32).collect();
        let mut json = String::new();
        push_json_string(&mut json, &text);
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }
}

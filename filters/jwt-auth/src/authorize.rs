//! What a verified token must say before its bearer may pass.

use gatepost_http_match::{ClaimPath, Matcher, Value};

/// What a rule wants of the claims.
#[derive(Debug, Default)]
pub(crate) struct Authorization {
    pub(crate) scopes: Option<Grants>,
    pub(crate) roles: Option<Grants>,
    pub(crate) allow: Option<Matcher>,
}

/// Words of which a token must have some.
#[derive(Debug, Default)]
pub(crate) struct Grants {
    /// One of these, if there are any.
    pub(crate) any: Box<[Box<str>]>,
    /// All of these.
    pub(crate) all: Box<[Box<str>]>,
    /// Where they stand: in any of these claims.
    pub(crate) claims: Box<[ClaimPath]>,
    /// Whether a string is several words (scopes), or one (roles).
    pub(crate) has_words: bool,
}

impl Grants {
    /// Whether the claims have what is wanted.
    pub(crate) fn are_in(&self, claims: &Value) -> bool {
        let has = |wanted: &str| {
            self.claims
                .iter()
                .any(|path| path.any(claims, |value| self.has(value, wanted)))
        };
        (self.any.is_empty() || self.any.iter().any(|wanted| has(wanted)))
            && self.all.iter().all(|wanted| has(wanted))
    }

    /// What is wanted, for a challenge.
    pub(crate) fn wanted(&self) -> Vec<&str> {
        self.all
            .iter()
            .chain(&self.any)
            .map(|word| &**word)
            .collect()
    }

    fn has(&self, value: &Value, wanted: &str) -> bool {
        match value {
            Value::String(text) if self.has_words => text.split(' ').any(|word| word == wanted),
            Value::String(text) => text == wanted,
            Value::Array(items) => items.iter().any(|item| item.as_str() == Some(wanted)),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use gatepost_http_match::OneOrMany;

    use super::*;

    fn grants(any: &[&str], all: &[&str], has_words: bool) -> Grants {
        let words = |words: &[&str]| words.iter().map(|word| Box::from(*word)).collect();
        let path = |path: &str| ClaimPath::parse(OneOrMany::One(path.to_owned())).unwrap();
        Grants {
            any: words(any),
            all: words(all),
            claims: [path("scope"), path("scp")].into(),
            has_words,
        }
    }

    fn claims(json: &str) -> Value {
        gatepost_json::parse(json.as_bytes(), gatepost_json::Limits::of_bytes(1000)).unwrap()
    }

    #[test]
    fn scopes_are_words_of_scope_and_words_or_elements_of_scp() {
        let read = grants(&["read"], &[], true);
        for (json, expected) in [
            (r#"{"scope": "read"}"#, true),
            (r#"{"scope": "write read"}"#, true),
            (r#"{"scp": "write read"}"#, true),
            (r#"{"scp": ["write", "read"]}"#, true),
            (r#"{"scope": "write", "scp": ["read"]}"#, true),
            (r#"{"scope": "reader"}"#, false),
            (r#"{"scope": "READ"}"#, false),
            (r#"{"scp": ["write read"]}"#, false),
            (r#"{"scp": [["read"]]}"#, false),
            (r#"{"scp": {"read": true}}"#, false),
            (r#"{"scope": 1}"#, false),
            (r#"{}"#, false),
        ] {
            assert_eq!(read.are_in(&claims(json)), expected, "{json}");
        }
    }

    #[test]
    fn all_are_wanted_and_one_of_any() {
        let both = grants(&["a", "b"], &["c", "d"], true);
        for (scope, expected) in [
            ("a c d", true),
            ("b c d", true),
            ("a b c d", true),
            ("c d", false),
            ("a c", false),
            ("", false),
        ] {
            let claims = claims(&format!(r#"{{"scope": "{scope}"}}"#));
            assert_eq!(both.are_in(&claims), expected, "{scope}");
        }
    }

    #[test]
    fn a_role_may_hold_spaces() {
        let role = grants(&["a b"], &[], false);
        assert!(role.are_in(&claims(r#"{"scp": "a b"}"#)));
        assert!(role.are_in(&claims(r#"{"scp": ["a b"]}"#)));
        assert!(!grants(&["a"], &[], false).are_in(&claims(r#"{"scp": "a b"}"#)));
    }
}

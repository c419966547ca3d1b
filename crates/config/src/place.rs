//! Where in a document an error stands.
//!
//! `serde_json` tells the line and column at which it stopped; this walks the
//! document up to there and says which field that is. A wrapper around the
//! deserializer (`serde_path_to_error`) would say the same, but doubles the code
//! of every type: 180 KiB of a module, where a walk is 2.

/// How many bytes of `document` had been read at `line` and `column`, as
/// `serde_json` counts them: lines from 1, columns in bytes.
pub(crate) fn offset(document: &[u8], line: usize, column: usize) -> usize {
    let mut start: usize = 0;
    for _ in 1..line {
        let rest = document.get(start..).unwrap_or_default();
        match rest.iter().position(|byte| *byte == b'\n') {
            Some(newline) => start = start.saturating_add(newline).saturating_add(1),
            None => break,
        }
    }
    start.saturating_add(column).min(document.len())
}

/// The path of the value that ends at `offset`, or that holds it:
/// `rules[0].name`; empty for the document itself.
pub(crate) fn path_at(document: &[u8], offset: usize) -> String {
    let mut walk = Walk {
        document,
        at: 0,
        offset,
        stack: Vec::new(),
    };
    walk.run();
    walk.path()
}

struct Walk<'a> {
    document: &'a [u8],
    at: usize,
    offset: usize,
    stack: Vec<Level>,
}

/// An object or array that is open.
enum Level {
    /// With the name of the member at hand, once its colon has been read.
    Object(Option<String>),
    /// With the index of the element at hand.
    Array(usize),
}

impl Walk<'_> {
    /// Stops where the offset is reached, with the stack at the value there.
    fn run(&mut self) {
        let mut name: Option<String> = None;
        while let Some(byte) = self.document.get(self.at).copied() {
            match byte {
                b'"' => {
                    let text = self.string();
                    if self.at >= self.offset {
                        return;
                    }
                    name = Some(text);
                    continue;
                }
                b'{' | b'[' if self.at.saturating_add(1) >= self.offset => return,
                b'{' => self.stack.push(Level::Object(None)),
                b'[' => self.stack.push(Level::Array(0)),
                b'}' | b']' => {
                    self.stack.pop();
                }
                b':' => {
                    if let Some(Level::Object(member)) = self.stack.last_mut() {
                        *member = name.take();
                    }
                }
                b',' => match self.stack.last_mut() {
                    Some(Level::Object(member)) => *member = None,
                    Some(Level::Array(index)) => *index = index.saturating_add(1),
                    None => {}
                },
                _ => {}
            }
            self.at = self.at.saturating_add(1);
            if self.at >= self.offset {
                return;
            }
        }
    }

    /// Reads a string from its opening quote to behind its closing one; what it
    /// says, with escapes as they stand.
    fn string(&mut self) -> String {
        let start = self.at.saturating_add(1);
        let mut end = start;
        loop {
            match self.document.get(end) {
                Some(b'\\') => end = end.saturating_add(2),
                Some(b'"') | None => break,
                Some(_) => end = end.saturating_add(1),
            }
        }
        self.at = end.saturating_add(1);
        String::from_utf8_lossy(self.document.get(start..end).unwrap_or_default()).into_owned()
    }

    fn path(&self) -> String {
        let mut path = String::new();
        for level in &self.stack {
            match level {
                Level::Object(None) => {}
                Level::Object(Some(name)) => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(name);
                }
                Level::Array(index) => path.push_str(&format!("[{index}]")),
            }
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(document: &str, behind: &str) -> String {
        let offset = document.find(behind).unwrap() + behind.len();
        path_at(document.as_bytes(), offset)
    }

    #[test]
    fn a_value_is_named_at_its_end() {
        let document = r#"{"a": [1, {"b": "x", "c": [true, null]}], "d": "e"}"#;
        assert_eq!(at(document, r#""x""#), "a[1].b");
        assert_eq!(at(document, "true"), "a[1].c[0]");
        assert_eq!(at(document, "null"), "a[1].c[1]");
        assert_eq!(at(document, "null]}"), "a[1]");
        assert_eq!(at(document, "null]}]"), "a");
        assert_eq!(at(document, r#""e""#), "d");
        assert_eq!(at(document, r#""e"}"#), "");
    }

    #[test]
    fn the_start_of_a_value_is_the_value() {
        assert_eq!(at(r#"{"a": {"b": 1}}"#, r#"{"a": {"#), "a");
        assert_eq!(at(r#"{"a": [[]]}"#, "[["), "a[0]");
    }

    #[test]
    fn a_name_belongs_to_its_object() {
        let document = r#"{"a": {"wrong": 1}, "\"b": 2}"#;
        assert_eq!(at(document, r#""wrong""#), "a");
        assert_eq!(at(document, r#"\"b""#), "");
        assert_eq!(at(document, r#"": 2"#), r#"\"b"#);
    }

    #[test]
    fn a_torn_document_is_walked_to_its_end() {
        for document in [
            "", "{", "[", "\"", "\"\\", "{\"a", "{\"a\":", "[1,", "}}]]", ",,::",
        ] {
            for offset in 0..10 {
                let _ = path_at(document.as_bytes(), offset);
            }
        }
        assert_eq!(path_at(b"{\"a\": [1, 2", 11), "a[1]");
    }

    #[test]
    fn lines_are_counted_as_the_reader_counts_them() {
        assert_eq!(offset(b"ab\ncd\nef", 1, 2), 2);
        assert_eq!(offset(b"ab\ncd\nef", 3, 1), 7);
        assert_eq!(offset(b"ab", 9, 9), 2);
    }
}

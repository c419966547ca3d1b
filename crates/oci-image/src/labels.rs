use crate::error::ImageError;
use crate::json;

/// The label that names the version of the Proxy-Wasm ABI.
pub const ABI: &str = "gatepost.proxy-wasm.abi";

/// The longest value. It is for people to read.
const MAX_BYTES: usize = 256;
/// The longest tag that a registry takes.
const MAX_TAG_BYTES: usize = 128;

/// What an image says of itself, in its manifest and in its config.
#[derive(Clone, Copy, Debug)]
pub struct Labels<'a> {
    /// What it is, for a person.
    pub title: &'a str,
    /// Its version; also its tag, so of `A-Z`, `a-z`, `0-9`, `_`, `.` and `-`.
    pub version: &'a str,
    /// An SPDX expression.
    pub licences: &'a str,
    /// The Proxy-Wasm ABI that a proxy must speak, `0.2.1` say.
    pub abi: &'a str,
    /// The commit that it was built from, when that is known.
    pub revision: Option<&'a str>,
    /// Where its source is, when that is published.
    pub source: Option<&'a str>,
}

impl Labels<'_> {
    /// The labels under the names of the OCI image specification, sorted by name.
    pub(crate) fn json(&self) -> Result<String, ImageError> {
        if !is_tag(self.version) {
            return Err(ImageError::Label {
                name: VERSION,
                expected: "a tag: 1 to 128 of A-Z, a-z, 0-9, `_`, `.` and `-`, the first no `.` or `-`",
            });
        }
        let labels = [
            (ABI, Some(self.abi)),
            ("org.opencontainers.image.licenses", Some(self.licences)),
            ("org.opencontainers.image.revision", self.revision),
            ("org.opencontainers.image.source", self.source),
            ("org.opencontainers.image.title", Some(self.title)),
            (VERSION, Some(self.version)),
        ];
        let given = labels
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)));
        let checked = given.map(|(name, value)| match is_readable(value) {
            true => Ok((name, json::string(value))),
            false => Err(ImageError::Label {
                name,
                expected: "1 to 256 bytes of text in one line",
            }),
        });
        Ok(json::object(checked.collect::<Result<Vec<_>, _>>()?))
    }
}

const VERSION: &str = "org.opencontainers.image.version";

fn is_readable(value: &str) -> bool {
    (1..=MAX_BYTES).contains(&value.len()) && !value.chars().any(char::is_control)
}

fn is_tag(text: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    text.len() <= MAX_TAG_BYTES
        && text.bytes().next().is_some_and(is_word)
        && text
            .bytes()
            .all(|byte| is_word(byte) || byte == b'.' || byte == b'-')
}

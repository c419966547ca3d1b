use std::fmt;

use sha2::{Digest as _, Sha256};

/// A SHA-256 digest, written `sha256:` and 64 lowercase hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Where the blob with this digest lies in a layout.
    pub(crate) fn path(&self) -> String {
        format!("blobs/sha256/{}", Hexadecimal(self))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "sha256:{}", Hexadecimal(self))
    }
}

struct Hexadecimal<'a>(&'a Digest);

impl fmt::Display for Hexadecimal<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .0
            .iter()
            .try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

use std::fmt;

use crate::MAX_MODULE_BYTES;

/// Why there is no image of these bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageError {
    /// The bytes do not begin as WebAssembly does.
    NotWebAssembly,
    /// They are WebAssembly, but no core module of version 1: a component, say.
    NotAModule {
        /// The version field, read as a number.
        version: u32,
    },
    /// Istio's agents refuse a module of more than [`MAX_MODULE_BYTES`].
    TooLarge {
        /// How many bytes it has.
        bytes: usize,
    },
    /// A label that cannot stand in an image.
    Label {
        /// Which one.
        name: &'static str,
        /// What was expected of it.
        expected: &'static str,
    },
}

impl fmt::Display for ImageError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotWebAssembly => {
                formatter.write_str("is no WebAssembly: expected \\0asm and a version at its start")
            }
            Self::NotAModule { version } => write!(
                formatter,
                "is WebAssembly of version {version:#x}: expected a core module, version 0x1"
            ),
            Self::TooLarge { bytes } => write!(
                formatter,
                "has {bytes} bytes: expected at most {MAX_MODULE_BYTES}, which is what Istio takes"
            ),
            Self::Label { name, expected } => {
                write!(formatter, "label {name}: expected {expected}")
            }
        }
    }
}

impl std::error::Error for ImageError {}

/// Why a name is no repository of a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RepositoryError {
    /// It begins with a scheme, `https://` say.
    Scheme,
    /// The first part is no host: tools would take it for a path at Docker Hub.
    Host,
    /// The host's port is no number from 1 to 65535.
    Port,
    /// A part of the path is not of `a-z`, `0-9` and single `.`, `_`, `__` or `-`
    /// between them.
    Path,
    /// There is no path behind the host.
    NoPath,
    /// More than 255 bytes.
    TooLong,
}

impl fmt::Display for RepositoryError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Scheme => "expected registry.example/path, without a scheme",
            Self::Host => {
                "expected a registry's host first, with a dot or a port in it, such as \
                 registry.example or localhost:5000"
            }
            Self::Port => "expected a port from 1 to 65535 behind the host's colon",
            Self::Path => {
                "expected parts of a-z and 0-9, with single `.`, `_` or `-` between them, \
                 behind the host"
            }
            Self::NoPath => "expected a path behind the host",
            Self::TooLong => "expected at most 255 bytes",
        })
    }
}

impl std::error::Error for RepositoryError {}

//! What can go wrong in a test of a real proxy.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// The result of everything in this crate; a test may return it.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a step of a test could not be done.
#[non_exhaustive]
pub enum Error {
    /// A system call failed while doing `what`.
    Io {
        /// What was being done.
        what: String,
        /// What the system answered.
        source: io::Error,
    },
    /// A literal that a substitution names is not in the file, so the test would
    /// have run something else than it believes.
    LiteralMissing {
        /// The file or text.
        of: String,
        /// The literal that was expected there.
        literal: String,
    },
    /// The text is no bootstrap whose listeners can be moved into a file of their own.
    NotSplittable(&'static str),
    /// Envoy ended before it was ready: what it logged says why.
    Exited {
        /// How it ended.
        status: String,
        /// All that it logged.
        log: String,
    },
    /// A condition did not come true in time.
    Timeout {
        /// The condition.
        what: String,
        /// How long was waited.
        within: Duration,
    },
    /// The peer closed the connection before a whole response had come.
    Closed,
    /// The peer sent something that is no response of the protocol.
    Malformed(String),
    /// Envoy has no active listener of this name.
    NoListener(String),
    /// A file that should have been built first is not there.
    Missing(PathBuf),
    /// TLS refused: the handshake, a certificate or a name.
    Tls(String),
    /// A program, or a server that was asked for something, did not do it: why.
    Failed(String),
    /// A key or a token could not be made.
    Token(String),
}

impl Error {
    /// Wraps an [`io::Error`] with what was being done; for `map_err`.
    pub fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { what, source } => write!(f, "{what}: {source}"),
            Self::LiteralMissing { of, literal } => {
                write!(
                    f,
                    "{of}: `{literal}` was to be substituted and is not there"
                )
            }
            Self::NotSplittable(why) => write!(f, "the bootstrap cannot be made reloadable: {why}"),
            Self::Exited { status, log } => write!(f, "envoy ended ({status}):\n{log}"),
            Self::Timeout { what, within } => write!(f, "not within {within:?}: {what}"),
            Self::Closed => f.write_str("closed before a whole response had come"),
            Self::Malformed(what) => write!(f, "not a response: {what}"),
            Self::NoListener(name) => write!(f, "envoy has no active listener `{name}`"),
            Self::Missing(path) => write!(f, "{} is missing: run `make wasm`", path.display()),
            Self::Tls(why) => write!(f, "TLS: {why}"),
            Self::Failed(why) => f.write_str(why),
            Self::Token(why) => write!(f, "making a key or a token: {why}"),
        }
    }
}

// A test that returns an error prints it with `Debug`: let it be readable.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

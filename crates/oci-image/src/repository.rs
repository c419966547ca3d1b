use std::fmt;

use crate::digest::Digest;
use crate::error::RepositoryError;

/// The longest name that registries take.
const MAX_BYTES: usize = 255;

/// A registry's host and a path there, `registry.example/gatepost/jwt-auth`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository(String);

impl Repository {
    /// Reads `host[:port]/path`.
    ///
    /// # Errors
    /// Tools would not take the name, or would take it for another one.
    pub fn parse(name: &str) -> Result<Self, RepositoryError> {
        if name.contains("://") {
            return Err(RepositoryError::Scheme);
        }
        if name.len() > MAX_BYTES {
            return Err(RepositoryError::TooLong);
        }
        let (host, path) = name.split_once('/').ok_or(RepositoryError::NoPath)?;
        check_host(host)?;
        if !path.split('/').all(is_path_part) {
            return Err(RepositoryError::Path);
        }
        Ok(Self(name.to_owned()))
    }

    /// The image with this digest, and no other one ever: `name@sha256:...`.
    #[must_use]
    pub fn pinned(&self, digest: Digest) -> String {
        format!("{}@{digest}", self.0)
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Tools take a first part without a dot and a port for a path at Docker Hub, but for
/// `localhost`.
fn check_host(text: &str) -> Result<(), RepositoryError> {
    let (host, port) = match text.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (text, None),
    };
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    if !host.split('.').all(is_label)
        || !(host.contains('.') || port.is_some() || host == "localhost")
    {
        return Err(RepositoryError::Host);
    }
    match port {
        Some(port) if !is_port(port) => Err(RepositoryError::Port),
        _ => Ok(()),
    }
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse().is_ok_and(|port: u16| port != 0)
}

fn is_path_part(part: &str) -> bool {
    let is_word = |character: char| character.is_ascii_lowercase() || character.is_ascii_digit();
    let is_separator =
        |run: &str| matches!(run, "" | "." | "_" | "__") || run.bytes().all(|byte| byte == b'-');
    part.starts_with(is_word) && part.ends_with(is_word) && part.split(is_word).all(is_separator)
}

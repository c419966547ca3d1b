//! Where a document comes from, and how it is kept.

use std::fmt;
use std::time::Duration;

use crate::identity::identity;
use crate::policy::Policy;

/// A source as it is asked for; [`Source::new`] says whether it can be one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SourceSpec {
    /// The name of a cluster that the proxy knows.
    pub cluster: String,
    /// The request's `:authority`.
    pub authority: String,
    /// The request's `:path`, with its query.
    pub path: String,
    /// When the proxy gives up on one fetch.
    pub timeout: Duration,
    /// The longest body that is accepted, in bytes.
    pub max_bytes: usize,
    /// How the document is kept.
    pub policy: Policy,
}

impl SourceSpec {
    /// With a timeout of 5 s, at most 4 MiB, and the default policy.
    #[must_use]
    pub fn new(cluster: &str, authority: &str, path: &str) -> Self {
        Self {
            cluster: cluster.to_owned(),
            authority: authority.to_owned(),
            path: path.to_owned(),
            timeout: Duration::from_secs(5),
            max_bytes: 4 << 20,
            policy: Policy::default(),
        }
    }
}

/// A source that can be asked, and a policy that makes sense.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Source {
    spec: SourceSpec,
    /// The identity of the document that names it.
    owner: Option<Vec<u8>>,
}

impl Source {
    /// The longest name of a cluster and the longest authority, in bytes.
    pub const MAX_NAME: usize = 255;
    /// The longest path, in bytes.
    pub const MAX_PATH: usize = 2048;
    /// The limits of a timeout.
    pub const TIMEOUT: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(60));
    /// The most that a source may be allowed to send, in bytes: a proxy breaks
    /// off replies that are much longer.
    pub const MAX_BYTES: usize = 16 << 20;

    /// Checks a source and its policy.
    ///
    /// # Errors
    /// The first field that is out of its limits.
    pub fn new(spec: SourceSpec) -> Result<Self, SourceError> {
        let visible = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
        let name = |text: &str| !text.is_empty() && text.len() <= Self::MAX_NAME && visible(text);
        let path = &spec.path;
        let (shortest, longest) = Self::TIMEOUT;
        if !name(&spec.cluster) {
            return Err(SourceError::Cluster);
        }
        if !name(&spec.authority) {
            return Err(SourceError::Authority);
        }
        if !path.starts_with('/')
            || path.len() > Self::MAX_PATH
            || !visible(path)
            || path.contains('#')
        {
            return Err(SourceError::Path);
        }
        if spec.timeout < shortest || spec.timeout > longest {
            return Err(SourceError::Timeout);
        }
        if spec.max_bytes == 0 || spec.max_bytes > Self::MAX_BYTES {
            return Err(SourceError::MaxBytes);
        }
        spec.policy.check(spec.timeout)?;
        Ok(Self { spec, owner: None })
    }

    /// A source that another document names, such as an issuer's keys by its
    /// metadata: `owner` is that document's source, and `format` the id of its format. Slots
    /// cannot be removed, so this one takes some of a small fixed set that is the
    /// owner's: whoever names new places all the time fills no memory by it.
    #[must_use]
    pub fn named_by(self, owner: &Self, format: &[u8]) -> Self {
        Self {
            owner: Some(identity(owner, format)),
            ..self
        }
    }

    pub(crate) fn owner(&self) -> Option<&[u8]> {
        self.owner.as_deref()
    }

    /// The name of a cluster that the proxy knows.
    #[must_use]
    pub fn cluster(&self) -> &str {
        &self.spec.cluster
    }

    /// The request's `:authority`.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.spec.authority
    }

    /// The request's `:path`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.spec.path
    }

    /// When the proxy gives up on one fetch.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.spec.timeout
    }

    /// The longest body that is accepted, in bytes. Look at the size of a reply
    /// before it is copied, and answer [`Body::TooLarge`](crate::Body::TooLarge).
    #[must_use]
    pub fn max_bytes(&self) -> usize {
        self.spec.max_bytes
    }

    /// How the document is kept.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.spec.policy
    }
}

/// A field of a source that is out of its limits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SourceError {
    /// Of the cluster's name.
    Cluster,
    /// Of the authority.
    Authority,
    /// Of the path.
    Path,
    /// Of the timeout.
    Timeout,
    /// Of the size.
    MaxBytes,
    /// Of the refresh period.
    Refresh,
    /// Of the jitter.
    Jitter,
    /// Of the bounds of `max-age`.
    MaxAge,
    /// Of the time that a document serves without success.
    StaleFor,
    /// Of the back-off.
    Backoff,
    /// Of the cooldown.
    Cooldown,
}

impl SourceError {
    /// The field of [`SourceSpec`] or [`Policy`].
    #[must_use]
    pub fn field(self) -> &'static str {
        match self {
            Self::Cluster => "cluster",
            Self::Authority => "authority",
            Self::Path => "path",
            Self::Timeout => "timeout",
            Self::MaxBytes => "max_bytes",
            Self::Refresh => "refresh",
            Self::Jitter => "jitter_percent",
            Self::MaxAge => "max_age",
            Self::StaleFor => "stale_for",
            Self::Backoff => "backoff",
            Self::Cooldown => "cooldown",
        }
    }
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cluster | Self::Authority => {
                "expected 1 to 255 visible ASCII characters without a space"
            }
            Self::Path => {
                "expected a path that starts with `/`, of at most 2048 visible ASCII characters \
                 without a space or `#`"
            }
            Self::Timeout => "expected 100ms to 60s",
            Self::MaxBytes => "expected 1 byte to 16 MiB",
            Self::Refresh => "expected 1s to 24h",
            Self::Jitter => "expected at most 50 percent",
            Self::MaxAge => "expected 1s to 24h, the shortest no longer than the longest",
            Self::StaleFor => {
                "expected at least the longest period between two fetches plus twice the timeout, \
                 and at most 30 days"
            }
            Self::Backoff => "expected 100ms to 1h, the first no longer than the longest",
            Self::Cooldown => "expected 1s to 1h",
        })
    }
}

impl std::error::Error for SourceError {}

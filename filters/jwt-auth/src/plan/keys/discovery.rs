//! `discovery`: where the issuer says where its keys are.

use std::fmt::Write as _;
use std::time::Duration;

use gatepost_config::{FieldPath, Period, Problems, UniqueMap};
use gatepost_filter::{RemoteConfig, RemoteDefaults, RemotePlan};
use gatepost_http_match::Given;
use gatepost_jose::{DiscoveryKind as Kind, https_authority};
use gatepost_remote::{Policy, Source, SourceSpec};

use crate::config::{DiscoveryConfig, DiscoveryKind};

/// Keys of which the issuer says where they are.
#[derive(Debug)]
pub(crate) struct DiscoveryPlan {
    pub(crate) issuer: String,
    pub(crate) metadata: RemotePlan,
    key_servers: Vec<KeyServer>,
    policy: Policy,
    timeout: Duration,
    max_bytes: usize,
}

/// A server that may serve keys.
#[derive(Debug)]
struct KeyServer {
    /// As [`JwksUri::authority`](gatepost_jose::JwksUri::authority) writes it.
    authority: String,
    cluster: String,
}

/// The longest metadata, in bytes.
const LONGEST_METADATA: u64 = 64 * 1024;
/// The most hosts that may serve keys.
const MOST_SERVERS: usize = 64;

impl DiscoveryPlan {
    /// Names the metadata as this plan takes them: all that says which are refused,
    /// and where the keys are that the others name.
    pub(crate) fn id(&self) -> Vec<u8> {
        // 2: the layout of the compiled form, authority and path on a line each.
        let mut id = format!("discovery/2/{}/{}", self.issuer.len(), self.issuer);
        for KeyServer { authority, cluster } in &self.key_servers {
            // Writing into a String does not fail.
            let _ = write!(id, "/{authority}/{}/{cluster}", cluster.len());
        }
        id.into_bytes()
    }

    /// The key set at a place that the issuer named; nothing if no cluster is
    /// configured for that host.
    pub(crate) fn keys_at(&self, authority: &str, path: &str) -> Option<Source> {
        let mut servers = self.key_servers.iter();
        let server = servers.find(|server| server.authority == authority)?;
        let spec = SourceSpec {
            policy: self.policy,
            timeout: self.timeout,
            max_bytes: self.max_bytes,
            ..SourceSpec::new(&server.cluster, authority, path)
        };
        let source = Source::new(spec).ok()?;
        Some(source.named_by(&self.metadata.source, &self.id()))
    }

    /// How the key set of a source is kept.
    pub(crate) fn remote(&self, source: Source) -> RemotePlan {
        RemotePlan {
            source,
            ..self.metadata.clone()
        }
    }
}

pub(super) fn compile_discovery(
    raw: DiscoveryConfig,
    issuer: Option<&str>,
    defaults: &RemoteDefaults,
    at: &FieldPath<'_>,
    problems: &mut Problems,
) -> Option<DiscoveryPlan> {
    let Some(issuer) = issuer else {
        problems.push(
            at,
            "expected `issuer` of the provider: the metadata must name it",
        );
        return None;
    };
    let key_servers = compile_key_servers(raw.key_servers, &at.field("key_servers"), problems);
    let kind = match raw.kind {
        DiscoveryKind::Oidc => Kind::OpenIdConnect,
        DiscoveryKind::Oauth => Kind::OAuth,
    };
    let path = match (raw.path.0, kind.path(issuer)) {
        (Some(path), _) => path,
        (None, Ok(path)) => path,
        (None, Err(error)) => {
            problems.push(
                &at.field("path"),
                format_args!("expected a path, since `issuer` gives none: {error}"),
            );
            return None;
        }
    };
    let authority = raw.authority.0.or_else(|| host(issuer));
    let Some(authority) = authority else {
        problems.push(
            &at.field("authority"),
            "expected a host, since `issuer` is no URL",
        );
        return None;
    };
    let remote = RemoteConfig {
        cluster: raw.cluster,
        authority,
        path,
        refresh: raw.refresh,
        max_age: Given(None),
        timeout: raw.timeout,
        max_bytes: Given(None),
        stale_for: raw.stale_for,
        before_first_load: Given(None),
        wait: raw.wait,
    };
    let metadata_defaults = RemoteDefaults {
        max_bytes: LONGEST_METADATA,
        most_bytes: LONGEST_METADATA,
        ..*defaults
    };
    let metadata = remote.compile(&metadata_defaults, at, problems)?;
    Some(DiscoveryPlan {
        issuer: issuer.to_owned(),
        metadata,
        key_servers,
        policy: Policy {
            refresh: raw.refresh.0.map_or(defaults.refresh, Period::get),
            stale_for: raw.stale_for.0.map_or(defaults.stale_for, Period::get),
            cooldown: defaults.cooldown,
            ..Policy::default()
        },
        timeout: raw.timeout.0.map_or(Duration::from_secs(5), Period::get),
        max_bytes: usize::try_from(defaults.max_bytes).unwrap_or(1),
    })
}

fn compile_key_servers(
    raw: UniqueMap<String>,
    at: &FieldPath<'_>,
    problems: &mut Problems,
) -> Vec<KeyServer> {
    if !(1..=MOST_SERVERS).contains(&raw.len()) {
        problems.push(
            at,
            format_args!("expected 1 to {MOST_SERVERS} hosts, each with its cluster"),
        );
    }
    let mut servers: Vec<KeyServer> = Vec::new();
    for (name, cluster) in raw {
        let at = at.field(&name);
        let Ok(authority) = https_authority(&name) else {
            problems.push(&at, "expected a host, with its port if that is not 443");
            continue;
        };
        if servers.iter().any(|known| known.authority == authority) {
            problems.push(&at, "expected a host that no other entry means");
        }
        if let Err(error) = Source::new(SourceSpec::new(&cluster, &authority, "/")) {
            problems.push(&at, error);
        }
        servers.push(KeyServer { authority, cluster });
    }
    servers
}

/// The authority of a URL.
fn host(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    (!host.is_empty()).then(|| host.to_owned())
}

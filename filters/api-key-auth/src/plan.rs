//! From a document to a plan: what is left can be carried out as it stands.

mod access;
mod keys;
mod outputs;

use std::time::Duration;

use gatepost_config::{FieldPath, Problems};
use gatepost_filter::{
    ChallengeConfig, Challenges, CorsPreflight, CredentialHeaderConfig, CredentialSources,
    CredentialSourcesConfig, DenyResponse, RecordWhen, RemoteDefaults, RemotePlan, Rules,
    RulesBuilder, Services, Settings,
};
use gatepost_http_match::{Given, Matcher};

pub(crate) use self::access::Access;
use self::keys::{InlineKeys, hasher, is_inline};
pub(crate) use self::outputs::Outputs;
use crate::config::{Config, RuleConfig};
use crate::digest::Hasher;
use crate::keys::KeySet;

/// A valid document.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) sources: CredentialSources,
    pub(crate) hasher: Hasher,
    /// Whether the secret of HMAC stands in the document.
    pub(crate) has_inline_secret: bool,
    /// Those of the document itself.
    pub(crate) keys: KeySet,
    /// Those that a server publishes, until they are kept.
    pub(crate) feed: Option<RemotePlan>,
    pub(crate) outputs: Outputs,
    pub(crate) passes_preflights: bool,
    pub(crate) challenges: Challenges,
    pub(crate) rules: Rules<Access>,
    pub(crate) default: Access,
    /// Whether requests that pass are recorded, too.
    pub(crate) records_passed: bool,
}

/// The scheme of challenges. HTTP asks for one in every 401 (RFC 9110 15.5.2), and
/// none is registered for keys.
const SCHEME: &str = "ApiKey";

/// A key that is taken back stops within a minute.
const FEED_DEFAULTS: RemoteDefaults = RemoteDefaults {
    refresh: Duration::from_secs(60),
    stale_for: Duration::from_secs(24 * 3600),
    cooldown: Duration::from_secs(10),
    max_bytes: 4 << 20,
    most_bytes: 16 << 20,
};

impl Plan {
    /// Checks a document.
    pub(crate) fn new(
        config: Config,
        at: &FieldPath<'_>,
        services: &dyn Services,
    ) -> Result<(Self, Settings), Problems> {
        let mut problems = Problems::new();
        let from_at = at.field("from");
        let sources = CredentialSources::new(or_x_api_key(config.from), &from_at, &mut problems);
        let secret_at = at.field("hmac_secret");
        let has_inline_secret = is_inline(&config.hmac_secret);
        let hasher = hasher(config.hmac_secret, &secret_at, services, &mut problems);
        let keys = InlineKeys::new(config.keys, hasher.has_secret(), at, &mut problems);
        let outputs = Outputs::new(
            config.key_id_header,
            config.attributes_to_headers,
            &sources,
            at,
            &mut problems,
        );
        let challenge = ChallengeConfig {
            realm: config.realm,
            resource_metadata: Given(None),
        };
        let challenges = Challenges::new(SCHEME, challenge, at, &mut problems);
        let forwards = config.forward_key;
        let rules = compile_rules(config.rules, forwards, &at.field("rules"), &mut problems);
        let default_at = at.field("default");
        let default = Access::of_default(config.default, forwards, &default_at, &mut problems);
        if rules.needs().claims {
            problems.push(&at.field("rules"), "expected no `claims`: keys have none");
        }
        if rules.needs().peer_identity {
            problems.push(
                &at.field("rules"),
                "expected no `peer_identity`: this filter reads no certificate, and one that is \
                 not read would be taken for none",
            );
        }
        let settings = Settings {
            mode: config.mode,
            on_deny: DenyResponse::new(config.on_deny, &at.field("on_deny"), &mut problems),
            record: config.record,
            rules: rules.settings(),
        };
        let has_feed = config.feed.0.is_some();
        let feed_at = at.field("feed");
        let feed = config
            .feed
            .0
            .and_then(|feed| feed.compile(&FEED_DEFAULTS, &feed_at, &mut problems));
        keys.check_rules(&rules, &default, &settings, has_feed, at, &mut problems);
        let plan = Self {
            sources,
            hasher,
            has_inline_secret,
            keys: keys.set,
            feed,
            outputs,
            passes_preflights: config.cors_preflight == CorsPreflight::Pass,
            challenges,
            rules,
            default,
            records_passed: config.record == RecordWhen::Always,
        };
        problems.check((plan, settings))
    }
}

/// The header that most clients use, where the document names no place.
fn or_x_api_key(mut from: CredentialSourcesConfig) -> CredentialSourcesConfig {
    if from.is_empty() {
        from.headers.push(CredentialHeaderConfig {
            name: "x-api-key".to_owned(),
            scheme: Given(None),
        });
    }
    from
}

fn compile_rules(
    raw: Vec<RuleConfig>,
    forwards: bool,
    at: &FieldPath<'_>,
    problems: &mut Problems,
) -> Rules<Access> {
    let mut rules = RulesBuilder::default();
    for (index, mut rule) in raw.into_iter().enumerate() {
        let rule_at = at.index(index);
        let matches = rule.matches.0.take();
        let (name, mode) = (rule.name.clone(), rule.mode);
        let takes_all = matches.is_none();
        let access = Access::of_rule(rule, takes_all, forwards, &rule_at, problems);
        match Matcher::compile(matches.unwrap_or_default(), &rule_at.field("match")) {
            Ok(matcher) => rules.push(name, mode, matcher, access, &rule_at, problems),
            Err(found) => problems.extend(found),
        }
    }
    rules.build()
}

//! Wants one credential, takes it away with all others or lets it go on alone, and
//! tells the upstream where it stood.

use gatepost_config::Problems;
use gatepost_filter::{
    ChallengeConfig, ChallengeError, Challenges, CredentialSources, CredentialSourcesConfig,
    Denial, Filter, ForwardedCredential, Kind, Load, Loaded, Mode, Phases, Reason, Request,
    RuleRef, Settings, Verdict, is_cors_preflight,
};
use serde::Deserialize;

pub(crate) const KIND: Kind = Kind {
    name: "token",
    phases: Phases::REQUEST,
    load,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    #[serde(default)]
    sources: CredentialSourcesConfig,
    #[serde(default)]
    challenge: ChallengeConfig,
    /// Whether the credential goes on.
    #[serde(default)]
    forward: bool,
    #[serde(default)]
    mode: Mode,
}

struct Token {
    sources: CredentialSources,
    forwards: bool,
    challenges: Challenges,
}

const PLACE: &str = "x-token-place";

fn load(load: &Load<'_>) -> Result<Loaded, Problems> {
    let config: Config = load.read()?;
    let mut problems = Problems::new();
    let sources = if config.sources.is_empty() {
        CredentialSources::bearer()
    } else {
        CredentialSources::new(config.sources, &load.path.field("sources"), &mut problems)
    };
    let at = load.path.field("challenge");
    let challenges = Challenges::new("Bearer", config.challenge, &at, &mut problems);
    problems.check(Loaded {
        filter: Box::new(Token {
            sources,
            forwards: config.forward,
            challenges,
        }),
        settings: Settings {
            mode: config.mode,
            ..Settings::default()
        },
        owned_headers: vec![PLACE.to_owned()],
        tick: None,
    })
}

impl Filter for Token {
    fn on_request(&self, request: &mut Request<'_>) -> Verdict {
        if is_cors_preflight(request.view()) {
            return Verdict::pass(RuleRef::None, Reason::fixed("preflight"));
        }
        let (place, found) = match self.sources.find(request.view()).as_deref() {
            Ok([]) => return refused("token_missing", 401, self.challenges.bare()),
            Ok([one]) => (one.place().to_string(), ForwardedCredential::from(one)),
            Ok(_) => return self.malformed("several tokens"),
            Err(_) => return self.malformed("a malformed token"),
        };
        let sources = std::slice::from_ref(&self.sources);
        let forwarded = if self.forwards {
            vec![found]
        } else {
            Vec::new()
        };
        CredentialSources::strip_all(sources, &forwarded, request, RuleRef::None);
        match request.set_header(PLACE, place.as_bytes()) {
            Ok(()) => Verdict::pass(RuleRef::None, Reason::fixed("token_found")),
            Err(_) => self.malformed("a name that cannot be sent"),
        }
    }

    fn credentials(&self) -> &[CredentialSources] {
        std::slice::from_ref(&self.sources)
    }
}

impl Token {
    fn malformed(&self, description: &'static str) -> Verdict {
        let error = ChallengeError::InvalidRequest;
        let challenge = self.challenges.error(error, description, &[]);
        refused("token_malformed", error.status(), challenge)
    }
}

fn refused(reason: &'static str, status: u16, challenge: String) -> Verdict {
    let denial = Denial::with_status(RuleRef::None, Reason::fixed(reason), status);
    Verdict::Deny(denial.challenge(challenge))
}

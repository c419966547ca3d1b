//! Wants one credential, takes it away, and tells the upstream where it stood.

use gatepost_config::Problems;
use gatepost_filter::{
    ChallengeConfig, ChallengeError, Challenges, CredentialSources, CredentialSourcesConfig,
    Denial, Filter, Kind, Load, Loaded, Mode, Phases, Reason, Request, RuleRef, Settings, Verdict,
    is_cors_preflight,
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
    #[serde(default)]
    mode: Mode,
}

struct Token {
    sources: CredentialSources,
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
        let place = match self.sources.find(request.view()).as_deref() {
            Ok([]) => return refused("token_missing", 401, self.challenges.bare()),
            Ok([one]) => one.place().to_string(),
            Ok(_) => return self.malformed("several tokens"),
            Err(_) => return self.malformed("a malformed token"),
        };
        self.sources.strip(request, RuleRef::None);
        match request.set_header(PLACE, place.as_bytes()) {
            Ok(()) => Verdict::pass(RuleRef::None, Reason::fixed("token_found")),
            Err(_) => self.malformed("a name that cannot be sent"),
        }
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

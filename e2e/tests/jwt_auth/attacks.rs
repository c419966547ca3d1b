//! Tokens that a strict verifier refuses, by the classes of what was found wrong in
//! libraries and gateways, through envoy/jwt-auth.yaml as it is shipped. Each has a
//! name, which the test prints when the token is not refused for its reason.

mod algorithms;
mod claims;
mod encoding;
mod headers;
mod signatures;

use std::thread;
use std::time::Instant;

use gatepost_e2e::{Answer, Http1Client, Issuer, Result, SigningKey, each_envoy};
use serde_json::{Value, json};

use crate::gate::{AUDIENCE, Gate, ISSUER, KEYS, bearer, is_denied, reason};

/// A token that must be refused, with the reason code.
#[derive(Clone)]
pub(crate) struct Attack {
    pub(crate) name: String,
    pub(crate) token: String,
    pub(crate) reason: &'static str,
    /// 401 with `error="invalid_token"`, or 400 with `invalid_request`.
    pub(crate) status: u16,
}

/// An issuer whose published keys are of every kind, each under the name of its
/// algorithm; and one who would like to be it.
pub(crate) struct World {
    pub(crate) issuer: Issuer,
    pub(crate) rsa: SigningKey,
    pub(crate) ec: SigningKey,
    pub(crate) ed: SigningKey,
    /// Published without `alg` and `use`, as many do: `<kid>-bare`.
    pub(crate) bare_rsa: SigningKey,
    pub(crate) bare_ec: SigningKey,
    pub(crate) p384: SigningKey,
    /// Published for encryption, by `use` and by `key_ops`.
    pub(crate) for_encryption: SigningKey,
    pub(crate) to_encrypt: SigningKey,
    /// Published nowhere.
    pub(crate) stranger: SigningKey,
}

/// All attacks of one kind.
type Class = fn(&World) -> Result<Vec<Attack>>;

impl Attack {
    /// 401, as most are.
    pub(crate) fn new(name: impl Into<String>, token: String, reason: &'static str) -> Self {
        Self {
            name: name.into(),
            token,
            reason,
            status: 401,
        }
    }

    /// 400: no token that anyone would try to read.
    pub(crate) fn malformed(name: impl Into<String>, token: String) -> Self {
        Self {
            status: 400,
            ..Self::new(name, token, "jwt_credential_malformed")
        }
    }
}

impl World {
    fn new() -> Result<Self> {
        let key = SigningKey::generate;
        let signs = key("ES256", "first")?;
        Ok(Self {
            issuer: Issuer::new(ISSUER, AUDIENCE, signs),
            rsa: key("RS256", "rsa")?,
            ec: key("ES256", "ec")?,
            ed: key("EdDSA", "ed")?,
            bare_rsa: key("RS256", "rsa-bare")?,
            bare_ec: key("ES256", "ec-bare")?,
            p384: key("ES384", "p384-bare")?,
            for_encryption: key("ES256", "for-encryption")?,
            to_encrypt: key("ES256", "to-encrypt")?,
            stranger: key("ES256", "ec")?,
        })
    }

    /// The key set, with a broken key among the good ones.
    fn jwks(&self) -> String {
        let bare = |key: &SigningKey| {
            let mut jwk = key.jwk();
            if let Some(members) = jwk.as_object_mut() {
                members.retain(|name, _| name != "alg" && name != "use");
            }
            jwk
        };
        let with = |key: &SigningKey, name: &str, value: Value| {
            let mut jwk = bare(key);
            jwk[name] = value;
            jwk
        };
        json!({"keys": [
            self.issuer.key().jwk(),
            {"kty": "EC", "crv": "P-256", "kid": "broken", "x": "AA", "y": 7},
            self.rsa.jwk(), self.ec.jwk(), self.ed.jwk(),
            bare(&self.bare_rsa), bare(&self.bare_ec), bare(&self.p384),
            with(&self.for_encryption, "use", json!("enc")),
            with(&self.to_encrypt, "key_ops", json!(["encrypt"])),
        ]})
        .to_string()
    }

    /// The header that an honest token of this key has.
    pub(crate) fn header(&self, key: &SigningKey) -> Value {
        json!({"alg": key.algorithm(), "typ": "JWT", "kid": key.kid()})
    }

    /// Claims that the gate accepts.
    pub(crate) fn claims(&self) -> Value {
        self.issuer.claims()
    }
}

#[test]
fn the_keys_of_the_attacks_are_good_for_honest_tokens() -> Result<()> {
    through_the_shipped_file(|world, gate| {
        for key in [
            &world.rsa,
            &world.ec,
            &world.ed,
            &world.bare_rsa,
            &world.bare_ec,
            &world.p384,
        ] {
            let answer = gate.present(&key.mint(&world.claims())?)?;
            assert_eq!(answer.status, 200, "{key:?}: {}", answer.text());
        }
        Ok(())
    })
}

#[test]
fn an_algorithm_of_the_clients_choice_is_refused() -> Result<()> {
    refused(algorithms::attacks)
}

#[test]
fn headers_that_name_keys_or_change_the_reading_are_refused_or_ignored() -> Result<()> {
    refused(headers::attacks)
}

#[test]
fn headers_that_name_keys_elsewhere_change_nothing_for_an_honest_token() -> Result<()> {
    through_the_shipped_file(|world, gate| {
        let port = gate.server.port();
        for (name, token) in headers::ignored(world, port)? {
            let answer = gate.present(&token)?;
            assert_eq!(answer.status, 200, "{name}: {}", answer.text());
        }
        assert_eq!(gate.server.fetched("/evil.json").len(), 0);
        Ok(())
    })
}

#[test]
fn signatures_of_others_and_of_nobody_are_refused() -> Result<()> {
    refused(signatures::attacks)
}

#[test]
fn another_spelling_of_a_good_token_is_refused() -> Result<()> {
    refused(encoding::attacks)
}

#[test]
fn claims_that_are_wrong_or_read_in_two_ways_are_refused() -> Result<()> {
    refused(claims::attacks)
}

/// Every token of a class is refused for its reason, nothing reaches the service, and
/// no server is asked for anything but the keys.
fn refused(class: Class) -> Result<()> {
    through_the_shipped_file(|world, gate| {
        let attacks = class(world)?;
        assert!(!attacks.is_empty());
        let before = gate.upstream.requests();
        let started = Instant::now();
        let mut wrong = Vec::new();
        let mut client: Option<Http1Client> = None;
        for attack in &attacks {
            let mut open = match client.take() {
                Some(open) => open,
                None => gate.connect()?,
            };
            let answer = open.get("/", &[("authorization", &bearer(&attack.token))])?;
            let is_right = answer.status == attack.status && reason(&answer) == attack.reason;
            if !is_right {
                let given = (answer.status, reason(&answer));
                let expected = (attack.status, attack.reason);
                wrong.push(format!("{}: {given:?}, not {expected:?}", attack.name));
            } else {
                let error = if attack.status == 400 {
                    "invalid_request"
                } else {
                    "invalid_token"
                };
                is_denied(&answer, attack.status, attack.reason, error);
                let secret = attack.token.get(..20).unwrap_or(&attack.token);
                let shown = format!("{} {:?}", answer.text(), answer.headers);
                assert!(
                    secret.is_empty() || !shown.contains(secret),
                    "{}",
                    attack.name
                );
            }
            if answer.header("connection").as_deref() != Some("close") {
                client = Some(open);
            }
        }
        assert!(
            wrong.is_empty(),
            "{} of {}:\n{}",
            wrong.len(),
            attacks.len(),
            wrong.join("\n")
        );
        assert_eq!(gate.upstream.requests(), before);
        assert_eq!(gate.server.fetched("/evil.json").len(), 0);
        // What was refused for its key alone may ask for keys, once a cooldown.
        let cooldowns = 1 + started.elapsed().as_secs() / 10;
        let fetched = gate.fetched().len() as u64;
        assert!(fetched <= 1 + cooldowns, "{fetched} fetches");
        let log = gate.envoy.log().text(0);
        for attack in &attacks {
            let is_told = attack.token.len() > 40 && log.contains(&attack.token);
            assert!(!is_told, "the log has a token: {}", attack.name);
        }
        Ok(())
    })
}

/// Runs `test` against the shipped file, on each Envoy at once.
fn through_the_shipped_file(test: impl Fn(&World, &Gate) -> Result<()> + Sync) -> Result<()> {
    let world = World::new()?;
    each_envoy(|binary| {
        // Only its keys are published: the world's issuer is not the gate's.
        let issuer = Issuer::new(ISSUER, AUDIENCE, SigningKey::generate("EdDSA", "unused")?);
        let keys = Answer::ok(world.jwks());
        let gate = Gate::open(binary, issuer, None, |server| {
            server.answer(KEYS, keys);
            server.answer("/evil.json", Answer::ok(world.jwks()));
        })?;
        gate.settles(&world.issuer.token()?, 200)?;
        test(&world, &gate)
    })
}

/// A text member of a JWK.
pub(crate) fn member(jwk: &Value, name: &str) -> String {
    jwk[name].as_str().unwrap_or_default().to_owned()
}

#[test]
fn every_class_has_its_attacks() -> Result<()> {
    let classes: [(Class, usize); 5] = [
        (algorithms::attacks, 35),
        (headers::attacks, 30),
        (signatures::attacks, 20),
        (encoding::attacks, 20),
        (claims::attacks, 50),
    ];
    let world = World::new()?;
    thread::scope(|scope| {
        for (class, at_least) in classes {
            let world = &world;
            scope.spawn(move || {
                let attacks = class(world).expect("they are made");
                assert!(attacks.len() >= at_least, "{} attacks", attacks.len());
                for attack in &attacks {
                    let same = attacks.iter().filter(|other| other.name == attack.name);
                    assert_eq!(same.count(), 1, "{}", attack.name);
                }
            });
        }
    });
    Ok(())
}

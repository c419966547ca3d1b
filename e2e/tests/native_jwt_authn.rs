//! Tokens that Envoy's own `jwt_authn` takes and jwt-auth refuses, side by side in one
//! Envoy with the same keys. Each is signed by the issuer: these are gaps between two
//! readers, and no forgeries. docs/jwt-security.md has the table.

use gatepost_e2e::{
    Bootstrap, Envoy, Http1Client, Issuer, Result, SigningKey, each_envoy, encoded, module,
    unsigned,
};
use serde_json::{Value, json};

const ISSUER: &str = "https://issuer.example";
const AUDIENCE: &str = "shop";

/// A token, and the reason for which jwt-auth refuses it.
type Gap = (&'static str, String, &'static str);

struct World {
    issuer: Issuer,
    /// Published without `alg` and `use`.
    bare: SigningKey,
    /// Published for encryption, by `use` and by `key_ops`.
    for_encryption: SigningKey,
    to_encrypt: SigningKey,
}

impl World {
    fn new() -> Result<Self> {
        let key = |kid| SigningKey::generate("ES256", kid);
        Ok(Self {
            issuer: Issuer::new(ISSUER, AUDIENCE, key("first")?),
            bare: key("bare")?,
            for_encryption: key("for-encryption")?,
            to_encrypt: key("to-encrypt")?,
        })
    }

    fn jwks(&self) -> Value {
        let bare = |key: &SigningKey| {
            let mut jwk = key.jwk();
            if let Some(members) = jwk.as_object_mut() {
                members.retain(|name, _| name != "alg" && name != "use");
            }
            jwk
        };
        let mut for_encryption = bare(&self.for_encryption);
        for_encryption["use"] = json!("enc");
        let mut to_encrypt = bare(&self.to_encrypt);
        to_encrypt["key_ops"] = json!(["encrypt"]);
        json!({"keys": [
            self.issuer.key().jwk(), bare(&self.bare), for_encryption, to_encrypt,
        ]})
    }

    fn gaps(&self) -> Result<Vec<Gap>> {
        let spellings = self.spellings()?.into_iter();
        let others = [self.signatures()?, self.headers()?, self.claims()?];
        Ok(spellings.chain(others.into_iter().flatten()).collect())
    }

    /// Other texts of a good token.
    fn spellings(&self) -> Result<Vec<Gap>> {
        const REASON: &str = "jwt_malformed";
        let good = self.issuer.token()?;
        let (header, rest) = good.split_once('.').unwrap_or_default();
        // The last letter of 64 bytes has four bits that say nothing.
        let (most, last) = good.split_at(good.len() - 1);
        let other = match last {
            "A" => "B",
            "Q" => "R",
            "g" => "h",
            _ => "x",
        };
        Ok(vec![
            ("a dot before", format!(".{good}"), REASON),
            ("a dot behind", format!("{good}."), REASON),
            // Five segments are a JWE.
            ("two dots behind", format!("{good}.."), "jwt_encrypted"),
            ("an empty segment", format!("{header}..{rest}"), REASON),
            ("padding of the signature", format!("{good}=="), REASON),
            ("bits left over", format!("{most}{other}"), REASON),
        ])
    }

    /// The same signature, longer.
    fn signatures(&self) -> Result<Vec<Gap>> {
        let key = self.issuer.key();
        let header = json!({"alg": "ES256", "typ": "JWT", "kid": key.kid()});
        let input = unsigned(header.to_string(), self.issuer.claims().to_string());
        let signature = key.sign(input.as_bytes())?;
        let (r, s) = signature.split_at(32);
        let padded = |zeros: usize| {
            let zeros = vec![0; zeros];
            [&zeros, r, &zeros, s].concat()
        };
        let forms = [
            (
                "a signature with a byte behind",
                [&signature, &[0][..]].concat(),
            ),
            ("a signature padded to 40 and 40", padded(8)),
            ("a signature padded to 300 and 300", padded(268)),
        ];
        let token = |signature| format!("{input}.{}", encoded(signature));
        let gap = |(name, signature)| (name, token(signature), "jwt_bad_signature");
        Ok(forms.into_iter().map(gap).collect())
    }

    fn headers(&self) -> Result<Vec<Gap>> {
        const UNSUPPORTED: &str = "jwt_unsupported_header";
        let first = self.issuer.key();
        let claims = self.issuer.claims().to_string();
        let mut gaps = Vec::new();
        for (name, key, changes, reason) in [
            (
                "crit of something unknown",
                first,
                json!({"crit": ["foo"]}),
                UNSUPPORTED,
            ),
            ("crit of nothing", first, json!({"crit": []}), UNSUPPORTED),
            (
                "crit of b64",
                first,
                json!({"crit": ["b64"], "b64": false}),
                UNSUPPORTED,
            ),
            (
                "typ of a DPoP proof",
                first,
                json!({"typ": "dpop+jwt"}),
                "jwt_wrong_type",
            ),
            (
                "alg RS256",
                &self.bare,
                json!({"alg": "RS256"}),
                "jwt_key_not_for_algorithm",
            ),
            (
                "alg EdDSA",
                &self.bare,
                json!({"alg": "EdDSA"}),
                "jwt_key_not_for_algorithm",
            ),
            (
                "alg HS256",
                &self.bare,
                json!({"alg": "HS256"}),
                "jwt_algorithm_not_allowed",
            ),
            (
                "a key of use enc",
                &self.for_encryption,
                json!({}),
                "jwt_unknown_key",
            ),
            (
                "a key to encrypt with",
                &self.to_encrypt,
                json!({}),
                "jwt_unknown_key",
            ),
        ] {
            let mut header = json!({"alg": "ES256", "typ": "JWT", "kid": key.kid()});
            for (member, value) in changes.as_object().into_iter().flatten() {
                header[member.as_str()] = value.clone();
            }
            gaps.push((name, key.compact(header.to_string(), &claims)?, reason));
        }
        Ok(gaps)
    }

    fn claims(&self) -> Result<Vec<Gap>> {
        const MALFORMED: &str = "jwt_malformed";
        let key = self.issuer.key();
        let header = json!({"alg": "ES256", "typ": "JWT", "kid": key.kid()}).to_string();
        let good = self.issuer.claims().to_string();
        let inner = good.trim_end_matches('}');
        let no_end = self.issuer.claims_with(&json!({"exp": 0}));
        [
            ("exp 0", no_end.to_string(), "jwt_expired"),
            ("a comma behind", format!("{inner},}}"), MALFORMED),
            ("single quotes", good.replace('"', "'"), MALFORMED),
            (
                "names without quotes",
                good.replace("\"sub\"", "sub"),
                MALFORMED,
            ),
        ]
        .into_iter()
        .map(|(name, claims, reason)| Ok((name, key.compact(&header, claims)?, reason)))
        .collect()
    }
}

#[test]
fn tokens_that_the_native_filter_takes_are_refused_for_their_reason() -> Result<()> {
    let world = World::new()?;
    let gaps = world.gaps()?;
    each_envoy(|binary| {
        let envoy = Envoy::start(binary, &side_by_side(&world)?)?;
        let ask = |listener: &str, token: &str| {
            let to = envoy.listener(listener)?;
            let bearer = format!("Bearer {token}");
            Http1Client::connect(to)?.get("/", &[("authorization", &bearer)])
        };
        // Both know these keys.
        for key in [world.issuer.key(), &world.bare] {
            let good = key.mint(&world.issuer.claims())?;
            assert_eq!(ask("native", &good)?.status, 200, "{key:?}");
            assert_eq!(ask("ours", &good)?.status, 200, "{key:?}");
        }
        let mut wrong = Vec::new();
        for (name, token, reason) in &gaps {
            let (native, ours) = (ask("native", token)?, ask("ours", token)?);
            let is_refused = ours.status == 401 && ours.text().contains(reason);
            if native.status != 200 || !is_refused {
                let (native, given) = (native.status, (ours.status, ours.text()));
                wrong.push(format!("{name}: native {native}, ours {given:?}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        Ok(())
    })
}

/// One Envoy, two listeners that answer by themselves: before one stands `jwt_authn`,
/// before the other jwt-auth.
fn side_by_side(world: &World) -> Result<Bootstrap> {
    let native = json!({
        "@type": "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication",
        "providers": {"shop": {
            "issuer": ISSUER,
            "audiences": [AUDIENCE],
            "local_jwks": {"inline_string": world.jwks().to_string()},
        }},
        "rules": [{"match": {"prefix": "/"}, "requires": {"provider_name": "shop"}}],
    });
    let document = json!({
        "providers": {"shop": {
            "issuer": ISSUER,
            "audiences": [AUDIENCE],
            "keys": {"inline": world.jwks()},
        }},
        "rules": [{"name": "all", "require": {"provider": "shop"}}],
    });
    let ours = json!({
        "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
        "config": {
            "root_id": "jwt-auth",
            "vm_config": {
                "runtime": "envoy.wasm.runtime.v8",
                "code": {"local": {"filename": module("jwt-auth")?}},
            },
            "configuration": {
                "@type": "type.googleapis.com/google.protobuf.StringValue",
                "value": document.to_string(),
            },
        },
    });
    let listener = |name: &str, filter: Value| {
        json!({
            "name": name,
            "address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}},
            "filter_chains": [{"filters": [{
                "name": "envoy.filters.network.http_connection_manager",
                "typed_config": {
                    "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
                    "stat_prefix": name,
                    "route_config": {"virtual_hosts": [{
                        "name": "all",
                        "domains": ["*"],
                        "routes": [{
                            "match": {"prefix": "/"},
                            "direct_response": {"status": 200},
                        }],
                    }]},
                    "http_filters": [
                        {"name": "gate", "typed_config": filter},
                        {
                            "name": "envoy.filters.http.router",
                            "typed_config": {
                                "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router",
                            },
                        },
                    ],
                },
            }]}],
        })
    };
    let bootstrap = json!({
        "admin": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}}},
        "static_resources": {
            "listeners": [listener("native", native), listener("ours", ours)],
        },
    });
    Ok(Bootstrap::from_text(bootstrap.to_string()))
}

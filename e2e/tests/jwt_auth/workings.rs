//! Who checks signatures, and that the answer does not depend on it.

use gatepost_e2e::{
    Answer, Binary, Envoy, FeedServer, Issuer, Result, SigningKey, Upstream, decoded, each_envoy,
    encoded,
};
use serde_json::{Value, json};

use crate::gate::{AUDIENCE, Gate, ISSUER, KEYS, SOON, bootstrap, document, reason};

/// How the module says who checks signatures.
const CHECKED_BY: &str = "the proxy checks signatures of";

/// An issuer with a key of each algorithm that a key server may publish.
fn keys() -> Result<Vec<SigningKey>> {
    let public = SigningKey::ALGORITHMS
        .into_iter()
        .filter(|name| !name.starts_with("HS"));
    public
        .map(|algorithm| SigningKey::generate(algorithm, algorithm))
        .collect()
}

/// What a module may call and be called by, without the foreign functions: on such a
/// host signatures are checked by Rust.
const CAPABILITIES: &str = "[
    proxy_abi_version_0_2_1, proxy_on_memory_allocate, proxy_on_context_create,
    proxy_on_vm_start, proxy_on_configure, proxy_on_tick, proxy_on_delete, proxy_on_done,
    proxy_on_log, proxy_on_request_headers, proxy_on_request_body,
    proxy_on_request_trailers, proxy_on_http_call_response, proxy_on_grpc_receive,
    proxy_on_grpc_close, proxy_continue_stream, proxy_define_metric,
    proxy_get_buffer_bytes, proxy_get_current_time_nanoseconds,
    proxy_get_header_map_pairs, proxy_get_header_map_value, proxy_get_log_level,
    proxy_get_property, proxy_get_shared_data, proxy_grpc_call, proxy_http_call,
    proxy_increment_metric, proxy_log, proxy_record_metric,
    proxy_add_header_map_value, proxy_remove_header_map_value,
    proxy_replace_header_map_value, proxy_send_local_response,
    proxy_set_effective_context, proxy_set_property, proxy_set_shared_data,
    proxy_set_tick_period_milliseconds, clock_time_get, environ_get, environ_sizes_get,
    fd_write, proc_exit, random_get]";

/// A gate with a key of each algorithm, whose proxy checks signatures or does not.
fn open(binary: &Binary, jwks: &Value, checks: bool) -> Result<Gate> {
    let (upstream, server) = (Upstream::start()?, FeedServer::start()?);
    server.answer(KEYS, Answer::ok(jwks.to_string()));
    let mut file = bootstrap("jwt-auth.yaml", &upstream, &server, Some(&document()))?;
    if !checks {
        let names = CAPABILITIES.trim_matches(['[', ']']).split(',');
        let allowed: Vec<String> = names.map(|name| format!("{}: {{}}", name.trim())).collect();
        let restriction = format!(
            "capability_restriction_config: {{ allowed_capabilities: {{ {} }} }}",
            allowed.join(", ")
        );
        let policy = "failure_policy: FAIL_RELOAD";
        let both = format!("{policy}\n                        {restriction}");
        file = file.with(&[(policy, &both)])?;
    }
    let unused = SigningKey::generate("ES256", "unused")?;
    let issuer = Issuer::new(ISSUER, AUDIENCE, unused);
    Gate::of(Envoy::start(binary, &file)?, server, upstream, issuer)
}

#[test]
fn every_algorithm_is_checked_alike_by_the_proxy_and_by_the_module() -> Result<()> {
    let keys = keys()?;
    let jwks = json!({"keys": keys.iter().map(SigningKey::jwk).collect::<Vec<Value>>()});
    each_envoy(|binary| {
        for checks in [true, false] {
            let gate = open(binary, &jwks, checks)?;
            let line = gate.envoy.log().wait_for(CHECKED_BY, 0, SOON)?;
            for algorithm in ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"] {
                let says = line.to_ascii_uppercase().contains(algorithm);
                assert_eq!(says, checks, "{line}");
            }
            for key in &keys {
                let token = key.mint(&gate.issuer.claims())?;
                gate.settles(&token, 200)?;
                for forged in forged(&token) {
                    let answer = gate.present(&forged)?;
                    let given = (answer.status, reason(&answer));
                    let expected = (401, "jwt_bad_signature".to_owned());
                    assert_eq!(given, expected, "{key:?}, {checks}");
                }
            }
        }
        Ok(())
    })
}

/// The same token with a bit of its signature changed: the first, one in the middle
/// and the last.
fn forged(token: &str) -> Vec<String> {
    let (input, signature) = token.rsplit_once('.').unwrap_or_default();
    let bytes = decoded(signature);
    let places = [0, bytes.len() / 2, bytes.len() - 1];
    let change = |at: usize| {
        let mut bytes = bytes.clone();
        bytes[at] ^= 1;
        format!("{input}.{}", encoded(bytes))
    };
    places.map(change).to_vec()
}

#[test]
fn secrets_count_where_they_are_named_and_stand_in_no_log() -> Result<()> {
    each_envoy(|binary| {
        let mut secrets = Vec::new();
        let mut keys = Vec::new();
        for algorithm in ["HS256", "HS384", "HS512"] {
            let key = SigningKey::generate(algorithm, algorithm)?;
            secrets
                .push(json!({"algorithm": algorithm, "kid": algorithm, "inline": key.jwk()["k"]}));
            keys.push(key);
        }
        let mut document = document();
        let shop = &mut document["providers"]["shop"];
        shop["keys"] = json!({"secrets": secrets});
        if let Some(fields) = shop.as_object_mut() {
            // Of keys that are fetched.
            fields.remove("cooldown");
        }
        shop["algorithms"] = json!(["HS256", "HS384", "HS512"]);
        let gate = Gate::with(binary, &document)?;
        for key in &keys {
            assert_eq!(gate.everywhere(&key.mint(&gate.issuer.claims())?)?.0, 200);
            let other = SigningKey::generate(key.algorithm(), key.kid())?;
            let answer = gate.present(&other.mint(&gate.issuer.claims())?)?;
            assert_eq!(
                (answer.status, reason(&answer).as_str()),
                (401, "jwt_bad_signature")
            );
            let secret = key.jwk()["k"].as_str().unwrap_or_default().to_owned();
            assert!(!gate.envoy.log().text(0).contains(&secret));
        }
        assert_eq!(gate.fetched().len(), 0);
        Ok(())
    })
}

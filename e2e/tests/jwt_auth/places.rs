//! Where a token may stand, how many may come, and that it goes no further.

use gatepost_e2e::{Answer, Result, each_envoy};
use serde_json::{Value, json};

use crate::gate::{Gate, bearer, document, is_denied, reason};

fn everywhere() -> Value {
    let mut document = document();
    document["providers"]["shop"]["from"] = json!({
        "headers": [
            {"name": "authorization", "scheme": "Bearer"},
            {"name": "x-token"},
        ],
        "query": ["access_token"],
        "cookies": ["session"],
    });
    document
}

#[test]
fn a_token_is_found_in_each_place_and_taken_away_from_there() -> Result<()> {
    each_envoy(|binary| {
        let gate = Gate::with(binary, &everywhere())?;
        let token = gate.issuer.token()?;
        gate.settles(&token, 200)?;
        let query = format!("/a?b=1&access_token={token}&c=2#");
        let query = query.trim_end_matches('#');
        let cookie = format!("theme=dark; session={token}; consent=1");
        let lower = format!("bearer   {token}");
        let whole = bearer(&token);
        for (path, headers) in [
            ("/a?b=1&c=2", vec![("authorization", whole.as_str())]),
            ("/a?b=1&c=2", vec![("authorization", lower.as_str())]),
            ("/a?b=1&c=2", vec![("x-token", token.as_str())]),
            ("/a?b=1&c=2", vec![("cookie", cookie.as_str())]),
            (query, vec![]),
        ] {
            let echo = gate.get(path, &headers)?.echo()?;
            assert_eq!(echo.values("x-user"), ["alice"], "{headers:?}");
            assert_eq!(echo.path, "/a?b=1&c=2");
            let arrived = format!("{echo:?}");
            assert!(!arrived.contains(&token), "{arrived}");
            if headers.iter().any(|(name, _)| *name == "cookie") {
                let left = echo.values("cookie").join("; ");
                assert!(
                    left.contains("theme=dark") && left.contains("consent=1"),
                    "{left}"
                );
            }
        }
        // Credentials of another kind are none of ours, and stay.
        let basic = ("authorization", "Basic YWxpY2U6c2VjcmV0");
        let echo = gate.get("/", &[basic, ("x-token", &token)])?.echo()?;
        assert_eq!(echo.values("authorization"), [basic.1]);
        is_denied(&gate.get("/", &[basic])?, 401, "jwt_missing", "bare");
        Ok(())
    })
}

#[test]
fn a_token_is_kept_where_the_document_says_so() -> Result<()> {
    each_envoy(|binary| {
        let mut document = everywhere();
        document["providers"]["shop"]["forward_token"] = json!(true);
        let gate = Gate::with(binary, &document)?;
        let token = gate.issuer.token()?;
        gate.settles(&token, 200)?;
        let whole = bearer(&token);
        let echo = gate.get("/", &[("authorization", &whole)])?.echo()?;
        assert_eq!(echo.values("authorization"), [whole.as_str()]);
        let path = format!("/a?access_token={token}");
        assert_eq!(gate.get(&path, &[])?.echo()?.path, path);
        let cookie = format!("session={token}");
        let echo = gate.get("/", &[("cookie", &cookie)])?.echo()?;
        assert_eq!(echo.values("cookie"), [cookie.as_str()]);
        Ok(())
    })
}

#[test]
fn two_tokens_are_one_too_many_unless_the_document_takes_the_first_good_one() -> Result<()> {
    each_envoy(|binary| {
        let mut first_valid = everywhere();
        first_valid["several_tokens"] = json!("first_valid");
        let (strict, lenient) = (
            Gate::with(binary, &everywhere())?,
            Gate::with(binary, &first_valid)?,
        );
        for gate in [&strict, &lenient] {
            gate.settles(&gate.issuer.token()?, 200)?;
        }
        // By the places of the two, and by whether each is good.
        for (is_first_good, is_second_good) in
            [(true, true), (true, false), (false, true), (false, false)]
        {
            for second_place in ["authorization", "x-token", "cookie", "query"] {
                for gate in [&strict, &lenient] {
                    let token = |is_good| match is_good {
                        true => gate.issuer.token(),
                        false => gate.issuer.token_with(&json!({"exp": 1})),
                    };
                    let (first, second) = (token(is_first_good)?, token(is_second_good)?);
                    let first = bearer(&first);
                    let (mut path, mut value) = ("/".to_owned(), second.clone());
                    match second_place {
                        "authorization" => value = bearer(&second),
                        "cookie" => value = format!("session={second}"),
                        "query" => path = format!("/?access_token={second}"),
                        _ => {}
                    }
                    let mut headers = vec![("authorization", first.as_str())];
                    if second_place != "query" {
                        headers.push((second_place, &value));
                    }
                    let answer = gate.get(&path, &headers)?;
                    let says = format!("{second_place}: {is_first_good}, {is_second_good}");
                    if second_place == "authorization" {
                        // Envoy makes one line of the two, which is no token at all.
                        assert_eq!(
                            (answer.status, reason(&answer).as_str()),
                            (400, "jwt_credential_malformed"),
                            "{says}"
                        );
                    } else if std::ptr::eq(gate, &strict) {
                        assert_eq!(
                            (answer.status, reason(&answer).as_str()),
                            (400, "jwt_several_tokens"),
                            "{says}"
                        );
                    } else if is_first_good || is_second_good {
                        assert_eq!(answer.status, 200, "{says}: {}", answer.text());
                        let arrived = format!("{:?}", answer.echo()?);
                        assert!(
                            !arrived.contains(&first) && !arrived.contains(&second),
                            "{says}"
                        );
                    } else {
                        assert_eq!(
                            (answer.status, reason(&answer).as_str()),
                            (401, "jwt_expired"),
                            "{says}"
                        );
                    }
                }
            }
        }
        Ok(())
    })
}

/// CVE-2021-21378: "may be missing" is not "may be bad". CVE-2025-64527: two tokens,
/// a server of keys that fails, and none required.
#[test]
fn an_optional_token_may_be_missing_but_not_bad() -> Result<()> {
    each_envoy(|binary| {
        let mut document = everywhere();
        document["rules"][0]["optional"] = json!(true);
        let gate = Gate::with(binary, &document)?;
        gate.settles(&gate.issuer.token()?, 200)?;
        let answer = gate.get("/", &[])?;
        assert_eq!(
            (answer.status, answer.echo()?.values("x-user").len()),
            (200, 0)
        );
        for (changes, why) in [
            (json!({"iss": "https://other.example"}), "jwt_wrong_issuer"),
            (json!({"exp": 1}), "jwt_expired"),
            (json!({"aud": "stock"}), "jwt_wrong_audience"),
        ] {
            let answer = gate.present(&gate.issuer.token_with(&changes)?)?;
            is_denied(&answer, 401, why, "invalid_token");
        }
        is_denied(
            &gate.present("hello")?,
            401,
            "jwt_malformed",
            "invalid_token",
        );

        gate.server.answer(crate::gate::KEYS, Answer::status(500));
        let nobody = gatepost_e2e::SigningKey::generate("ES256", "nobody")?;
        let nobody_token = nobody.mint(&gate.issuer.claims())?;
        let forged = bearer(&nobody_token);
        for _ in 0..4 {
            let two = [
                ("authorization", forged.as_str()),
                ("x-token", nobody_token.as_str()),
            ];
            let answer = gate.get("/", &two)?;
            is_denied(&answer, 400, "jwt_several_tokens", "invalid_request");
            let answer = gate.get("/", &two[..1])?;
            assert_eq!(
                (answer.status, reason(&answer).as_str()),
                (503, "jwks_unavailable")
            );
        }
        assert_eq!(gate.everywhere(&gate.issuer.token()?)?.0, 200);
        Ok(())
    })
}

/// CVE-2025-59936 and a cache that forgets who issued a token.
#[test]
fn two_issuers_with_keys_of_one_name_are_not_taken_for_each_other() -> Result<()> {
    use gatepost_e2e::{Issuer, SigningKey};
    each_envoy(|binary| {
        let key = SigningKey::generate("ES256", "first")?;
        let stock = Issuer::new("https://stock.example", "shop", key);
        let mut document = document();
        document["providers"]["stock"] = json!({
            "issuer": stock.name(),
            "audiences": ["shop"],
            "keys": {"inline": serde_json::from_str::<Value>(&stock.jwks()).expect("is JSON")},
        });
        document["rules"] = json!([
            {"name": "shop", "match": {"paths": [{"exact": "/shop"}]}, "require": {"provider": "shop"}},
            {"name": "stock", "match": {"paths": [{"exact": "/stock"}]}, "require": {"provider": "stock"}},
            {"name": "any", "match": {"paths": [{"exact": "/any"}]},
             "require": {"any": [{"provider": "shop"}, {"provider": "stock"}]}},
        ]);
        let gate = Gate::with(binary, &document)?;
        let of_shop = bearer(&gate.issuer.token()?);
        let of_stock = bearer(&stock.token()?);
        let forged = stock.key().mint(&gate.issuer.claims())?;
        let forged = bearer(&forged);
        // The first one waits for the keys.
        for _ in 0..4 {
            for (path, token, status, why) in [
                ("/shop", &of_shop, 200, ""),
                ("/shop", &of_stock, 401, "jwt_wrong_issuer"),
                ("/shop", &forged, 401, "jwt_bad_signature"),
                ("/stock", &of_stock, 200, ""),
                ("/stock", &of_shop, 401, "jwt_wrong_issuer"),
                ("/stock", &forged, 401, "jwt_wrong_issuer"),
                ("/any", &of_shop, 200, ""),
                ("/any", &of_stock, 200, ""),
                ("/any", &forged, 401, "jwt_bad_signature"),
            ] {
                let answer = gate.get(path, &[("authorization", token)])?;
                assert_eq!(
                    (answer.status, reason(&answer).as_str()),
                    (status, why),
                    "{path}"
                );
            }
        }
        assert_eq!(
            gate.get("/nowhere", &[("authorization", &of_shop)])?.status,
            403
        );
        Ok(())
    })
}

//! A new configuration, with keys and while they are being fetched.

use gatepost_e2e::{
    Answer, Binary, Bootstrap, Envoy, FeedServer, Reload, Result, Upstream, each_envoy,
};

use crate::gate::{Gate, KEYS, bearer, bootstrap, document, issuer};

fn open(binary: &Binary, keys: Answer) -> Result<(Gate, Bootstrap)> {
    let mut document = document();
    document["providers"]["shop"]["keys"]["remote"]["timeout"] = "20s".into();
    document["providers"]["shop"]["keys"]["remote"]["wait"] = "20s".into();
    let (upstream, server) = (Upstream::start()?, FeedServer::start()?);
    server.answer(KEYS, keys);
    let file = bootstrap("jwt-auth.yaml", &upstream, &server, Some(&document))?;
    let envoy = Envoy::start_reloadable(binary, &file)?;
    Ok((Gate::of(envoy, server, upstream, issuer()?)?, file))
}

#[test]
fn a_new_configuration_waits_for_the_fetch_that_is_under_way() -> Result<()> {
    each_envoy(|binary| {
        let (gate, file) = open(binary, Answer::held())?;
        gate.server.wait_for(KEYS, 1)?;
        let token = bearer(&gate.issuer.token()?);
        let head = format!("GET / HTTP/1.1\r\nhost: a\r\nauthorization: {token}\r\n\r\n");
        let mut old = gate.connect()?;
        old.send(head.as_bytes())?;
        let active = |count| move |active| active >= count;
        const ACTIVE: &str = "http.ingress.downstream_rq_active";
        gate.envoy.wait_for_stat(ACTIVE, active(1))?;
        let next = file.with(&[(r#""name":"all""#, r#""name":"anew""#)])?;
        assert_eq!(gate.envoy.reload(&next)?, Reload::Accepted);
        let mut new = gate.connect()?;
        new.send(head.as_bytes())?;
        gate.envoy.wait_for_stat(ACTIVE, active(2))?;
        assert_eq!((gate.fetched().len(), gate.upstream.requests()), (1, 0));
        gate.publish();
        assert_eq!((old.response()?.status, new.response()?.status), (200, 200));
        assert_eq!(gate.fetched().len(), 1);
        Ok(())
    })
}

#[test]
fn a_new_configuration_takes_the_keys_that_are_there_and_a_bad_one_changes_nothing() -> Result<()> {
    each_envoy(|binary| {
        let (gate, file) = open(binary, Answer::held())?;
        gate.publish();
        let token = gate.issuer.token()?;
        gate.settles(&token, 200)?;
        for round in 0..3 {
            let name = format!(r#""name":"all-{round}""#);
            let next = file.with(&[(r#""name":"all""#, &name)])?;
            assert_eq!(gate.envoy.reload(&next)?, Reload::Accepted);
            assert_eq!(gate.everywhere(&token)?.0, 200);
        }
        assert_eq!(gate.fetched().len(), 1);
        let bad = file.with(&[(r#""provider":"shop""#, r#""provider":"nobody""#)])?;
        let Reload::Rejected(log) = gate.envoy.reload(&bad)? else {
            panic!("a rule of an unknown provider was taken");
        };
        assert!(log.contains("rules[0].require"), "{log}");
        assert_eq!(gate.everywhere(&token)?.0, 200);
        Ok(())
    })
}

/// Another audience: what was verified before is judged by the new document.
#[test]
fn a_verified_token_is_judged_by_the_document_of_now() -> Result<()> {
    each_envoy(|binary| {
        let (gate, file) = open(binary, Answer::held())?;
        gate.publish();
        let token = gate.issuer.token()?;
        gate.settles(&token, 200)?;
        let next = file.with(&[(r#""audiences":["shop"]"#, r#""audiences":["stock"]"#)])?;
        assert_eq!(gate.envoy.reload(&next)?, Reload::Accepted);
        let expected = (401, "jwt_wrong_audience".to_owned());
        assert_eq!(gate.everywhere(&token)?, expected);
        Ok(())
    })
}

//! envoy/jwt-auth-mtls.yaml as shipped: a token is good with its certificate only.

use gatepost_e2e::{
    Answer, Authority, Certificate, Envoy, FeedServer, Identity, Response, Result, Upstream,
    connect_tls, each_envoy, encoded,
};
use ring::digest;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde_json::json;
use tempfile::TempDir;

use crate::gate::{KEYS, bearer, bootstrap, is_denied, issuer};

/// `x5t#S256` (RFC 8705 3.1): the hash of the certificate's DER.
fn thumbprint(certificate: &Certificate) -> String {
    let der = CertificateDer::from_pem_slice(certificate.pem.as_bytes()).expect("is PEM");
    encoded(digest::digest(&digest::SHA256, &der))
}

#[test]
fn a_token_is_good_with_the_certificate_that_it_names() -> Result<()> {
    each_envoy(|binary| {
        let authority = Authority::new("the authority")?;
        let folder = TempDir::new().expect("a folder");
        authority
            .issue(Identity::Dns("gate.test"))?
            .write(folder.path(), "server")?;
        std::fs::write(folder.path().join("ca.crt"), authority.pem()).expect("is written");
        let (upstream, server, issuer) = (Upstream::start()?, FeedServer::start()?, issuer()?);
        server.answer(KEYS, Answer::ok(issuer.jwks()));
        let file = bootstrap("jwt-auth-mtls.yaml", &upstream, &server, None)?
            .with(&[("/etc/envoy/certs", &folder.path().display().to_string())])?;
        let envoy = Envoy::start(binary, &file)?;
        let to = envoy.listener("mtls")?;
        let ask = |certificate: &Certificate, token: &str| -> Result<Response> {
            let mut client = connect_tls(None, to, "gate.test", &authority, Some(certificate))?;
            client.get("/", &[("authorization", &bearer(token))])
        };
        let alice = authority.issue(Identity::Uri("spiffe://shop.example/alice"))?;
        let thief = authority.issue(Identity::Uri("spiffe://shop.example/thief"))?;
        let bound = issuer.token_with(&json!({"cnf": {"x5t#S256": thumbprint(&alice)}}))?;
        for _ in 0..4 {
            let answer = ask(&alice, &bound)?;
            assert_eq!(answer.status, 200, "{}", answer.text());
            assert_eq!(answer.echo()?.values("x-user"), ["alice"]);
            // Verified before, and out of the cache: judged again all the same.
            is_denied(&ask(&thief, &bound)?, 401, "jwt_not_bound", "invalid_token");
        }
        for cnf in [
            json!(null),
            json!({}),
            json!("x"),
            json!({"x5t#S256": ""}),
            json!({"x5t#S256": 7}),
            json!({"x5t#S256": format!("{}=", thumbprint(&alice))}),
            json!({"x5t": thumbprint(&alice)}),
        ] {
            let token = issuer.token_with(&json!({"cnf": cnf}))?;
            let answer = ask(&alice, &token)?;
            is_denied(&answer, 401, "jwt_not_bound", "invalid_token");
        }
        // Of a key of the client nobody shows a proof.
        let token = issuer.token_with(&json!({"cnf": {"jkt": thumbprint(&alice)}}))?;
        is_denied(
            &ask(&alice, &token)?,
            401,
            "jwt_dpop_bound",
            "invalid_token",
        );
        // An intermediary's header says nothing of the connection.
        let mut client = connect_tls(None, to, "gate.test", &authority, Some(&thief))?;
        let forged = format!("Hash={}", thumbprint(&alice));
        let headers = [
            ("authorization", bearer(&bound)),
            ("x-forwarded-client-cert", forged),
        ];
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let answer = client.get("/", &headers)?;
        is_denied(&answer, 401, "jwt_not_bound", "invalid_token");
        Ok(())
    })
}

//! TLS with and without a client certificate: what the tests of peer identity stand on.

use gatepost_e2e::{
    Authority, Bootstrap, Certificate, Envoy, Identity, Result, Upstream, connect_tls, each_envoy,
};
use tempfile::TempDir;

const SPIFFE: &str = "spiffe://cluster.local/ns/default/sa/web";

fn start(
    binary: &gatepost_e2e::Binary,
    authority: &Authority,
    folder: &TempDir,
) -> Result<(Envoy, Upstream)> {
    authority
        .issue(Identity::Dns("gate.test"))?
        .write(folder.path(), "server")?;
    std::fs::write(folder.path().join("ca.crt"), authority.pem()).unwrap();
    let upstream = Upstream::start()?;
    let bootstrap = Bootstrap::read(
        "e2e/testdata/mtls.yaml",
        &[
            ("port_value: 10000", "port_value: 0"),
            ("port_value: 9901", "port_value: 0"),
            (
                "port_value: 8080",
                &format!("port_value: {}", upstream.port()),
            ),
            ("/etc/envoy/certs", &folder.path().display().to_string()),
        ],
    )?;
    Ok((Envoy::start(binary, &bootstrap)?, upstream))
}

#[test]
fn only_a_client_with_a_valid_certificate_gets_through() -> Result<()> {
    each_envoy(|binary| {
        let authority = Authority::new("the authority")?;
        let folder = TempDir::new().unwrap();
        let (envoy, upstream) = start(binary, &authority, &folder)?;
        let to = envoy.listener("ingress")?;
        let get = |certificate: Option<&Certificate>| {
            connect_tls(None, to, "gate.test", &authority, certificate)?.get("/", &[])
        };

        let web = authority.issue(Identity::Uri(SPIFFE))?;
        let echo = get(Some(&web))?.echo()?;
        let shown = echo.values("x-forwarded-client-cert");
        assert!(
            shown.len() == 1 && shown[0].ends_with(&format!(";URI={SPIFFE}")),
            "{shown:?}"
        );

        assert!(get(None).is_err());
        assert!(get(Some(&Certificate::self_signed(Identity::Uri(SPIFFE))?)).is_err());
        let stranger = Authority::new("a stranger")?.issue(Identity::Uri(SPIFFE))?;
        assert!(get(Some(&stranger)).is_err());
        assert_eq!(upstream.requests(), 1);
        Ok(())
    })
}

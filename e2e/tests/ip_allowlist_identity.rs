//! envoy/ip-allowlist-identity.yaml as shipped: address and SPIFFE identity.

use std::net::{IpAddr, Ipv4Addr};

use gatepost_e2e::{
    Authority, Certificate, Envoy, Identity, Result, Upstream, connect_tls, each_envoy, shipped,
};
use tempfile::TempDir;

const CART: &str = "spiffe://cluster.local/ns/shop/sa/cart";
const STOCK: &str = "spiffe://cluster.local/ns/shop/sa/stock";
const INTRUDER: &str = "spiffe://cluster.local/ns/shop-evil/sa/cart";
const NEAR: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
const FAR: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 9));

#[test]
fn address_and_identity_must_both_be_right() -> Result<()> {
    each_envoy(|binary| {
        let authority = Authority::new("the authority")?;
        let folder = TempDir::new().unwrap();
        authority
            .issue(Identity::Dns("gate.test"))?
            .write(folder.path(), "server")?;
        std::fs::write(folder.path().join("ca.crt"), authority.pem()).unwrap();
        let upstream = Upstream::start()?;
        let bootstrap = shipped("ip-allowlist-identity.yaml", &upstream)?
            .with(&[("/etc/envoy/certs", &folder.path().display().to_string())])?;
        let envoy = Envoy::start(binary, &bootstrap)?;
        let to = envoy.listener("mtls")?;
        let get = |from: IpAddr, certificate: &Certificate, path: &str| {
            connect_tls(Some(from), to, "gate.test", &authority, Some(certificate))?.get(path, &[])
        };
        let cart = authority.issue(Identity::Uri(CART))?;
        let stock = authority.issue(Identity::Uri(STOCK))?;
        let intruder = authority.issue(Identity::Uri(INTRUDER))?;
        let nobody = authority.issue(Identity::Dns("nobody.test"))?;
        for (from, certificate, path, status, says) in [
            (NEAR, &cart, "/orders/1", 200, ""),
            (FAR, &cart, "/orders/1", 403, "ip_not_allowed"),
            (NEAR, &stock, "/orders/1", 403, "identity_not_allowed"),
            (FAR, &stock, "/", 200, ""),
            (FAR, &intruder, "/", 403, "identity_not_allowed"),
            (FAR, &nobody, "/", 403, "identity_missing"),
        ] {
            let response = get(from, certificate, path)?;
            assert_eq!(response.status, status, "{path}: {}", response.text());
            assert!(
                response.text().contains(says),
                "{path}: {}",
                response.text()
            );
        }
        // The right name in a certificate that nobody signed never gets here.
        let forged = Certificate::self_signed(Identity::Uri(CART))?;
        assert!(get(NEAR, &forged, "/orders/1").is_err());
        let stranger = Authority::new("a stranger")?.issue(Identity::Uri(CART))?;
        assert!(get(NEAR, &stranger, "/orders/1").is_err());
        assert_eq!(upstream.requests(), 2);
        Ok(())
    })
}

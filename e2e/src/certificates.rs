//! Certificates that exist only for one test.

use std::fs;
use std::path::Path;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType,
};

use crate::{Error, Result};

/// A certificate authority of a test.
pub struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// What a certificate says its holder is.
#[derive(Clone, Copy, Debug)]
pub enum Identity<'a> {
    /// A DNS name, for a server.
    Dns(&'a str),
    /// A URI, for a client: `spiffe://cluster.local/ns/default/sa/web`.
    Uri(&'a str),
}

/// A certificate with its key, both as PEM.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// The certificate.
    pub pem: String,
    /// Its private key.
    pub key_pem: String,
}

impl Authority {
    /// A new authority with a new key.
    pub fn new(name: &str) -> Result<Self> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().map_err(failed)?;
        let pem = params.self_signed(&key).map_err(failed)?.pem();
        Ok(Self {
            pem,
            issuer: Issuer::new(params, key),
        })
    }

    /// Its own certificate as PEM: what those write who trust it.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// A certificate that it signs.
    pub fn issue(&self, identity: Identity<'_>) -> Result<Certificate> {
        let key = KeyPair::generate().map_err(failed)?;
        let pem = params(identity)?
            .signed_by(&key, &self.issuer)
            .map_err(failed)?
            .pem();
        Ok(Certificate {
            pem,
            key_pem: key.serialize_pem(),
        })
    }
}

impl Certificate {
    /// A certificate that nobody vouches for.
    pub fn self_signed(identity: Identity<'_>) -> Result<Self> {
        let key = KeyPair::generate().map_err(failed)?;
        let pem = params(identity)?.self_signed(&key).map_err(failed)?.pem();
        Ok(Self {
            pem,
            key_pem: key.serialize_pem(),
        })
    }

    /// Writes `<name>.crt` and `<name>.key` into `folder`.
    pub fn write(&self, folder: &Path, name: &str) -> Result<()> {
        let path = folder.join(name);
        fs::write(path.with_extension("crt"), &self.pem)
            .and_then(|()| fs::write(path.with_extension("key"), &self.key_pem))
            .map_err(Error::io("writing a certificate"))
    }
}

fn params(identity: Identity<'_>) -> Result<CertificateParams> {
    let mut params = CertificateParams::default();
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![
        ExtendedKeyUsagePurpose::ServerAuth,
        ExtendedKeyUsagePurpose::ClientAuth,
    ];
    params.use_authority_key_identifier_extension = true;
    params.subject_alt_names.push(match identity {
        Identity::Dns(name) => SanType::DnsName(name.try_into().map_err(failed)?),
        Identity::Uri(uri) => SanType::URI(uri.try_into().map_err(failed)?),
    });
    Ok(params)
}

#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
fn failed(error: rcgen::Error) -> Error {
    Error::Tls(error.to_string())
}

//! HTTP/1.1 over TLS, with a client certificate if wanted.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::http1::{ANSWER_WITHIN, Stream, connect_tcp};
use crate::{Authority, Certificate, Error, Http1Client, Result};

impl Stream for StreamOwned<ClientConnection, TcpStream> {
    fn set_read_within(&self, within: Duration) -> io::Result<()> {
        self.sock.set_read_timeout(Some(within))
    }
}

/// Connects to the server that has a certificate for `name` from `trusted`, from
/// the address `source` if given, with `certificate` if given.
///
/// In TLS 1.3 the server refuses a client's certificate after the handshake is
/// done for the client: the refusal shows at the first response, as an error.
pub fn connect_tls(
    source: Option<IpAddr>,
    to: SocketAddr,
    name: &str,
    trusted: &Authority,
    certificate: Option<&Certificate>,
) -> Result<Http1Client> {
    let mut roots = RootCertStore::empty();
    roots.add(parse(trusted.pem())?).map_err(refused)?;
    let config =
        ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(refused)?
            .with_root_certificates(roots);
    let config = match certificate {
        None => config.with_no_client_auth(),
        Some(certificate) => {
            let key = PrivateKeyDer::from_pem_slice(certificate.key_pem.as_bytes())
                .map_err(|why| Error::Tls(why.to_string()))?;
            config
                .with_client_auth_cert(vec![parse(&certificate.pem)?], key)
                .map_err(refused)?
        }
    };
    let name = ServerName::try_from(name.to_owned()).map_err(|why| Error::Tls(why.to_string()))?;
    let mut connection = ClientConnection::new(Arc::new(config), name).map_err(refused)?;
    let mut tcp = connect_tcp(source, to)?;
    tcp.set_read_timeout(Some(ANSWER_WITHIN))
        .map_err(Error::io("connecting"))?;
    while connection.is_handshaking() {
        connection
            .complete_io(&mut tcp)
            .map_err(|why| Error::Tls(why.to_string()))?;
    }
    Ok(Http1Client::over(StreamOwned::new(connection, tcp)))
}

fn parse(pem: &str) -> Result<CertificateDer<'static>> {
    CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|why| Error::Tls(why.to_string()))
}

#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
fn refused(error: rustls::Error) -> Error {
    Error::Tls(error.to_string())
}

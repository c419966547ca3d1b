//! An HTTP/2 client without TLS (prior knowledge).

use std::convert::Infallible;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};

use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper::{HeaderMap, Request};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

use crate::http1::{ANSWER_WITHIN, connect_tcp};
use crate::response::fields;
use crate::{Error, Response, Result};

type Body = BoxBody<Bytes, Infallible>;

/// One connection.
pub struct Http2Client {
    runtime: Runtime,
    sender: SendRequest<Body>,
}

impl Http2Client {
    /// Connects from whichever address the system chooses.
    pub fn connect(to: SocketAddr) -> Result<Self> {
        Self::open(None, to)
    }

    /// Connects from `source`: any address of 127.0.0.0/8 is one of this machine.
    pub fn connect_from(source: IpAddr, to: SocketAddr) -> Result<Self> {
        Self::open(Some(source), to)
    }

    /// Sends a request and reads the whole response. The URI is absolute: scheme
    /// and authority become `:scheme` and `:authority`. A stream that the peer
    /// resets gives [`Error::Malformed`] with the reason.
    pub fn send(&mut self, request: Request<Bytes>) -> Result<Response> {
        self.exchange(request.map(|bytes| Full::new(bytes).boxed()))
    }

    /// Like [`Http2Client::send`], with trailers after the body.
    pub fn send_with_trailers(
        &mut self,
        request: Request<Bytes>,
        trailers: HeaderMap,
    ) -> Result<Response> {
        let trailers = async move { Some(Ok(trailers)) };
        self.exchange(request.map(|bytes| Full::new(bytes).with_trailers(trailers).boxed()))
    }

    /// A GET with `headers`, to the authority `test`.
    pub fn get(&mut self, path: &str, headers: &[(&str, &str)]) -> Result<Response> {
        let mut request = Request::get(format!("http://test{path}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Bytes::new());
        self.send(
            request.map_err(|why| Error::Malformed(format!("the test's own request: {why}")))?,
        )
    }

    fn open(source: Option<IpAddr>, to: SocketAddr) -> Result<Self> {
        let stream = connect_tcp(source, to)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(Error::io("starting a runtime"))?;
        let sender = runtime.block_on(in_time("an HTTP/2 connection", async {
            stream
                .set_nonblocking(true)
                .map_err(Error::io("connecting"))?;
            let stream = TcpStream::from_std(stream).map_err(Error::io("connecting"))?;
            let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream))
                .await
                .map_err(malformed)?;
            tokio::spawn(connection);
            Ok(sender)
        }))?;
        Ok(Self { runtime, sender })
    }

    fn exchange(&mut self, request: Request<Body>) -> Result<Response> {
        let sender = &mut self.sender;
        self.runtime.block_on(in_time("a response", async {
            sender.ready().await.map_err(malformed)?;
            whole(sender.send_request(request).await.map_err(malformed)?).await
        }))
    }
}

async fn whole(response: hyper::Response<Incoming>) -> Result<Response> {
    let (head, body) = response.into_parts();
    let body = body.collect().await.map_err(malformed)?;
    let trailers = body.trailers().map(fields).unwrap_or_default();
    Ok(Response {
        status: head.status.as_u16(),
        headers: fields(&head.headers),
        body: body.to_bytes().to_vec(),
        trailers,
    })
}

async fn in_time<T>(what: &str, step: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::time::timeout(ANSWER_WITHIN, step)
        .await
        .unwrap_or_else(|_| {
            Err(Error::Timeout {
                what: what.to_owned(),
                within: ANSWER_WITHIN,
            })
        })
}

#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
fn malformed(error: hyper::Error) -> Error {
    use std::error::Error as _;
    match error.source() {
        Some(source) => Error::Malformed(format!("{error}: {source}")),
        None => Error::Malformed(error.to_string()),
    }
}

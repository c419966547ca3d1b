//! The service behind the proxy: it tells what it received.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use http_body_util::channel::Channel;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION, UPGRADE};
use hyper::service::service_fn;
use hyper::{HeaderMap, Method, Request, Response, StatusCode, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::{Echo, Error, Result, grpc_frame};

type Body = BoxBody<Bytes, Infallible>;

/// An echo server for HTTP/1.1 and HTTP/2 without TLS, on a free port of 127.0.0.1
/// or where a test wants it.
///
/// | request | answer |
/// |---|---|
/// | `content-type: application/grpc` | a gRPC message that holds the [`Echo`], `grpc-status: 0` |
/// | CONNECT, or `upgrade: <protocol>` | the tunnel; every byte comes back |
/// | path `/status/<code>?location=<uri>` | that status, with that `location` |
/// | path `/early` | 200 and `early` at once, the [`Echo`] when the request has ended |
/// | anything else | 200 and an [`Echo`] as JSON |
///
/// Dropping it closes its port and its connections.
pub struct Upstream {
    port: u16,
    seen: Arc<Seen>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Seen {
    requests: AtomicU64,
    last: Mutex<Option<Echo>>,
}

impl Upstream {
    /// Starts it; it listens when this returns.
    pub fn start() -> Result<Self> {
        Self::start_at((Ipv4Addr::LOCALHOST, 0).into())
    }

    /// Starts it at an address of the machine; it listens when this returns.
    pub fn start_at(address: SocketAddr) -> Result<Self> {
        let starting = || Error::io("starting the upstream");
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(starting())?;
        let listener = runtime
            .block_on(TcpListener::bind(address))
            .map_err(starting())?;
        let port = listener.local_addr().map_err(starting())?.port();
        let seen = Arc::new(Seen::default());
        let (stop, stopped) = oneshot::channel();
        let serving = Arc::clone(&seen);
        // Listener and connections are tasks of this runtime and end with it.
        let thread = thread::spawn(move || {
            runtime.spawn(serve(listener, serving));
            let _ = runtime.block_on(stopped);
        });
        Ok(Self {
            port,
            seen,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// How many requests arrived, counted when the head is there.
    pub fn requests(&self) -> u64 {
        self.seen.requests.load(Ordering::SeqCst)
    }

    /// The last request that arrived whole; also when its client never saw an answer.
    pub fn last(&self) -> Option<Echo> {
        self.seen
            .last
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn serve(listener: TcpListener, seen: Arc<Seen>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        let seen = Arc::clone(&seen);
        tokio::spawn(async move {
            let service = service_fn(|request| answer(request, Arc::clone(&seen)));
            // A connection that breaks is the test's business, not the server's.
            let _ = auto::Builder::new(TokioExecutor::new())
                .serve_connection_with_upgrades(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn answer(request: Request<Incoming>, seen: Arc<Seen>) -> io::Result<Response<Body>> {
    seen.requests.fetch_add(1, Ordering::SeqCst);
    let upgrade = request.headers().get(UPGRADE).cloned();
    if request.method() == Method::CONNECT || upgrade.is_some() {
        remember(&seen, describe(&request, 0, None));
        return Ok(tunnel(request, upgrade));
    }
    if request.uri().path() == "/early" {
        return Ok(early(request, seen));
    }
    let echo = receive(request, &seen).await?;
    let text = serde_json::to_vec(&echo).map_err(io::Error::other)?;
    Ok(respond(&echo, &text))
}

/// Takes a request to its end.
async fn receive(request: Request<Incoming>, seen: &Seen) -> io::Result<Echo> {
    let (head, mut body) = request.into_parts();
    let (mut length, mut trailers) = (0, None);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(io::Error::other)?;
        length += frame.data_ref().map_or(0, |data| data.len() as u64);
        trailers = frame.into_trailers().ok().or(trailers);
    }
    let echo = describe(&Request::from_parts(head, ()), length, trailers.as_ref());
    remember(seen, echo.clone());
    Ok(echo)
}

/// A response that starts before the request has ended, and ends after it.
fn early(request: Request<Incoming>, seen: Arc<Seen>) -> Response<Body> {
    let (mut sender, body) = Channel::new(2);
    tokio::spawn(async move {
        // Fails only when the client has gone.
        let _ = sender.send_data(Bytes::from_static(b"early")).await;
        if let Ok(echo) = receive(request, &seen).await {
            let text = serde_json::to_vec(&echo).unwrap_or_default();
            let _ = sender.send_data(text.into()).await;
        }
    });
    json(body.boxed(), "application/json")
}

fn respond(echo: &Echo, text: &[u8]) -> Response<Body> {
    if echo
        .values("content-type")
        .iter()
        .any(|kind| kind.starts_with("application/grpc"))
    {
        let status = (
            HeaderName::from_static("grpc-status"),
            HeaderValue::from_static("0"),
        );
        let trailers = HeaderMap::from_iter([status]);
        let body = Full::new(grpc_frame(text)).with_trailers(async { Some(Ok(trailers)) });
        return json(body.boxed(), "application/grpc");
    }
    let (path, query) = echo.path.split_once('?').unwrap_or((&echo.path, ""));
    let code = path
        .strip_prefix("/status/")
        .and_then(|code| code.parse().ok());
    if let Some(status) = code.and_then(|code| StatusCode::from_u16(code).ok()) {
        let mut response = Response::new(Full::default().boxed());
        *response.status_mut() = status;
        if let Some(location) = query
            .strip_prefix("location=")
            .and_then(|to| to.parse().ok())
        {
            response.headers_mut().insert(LOCATION, location);
        }
        return response;
    }
    json(
        Full::new(Bytes::copy_from_slice(text)).boxed(),
        "application/json",
    )
}

fn json(body: Body, kind: &'static str) -> Response<Body> {
    let mut response = Response::new(body);
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

fn tunnel(request: Request<Incoming>, upgrade: Option<HeaderValue>) -> Response<Body> {
    let mut response = Response::new(Full::default().boxed());
    if let Some(protocol) = upgrade {
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        response
            .headers_mut()
            .insert(CONNECTION, HeaderValue::from_static("upgrade"));
        response.headers_mut().insert(UPGRADE, protocol);
    }
    tokio::spawn(async move {
        if let Ok(upgraded) = hyper::upgrade::on(request).await {
            let (mut read, mut write) = tokio::io::split(TokioIo::new(upgraded));
            let _ = tokio::io::copy(&mut read, &mut write).await;
            let _ = write.shutdown().await;
        }
    });
    response
}

fn remember(seen: &Seen, echo: Echo) {
    *seen.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(echo);
}

fn describe<B>(request: &Request<B>, body_length: u64, trailers: Option<&HeaderMap>) -> Echo {
    let uri = request.uri();
    Echo {
        version: match request.version() {
            Version::HTTP_2 => "HTTP/2.0".to_owned(),
            other => format!("{other:?}"),
        },
        method: request.method().to_string(),
        authority: uri.authority().map(ToString::to_string),
        path: uri
            .path_and_query()
            .map_or_else(String::new, ToString::to_string),
        headers: escaped(request.headers()),
        body_length,
        trailers: trailers.map(escaped).unwrap_or_default(),
    }
}

fn escaped(fields: &HeaderMap) -> Vec<(String, String)> {
    fields
        .iter()
        .map(|(name, value)| {
            (
                name.as_str().to_owned(),
                value.as_bytes().escape_ascii().to_string(),
            )
        })
        .collect()
}

//! Requests in the shape of gRPC and gRPC-Web, without a protocol compiler.

use hyper::Request;
use hyper::body::Bytes;

use crate::{Error, Http1Client, Http2Client, Response, Result};

/// What a gRPC client makes of a response.
#[derive(Clone, Debug)]
pub struct GrpcResponse {
    /// `grpc-status`, from the trailers or from a response of headers only. None:
    /// the answer was no gRPC, and a client would map the HTTP status.
    pub status: Option<u16>,
    /// `grpc-message`, still percent-encoded.
    pub message: Option<String>,
    /// The response as HTTP.
    pub http: Response,
}

/// Calls `path` (`/package.Service/Method`) with one message.
pub fn grpc_request(
    client: &mut Http2Client,
    path: &str,
    headers: &[(&str, &str)],
    message: &[u8],
) -> Result<GrpcResponse> {
    let mut request = Request::post(format!("http://test{path}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request
        .body(grpc_frame(message))
        .map_err(|why| Error::Malformed(format!("the test's own request: {why}")))?;
    let http = client.send(request)?;
    let field = |name| http.trailer(name).or_else(|| http.header(name));
    Ok(GrpcResponse {
        status: field("grpc-status").and_then(|status| status.parse().ok()),
        message: field("grpc-message"),
        http,
    })
}

/// Calls `path` with one message as a gRPC-Web client does: over HTTP/1.1, and the
/// trailers come as the last frame of the body, or the status as headers.
pub fn grpc_web_request(
    client: &mut Http1Client,
    path: &str,
    headers: &[(&str, &str)],
    message: &[u8],
) -> Result<GrpcResponse> {
    let kind = [
        ("content-type", "application/grpc-web+proto"),
        ("x-grpc-web", "1"),
    ];
    let http = client.request(
        "POST",
        path,
        &[&kind, headers].concat(),
        &grpc_frame(message),
    )?;
    let trailers = web_trailers(&http.body);
    let field = |name: &str| {
        let in_body = trailers.lines().find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known
                .eq_ignore_ascii_case(name)
                .then(|| value.trim().to_owned())
        });
        in_body.or_else(|| http.header(name))
    };
    Ok(GrpcResponse {
        status: field("grpc-status").and_then(|status| status.parse().ok()),
        message: field("grpc-message"),
        http,
    })
}

/// The text of the frame whose first byte has the highest bit set; empty if none is there.
fn web_trailers(body: &[u8]) -> String {
    let mut left = body;
    while let [kind, a, b, c, d, rest @ ..] = left {
        let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
        let (payload, behind) = rest.split_at(length.min(rest.len()));
        if kind & 0x80 != 0 {
            return String::from_utf8_lossy(payload).into_owned();
        }
        left = behind;
    }
    String::new()
}

/// One message in its frame: not compressed, its length in four bytes.
pub fn grpc_frame(message: &[u8]) -> Bytes {
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    [&[0], length.to_be_bytes().as_slice(), message]
        .concat()
        .into()
}

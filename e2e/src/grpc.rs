//! Requests in the shape of gRPC, without a protocol compiler.

use hyper::Request;
use hyper::body::Bytes;

use crate::{Error, Http2Client, Response, Result};

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

/// One message in its frame: not compressed, its length in four bytes.
pub fn grpc_frame(message: &[u8]) -> Bytes {
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    [&[0], length.to_be_bytes().as_slice(), message]
        .concat()
        .into()
}

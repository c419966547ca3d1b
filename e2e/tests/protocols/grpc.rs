//! gRPC and gRPC-Web: a denial is a status that such a client reads.

use gatepost_e2e::{GrpcResponse, Result, grpc_request, grpc_web_request};

use crate::gate::{Door, each_gate};
use crate::proxy::Manner;

const METHOD: &str = "/test.Service/Method";

/// The answer is the status of this case with the reason as message.
fn is_denied(door: &Door, http_status: u16, answer: &GrpcResponse) {
    assert_eq!(answer.http.status, http_status);
    assert_eq!(answer.status, Some(door.case.grpc_status));
    assert_eq!(answer.message.as_deref(), Some(door.case.reason));
    assert!(answer.http.body.is_empty() && answer.http.trailers.is_empty());
}

#[test]
fn a_grpc_call_reaches_its_service_or_gets_a_status() -> Result<()> {
    each_gate(|gate| {
        let answer = gate.allows(1, |door| {
            grpc_request(&mut door.http2()?, METHOD, &door.with(&[]), b"x")
        })?;
        assert_eq!((answer.http.status, answer.status), (200, Some(0)));
        assert_eq!(answer.http.trailer("grpc-status").as_deref(), Some("0"));
        let echo = gate.proxy.upstream.last().expect("the call arrived");
        // One message in its frame.
        assert_eq!((echo.path.as_str(), echo.body_length), (METHOD, 6));
        gate.denies(|door| {
            let answer = grpc_request(&mut door.http2()?, METHOD, &door.with(&[]), b"x")?;
            is_denied(door, 200, &answer);
            assert_eq!(
                answer.http.header("content-type").as_deref(),
                Some("application/grpc")
            );
            Ok(())
        })
    })
}

/// With Envoy's translation in front of the filter, and without it.
#[test]
fn a_grpc_web_client_reads_the_answer_and_the_denial() -> Result<()> {
    each_gate(|gate| {
        let answer = gate.allows(1, |door| {
            grpc_web_request(&mut door.http1()?, METHOD, &door.with(&[]), b"x")
        })?;
        let echo = gate.proxy.upstream.last().expect("the call arrived");
        match gate.manner {
            Manner::Rich => {
                assert_eq!(answer.status, Some(0));
                assert_eq!(echo.values("content-type"), ["application/grpc"]);
            }
            // Then it is for the upstream to speak gRPC-Web.
            Manner::Plain => {
                assert_eq!(answer.http.status, 200);
                assert_eq!(echo.values("content-type"), ["application/grpc-web+proto"]);
            }
        }
        gate.denies(|door| {
            let answer = grpc_web_request(&mut door.http1()?, METHOD, &door.with(&[]), b"x")?;
            // What Envoy translates keeps the HTTP status, beside that of gRPC.
            let http_status = match gate.manner {
                Manner::Plain => 200,
                Manner::Rich => door.case.status,
            };
            is_denied(door, http_status, &answer);
            Ok(())
        })
    })
}

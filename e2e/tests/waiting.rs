//! A request that waits is held whole, headers, body and trailers, in a real Envoy.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use gatepost_e2e::{
    Binary, Bootstrap, Envoy, Http1Client, Result, Upstream, each_envoy, test_module,
};

struct Gate {
    envoy: Envoy,
    upstream: Upstream,
    asked: TcpListener,
    to: SocketAddr,
}

impl Gate {
    fn open(binary: &Binary, stop_iteration: bool) -> Result<Self> {
        let upstream = Upstream::start()?;
        let asked = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let ask_port = asked.local_addr().expect("it is bound").port();
        let bootstrap = Bootstrap::read(
            "e2e/testdata/waiting.yaml",
            &[
                ("port_value: 10000", "port_value: 0"),
                ("port_value: 9901", "port_value: 0"),
                (
                    "port_value: 8080",
                    &format!("port_value: {}", upstream.port()),
                ),
                ("port_value: 8081", &format!("port_value: {ask_port}")),
                (
                    "/etc/envoy/chain.wasm",
                    &test_module("chain")?.display().to_string(),
                ),
                (
                    "allow_on_headers_stop_iteration: true",
                    &format!("allow_on_headers_stop_iteration: {stop_iteration}"),
                ),
            ],
        )?;
        let envoy = Envoy::start(binary, &bootstrap)?;
        let to = envoy.listener("ingress")?;
        Ok(Self {
            envoy,
            upstream,
            asked,
            to,
        })
    }

    /// The filter's question, once it has come: it waits for an answer.
    fn question(&self) -> TcpStream {
        let (stream, _) = self.asked.accept().expect("the filter asks");
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .expect("a timeout");
        let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
        let mut line = String::new();
        while reader.read_line(&mut line).is_ok_and(|length| length > 2) {
            line.clear();
        }
        // The body is one byte; then the question is whole.
        let mut body = [0];
        reader.read_exact(&mut body).expect("the question's body");
        stream
    }

    /// Sends a request and waits until Envoy has read all of it.
    fn send(&self, bytes: &[u8]) -> Result<Http1Client> {
        const RECEIVED: &str = "http.ingress.downstream_cx_rx_bytes_total";
        let before = self.envoy.stats()?.get(RECEIVED);
        let mut client = Http1Client::connect(self.to)?;
        client.send(bytes)?;
        let whole = before + u64::try_from(bytes.len()).expect("is small");
        self.envoy
            .wait_for_stat(RECEIVED, |received| received >= whole)?;
        Ok(client)
    }
}

fn answer(mut question: TcpStream, status: &str) {
    let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok");
    question
        .write_all(answer.as_bytes())
        .expect("the filter still listens");
}

const REQUESTS: [(&[u8], u64); 3] = [
    (b"GET /a HTTP/1.1\r\nhost: a\r\n\r\n", 0),
    (b"POST /a HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello", 5),
    (
        b"POST /a HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nx-t: 1\r\n\r\n",
        5,
    ),
];

#[test]
fn nothing_of_a_request_that_waits_reaches_the_upstream() -> Result<()> {
    each_envoy(|binary| {
        for stop_iteration in [true, false] {
            let gate = Gate::open(binary, stop_iteration)?;
            let mut passed = 0;
            for (bytes, length) in REQUESTS {
                let mut client = gate.send(bytes)?;
                let question = gate.question();
                assert_eq!(gate.upstream.requests(), passed, "{}", bytes.escape_ascii());
                answer(question, "200 OK");
                let response = client.response()?;
                passed += 1;
                let echo = response.echo()?;
                assert_eq!((response.status, echo.body_length), (200, length));
                assert_eq!(echo.values("x-answer"), ["ok"]);

                let mut client = gate.send(bytes)?;
                answer(gate.question(), "403 Forbidden");
                assert_eq!(client.response()?.status, 403);
                assert_eq!(gate.upstream.requests(), passed);
            }
        }
        Ok(())
    })
}

#[test]
fn a_call_that_nobody_answers_ends_the_wait_with_a_denial() -> Result<()> {
    each_envoy(|binary| {
        let gate = Gate::open(binary, true)?;
        let mut client = gate.send(REQUESTS[1].0)?;
        let _never_answered = gate.question();
        // Envoy answers the call in the place of the service, with 504.
        assert!(client.response()?.status >= 400);
        assert_eq!(gate.upstream.requests(), 0);
        Ok(())
    })
}

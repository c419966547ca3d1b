//! While a filter waits nothing of the request reaches the upstream; with the
//! verdict everything does, once, or nothing ever. What a client gives up is gone.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, Ipv4Addr, TcpListener, TcpStream};
use std::time::Duration;

use gatepost_e2e::{Binary, Http1Client, RawHttp2Client, Result, StreamEnd, each_envoy};

use crate::proxy::{Listener, Manner, Proxy, count};
use crate::table::Module;

const FROM: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
const LONG: &str = "{filters: [{ask: {cluster: ask, at_most: 15s}}]}";
const SHORT: &str = "{filters: [{ask: {cluster: ask, at_most: 2s}}]}";
const FROM_HERE: &str = r#"{client_address: {from: connection}, lists: {here: {cidrs: ["127.0.0.0/8"]}}, rules: [{name: all, allow: [here]}]}"#;
const MANNERS: [Manner; 2] = [Manner::Plain, Manner::Rich];

/// A proxy whose filter asks the test about each request.
struct Held {
    proxy: Proxy,
    asked: TcpListener,
}

impl Held {
    fn open(binary: &Binary, configuration: &str) -> Result<Self> {
        let asked = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = asked.local_addr().expect("it is bound").port();
        let listeners = MANNERS.map(|manner| Listener {
            manner,
            // Whom it lets go on, another module judges.
            behind: Some((Module::Shipped("ip-allowlist"), FROM_HERE)),
            ..Listener::new(format!("{manner:?}"), Module::Test("chain"), configuration)
        });
        let proxy = Proxy::open(binary, &listeners, port)?;
        Ok(Self { proxy, asked })
    }

    fn http1(&self, manner: Manner) -> Result<Http1Client> {
        Http1Client::connect_from(FROM, self.proxy.envoy.listener(&format!("{manner:?}"))?)
    }

    fn http2(&self, manner: Manner) -> Result<RawHttp2Client> {
        RawHttp2Client::connect_from(FROM, self.proxy.envoy.listener(&format!("{manner:?}"))?)
    }

    /// The filter's question, once it has come whole: it waits for an answer.
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
        // Of one byte.
        reader.read_exact(&mut [0]).expect("the question's body");
        stream
    }

    /// Waits until Envoy has read `bytes` more than `before`.
    fn has_read(&self, manner: Manner, before: u64, bytes: usize) -> Result<()> {
        let whole = before + u64::try_from(bytes).expect("is small");
        self.proxy
            .envoy
            .wait_for_stat(&received(manner), |received| received >= whole)?;
        Ok(())
    }

    /// A plain request, asked about and answered.
    fn serves(&self, manner: Manner) -> Result<()> {
        let mut client = self.http1(manner)?;
        client.send(b"GET /after HTTP/1.1\r\nhost: test\r\n\r\n")?;
        answer(self.question(), "200 OK");
        assert_eq!(client.response()?.status, 200);
        Ok(())
    }
}

fn received(manner: Manner) -> String {
    format!("http.{manner:?}.downstream_cx_rx_bytes_total")
}

fn answer(mut question: TcpStream, status: &str) {
    let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok");
    // Fails when Envoy has given the question up.
    let _ = question.write_all(answer.as_bytes());
}

#[test]
fn a_held_request_arrives_whole_and_once_or_never() -> Result<()> {
    let body = "x".repeat(300_000);
    let requests = [
        ("GET /a HTTP/1.1\r\nhost: a\r\n\r\n".to_owned(), 0, 0),
        ("POST /a HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello".to_owned(), 5, 0),
        (format!("POST /a HTTP/1.1\r\nhost: a\r\ncontent-length: 300000\r\n\r\n{body}"), 300_000, 0),
        (
            "POST /a HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nx-t: 1\r\n\r\n"
                .to_owned(),
            5,
            1,
        ),
    ];
    each_envoy(|binary| {
        let held = Held::open(binary, LONG)?;
        let mut passed = 0;
        for (manner, (request, length, trailers)) in MANNERS
            .iter()
            .flat_map(|manner| requests.iter().map(move |request| (*manner, request)))
        {
            for verdict in ["200 OK", "403 Forbidden"] {
                let before = held.proxy.envoy.stats()?.get(&received(manner));
                let mut client = held.http1(manner)?;
                client.send(request.as_bytes())?;
                held.has_read(manner, before, request.len())?;
                let question = held.question();
                assert_eq!(
                    held.proxy.upstream.requests(),
                    passed,
                    "{manner:?} {verdict}"
                );
                answer(question, verdict);
                let response = client.response()?;
                if verdict == "200 OK" {
                    passed += 1;
                    let echo = response.echo()?;
                    assert_eq!(
                        (echo.body_length, echo.trailers.len()),
                        (*length, *trailers)
                    );
                    assert_eq!(echo.values("x-answer"), ["ok"]);
                } else {
                    assert_eq!(response.status, 403);
                }
                assert_eq!(
                    held.proxy.upstream.requests(),
                    passed,
                    "{manner:?} {verdict}"
                );
            }
        }
        Ok(())
    })
}

#[test]
fn http2_body_and_trailers_are_held_with_their_headers() -> Result<()> {
    each_envoy(|binary| {
        let held = Held::open(binary, LONG)?;
        let mut passed = 0;
        for (manner, verdict) in MANNERS
            .iter()
            .flat_map(|manner| ["200 OK", "403 Forbidden"].map(|verdict| (*manner, verdict)))
        {
            let before = held.proxy.envoy.stats()?.get(&received(manner));
            let mut client = held.http2(manner)?;
            client.send_headers(1, &head("POST"), false)?;
            let question = held.question();
            // Body and trailers come while it waits; then the other requests of the connection.
            client.send_data(1, &[b'x'; 50_000], false)?;
            client.send_headers(1, &[("x-end", "1")], true)?;
            held.has_read(manner, before, 50_000)?;
            assert_eq!(
                held.proxy.upstream.requests(),
                passed,
                "{manner:?} {verdict}"
            );
            answer(question, verdict);
            let answer = client.answer(1)?;
            if verdict == "200 OK" {
                passed += 1;
                assert_eq!(answer.status, Some(200));
                let echo = held.proxy.upstream.last().expect("it arrived");
                assert_eq!((echo.body_length, echo.trailers.len()), (50_000, 1));
            } else {
                assert_eq!(answer.status, Some(403));
            }
            assert_eq!(
                held.proxy.upstream.requests(),
                passed,
                "{manner:?} {verdict}"
            );
        }
        Ok(())
    })
}

#[test]
fn a_call_that_nobody_answers_ends_the_wait_with_a_denial() -> Result<()> {
    each_envoy(|binary| {
        let held = Held::open(binary, SHORT)?;
        for manner in MANNERS {
            let mut client = held.http1(manner)?;
            client.send(b"POST /a HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello")?;
            let _never_answered = held.question();
            // Envoy answers the call in the place of the service, with 504.
            assert!(client.response()?.status >= 400);
            assert_eq!(held.proxy.upstream.requests(), 0);
        }
        Ok(())
    })
}

#[test]
fn requests_that_were_held_in_front_are_each_judged_when_they_come() -> Result<()> {
    const MANY: usize = 40;
    each_envoy(|binary| {
        let held = Held::open(binary, LONG)?;
        let mut clients = Vec::new();
        for _ in 0..MANY {
            let mut client = held.http1(Manner::Plain)?;
            client.send(b"GET /a HTTP/1.1\r\nhost: a\r\n\r\n")?;
            clients.push(client);
        }
        // All wait at once, on both workers, before the first goes on.
        let questions: Vec<TcpStream> = (0..MANY).map(|_| held.question()).collect();
        assert_eq!(held.proxy.upstream.requests(), 0);
        for question in questions {
            answer(question, "200 OK");
        }
        for mut client in clients {
            assert_eq!(client.response()?.status, 200);
        }
        let many = u64::try_from(MANY).expect("is small");
        assert_eq!(held.proxy.upstream.requests(), many);
        let stats = held.proxy.envoy.stats()?;
        assert_eq!(
            count(&stats, "ip-allowlist", "allowed", "all", "allowed"),
            many
        );
        Ok(())
    })
}

#[test]
fn a_client_that_gives_up_while_it_waits_leaves_nothing_behind() -> Result<()> {
    each_envoy(|binary| {
        let held = Held::open(binary, LONG)?;
        for manner in MANNERS {
            // One of its streams, its whole connection, with and without a body.
            let mut client = held.http2(manner)?;
            let mut questions = Vec::new();
            for id in [1, 3, 5] {
                client.send_headers(id, &head("POST"), false)?;
                questions.push(held.question());
                client.send_data(id, b"hello", id == 3)?;
                client.reset(id)?;
            }
            for request in [
                "GET /a HTTP/1.1\r\nhost: a\r\n\r\n",
                "POST /a HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nhe",
            ] {
                let mut client = held.http1(manner)?;
                client.send(request.as_bytes())?;
                questions.push(held.question());
            }
            let active = format!("http.{manner:?}.downstream_rq_active");
            held.proxy
                .envoy
                .wait_for_stat(&active, |active| active == 0)?;
            let before = held.proxy.upstream.requests();
            for question in questions {
                answer(question, "200 OK");
            }
            // The connection whose streams were reset, and the workers, serve on.
            client.send_headers(7, &head("GET"), true)?;
            answer(held.question(), "200 OK");
            assert_eq!(client.answer(7)?.end, Some(StreamEnd::Whole));
            for _ in 0..4 {
                held.serves(manner)?;
            }
            assert_eq!(held.proxy.upstream.requests(), before + 5);
        }
        // Whoever gave up was neither allowed nor denied.
        let stats = held.proxy.envoy.stats()?;
        assert_eq!(count(&stats, "ask", "allowed", "none", "answered"), 10);
        assert_eq!(stats.sum("gatepost_denied_total"), 0);
        Ok(())
    })
}

fn head(method: &str) -> [(&str, &str); 4] {
    [
        (":method", method),
        (":scheme", "http"),
        (":authority", "test"),
        (":path", "/held"),
    ]
}

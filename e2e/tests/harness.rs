//! The harness does what the tests that stand on it believe.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::time::Duration;

use gatepost_e2e::{
    Binary, Bootstrap, Envoy, Error, Http1Client, Http2Client, Reload, Result, Upstream,
    each_envoy, envoys, grpc_request, http, substitute, wait_until,
};

const ROUTER: &str = "e2e/testdata/router.yaml";

fn router(upstream: &Upstream) -> Result<Bootstrap> {
    Bootstrap::read(
        ROUTER,
        &[
            ("port_value: 10000", "port_value: 0"),
            ("port_value: 9901", "port_value: 0"),
            (
                "port_value: 8080",
                &format!("port_value: {}", upstream.port()),
            ),
        ],
    )
}

fn started(binary: &Binary) -> Result<(Envoy, Upstream)> {
    let upstream = Upstream::start()?;
    Ok((
        Envoy::start_reloadable(binary, &router(&upstream)?)?,
        upstream,
    ))
}

#[test]
fn both_pinned_versions_are_what_they_say() {
    for binary in envoys() {
        let version = std::process::Command::new(&binary.path)
            .arg("--version")
            .output()
            .unwrap();
        let version = String::from_utf8_lossy(&version.stdout).into_owned();
        assert!(
            version.contains(&binary.name) || std::env::var_os("ENVOY").is_some(),
            "{version}"
        );
    }
}

#[test]
fn a_literal_that_is_not_there_is_an_error() {
    let missing = substitute(
        "a text",
        "port: 1",
        &[("port: 1", "port: 2"), ("host", "x")],
    );
    assert!(matches!(missing, Err(Error::LiteralMissing { literal, .. }) if literal == "host"));
}

#[test]
fn a_replacement_is_not_replaced_again_and_the_longer_literal_wins() {
    let swapped = substitute("", "10 100 20", &[("10", "20"), ("20", "10"), ("100", "x")]);
    assert_eq!(swapped.unwrap(), "20 x 10");
}

#[test]
fn the_echo_shows_what_the_proxy_forwards() -> Result<()> {
    each_envoy(|binary| {
        let (envoy, upstream) = started(binary)?;
        let mut client = Http1Client::connect(envoy.listener("ingress")?)?;
        let headers = [("x-one", "a"), ("x-one", "b"), ("X-Odd", "\u{e9}\\")];
        let response = client.request("POST", "/a?b=c", &headers, b"hello")?;
        assert_eq!(response.status, 200);
        assert_eq!(response.header("x-generation").as_deref(), Some("first"));
        let echo = response.echo()?;
        assert_eq!(
            (echo.method.as_str(), echo.path.as_str()),
            ("POST", "/a?b=c")
        );
        assert_eq!(echo.version, "HTTP/1.1");
        assert_eq!(echo.values("x-one"), ["a", "b"]);
        assert_eq!(echo.values("x-odd"), ["\\xc3\\xa9\\\\"]);
        assert_eq!(echo.body_length, 5);
        assert_eq!((upstream.requests(), upstream.last()), (1, Some(echo)));
        Ok(())
    })
}

#[test]
fn chunks_and_trailers_pass_in_both_directions() -> Result<()> {
    each_envoy(|binary| {
        let (envoy, _upstream) = started(binary)?;
        let mut client = Http1Client::connect(envoy.listener("ingress")?)?;
        client.send_pieces(&[
            b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-enc",
            b"oding: chunked\r\n\r\n3\r\nab",
            b"c\r\n0\r\nx-end: 1\r\n\r\n",
        ])?;
        let echo = client.response()?.echo()?;
        assert_eq!(echo.body_length, 3);
        assert_eq!(echo.trailers, [("x-end".to_owned(), "1".to_owned())]);
        Ok(())
    })
}

#[test]
fn pipelined_requests_are_answered_in_order() -> Result<()> {
    each_envoy(|binary| {
        let (envoy, _upstream) = started(binary)?;
        let mut client = Http1Client::connect(envoy.listener("ingress")?)?;
        client.send(b"GET /1 HTTP/1.1\r\nhost: a\r\n\r\nGET /2 HTTP/1.1\r\nhost: a\r\n\r\n")?;
        assert_eq!(client.response()?.echo()?.path, "/1");
        assert_eq!(client.response()?.echo()?.path, "/2");
        let head = client.request("HEAD", "/3", &[], b"")?;
        assert_eq!((head.status, head.body.len()), (200, 0));
        assert_eq!(client.get("/status/404", &[])?.status, 404);
        Ok(())
    })
}

#[test]
fn an_upgrade_becomes_a_tunnel() -> Result<()> {
    each_envoy(|binary| {
        let (envoy, _upstream) = started(binary)?;
        let mut client = Http1Client::connect(envoy.listener("ingress")?)?;
        let upgrade = [("connection", "upgrade"), ("upgrade", "websocket")];
        assert_eq!(client.request("GET", "/chat", &upgrade, b"")?.status, 101);
        client.send(b"any bytes \xff")?;
        assert_eq!(client.read_exact(11)?, b"any bytes \xff");
        Ok(())
    })
}

#[test]
fn http2_and_grpc_arrive_as_such() -> Result<()> {
    each_envoy(|binary| {
        let (envoy, _upstream) = started(binary)?;
        let mut client = Http2Client::connect(envoy.listener("ingress")?)?;
        let echo = client.get("/two", &[("x-a", "1")])?.echo()?;
        assert_eq!(
            (echo.version.as_str(), echo.authority.as_deref()),
            ("HTTP/2.0", Some("test"))
        );
        assert_eq!(echo.values("x-a"), ["1"]);

        let grpc = grpc_request(&mut client, "/pkg.Service/Method", &[], b"message")?;
        assert_eq!((grpc.http.status, grpc.status), (200, Some(0)));

        let post = http::Request::post("http://test/")
            .body("body".into())
            .unwrap();
        let trailers = http::HeaderMap::from_iter([(
            http::HeaderName::from_static("x-end"),
            http::HeaderValue::from_static("1"),
        )]);
        let echo = client.send_with_trailers(post, trailers)?.echo()?;
        assert_eq!((echo.body_length, echo.trailers.len()), (4, 1));
        Ok(())
    })
}

#[test]
fn a_client_chooses_its_source_address() -> Result<()> {
    each_envoy(|binary| {
        let (envoy, _upstream) = started(binary)?;
        let source = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 9));
        let to = envoy.listener("ingress")?;
        let tcp = Http1Client::connect_from(source, to)?
            .get("/", &[])?
            .echo()?;
        let two = Http2Client::connect_from(source, to)?
            .get("/", &[])?
            .echo()?;
        // Envoy shows the machine's own address for a loopback peer, so the proof
        // is in the connection: both got through from an address that was bound.
        assert_eq!(tcp.values("x-forwarded-for").len(), 1);
        assert_eq!(two.values("x-forwarded-for").len(), 1);
        Ok(())
    })
}

#[test]
fn stats_show_what_was_counted() -> Result<()> {
    each_envoy(|binary| {
        let (envoy, _upstream) = started(binary)?;
        let to = envoy.listener("ingress")?;
        for _ in 0..3 {
            Http1Client::connect(to)?.get("/", &[])?;
        }
        assert_eq!(
            envoy.wait_for_stat("http.ingress.downstream_rq_2xx", |count| count >= 3)?,
            3
        );
        assert!(!envoy.stats()?.has("no.such.counter"));
        assert!(envoy.prometheus()?.contains("envoy_http_downstream_rq_xx{"));
        assert_eq!(envoy.stats()?.get("server.concurrency"), 2);
        Ok(())
    })
}

#[test]
fn a_new_listener_serves_when_the_reload_is_accepted() -> Result<()> {
    each_envoy(|binary| {
        let (envoy, upstream) = started(binary)?;
        let mut generation = "first".to_owned();
        for round in 0..20 {
            let next = format!("g{round}");
            let bootstrap =
                router(&upstream)?.with(&[("value: first", &format!("value: {next}"))])?;
            assert_eq!(
                envoy.reload(&bootstrap)?,
                Reload::Accepted,
                "after {generation}"
            );
            generation = next;
            // Enough connections to meet both workers.
            for _ in 0..8 {
                let response = Http1Client::connect(envoy.listener("ingress")?)?.get("/", &[])?;
                assert_eq!(response.header("x-generation"), Some(generation.clone()));
            }
        }
        Ok(())
    })
}

#[test]
fn after_a_rejected_reload_the_last_good_listener_serves_on() -> Result<()> {
    each_envoy(|binary| {
        let (envoy, upstream) = started(binary)?;
        let bad = router(&upstream)?.with(&[("codec_type: AUTO", "codec_type: NONSENSE")])?;
        let Reload::Rejected(why) = envoy.reload(&bad)? else {
            panic!("accepted")
        };
        assert!(why.contains("NONSENSE"), "{why}");
        let unknown = router(&upstream)?.with(&[("cluster: echo", "cluster: none")])?;
        let Reload::Rejected(why) = envoy.reload(&unknown)? else {
            panic!("accepted")
        };
        assert!(why.contains("none"), "{why}");
        assert_eq!(
            Http1Client::connect(envoy.listener("ingress")?)?
                .get("/", &[])?
                .status,
            200
        );
        Ok(())
    })
}

#[test]
fn an_envoy_that_refuses_its_configuration_says_why() -> Result<()> {
    each_envoy(|binary| {
        let upstream = Upstream::start()?;
        let bad = router(&upstream)?.with(&[("codec_type: AUTO", "codec_type: NONSENSE")])?;
        match Envoy::start(binary, &bad) {
            Err(Error::Exited { log, .. }) => assert!(log.contains("NONSENSE"), "{log}"),
            Err(other) => return Err(other),
            Ok(_) => panic!("it started"),
        }
        let envoy = Envoy::start_reloadable(binary, &bad)?;
        assert!(matches!(
            envoy.listener("ingress"),
            Err(Error::NoListener(_))
        ));
        Ok(())
    })
}

#[test]
fn hostile_bytes_end_in_an_answer_or_a_close() -> Result<()> {
    each_envoy(|binary| {
        let (envoy, _upstream) = started(binary)?;
        let to = envoy.listener("ingress")?;
        let huge = [
            b"GET / HTTP/1.1\r\nhost: a\r\nx: ".as_slice(),
            &[b'a'; 200_000],
            b"\r\n\r\n",
        ]
        .concat();
        let hostile: [&[u8]; 6] = [
            b"\x00\x01\x02\xff\xfe\r\n\r\n",
            b"GET / HTTP/1.1\r\nhost: a\r\nx: \x00\r\n\r\n",
            b"GET / HTTP/9.9\r\n\r\n",
            b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
            &huge,
        ];
        for bytes in hostile {
            match Http1Client::connect(to)?.exchange(bytes) {
                Ok(response) => assert!((400..500).contains(&response.status), "{response:?}"),
                // An HTTP/2 connection ends with frames, which are no HTTP/1.1.
                Err(Error::Closed | Error::Malformed(_)) => {}
                Err(other) => return Err(other),
            }
        }
        assert_eq!(Http1Client::connect(to)?.get("/", &[])?.status, 200);
        Ok(())
    })
}

#[test]
fn a_dropped_envoy_leaves_no_process() -> Result<()> {
    each_envoy(|binary| {
        let (envoy, _upstream) = started(binary)?;
        let id = envoy.process_id();
        assert!(is_running(id));
        drop(envoy);
        assert!(!is_running(id));
        Ok(())
    })
}

/// The test starts itself again as a program of its own, which starts an Envoy and
/// is then killed, so that no drop can run.
#[test]
fn an_envoy_does_not_outlive_a_killed_test_program() -> Result<()> {
    const INNER: &str = "GATEPOST_E2E_INNER";
    if std::env::var_os(INNER).is_some() {
        let Some(binary) = envoys().into_iter().next() else {
            return Ok(());
        };
        let (envoy, _upstream) = started(&binary)?;
        println!("envoy={};", envoy.process_id());
        return wait_until("it is killed", Duration::from_secs(60), || None);
    }
    if envoys().is_empty() {
        return Ok(());
    }
    // What it leaves behind is removed here.
    let folder = tempfile::TempDir::new().map_err(Error::io("creating a temporary folder"))?;
    let mut program = std::process::Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "an_envoy_does_not_outlive_a_killed_test_program",
            "--nocapture",
        ])
        .env(INNER, "1")
        .env("TMPDIR", folder.path())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .map_err(Error::io("starting the test again"))?;
    let output = std::io::BufReader::new(program.stdout.take().unwrap());
    let id = std::io::BufRead::lines(output).find_map(|line| {
        let line = line.ok()?;
        line.split_once("envoy=")?.1.split_once(';')?.0.parse().ok()
    });
    program
        .kill()
        .and_then(|()| program.wait())
        .map_err(Error::io("killing it"))?;
    let id: u32 = id.expect("the program tells the id of its Envoy");
    wait_until("the Envoy ended", Duration::from_secs(20), || {
        (!is_running(id)).then_some(())
    })
}

fn is_running(id: u32) -> bool {
    // One that has ended and waits for its parent to ask is a zombie, not running.
    std::fs::read_to_string(Path::new("/proc").join(id.to_string()).join("stat"))
        .is_ok_and(|stat| !stat.contains(") Z "))
}

//! Header maps that are none, plugins that have no configuration, and requests
//! made of odd bytes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod support;

use gatepost_test_host::{RequestParts, TestProxy, Verdict};
use support::{by, each_code, everything, proxy};

const LEARN: &str = r#"{"filters": [{"learn": {"from": "x-user"}}]}"#;

fn is_unreadable(proxy: &mut TestProxy, what: &str) {
    let reply = proxy.refused(&by("alice"));
    assert_eq!(
        (reply.status, reply.details.as_str()),
        (503, "headers_unreadable"),
        "{what}"
    );
}

#[test]
fn a_map_that_is_cut_anywhere_is_unreadable() {
    each_code(|code| {
        let mut proxy = proxy(code);
        assert!(proxy.configure(LEARN));
        // By as much as leaves the last value's last byte out: the NUL behind it says nothing.
        for left_out in 2..200 {
            proxy.garble_header_maps(move |mut bytes| {
                bytes.truncate(bytes.len().saturating_sub(left_out));
                bytes
            });
            is_unreadable(&mut proxy, &left_out.to_string());
        }
    });
}

#[test]
fn a_map_of_other_bytes_is_unreadable() {
    each_code(|code| {
        let mut proxy = proxy(code);
        assert!(proxy.configure(LEARN));
        for garbage in [
            vec![],
            vec![0],
            vec![0; 4],
            vec![0; 64],
            vec![255; 4],
            vec![255; 64],
            b"GET / HTTP/1.1\r\nhost: x\r\n\r\n".to_vec(),
            [&8_u32.to_le_bytes()[..], &[255; 64]].concat(),
        ] {
            let shown = format!("{garbage:?}");
            proxy.garble_header_maps(move |_| garbage.clone());
            is_unreadable(&mut proxy, &shown);
        }
    });
}

#[test]
fn a_map_with_another_count_is_unreadable() {
    each_code(|code| {
        let mut proxy = proxy(code);
        assert!(proxy.configure(LEARN));
        for count in [0_u32, 1, 7, 9, 1000, u32::MAX, 1 << 29, 1 << 31] {
            proxy.garble_header_maps(move |mut bytes| {
                bytes[..4].copy_from_slice(&count.to_le_bytes());
                bytes
            });
            is_unreadable(&mut proxy, &count.to_string());
        }
    });
}

#[test]
fn a_map_with_wrong_lengths_never_lets_a_denied_request_pass() {
    let gate = r#"{"filters": [{"gate": {"rules": [{"name": "all"}]}}]}"#;
    each_code(|code| {
        let mut proxy = proxy(code);
        assert!(proxy.configure(gate));
        for at in 0..100 {
            for byte in [0, 1, 127, 255] {
                proxy.garble_header_maps(move |mut bytes| {
                    bytes[at] = byte;
                    bytes
                });
                proxy.refused(&by("alice"));
            }
        }
    });
}

#[test]
fn a_garbled_reply_is_no_answer() {
    each_code(|code| {
        let mut proxy = proxy(code);
        assert!(
            proxy.configure(r#"{"filters": [{"ask": {"cluster": "service", "at_most": "1s"}}]}"#)
        );
        let sent = proxy.send(&by("alice"));
        proxy.garble_header_maps(|_| vec![255; 40]);
        let token = proxy.calls(0)[0].token;
        proxy.reply(0, token, &[(":status", "200")], b"yes");
        assert!(
            matches!(proxy.verdict(sent), Verdict::Replied(reply) if reply.details == "ask_failed")
        );
    });
}

#[test]
fn a_plugin_without_configuration_refuses_everything() {
    each_code(|code| {
        let mut proxy = TestProxy::new(code);
        assert!(!proxy.configure("{}"));
        proxy.force_unconfigured();
        for _ in 0..3 {
            let sent = proxy.send(&by("alice"));
            let Verdict::Replied(reply) = proxy.verdict(sent) else {
                panic!("not refused")
            };
            assert_eq!(
                (reply.status, reply.details.as_str()),
                (503, "not_configured")
            );
            assert!(!proxy.passes_the_rest(sent));
            proxy.respond(sent, &[(":status", "503")]);
            proxy.tick();
            proxy.reply(0, 1, &[(":status", "200")], b"");
            proxy.end(sent);
        }
    });
}

#[test]
fn a_configuration_that_is_refused_on_update_leaves_the_last_one_in_place() {
    each_code(|code| {
        let mut proxy = everything(code);
        let gate = r#"{"filters": [{"gate": {"rules": [{"name": "all"}]}}]}"#;
        assert!(proxy.configure(gate));
        for bad in [
            "",
            "{",
            r#"{"filters": []}"#,
            r#"{"filters": [{"nothing": {}}]}"#,
        ] {
            assert!(!proxy.configure(bad));
            assert!(!proxy.reconfigure_in_place(bad));
            assert_eq!(proxy.refused(&by("alice")).details, "gate_denied");
        }
        assert!(proxy.reconfigure_in_place(LEARN));
        proxy.passed(&by("alice"));
    });
}

#[test]
fn odd_bytes_are_requests_like_others() {
    each_code(|code| {
        let mut proxy = proxy(code);
        assert!(proxy.configure(
            r#"{"filters": [{"learn": {"from": "x-user"}}, {"gate": {"rules": [
                {"name": "a", "match": {"paths": [{"regex": "/a.*"}], "hosts": ["*.example.com"],
                 "headers": [{"name": "x-user", "regex": "m.*"}], "query": [{"name": "q", "exact": "1"}],
                 "cookies": [{"name": "c", "prefix": "x"}]}}]}}]}"#
        ));
        let odd: [&[u8]; 9] = [
            b"",
            b"\xff",
            b"\x00",
            b"\r\n",
            b"%",
            b"/a%ff%2f?q=%zz",
            b"::::",
            b"/a\xc3\x28?q=1",
            b"c=x; =; c",
        ];
        for name in [
            ":path",
            ":authority",
            ":method",
            "x-user",
            "cookie",
            "x-sub",
            "content-type",
            "accept",
        ] {
            for value in odd {
                for repeats in [0, 1, 2, 100] {
                    let mut request = RequestParts::get("/a").without(name);
                    for _ in 0..repeats {
                        request = request.header(name, value);
                    }
                    let sent = proxy.send(&request);
                    assert_ne!(proxy.verdict(sent), Verdict::Held);
                    proxy.end(sent);
                }
            }
        }
        let huge = RequestParts::get("/").header("x-user", vec![b'\xff'; 1 << 20]);
        assert_eq!(proxy.refused(&huge).details, "claim_unsendable");
        let many = (0..2000).fold(RequestParts::get("/"), |request, n| {
            request.header(&format!("x-{n}"), "1")
        });
        proxy.passed(&many);
    });
}

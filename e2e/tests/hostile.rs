//! 20,000 requests of a hostile client: the module's VM never fails, and the
//! filter answers 5xx only where the same Envoy without it does, or for a reason
//! that is documented as ours.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};

use gatepost_e2e::{Bootstrap, Envoy, Http1Client, Result, Upstream, each_envoy, shipped};

/// To each Envoy: so many clients at once, and so many requests of each.
const CLIENTS: u64 = 4;
const REQUESTS: usize = 5_000;

/// A small generator (SplitMix64): the same requests every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.roll() % u64::try_from(limit).unwrap()).unwrap()
    }

    fn pick<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }
}

const PATHS: [&[u8]; 14] = [
    b"/",
    b"/admin",
    b"//admin/..;/x",
    b"/%2e%2e/%61dmin",
    b"/\xff\xfe",
    b"/%",
    b"/%00",
    b"/a?b=%zz&c",
    b"/a#b",
    b"*",
    b"http://a/admin",
    b"/\\admin",
    b"/;x=y/admin",
    b"/%252e%252e/admin",
];
const METHODS: [&[u8]; 7] = [
    b"GET", b"POST", b"OPTIONS", b"get", b"X", b"CONNECT", b"DELETE",
];
const HOSTS: [&[u8]; 8] = [
    b"a",
    b"A:80",
    b"a.",
    b"[::1]:80",
    b"[::1",
    b"a@b",
    b"\xffa",
    b"a:b:c",
];
const NAMES: [&[u8]; 10] = [
    b"x-forwarded-for",
    b"forwarded",
    b"user-agent",
    b"accept",
    b"content-type",
    b"cookie",
    b"x-envoy-original-path",
    b"x-gatepost-x",
    b"x-odd",
    b"authorization",
];
const VALUES: [&[u8]; 12] = [
    b"",
    b"\xff\xfe\xfd",
    b"127.0.0.2",
    b"for=\"[::1]:80\";by=_x, for=unknown",
    b"application/grpc",
    b"application/grpc-web",
    b"a=b; c; =d; e=\"",
    b"\t \t",
    b"%00%0d%0a",
    b"::ffff:127.0.0.2",
    b"fe80::1%eth0",
    b"application/json, */*;q=\xff",
];

/// A request of odd, repeated, huge and empty parts.
fn request(dice: &mut Dice) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Most requests get past Envoy's own parser, or they would be no test of the
    // filter; some do not.
    let is_wild = dice.below(5) == 0;
    let method = if is_wild {
        dice.pick(&METHODS)
    } else {
        dice.pick(&METHODS[..3])
    };
    let host = if is_wild {
        dice.pick(&HOSTS)
    } else {
        dice.pick(&HOSTS[..4])
    };
    let line = [
        method,
        b" ",
        dice.pick(&PATHS),
        b" HTTP/1.1\r\nhost: ",
        host,
        b"\r\n",
    ];
    bytes.extend(line.concat());
    for _ in 0..dice.below(12) {
        let value = match dice.below(12) {
            0 => vec![b'a'; dice.below(9_000)],
            1 => (0..dice.below(40))
                .map(|_| (dice.roll() % 256) as u8 | if is_wild { 0 } else { 0x80 })
                .collect(),
            2 => b"127.0.0.2, ".repeat(dice.below(200)),
            _ => dice.pick(&VALUES).to_vec(),
        };
        let name = if is_wild && dice.below(8) == 0 {
            [&b"x-\xff"[..], b"x_forwarded_for"][dice.below(2)]
        } else {
            dice.pick(&NAMES)
        };
        bytes.extend([name, b": ", &value, b"\r\n"].concat());
    }
    if dice.below(4) == 0 {
        bytes.extend(b"transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
    } else {
        bytes.extend(b"connection: close\r\n\r\n");
    }
    bytes
}

/// The status with which a request is answered; 0 when the connection is closed
/// without an answer.
fn status(from: Ipv4Addr, to: SocketAddr, bytes: &[u8]) -> (u16, String) {
    let mut client = Http1Client::connect_from(from.into(), to).expect("a connection");
    let answer = client.exchange(bytes);
    answer.map_or((0, String::new()), |answer| (answer.status, answer.text()))
}

#[test]
fn odd_bytes_take_nothing_down() -> Result<()> {
    each_envoy(|binary| {
        let upstream = Upstream::start()?;
        let with = shipped("ip-allowlist.yaml", &upstream)?;
        let guarded = Envoy::start(binary, &with)?;
        let bare = Envoy::start(binary, &without_filter(&with)?)?;
        let at = |envoy: &Envoy| -> Result<SocketAddr> {
            Ok((Ipv4Addr::LOCALHOST, envoy.listener("ingress")?.port()).into())
        };
        let (guarded_to, bare_to) = (at(&guarded)?, at(&bare)?);
        let mut seen: BTreeMap<u16, usize> = BTreeMap::new();
        std::thread::scope(|scope| {
            let attack = |client| move || attack(client, guarded_to, bare_to);
            let clients: Vec<_> = (0..CLIENTS)
                .map(|client| scope.spawn(attack(client)))
                .collect();
            for client in clients {
                for (status, count) in client.join().expect("a client found nothing wrong") {
                    *seen.entry(status).or_default() += count;
                }
            }
        });
        eprintln!(
            "{}: answers by status (0: closed without one): {seen:?}",
            binary.name
        );
        for status in [200, 400, 403] {
            assert!(
                seen.get(&status).is_some_and(|count| *count > 100),
                "no test: {seen:?}"
            );
        }
        let stats = guarded.stats()?;
        let judged = stats.sum("gatepost_allowed_total") + stats.sum("gatepost_denied_total");
        assert!(
            judged > 10_000,
            "only {judged} requests got as far as the filter"
        );
        assert_eq!(stats.sum("vm_reload"), 0);
        for line in [
            "Wasm VM failed",
            "Proxy-Wasm plugin in-VM backtrace",
            "panicked",
        ] {
            assert_eq!(guarded.log().count(line), 0, "{line}");
        }
        assert_eq!(
            status(
                Ipv4Addr::LOCALHOST,
                guarded_to,
                b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"
            )
            .0,
            200
        );
        Ok(())
    })
}

/// Sends the requests of one client to both Envoys; the answers by status.
fn attack(client: u64, guarded: SocketAddr, bare: SocketAddr) -> BTreeMap<u16, usize> {
    let mut dice = Dice(client);
    let mut seen = BTreeMap::new();
    for _ in 0..REQUESTS {
        let bytes = request(&mut dice);
        // Many addresses, because each has only so many ports.
        let [a, b] = u16::try_from(dice.below(20_000))
            .expect("is small")
            .to_be_bytes();
        let from = Ipv4Addr::new(127, 1, a, b);
        let (with, says) = status(from, guarded, &bytes);
        *seen.entry(with).or_default() += 1;
        if with >= 500 {
            let (without, _) = status(from, bare, &bytes);
            assert!(
                with == without || says.contains("client_address_unknown_peer"),
                "{with} with the filter, {without} without: {}",
                bytes.escape_ascii()
            );
        }
    }
    seen
}

/// The same listener without the filter.
fn without_filter(with: &Bootstrap) -> Result<Bootstrap> {
    let text = with.text();
    let start = text
        .find("                  - name: ip-allowlist\n")
        .expect("the filter is there");
    let end = text
        .find("                  - name: envoy.filters.http.router")
        .expect("the router is");
    Ok(Bootstrap::from_text(format!(
        "{}{}",
        &text[..start],
        &text[end..]
    )))
}

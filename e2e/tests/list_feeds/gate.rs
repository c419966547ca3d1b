//! A gate of lists: for each, requests for the path of its name, which only the
//! list's addresses may pass.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use gatepost_e2e::{
    Answer, Binary, Bootstrap, Envoy, FeedServer, Fetched, Http1Client, Response, Result, Upstream,
    shipped, wait_until, with_document,
};
use serde_json::{Value, json};

/// An address that every good list of these tests holds.
pub(crate) const LISTED: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
/// One that none of them holds.
pub(crate) const STRANGER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 9));
/// A list that holds it.
pub(crate) const GOOD: &str = "127.0.0.2\n";
/// For what happens within a period or two.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// A list of the document, fetched from the path of its name.
pub(crate) struct List {
    name: &'static str,
    feed: Value,
    denies: bool,
}

pub(crate) struct Gate {
    pub(crate) envoy: Envoy,
    pub(crate) server: FeedServer,
    pub(crate) upstream: Upstream,
    to: SocketAddr,
}

impl List {
    /// A list that is fetched every second and lets its addresses pass.
    pub(crate) fn new(name: &'static str) -> Self {
        let feed = json!({
            "cluster": "lists",
            "authority": "lists.example",
            "path": path(name),
            "refresh": "1s",
            "timeout": "500ms",
            "stale_for": "60s",
        });
        Self {
            name,
            feed,
            denies: false,
        }
    }

    pub(crate) fn name(&self) -> &str {
        self.name
    }

    /// With this field of its feed.
    pub(crate) fn with(mut self, field: &str, value: &str) -> Self {
        self.feed[field] = value.into();
        self
    }

    /// Who is on it is refused, all others pass.
    pub(crate) fn denying(mut self) -> Self {
        self.denies = true;
        self
    }
}

/// The document of these lists.
pub(crate) fn document(lists: &[List]) -> String {
    let of = |list: &List| (list.name.to_owned(), json!({"feed": list.feed}));
    let rule = |list: &List| {
        let name = list.name;
        let paths = json!({"paths": [{"exact": path(name)}]});
        match list.denies {
            true => json!({"name": name, "match": paths, "allow": "anyone", "deny": [name]}),
            false => json!({"name": name, "match": paths, "allow": [name]}),
        }
    };
    json!({
        "client_address": {"from": "connection"},
        "lists": lists.iter().map(of).collect::<serde_json::Map<_, _>>(),
        "rules": lists.iter().map(rule).collect::<Vec<_>>(),
    })
    .to_string()
}

/// envoy/ip-allowlist-feed.yaml with these lists.
pub(crate) fn bootstrap(
    upstream: &Upstream,
    server: &FeedServer,
    lists: &[List],
) -> Result<Bootstrap> {
    let port = format!("port_value: {}", server.port());
    let file = shipped("ip-allowlist-feed.yaml", upstream)?.with(&[("port_value: 8081", &port)])?;
    with_document(&file, &document(lists))
}

impl Gate {
    /// Opens a gate of these lists. `prepare` tells the server what to answer.
    pub(crate) fn open(
        binary: &Binary,
        lists: &[List],
        prepare: impl FnOnce(&FeedServer),
    ) -> Result<Self> {
        let (upstream, server) = (Upstream::start()?, FeedServer::start()?);
        prepare(&server);
        let bootstrap = bootstrap(&upstream, &server, lists)?;
        let envoy = Envoy::start(binary, &bootstrap)?;
        Self::of(envoy, server, upstream)
    }

    pub(crate) fn of(envoy: Envoy, server: FeedServer, upstream: Upstream) -> Result<Self> {
        let to = (Ipv4Addr::LOCALHOST, envoy.listener("ingress")?.port()).into();
        Ok(Self {
            envoy,
            server,
            upstream,
            to,
        })
    }

    pub(crate) fn connect(&self, from: IpAddr) -> Result<Http1Client> {
        Http1Client::connect_from(from, self.to)
    }

    pub(crate) fn get(&self, from: IpAddr, list: &str) -> Result<Response> {
        self.connect(from)?.get(&path(list), &[])
    }

    /// The answer that every worker gives.
    pub(crate) fn everywhere(&self, from: IpAddr, list: &str) -> Result<(u16, String)> {
        let mut answers = self.of_each_worker(from, list)?;
        assert_eq!(answers.len(), 1, "{list}: workers differ: {answers:?}");
        Ok(answers.pop_first().unwrap())
    }

    /// Waits until every worker gives this answer. Each learns of a list at a tick
    /// of its own.
    pub(crate) fn settles(&self, from: IpAddr, list: &str, status: u16) -> Result<()> {
        wait_until(format!("{list} answers {from} with {status}"), SOON, || {
            let answers = self.of_each_worker(from, list).ok()?;
            answers.iter().all(|(one, _)| *one == status).then_some(())
        })
    }

    /// All answers on new connections, until each worker has had one.
    fn of_each_worker(&self, from: IpAddr, list: &str) -> Result<BTreeSet<(u16, String)>> {
        let answers = self.envoy.ask_each_worker(|| self.get(from, list))?;
        let answers = answers.iter();
        Ok(answers
            .map(|answer| (answer.status, reason(answer)))
            .collect())
    }

    /// A gauge or counter of a list, as Prometheus shows it; `tag` if it has one.
    pub(crate) fn metric(&self, metric: &str, list: &str, tag: &str) -> Option<u64> {
        self.envoy.labelled(metric, "ip-allowlist", list, tag)
    }

    /// Waits until a metric has such a value.
    pub(crate) fn wait_for(
        &self,
        (metric, list, tag): (&str, &str, &str),
        holds: impl Fn(u64) -> bool,
    ) -> Result<u64> {
        wait_until(format!("{metric} of {list} {tag}"), SOON, || {
            self.metric(metric, list, tag).filter(|value| holds(*value))
        })
    }

    /// From now on the source of a list answers so.
    pub(crate) fn answer(&self, list: &str, answer: Answer) {
        self.server.answer(&path(list), answer);
    }

    /// How the source of a list was asked so far.
    pub(crate) fn fetched(&self, list: &str) -> Vec<Fetched> {
        self.server.fetched(&path(list))
    }

    pub(crate) fn failures(&self, list: &str, kind: &str) -> u64 {
        self.metric("gatepost_list_failures_total", list, kind)
            .unwrap_or(0)
    }

    /// Waits until a list has failed so once more than `before`.
    pub(crate) fn fails(&self, list: &str, kind: &str, before: u64) -> Result<u64> {
        let metric = ("gatepost_list_failures_total", list, kind);
        self.wait_for(metric, |count| count > before)
    }
}

/// Where a list comes from, and what it guards.
pub(crate) fn path(list: &str) -> String {
    format!("/{list}")
}

/// The reason code in the body of a denial.
fn reason(answer: &Response) -> String {
    let text = answer.text();
    let code = text.trim_end().rsplit_once(": ").map(|(_, code)| code);
    code.filter(|_| answer.status >= 400)
        .unwrap_or_default()
        .to_owned()
}

//! A table of what goes wrong at a source, at the start and later.

use std::fs;
use std::time::Duration;

use gatepost_e2e::{
    Answer, Binary, Bootstrap, Envoy, FeedServer, Result, Upstream, each_envoy, shortest_pause,
};
use tempfile::TempDir;

use crate::gate::{GOOD, Gate, LISTED, List, SOON, STRANGER, bootstrap, path};

/// A list, what its source answers, as which kind of failure that counts, and what
/// the log says of it.
type Fault = (&'static str, fn() -> Answer, &'static str, &'static str);

const FAULTS: [Fault; 18] = [
    (
        "error",
        || Answer::status(500),
        "status",
        "expected status 200, got 500",
    ),
    (
        "html",
        || Answer::ok("<html>\n<p>127.0.0.9</p>\n"),
        "invalid",
        "line 1: ",
    ),
    (
        "bad-line",
        || Answer::ok("127.0.0.9\n127.0.0.300\n"),
        "invalid",
        "line 2: ",
    ),
    (
        "short",
        || Answer::ok("127.0.0.9\n").promising(5),
        "no_reply",
        "the connection broke",
    ),
    (
        "cut-chunks",
        || Answer::ok("127.0.0.9\n").chunked(true),
        "no_reply",
        "the connection broke",
    ),
    (
        "no-newline",
        || Answer::ok("127.0.0.9\n127.0.0.1").unstated(),
        "invalid",
        "truncated",
    ),
    ("empty", || Answer::ok(""), "empty", "expected a body"),
    (
        "no-entries",
        || Answer::ok("# nobody\n"),
        "invalid",
        "at least one entry",
    ),
    (
        "huge",
        || Answer::ok("127.0.0.9 # and on\n".repeat(1 << 20)),
        "too_large",
        "bytes are more than allowed",
    ),
    (
        "too-large",
        || Answer::ok("127.0.0.9 # and on\n".repeat(1 << 18)),
        "too_large",
        "4980736 bytes are more",
    ),
    (
        "moved",
        || Answer::status(302).header("location", "/target"),
        "redirect",
        "302; redirects are not followed",
    ),
    (
        "gzip",
        || Answer::ok("127.0.0.9\n").header("content-encoding", "gzip"),
        "encoded",
        "no content-encoding",
    ),
    (
        "not-asked",
        || Answer::status(304),
        "status",
        "expected status 200, got 304",
    ),
    (
        "not-found",
        || Answer::status(404),
        "status",
        "expected status 200, got 404",
    ),
    (
        "no-content",
        || Answer::status(204),
        "status",
        "expected status 200, got 204",
    ),
    (
        "partial",
        || Answer::status(206),
        "status",
        "expected status 200, got 206",
    ),
    ("slow", Answer::held, "status", "after the timeout"),
    (
        "json",
        || Answer::ok(r#"{"cidrs": ["127.0.0.9", "#),
        "invalid",
        "line 1",
    ),
];

/// Nothing that is answered there comes from a server of lists.
const UNREACHABLE: [(&str, &str, &str); 3] = [
    ("down", "status", "503"),
    ("no-endpoint", "call_refused", "the cluster has no endpoint"),
    (
        "no-cluster",
        "cluster_missing",
        "the proxy knows no such cluster",
    ),
];

/// After a failure the source is asked again in half a second at the earliest,
/// after a success in nine tenths of one; and by all workers together.
const PAUSE: Duration = Duration::from_millis(490);

#[test]
fn a_fault_lets_nobody_in_and_heals_without_a_restart() -> Result<()> {
    each_envoy(|binary| {
        let (gate, mut rest) = open(binary)?;
        for (list, kind, says) in all() {
            gate.fails(list, kind, 0)?;
            log_says(&gate, list, kind, says)?;
            let (status, why) = gate.everywhere(LISTED, list)?;
            assert_eq!((status, why.as_str()), (503, "list_unavailable"), "{list}");
            // What fails long is asked seldom.
            gate.answer(list, good(list));
            if list == UNREACHABLE[2].0 {
                rest.heal()?;
            }
        }
        assert_eq!(gate.upstream.requests(), 0);
        for (list, ..) in all() {
            gate.settles(LISTED, list, 200)?;
            gate.settles(STRANGER, list, 403)?;
            gate.wait_for(("gatepost_list_entries", list, ""), |entries| entries == 1)?;
        }

        // The same again: now each has a last good list.
        let before = FAULTS.map(|(list, _, kind, _)| gate.failures(list, kind));
        for (list, answer, ..) in FAULTS {
            gate.answer(list, answer());
        }
        for ((list, _, kind, _), before) in FAULTS.into_iter().zip(before) {
            gate.fails(list, kind, before)?;
            assert_eq!(gate.everywhere(LISTED, list)?.0, 200, "{list}");
            assert_eq!(gate.everywhere(STRANGER, list)?.0, 403, "{list}");
            let entries = gate.metric("gatepost_list_entries", list, "");
            assert_eq!(entries, Some(1), "{list}");
        }
        for (list, ..) in FAULTS {
            let fetched = gate.fetched(list);
            let pause = shortest_pause(&fetched).unwrap_or_default();
            assert!(
                pause >= PAUSE,
                "{list}: {pause:?} between two of {} fetches",
                fetched.len()
            );
        }
        assert!(gate.server.fetched("/target").is_empty());
        Ok(())
    })
}

/// What is not there at the start: a server, an endpoint, a cluster.
struct Rest {
    down: FeedServer,
    folder: TempDir,
    port: u16,
}

fn open(binary: &Binary) -> Result<(Gate, Rest)> {
    let (upstream, server, down) = (
        Upstream::start()?,
        FeedServer::start()?,
        FeedServer::reserve()?,
    );
    let quick = |name| List::new(name).with("wait", "100ms");
    let mut lists: Vec<List> = Vec::new();
    for (name, answer, ..) in FAULTS {
        server.answer(&path(name), answer());
        let list = quick(name);
        lists.push(if name == "json" {
            list.with("format", "json")
        } else {
            list
        });
    }
    for (name, ..) in UNREACHABLE {
        lists.push(quick(name).with("cluster", name));
        server.answer(&path(name), Answer::ok(GOOD));
        down.answer(&path(name), Answer::ok(GOOD));
    }
    let rest = Rest {
        folder: TempDir::new().unwrap(),
        port: server.port(),
        down,
    };
    rest.write("endpoints", &endpoints(None));
    rest.write("clusters", "resources: []\n");
    let text = bootstrap(&upstream, &server, &lists)?;
    let text = format!(
        "{}    - name: down
      type: STATIC
      load_assignment: {}
    - name: no-endpoint
      type: EDS
      eds_cluster_config:
        eds_config: {}
dynamic_resources:
  cds_config: {}
",
        text.text(),
        assignment("down", Some(rest.down.port())),
        rest.source("endpoints"),
        rest.source("clusters"),
    );
    let envoy = Envoy::start(binary, &Bootstrap::from_text(text))?;
    Ok((Gate::of(envoy, server, upstream)?, rest))
}

impl Rest {
    fn heal(&mut self) -> Result<()> {
        self.down.listen()?;
        self.write("endpoints", &endpoints(Some(self.port)));
        let cluster = format!(
            "resources:\n- \"@type\": type.googleapis.com/envoy.config.cluster.v3.Cluster
  name: no-cluster\n  type: STATIC\n  load_assignment: {}\n",
            assignment("no-cluster", Some(self.port)),
        );
        self.write("clusters", &cluster);
        Ok(())
    }

    /// Envoy sees a rename, and never half a file.
    fn write(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name).with_extension("yaml");
        let new = path.with_extension("new");
        fs::write(&new, text).unwrap();
        fs::rename(&new, &path).unwrap();
    }

    fn source(&self, name: &str) -> String {
        let path = self.folder.path().join(name).with_extension("yaml");
        let path = path.display();
        format!("{{ resource_api_version: V3, path_config_source: {{ path: {path} }} }}")
    }
}

fn endpoints(port: Option<u16>) -> String {
    const TYPE: &str = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment";
    let assignment = assignment("no-endpoint", port);
    let fields = assignment.trim_start_matches('{');
    format!("resources: [{{ \"@type\": {TYPE}, {fields}]\n")
}

fn assignment(cluster: &str, port: Option<u16>) -> String {
    let endpoint = port.map(|port| {
        let address = format!("socket_address: {{ address: 127.0.0.1, port_value: {port} }}");
        format!("{{ lb_endpoints: [{{ endpoint: {{ address: {{ {address} }} }} }}] }}")
    });
    let endpoints = endpoint.unwrap_or_default();
    format!("{{ cluster_name: {cluster}, endpoints: [{endpoints}] }}")
}

fn good(list: &str) -> Answer {
    Answer::ok(if list == "json" {
        r#"["127.0.0.2"]"#
    } else {
        GOOD
    })
}

/// Every list, the kind of its failure and what the log says.
fn all() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let faults = FAULTS.map(|(list, _, kind, says)| (list, kind, says));
    UNREACHABLE.into_iter().chain(faults)
}

fn log_says(gate: &Gate, list: &str, kind: &str, says: &str) -> Result<()> {
    let needle = format!("list {list}: the feed failed ({kind}): ");
    let line = gate.envoy.log().wait_for(&needle, 0, SOON)?;
    assert!(line.contains(says), "{says} in {line}");
    let stands = "there is no list yet: requests that need it are answered with 503";
    assert!(line.contains(stands), "{stands} in {line}");
    Ok(())
}

//! What the filters' pages say a curl prints is what it prints.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use gatepost_e2e::{
    Binary, Envoy, Http1Client, Response, Result, Upstream, each_envoy, shipped, workspace,
};

/// A row of a page's table of reasons.
struct Row {
    reason: String,
    status: u16,
    command: String,
}

/// The rows that have a curl. The reason is the first column's, or what stands
/// behind the command in parentheses.
fn rows(page: &str) -> Vec<Row> {
    let page = std::fs::read_to_string(workspace().join(page)).expect("the page is there");
    let mut rows = Vec::new();
    for line in page.lines().filter(|line| line.starts_with("| `")) {
        let columns: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [reason, status, _, example] = columns.as_slice() else {
            continue;
        };
        let Some(command) = example.split('`').find(|part| part.starts_with("curl ")) else {
            continue;
        };
        let listed = example
            .split("(`")
            .nth(1)
            .and_then(|rest| rest.split('`').next());
        let reason = listed.unwrap_or_else(|| reason.split('`').nth(1).unwrap_or_default());
        rows.push(Row {
            reason: reason.to_owned(),
            status: status.parse().unwrap_or(403),
            command: command.to_owned(),
        });
    }
    rows
}

/// What curl would send.
struct Curl {
    from: IpAddr,
    headers: Vec<(String, String)>,
    port: u16,
    path: String,
}

fn parse(command: &str) -> Curl {
    let mut curl = Curl {
        from: IpAddr::V4(Ipv4Addr::LOCALHOST),
        headers: Vec::new(),
        port: 0,
        path: String::new(),
    };
    let mut words = words(command).into_iter().skip(1);
    while let Some(word) = words.next() {
        let mut next = || words.next().expect("an option has its value");
        match word.as_str() {
            "--interface" => curl.from = next().parse().expect("an address"),
            "-H" => {
                let header = next();
                let (name, value) = header.split_once(": ").expect("a header");
                curl.headers.push((name.to_owned(), value.to_owned()));
            }
            "--path-as-is" => {}
            url => {
                let rest = url
                    .strip_prefix("http://127.0.0.1:")
                    .expect("a URL of the loopback");
                let (port, path) = rest.split_once('/').expect("a path");
                curl.port = port.parse().expect("a port");
                curl.path = format!("/{path}");
            }
        }
    }
    curl
}

/// As a shell splits them: white space, and double quotes.
fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (index, part) in command.split('"').enumerate() {
        if index % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

/// The shipped files that the commands of a page speak to: port, file, listener.
type Files = [(u16, &'static str, &'static str)];

/// Those files in Envoys, by the ports that the commands name.
struct Gates(Vec<(u16, Envoy, &'static str)>);

impl Gates {
    fn open(binary: &Binary, upstream: &Upstream, files: &Files) -> Result<Self> {
        let open = |(port, file, listener): &(u16, &str, &'static str)| {
            let envoy = Envoy::start(binary, &shipped(file, upstream)?)?;
            Ok((*port, envoy, *listener))
        };
        files.iter().map(open).collect::<Result<_>>().map(Self)
    }

    fn send(&self, curl: &Curl) -> Result<Response> {
        let found = self.0.iter().find(|(port, ..)| *port == curl.port);
        let (_, envoy, listener) = found.expect("a shipped file listens there");
        let to: SocketAddr = (Ipv4Addr::LOCALHOST, envoy.listener(listener)?.port()).into();
        let headers: Vec<_> = curl
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        Http1Client::connect_from(curl.from, to)?.get(&curl.path, &headers)
    }
}

fn every_curl_gives_its_reason(page: &str, files: &Files) -> Result<()> {
    let rows = rows(page);
    assert!(
        rows.len() >= 5,
        "{page} has {} rows with a curl",
        rows.len()
    );
    each_envoy(|binary| {
        let upstream = Upstream::start()?;
        let gates = Gates::open(binary, &upstream, files)?;
        for row in &rows {
            let response = gates.send(&parse(&row.command))?;
            let text = response.text();
            assert_eq!(response.status, row.status, "{}: {text}", row.command);
            assert!(text.contains(&row.reason), "{}: {text}", row.command);
        }
        Ok(())
    })
}

#[test]
fn every_curl_of_a_page_gives_its_reason() -> Result<()> {
    every_curl_gives_its_reason(
        "filters/ip-allowlist/README.md",
        &[
            (10000, "ip-allowlist.yaml", "ingress"),
            (10001, "ip-allowlist-proxies.yaml", "inner"),
        ],
    )
}

#[test]
fn every_curl_of_the_page_of_api_keys_gives_its_reason() -> Result<()> {
    every_curl_gives_its_reason(
        "filters/api-key-auth/README.md",
        &[(10000, "api-key-auth.yaml", "ingress")],
    )
}

//! What the filters' pages say a curl prints is what it prints.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;

use gatepost_e2e::{
    Answer, Binary, Envoy, FeedServer, Http1Client, Issuer, Response, Result, SigningKey, Upstream,
    each_envoy, shipped, workspace,
};

/// A row of a page's table of reasons.
struct Row {
    reason: String,
    status: u16,
    /// What the page says of `WWW-Authenticate`, if its table has a column for it.
    challenge: Option<String>,
    command: String,
}

fn read(page: &str) -> String {
    std::fs::read_to_string(workspace().join(page)).expect("the page is there")
}

/// The rows that have a curl in their last column. The reason is the first column's,
/// or what stands behind the command in parentheses.
fn rows(page: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    for line in page.lines().filter(|line| line.starts_with("| `")) {
        let columns: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [reason, status, more @ .., _, example] = columns.as_slice() else {
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
            challenge: more.first().map(|text| (*text).to_owned()),
            command: command.to_owned(),
        });
    }
    rows
}

/// The page with the values of the variables that it sets itself, in a `sh` block.
fn with_variables(page: &str) -> String {
    let scripts = page.split("```sh\n").skip(1);
    let lines = scripts
        .filter_map(|rest| rest.split("```").next())
        .flat_map(str::lines);
    let set = lines.filter_map(|line| line.split_once('='));
    set.fold(page.to_owned(), |page, (name, value)| {
        page.replace(&format!("${name}"), value)
    })
}

/// What curl would send.
struct Curl {
    method: String,
    from: IpAddr,
    headers: Vec<(String, String)>,
    port: u16,
    path: String,
}

fn parse(command: &str) -> Curl {
    let mut curl = Curl {
        method: "GET".to_owned(),
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
            "-X" => curl.method = next(),
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

impl Curl {
    fn send(&self, to: SocketAddr) -> Result<Response> {
        let headers: Vec<_> = self
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        Http1Client::connect_from(self.from, to)?.request(&self.method, &self.path, &headers, b"")
    }
}

/// Each command of the page gives the status, the reason and the challenge that it
/// says; `listeners` says who listens on a port of the shipped files.
fn check(page: &str, at_least: usize, listeners: impl Fn(u16) -> SocketAddr) -> Result<()> {
    let rows = rows(page);
    assert!(rows.len() >= at_least, "{} rows with a curl", rows.len());
    for Row {
        reason,
        status,
        challenge,
        command,
    } in &rows
    {
        let curl = parse(command);
        let response = curl.send(listeners(curl.port))?;
        let text = response.text();
        assert_eq!(response.status, *status, "{command}: {text}");
        assert!(text.contains(reason), "{command}: {text}");
        if let Some(challenge) = challenge {
            check_challenge(&response, challenge, command);
        }
    }
    Ok(())
}

/// `none`, `bare`, or an error code in backquotes first.
fn check_challenge(response: &Response, says: &str, command: &str) {
    let given = response.header("www-authenticate");
    let is_right = match (says, given.as_deref()) {
        ("none", given) => given.is_none(),
        ("bare", given) => given.is_some_and(|given| !given.contains("error")),
        (says, given) => {
            let error = says.split('`').nth(1).unwrap_or_default();
            given.is_some_and(|given| given.contains(&format!("error=\"{error}\"")))
        }
    };
    assert!(is_right, "{command}: {given:?}, not {says}");
}

#[test]
fn every_curl_of_a_page_gives_its_reason() -> Result<()> {
    let page = read("filters/ip-allowlist/README.md");
    each_envoy(|binary| {
        let upstream = Upstream::start()?;
        let plain = Envoy::start(binary, &shipped("ip-allowlist.yaml", &upstream)?)?;
        let proxies = Envoy::start(binary, &shipped("ip-allowlist-proxies.yaml", &upstream)?)?;
        let (plain, inner) = (plain_port(&plain)?, proxies.listener("inner")?.port());
        check(&page, 5, |port| match port {
            10000 => loopback(plain),
            10001 => loopback(inner),
            other => panic!("no shipped file listens on {other}"),
        })
    })
}

#[test]
fn every_curl_of_the_page_of_api_keys_gives_its_reason() -> Result<()> {
    let page = read("filters/api-key-auth/README.md");
    each_envoy(|binary| {
        let upstream = Upstream::start()?;
        let envoy = Envoy::start(binary, &shipped("api-key-auth.yaml", &upstream)?)?;
        let port = plain_port(&envoy)?;
        check(&page, 5, |_| loopback(port))
    })
}

#[test]
fn every_curl_of_the_page_on_tokens_gives_its_reason_and_its_challenge() -> Result<()> {
    let page = with_variables(&read("filters/jwt-auth/README.md"));
    each_envoy(|binary| {
        let issuer = Issuer::new(
            "https://issuer.example",
            "shop",
            SigningKey::generate("ES256", "first")?,
        );
        let (upstream, server) = (Upstream::start()?, FeedServer::start()?);
        server.answer("/jwks.json", Answer::ok(issuer.jwks()));
        let envoy = start_with_issuer(binary, &upstream, &server)?;
        let port = plain_port(&envoy)?;
        let page = page.replace("$TOKEN", &issuer.token()?);
        check(&page, 10, |_| loopback(port))
    })
}

fn start_with_issuer(binary: &Binary, upstream: &Upstream, server: &FeedServer) -> Result<Envoy> {
    let port = format!("port_value: {}", server.port());
    let file = shipped("jwt-auth.yaml", upstream)?.with(&[("port_value: 8081", &port)])?;
    Envoy::start(binary, &file)
}

fn plain_port(envoy: &Envoy) -> Result<u16> {
    Ok(envoy.listener("ingress")?.port())
}

fn loopback(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

/// No page leads into the void: files by their path from the page, headings by the
/// name that forges give them.
#[test]
fn every_link_of_a_page_leads_somewhere() {
    let mut pages = vec!["README.md".to_owned(), "CONTRIBUTING.md".to_owned()];
    for folder in ["docs", "filters"] {
        let entries = std::fs::read_dir(workspace().join(folder)).expect("a folder");
        for entry in entries.map(|entry| entry.expect("an entry").path()) {
            let page = if entry.is_dir() {
                entry.join("README.md")
            } else {
                entry
            };
            let is_page = page.extension().is_some_and(|end| end == "md") && page.exists();
            let page = page.strip_prefix(workspace()).expect("within the tree");
            pages.extend(is_page.then(|| page.display().to_string()));
        }
    }
    let mut broken = Vec::new();
    for page in &pages {
        let folder = workspace().join(page);
        let folder = folder.parent().expect("a folder");
        for link in links(&read(page)) {
            let (file, heading) = link.split_once('#').unwrap_or((&link, ""));
            let target = match file {
                "" => workspace().join(page),
                file => folder.join(file),
            };
            if !leads_somewhere(&target, heading) {
                broken.push(format!("{page}: {link}"));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// The targets of a page's links within the tree.
fn links(page: &str) -> Vec<String> {
    let targets = page.split("](").skip(1);
    let targets = targets.filter_map(|rest| rest.split(')').next());
    let is_ours = |target: &&str| !target.contains("://");
    targets.filter(is_ours).map(str::to_owned).collect()
}

fn leads_somewhere(target: &Path, heading: &str) -> bool {
    if heading.is_empty() {
        return target.exists();
    }
    let page = std::fs::read_to_string(target).unwrap_or_default();
    let headings = page.lines().filter(|line| line.starts_with('#'));
    headings.map(anchor).any(|anchor| anchor == heading)
}

/// Lower case, hyphens for spaces, and nothing else but letters and digits.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim();
    text.to_lowercase()
        .chars()
        .map(|one| if one == ' ' { '-' } else { one })
        .filter(|one| one.is_alphanumeric() || matches!(one, '-' | '_'))
        .collect()
}

//! A gateway with an application behind it.

use std::thread;
use std::time::{Duration, Instant};

use gatepost_e2e::{Response, Result, wait_until};
use gatepost_e2e_istio::{App, Gateway, Mesh, Namespace};
use serde_json::{Value, json};

/// From a change of configuration until a proxy goes by it, with a module to pull, on a
/// machine with other work to do.
pub(crate) const SOON: Duration = Duration::from_secs(60);

/// How long it is watched that something does not happen.
const A_WHILE: Duration = Duration::from_secs(2);
const BETWEEN_PROBES: Duration = Duration::from_millis(20);

/// Clients, in the order of the lists of the shipped documents: of the office, blocked,
/// and on no list.
pub(crate) const OFFICE: [u8; 4] = [203, 0, 113, 7];
pub(crate) const BLOCKED: [u8; 4] = [198, 51, 100, 7];
pub(crate) const ANYONE: [u8; 4] = [192, 0, 2, 7];

pub(crate) struct Edge<'a> {
    pub(crate) namespace: Namespace<'a>,
    pub(crate) app: App,
    pub(crate) gateway: Gateway,
}

/// What the shipped manifests select at a gateway.
pub(crate) fn labels() -> Value {
    json!({"istio": "ingress"})
}

impl<'a> Edge<'a> {
    /// One that passes everything on.
    pub(crate) fn start(mesh: &'a Mesh, namespace: &str) -> Result<Self> {
        let edge = Self::starting(mesh, namespace, &[])?;
        edge.gateway.pod.wait_until_ready()?;
        edge.wait_for(ANYONE, "/", 200, "")?;
        Ok(edge)
    }

    /// One whose gateway starts with these objects in its namespace, and may never be
    /// ready.
    pub(crate) fn starting(mesh: &'a Mesh, namespace: &str, objects: &[Value]) -> Result<Self> {
        let namespace = mesh.namespace(namespace)?;
        for object in objects {
            namespace.apply(object)?;
        }
        let app = namespace.app("app")?;
        namespace.route(&labels(), &app)?;
        let gateway = namespace.gateway("gateway", labels())?;
        Ok(Self {
            namespace,
            app,
            gateway,
        })
    }

    /// A GET without any header of note.
    pub(crate) fn get(&self, from: [u8; 4], path: &str) -> Result<Response> {
        self.gateway.get(from, path, &[])
    }

    /// Waits until the shipped ip-allowlist judges: it lets anyone in, and those not
    /// whom it blocks.
    pub(crate) fn wait_until_judged(&self) -> Result<()> {
        self.wait_for(ANYONE, "/", 200, "")?;
        self.wait_for(BLOCKED, "/", 403, "ip_blocked").map(drop)
    }

    /// Asks for a while: refused each time, or not even heard.
    pub(crate) fn expect_nothing_passes(&self) -> Result<()> {
        let before = self.app.upstream.requests();
        let since = Instant::now();
        let mut asked = 0;
        while asked < 20 || since.elapsed() < A_WHILE {
            for from in [OFFICE, BLOCKED, ANYONE] {
                let status = self.get(from, "/").map(|response| response.status);
                assert!(
                    !matches!(status, Ok(200..=399)),
                    "{from:?} passes: {status:?}"
                );
            }
            asked += 1;
            thread::sleep(BETWEEN_PROBES);
        }
        assert_eq!(self.app.upstream.requests(), before);
        Ok(())
    }

    /// Waits until both workers, each of which learns of a change at a moment of its own,
    /// answer so: one of them has each new connection.
    pub(crate) fn wait_for_workers(
        &self,
        from: [u8; 4],
        path: &str,
        status: u16,
        says: &str,
    ) -> Result<()> {
        let what = format!("each worker answers {status} {says} to {path} from {from:?}");
        wait_until(what, SOON, || {
            let mut answers = (0..20).map(|_| self.get(from, path));
            let is_it = |answer: Response| answer.status == status && answer.text().contains(says);
            answers.all(|answer| answer.is_ok_and(is_it)).then_some(())
        })
    }

    /// Waits for this status with these words in the body.
    pub(crate) fn wait_for(
        &self,
        from: [u8; 4],
        path: &str,
        status: u16,
        says: &str,
    ) -> Result<Response> {
        let what = format!("{status} {says} for {path} from {from:?}");
        let mut last = String::new();
        wait_until(what, SOON, || {
            let response = self.get(from, path);
            last = match &response {
                Ok(response) => format!("{}: {}", response.status, response.text()),
                Err(error) => error.to_string(),
            };
            let response = response.ok()?;
            let is_it = response.status == status && response.text().contains(says);
            is_it.then_some(response)
        })
        .inspect_err(|_| eprintln!("last: {last}\n{}", self.gateway.pod.log().text(0)))
    }
}

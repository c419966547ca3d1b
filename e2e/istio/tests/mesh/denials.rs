//! What a proxy tells of those whom it refused: in its metrics and in its access log.

use gatepost_e2e::{Result, wait_until};
use gatepost_e2e_istio::{Mesh, Pod};

use crate::edge::SOON;
use crate::shipped;

/// Refusals by one rule of a filter, for one reason.
pub(crate) struct Denials {
    pub(crate) filter: &'static str,
    /// What the filter's fields of the access log begin with.
    pub(crate) field: &'static str,
    pub(crate) rule: &'static str,
    pub(crate) reason: &'static str,
    pub(crate) count: u64,
}

/// Has the whole mesh write access logs in the shipped format.
pub(crate) fn are_logged(mesh: &Mesh) -> Result<()> {
    for telemetry in shipped::objects("companions/mesh/telemetry.yaml")? {
        mesh.api().apply(&telemetry)?;
    }
    Ok(())
}

impl Denials {
    /// Waits until metrics and access log have them: filter, rule and reason.
    pub(crate) fn wait_until_told(&self, pod: &Pod) -> Result<()> {
        wait_until(format!("{} are counted", self.reason), SOON, || {
            (self.counted(&pod.metrics().ok()?) == Some(self.count)).then_some(())
        })
        .inspect_err(|_| eprintln!("{}", pod.metrics().unwrap_or_default()))?;
        wait_until(format!("{} are logged", self.reason), SOON, || {
            (self.logged(&pod.access_log()) == self.count).then_some(())
        })
        .inspect_err(|_| eprintln!("{}", pod.access_log()))
    }

    fn counted(&self, metrics: &str) -> Option<u64> {
        let Self {
            filter,
            rule,
            reason,
            ..
        } = self;
        let labels = [
            format!("wasm_filter=\"{filter}\""),
            format!("component=\"{rule}\""),
            format!("tag=\"{reason}\""),
        ];
        let mut denied = metrics
            .lines()
            .filter(|line| line.starts_with("gatepost_denied_total{"));
        let line = denied.find(|line| labels.iter().all(|label| line.contains(label)))?;
        line.rsplit_once(' ')?.1.parse().ok()
    }

    fn logged(&self, log: &str) -> u64 {
        let Self {
            field,
            rule,
            reason,
            ..
        } = self;
        let says = [
            format!("\"{field}_decision\":\"denied\""),
            format!("\"{field}_rule\":\"{rule}\""),
            format!("\"{field}_reason\":\"{reason}\""),
            format!("\"details\":\"{reason}"),
        ];
        let lines = log
            .lines()
            .filter(|line| says.iter().all(|says| line.contains(says)));
        lines.count() as u64
    }
}

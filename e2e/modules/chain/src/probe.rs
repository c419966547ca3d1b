//! Makes the calls that the other filters do not make, and needs all but those
//! that only tell.

use gatepost_config::Problems;
use gatepost_filter::{
    Denial, Filter, HostError, Kind, Load, Loaded, MetricKind, Phases, Reason, Request, RuleRef,
    Services, Settings, Shared, Swap, Verdict,
};
use serde::Deserialize;

pub(crate) const KIND: Kind = Kind {
    name: "probe",
    phases: Phases::REQUEST,
    load,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    /// A foreign function that gives back its argument.
    foreign_function: String,
    /// A variable of the environment, whose value it tells.
    #[serde(default)]
    environment: Option<String>,
}

struct Probe {
    echo: String,
    environment: Option<String>,
}

fn load(load: &Load<'_>) -> Result<Loaded, Problems> {
    let Config {
        foreign_function,
        environment,
    } = load.read()?;
    Ok(Loaded {
        filter: Box::new(Probe {
            echo: foreign_function,
            environment,
        }),
        settings: Settings::default(),
        owned_headers: Vec::new(),
        tick: None,
    })
}

impl Filter for Probe {
    fn on_request(&self, request: &mut Request<'_>) -> Verdict {
        let services = request.services();
        // A metric only tells.
        if let Ok(gauge) = services.define_metric(MetricKind::Gauge, "gatepost_probe") {
            let _ = services.set_metric(gauge, 17);
        }
        match self.run(services) {
            Ok(found) if request.set_header("x-probe", found.as_bytes()).is_ok() => {
                Verdict::pass(RuleRef::None, Reason::fixed("probed"))
            }
            _ => {
                let reason = Reason::fixed("probe_failed");
                Verdict::Deny(Denial::with_status(RuleRef::None, reason, 503))
            }
        }
    }
}

impl Probe {
    fn run(&self, services: &dyn Services) -> Result<String, HostError> {
        let now = services.wall_clock()?.as_secs();
        let echo = services.foreign_function(&self.echo, b"echo")?;
        let node = services.property("node\0id")?.is_some();
        let key = b"gatepost.probe";
        let is_first = services.set_shared(key, b"1", Swap::IfAbsent)?;
        let is_absent = services.shared(b"gatepost.nothing")?.is_none();
        let version = services
            .shared(key)?
            .map_or(0, |Shared { version, .. }| version);
        let is_unchanged = services.set_shared(key, b"2", Swap::IfUnchanged(version))?;
        let is_changed = !services.set_shared(key, b"3", Swap::IfUnchanged(version))?;
        let is_overwritten = services.set_shared(key, b"4", Swap::Always)?;
        let environment = self.environment.as_deref().map(|name| {
            let value = services.environment(name);
            format!(" env={}", value.as_deref().unwrap_or("none"))
        });
        Ok(format!(
            "now={now} echo={} node={node} first={is_first} absent={is_absent} \
             unchanged={is_unchanged} changed={is_changed} overwritten={is_overwritten}{}",
            String::from_utf8_lossy(&echo),
            environment.unwrap_or_default(),
        ))
    }
}

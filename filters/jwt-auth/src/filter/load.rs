//! From the document to the filter at work.

use std::cell::RefCell;
use std::time::Duration;

use gatepost_config::Problems;
use gatepost_filter::{Level, Load, Loaded, RequestMemory};
use gatepost_jose::{AlgorithmSet, KnownHeaders, TokenLimits};

use super::JwtAuth;
use crate::cache::Cache;
use crate::config::Config;
use crate::keys::Numbering;
use crate::plan::Plan;
use crate::provider::Provider;
use crate::verifier::probe;
use crate::warnings::warnings;

/// The first tick of a worker that keeps something of a server.
const FIRST_TICK: Duration = Duration::from_millis(50);

/// Loads the filter from its document.
pub(crate) fn load(load: &Load<'_>) -> Result<Loaded, Problems> {
    let config: Config<'_> = load.read()?;
    let services = load.services;
    let found = warnings(&config);
    let (mut plan, settings) = Plan::new(config, &load.path, services)?;
    for warning in found {
        services.log(Level::Warn, &format!("{}: {warning}", load.instance));
    }
    let owned_headers = plan.owned_headers();
    let wanted: AlgorithmSet = plan
        .providers
        .iter()
        .flat_map(|provider| provider.algorithms.iter())
        .collect();
    let mut numbering = Numbering {
        instance: load.instance,
        next: 0,
    };
    let providers: Vec<Provider> = std::mem::take(&mut plan.providers)
        .into_iter()
        .map(|provider| Provider::new(provider, &mut numbering, services))
        .collect();
    let by_proxy = probe(wanted, services);
    if services.logs(Level::Info) {
        let mut names = String::new();
        for algorithm in by_proxy.iter() {
            names.push_str(if names.is_empty() { "" } else { ", " });
            names.push_str(algorithm.name());
        }
        if names.is_empty() {
            names.push_str("no algorithm");
        }
        services.log(
            Level::Info,
            &format!("{}: the proxy checks signatures of {names}", load.instance),
        );
    }
    Ok(Loaded {
        tick: providers
            .iter()
            .any(Provider::is_remote)
            .then_some(FIRST_TICK),
        filter: Box::new(JwtAuth {
            cache: RefCell::new(Cache::new(plan.cache.entries, plan.cache.max_bytes)),
            headers: KnownHeaders::default(),
            limits: TokenLimits {
                max_bytes: plan.max_token_bytes,
                ..TokenLimits::default()
            },
            providers,
            by_proxy,
            memory: RequestMemory::declare(load),
            plan,
        }),
        settings,
        owned_headers,
    })
}

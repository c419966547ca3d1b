//! `make demo`: a real Envoy with the filters in front of an echo service, real
//! requests, and for each what was decided, why, and which metric moved. It fails if
//! anything is not as it says.

mod ip_allowlist;
mod jwt_auth;
mod show;

use gatepost_e2e::{Error, Result, Upstream, envoys};

fn main() -> Result<()> {
    let binary = envoys()
        .into_iter()
        .next()
        .ok_or(Error::Missing("an Envoy".into()))?;
    let upstream = Upstream::start()?;
    println!(
        "Envoy {} with the modules of dist/ in front of an echo service\n",
        binary.name
    );
    ip_allowlist::show(&binary, &upstream)?;
    println!();
    jwt_auth::show(&binary, &upstream)?;
    println!("\nAll as expected. Next: README.md, filters/*/README.md");
    Ok(())
}

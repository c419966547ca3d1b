//! Networks: a bridge, and on it a network namespace for each pod.

use std::fs::File;
use std::net::Ipv4Addr;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::thread;

use gatepost_e2e::{Error, Result};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use crate::programs::run;

/// The machine itself, on the bridge: istiod and the registry are there.
pub const MACHINE: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 1);
/// Clients from outside of the mesh have addresses of these networks, which are for
/// documentation: they are the machine's, too.
const OUTSIDE: [&str; 3] = ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"];

/// A network namespace with one address. It stays until the mesh ends.
#[derive(Clone, Debug)]
pub struct Network {
    name: String,
    /// Its address on the bridge.
    pub address: Ipv4Addr,
}

/// Makes the bridge, with the machine on it.
pub(crate) fn make_bridge() -> Result<()> {
    ip("link add mesh type bridge")?;
    ip(&format!("address add {MACHINE}/16 dev mesh"))?;
    ip("link set mesh up")?;
    for network in OUTSIDE {
        ip(&format!("route add local {network} dev lo"))?;
    }
    Ok(())
}

impl Network {
    pub(crate) fn make(name: &str, address: Ipv4Addr) -> Result<Self> {
        let [.., high, low] = address.octets();
        let link = format!("pod{high}x{low}");
        ip(&format!("netns add {name}"))?;
        ip(&format!(
            "link add {link} type veth peer name eth0 netns {name}"
        ))?;
        ip(&format!("link set {link} master mesh up"))?;
        ip(&format!("-n {name} address add {address}/16 dev eth0"))?;
        ip(&format!("-n {name} link set lo up"))?;
        ip(&format!("-n {name} link set eth0 up"))?;
        ip(&format!("-n {name} route add default via {MACHINE}"))?;
        Ok(Self {
            name: name.to_owned(),
            address,
        })
    }

    /// Its file, for `nsenter --net`.
    pub(crate) fn file(&self) -> PathBuf {
        Path::new("/run/netns").join(&self.name)
    }

    /// Does something in this network: sockets that `action` makes are of it, and so
    /// are those of threads that it starts.
    pub fn within<T: Send>(&self, action: impl FnOnce() -> Result<T> + Send) -> Result<T> {
        let entering = || format!("entering the network {}", self.name);
        let file = File::open(self.file()).map_err(Error::io(entering()))?;
        thread::scope(|scope| {
            let thread = scope.spawn(|| {
                move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network))
                    .map_err(|errno| Error::io(entering())(errno.into()))?;
                action()
            });
            thread
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }
}

fn ip(arguments: &str) -> Result<()> {
    run("ip", arguments.split(' ')).map(drop)
}

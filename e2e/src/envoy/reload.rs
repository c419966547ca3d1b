//! New listeners for a running Envoy, through a file that it watches (LDS).

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Envoy, WORKERS};
use crate::{Bootstrap, Error, Result, Stats, wait_until};

const TAKEN_WITHIN: Duration = Duration::from_secs(60);

/// What Envoy did with new listeners.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reload {
    /// They serve, on every worker.
    Accepted,
    /// They were refused with this message; what served before serves on.
    Rejected(String),
}

impl Envoy {
    /// Gives the running process the listeners of `bootstrap` (the rest of it is
    /// not looked at) and waits until they serve on every worker, or are refused.
    ///
    /// Only for an Envoy of [`Envoy::start_reloadable`]. A connection that is open
    /// stays with the listener that accepted it: connect anew.
    pub fn reload(&self, bootstrap: &Bootstrap) -> Result<Reload> {
        let split = bootstrap.split()?;
        let (before, mark) = (Taken::of(&self.stats()?), self.log().len());
        write_atomically(&listeners_file(self.folder.path()), &split.listeners)?;
        let accepted = wait_until(
            "envoy takes or refuses the new listeners",
            TAKEN_WITHIN,
            || {
                let stats = self.stats().ok()?;
                let now = Taken::of(&stats);
                if now.refused > before.refused {
                    return Some(false);
                }
                // A listener is taken when the main thread has it, and serves when each
                // worker has said so.
                let expected = (now.changed - before.changed) * WORKERS;
                let serves = now.added_to_workers - before.added_to_workers >= expected
                    && stats.get("listener_manager.total_listeners_warming") == 0;
                (now.accepted > before.accepted && serves).then_some(true)
            },
        )?;
        if accepted {
            return Ok(Reload::Accepted);
        }
        self.log()
            .wait_for("Filesystem config update", mark, TAKEN_WITHIN)
            .map(|_| Reload::Rejected(self.log().text(mark)))
    }
}

/// Writes the listeners of `bootstrap` into a file of `folder` and gives the
/// bootstrap that has them watched.
pub(super) fn prepare(folder: &Path, bootstrap: &Bootstrap) -> Result<String> {
    let split = bootstrap.split()?;
    if split
        .rest
        .lines()
        .any(|line| line.starts_with("dynamic_resources:"))
    {
        return Err(Error::NotSplittable(
            "it has `dynamic_resources` of its own",
        ));
    }
    let file = listeners_file(folder);
    write_atomically(&file, &split.listeners)?;
    Ok(format!(
        "{}dynamic_resources:\n  lds_config:\n    resource_api_version: V3\n    \
         path_config_source: {{ path: {} }}\n",
        split.rest,
        file.display(),
    ))
}

struct Taken {
    accepted: u64,
    refused: u64,
    changed: u64,
    added_to_workers: u64,
}

impl Taken {
    fn of(stats: &Stats) -> Self {
        let get = |name: &str| stats.get(&format!("listener_manager.{name}"));
        Self {
            accepted: get("lds.update_success"),
            refused: get("lds.update_rejected") + get("lds.update_failure"),
            changed: get("listener_added") + get("listener_modified"),
            added_to_workers: get("listener_create_success"),
        }
    }
}

fn listeners_file(folder: &Path) -> PathBuf {
    folder.join("listeners.yaml")
}

/// Envoy sees a rename, and never half a file.
fn write_atomically(path: &Path, text: &str) -> Result<()> {
    let new = path.with_extension("new");
    fs::write(&new, text)
        .and_then(|()| fs::rename(&new, path))
        .map_err(Error::io(format!("writing {}", path.display())))
}

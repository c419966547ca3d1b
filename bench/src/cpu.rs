//! CPU time of a process, and which cores its threads run on.

use std::fs;
use std::path::{Path, PathBuf};

use rustix::thread::{CpuSet, Pid, sched_getaffinity, sched_setaffinity};

use crate::error::{Error, Result};

/// Nanoseconds that the process has run, over all its threads: the first field of
/// `/proc/<pid>/task/<tid>/schedstat`, which the scheduler keeps in nanoseconds.
/// (`/proc/<pid>/stat` counts in ticks of 10 ms, and by sampling on many kernels.)
pub(crate) fn nanoseconds(process: u32) -> Result<u64> {
    let mut sum: u64 = 0;
    for thread in threads(process)? {
        // A thread that has just ended is no failure, and no worker.
        let Ok(text) = fs::read_to_string(thread.join("schedstat")) else {
            continue;
        };
        let ran = text
            .split(' ')
            .next()
            .and_then(|field| field.parse::<u64>().ok());
        sum = sum.saturating_add(ran.unwrap_or_default());
    }
    Ok(sum)
}

/// Envoy's worker has a core of its own while this lives.
pub(crate) struct Pinned {
    /// What this thread may run on otherwise: what it starts inherits it.
    before: CpuSet,
}

impl Pinned {
    /// Gives Envoy's worker the last core, and shares the others among all else,
    /// this thread included. `None` where there is one core only.
    pub(crate) fn worker(process: u32) -> Result<Option<Self>> {
        let before = sched_getaffinity(None).map_err(system("asking for the cores"))?;
        let cores: Vec<usize> = (0..CpuSet::MAX_CPU)
            .filter(|core| before.is_set(*core))
            .collect();
        let Some((last, others)) = cores.split_last().filter(|(_, others)| !others.is_empty())
        else {
            return Ok(None);
        };
        let (worker_core, other_cores) = (set(&[*last]), set(others));
        let mut is_found = false;
        for thread in threads(process)? {
            let name = fs::read_to_string(thread.join("comm")).unwrap_or_default();
            let is_worker = name.trim_end() == "wrk:worker_0";
            let cores = if is_worker {
                &worker_core
            } else {
                &other_cores
            };
            let id = thread.file_name().and_then(|id| id.to_str()?.parse().ok());
            if let Some(id) = id.and_then(Pid::from_raw) {
                let pinned = sched_setaffinity(Some(id), cores);
                is_found |= is_worker && pinned.is_ok();
            }
        }
        if !is_found {
            return Err(Error::NoWorker);
        }
        sched_setaffinity(None, &other_cores).map_err(system("choosing a core"))?;
        Ok(Some(Self { before }))
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        // Whoever runs next finds out by itself what it got.
        let _ = sched_setaffinity(None, &self.before);
    }
}

fn threads(process: u32) -> Result<Vec<PathBuf>> {
    let tasks = Path::new("/proc").join(process.to_string()).join("task");
    let entries =
        fs::read_dir(tasks).map_err(|error| Error::Io("listing the threads of envoy", error))?;
    Ok(entries.flatten().map(|entry| entry.path()).collect())
}

fn set(cores: &[usize]) -> CpuSet {
    let mut set = CpuSet::new();
    for core in cores {
        set.set(*core);
    }
    set
}

fn system(what: &'static str) -> impl Fn(rustix::io::Errno) -> Error {
    move |error| Error::Io(what, error.into())
}

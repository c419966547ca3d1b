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

/// Gives Envoy's worker a core of its own; all else, this process included, shares
/// the others. `false` where there is one core only: then nothing is pinned.
pub(crate) fn pin_worker(process: u32) -> Result<bool> {
    let allowed = sched_getaffinity(None).map_err(system("asking for the cores"))?;
    let cores: Vec<usize> = (0..CpuSet::MAX_CPU)
        .filter(|core| allowed.is_set(*core))
        .collect();
    let [others @ .., last] = cores.as_slice() else {
        return Ok(false);
    };
    if others.is_empty() {
        return Ok(false);
    }
    let (worker_cores, other_cores) = (set(&[*last]), set(others));
    let mut found = false;
    for thread in threads(process)? {
        let name = fs::read_to_string(thread.join("comm")).unwrap_or_default();
        let is_worker = name.trim_end() == "wrk:worker_0";
        found |= is_worker;
        let cores = if is_worker {
            &worker_cores
        } else {
            &other_cores
        };
        let id = thread.file_name().and_then(|id| id.to_str()?.parse().ok());
        if let Some(id) = id.and_then(Pid::from_raw) {
            let _ = sched_setaffinity(Some(id), cores);
        }
    }
    sched_setaffinity(None, &other_cores).map_err(system("choosing a core"))?;
    if found {
        Ok(true)
    } else {
        Err(Error::NoWorker)
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

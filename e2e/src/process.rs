//! A child process that cannot outlive the test program.

use std::ffi::OsStr;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;

use crate::{Error, Log, Result};

/// A running child with its log. Dropping it kills it and waits for its end.
pub struct Process {
    child: Child,
    watchdog: Child,
    log: Log,
    readers: Vec<JoinHandle<()>>,
}

impl Process {
    /// Starts `program`; what it writes goes to [`Process::log`].
    pub fn start<S: AsRef<OsStr>>(program: &Path, arguments: &[S]) -> Result<Self> {
        let starting = || format!("starting {}", program.display());
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // An interrupt at the terminal ends the tests; their drops end this.
            .process_group(0)
            .spawn()
            .map_err(Error::io(starting()))?;
        let watchdog = match watch(child.id()) {
            Ok(watchdog) => watchdog,
            Err(error) => {
                end(&mut child);
                return Err(error);
            }
        };
        let log = Log::default();
        let readers = [
            child.stdout.take().map(|out| log.follow(out)),
            child.stderr.take().map(|err| log.follow(err)),
        ];
        Ok(Self {
            child,
            watchdog,
            log,
            readers: readers.into_iter().flatten().collect(),
        })
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it wrote.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// How it ended, if it did; the log is whole by then.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        let status = self.child.try_wait().ok().flatten()?;
        self.join_readers();
        Some(status)
    }

    fn join_readers(&mut self) {
        for reader in self.readers.drain(..) {
            let _ = reader.join();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        end(&mut self.child);
        // Only now: while the child lives, something must be there to end it.
        end(&mut self.watchdog);
        self.join_readers();
    }
}

/// A shell that waits on a pipe which only this program holds, and kills `pid`
/// when the pipe closes: also if this program was killed and no drop ran. (A
/// parent-death signal would need unsafe code and follows the thread, not the
/// program.)
fn watch(pid: u32) -> Result<Child> {
    Command::new("sh")
        .args(["-c", "read -r _; kill -KILL \"$1\" 2>/dev/null", "watchdog"])
        .arg(pid.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .map_err(Error::io("starting the watchdog of a child process"))
}

fn end(child: &mut Child) {
    // Fails only for a child that has ended already.
    let _ = child.kill();
    let _ = child.wait();
}

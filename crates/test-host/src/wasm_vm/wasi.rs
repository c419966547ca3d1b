//! WASI as far as a module uses it: a clock, an environment, and a place for a panic's
//! text.

use std::rc::Rc;

use gatepost_host::{Abi, LogLevel};
use wasmtime::Linker;

use super::guest::{Guest, Host};
use crate::worker::Worker;

pub(super) fn define_wasi(linker: &mut Linker<Rc<Worker>>) {
    const WASI: &str = "wasi_snapshot_preview1";
    const NOT_SUPPORTED: u32 = 58;
    let time = |mut caller: Host<'_>, _clock: u32, _precision: u64, at: u32| {
        let time = caller.data().clock();
        Guest::new(&mut caller).returning(time, |guest, time| {
            let nanoseconds = u64::try_from(time.as_nanos()).unwrap();
            guest.write(at, &nanoseconds.to_le_bytes());
        })
    };
    linker.func_wrap(WASI, "clock_time_get", time).unwrap();
    let write = |mut caller: Host<'_>, _fd: u32, parts: u32, count: u32, written: u32| {
        let mut guest = Guest::new(&mut caller);
        let mut text = Vec::new();
        for part in 0..count {
            let part = guest.bytes(parts + part * 8, 8);
            let at = u32::from_le_bytes(part[..4].try_into().unwrap());
            let size = u32::from_le_bytes(part[4..].try_into().unwrap());
            text.extend(guest.bytes(at, size));
        }
        let size = u32::try_from(text.len()).unwrap();
        guest.write(written, &size.to_le_bytes());
        caller.data().log(LogLevel::Error, &text);
        0_u32
    };
    linker.func_wrap(WASI, "fd_write", write).unwrap();
    let sizes = |mut caller: Host<'_>, count: u32, size: u32| {
        let variables = variables(caller.data());
        let bytes: usize = variables.iter().map(Vec::len).sum();
        let mut guest = Guest::new(&mut caller);
        for (at, number) in [(count, variables.len()), (size, bytes)] {
            guest.write(at, &u32::try_from(number).unwrap().to_le_bytes());
        }
        0_u32
    };
    linker.func_wrap(WASI, "environ_sizes_get", sizes).unwrap();
    let get = |mut caller: Host<'_>, mut pointers: u32, mut text: u32| {
        let variables = variables(caller.data());
        let mut guest = Guest::new(&mut caller);
        for variable in variables {
            guest.write(pointers, &text.to_le_bytes());
            guest.write(text, &variable);
            pointers += 4;
            text += u32::try_from(variable.len()).unwrap();
        }
        0_u32
    };
    linker.func_wrap(WASI, "environ_get", get).unwrap();
    let random = |mut caller: Host<'_>, at: u32, size: u32| {
        // The same every time: a test is repeatable.
        let bytes: Vec<u8> = (0..size).map(|i| (i % 251) as u8).collect();
        Guest::new(&mut caller).write(at, &bytes);
        0_u32
    };
    linker.func_wrap(WASI, "random_get", random).unwrap();
    linker
        .func_wrap(WASI, "proc_exit", |_: u32| -> () {
            panic!("the module exits")
        })
        .unwrap();
    linker
        .func_wrap(WASI, "fd_close", |_: u32| NOT_SUPPORTED)
        .unwrap();
    linker
        .func_wrap(WASI, "fd_fdstat_get", |_: u32, _: u32| NOT_SUPPORTED)
        .unwrap();
    linker
        .func_wrap(WASI, "fd_prestat_get", |_: u32, _: u32| NOT_SUPPORTED)
        .unwrap();
    linker
        .func_wrap(WASI, "fd_seek", |_: u32, _: u64, _: u32, _: u32| {
            NOT_SUPPORTED
        })
        .unwrap();
}

/// The environment as C has it: `NAME=value`, each with its NUL.
fn variables(worker: &Worker) -> Vec<Vec<u8>> {
    let environment = worker.shared.environment.borrow();
    environment
        .iter()
        .map(|(name, value)| format!("{name}={value}\0").into_bytes())
        .collect()
}

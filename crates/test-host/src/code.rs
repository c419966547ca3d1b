//! The code under test: linked natively, or compiled.

use std::path::PathBuf;
use std::rc::Rc;

use gatepost_host::Module;

use crate::native_vm::NativeVm;
use crate::vm::Vm;
use crate::wasm_vm::{Compiled, WasmVm};
use crate::worker::Worker;

/// A module in one of its two forms.
#[derive(Clone)]
pub struct Code(Form);

#[derive(Clone)]
enum Form {
    Native(&'static Module),
    Wasm(Compiled),
}

impl Code {
    /// A module that is linked into the test.
    #[must_use]
    pub fn native(module: &'static Module) -> Self {
        Self(Form::Native(module))
    }

    /// A compiled module.
    ///
    /// # Panics
    /// When wasmtime does not take it.
    #[must_use]
    pub fn wasm(bytes: &[u8]) -> Self {
        Self(Form::Wasm(Compiled::new(bytes)))
    }

    pub(crate) fn vm(&self, worker: Rc<Worker>) -> Box<dyn Vm> {
        match &self.0 {
            Form::Native(module) => Box::new(NativeVm::new(worker, module)),
            Form::Wasm(compiled) => Box::new(WasmVm::new(worker, compiled)),
        }
    }
}

/// Runs a test on the native module, and on `<name>.wasm` as `make wasm` left
/// it in dist/ (`GATEPOST_DIST` names another folder).
///
/// # Panics
/// Under CI, when the compiled module is missing. Elsewhere that half is said
/// not to have run.
pub fn each_code(module: &'static Module, name: &str, test: impl Fn(&Code)) {
    test(&Code::native(module));
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../dist");
    let dist = std::env::var("GATEPOST_DIST").unwrap_or_else(|_| default.to_owned());
    let file = PathBuf::from(dist).join(format!("{name}.wasm"));
    match std::fs::read(&file) {
        Ok(bytes) => test(&Code::wasm(&bytes)),
        Err(error) => {
            let why = format!("{}: {error} (run `make wasm` first)", file.display());
            assert!(std::env::var("CI").as_deref() != Ok("true"), "{why}");
            eprintln!("NOT RUN: the compiled half of a test: {why}");
        }
    }
}

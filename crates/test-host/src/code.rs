//! The code under test: linked natively, or compiled.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::{Mutex, PoisonError};

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

    /// A compiled module whose instructions are counted: see
    /// [`TestProxy::cost`](crate::TestProxy::cost).
    ///
    /// # Panics
    /// When wasmtime does not take it.
    #[must_use]
    pub fn metered(bytes: &[u8]) -> Self {
        Self(Form::Wasm(Compiled::metered(bytes)))
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
    with_compiled(&dist(), name, "make wasm", |file, bytes| {
        test(&compiled_once(file, bytes));
    });
}

/// The same for a module that exists for tests only, as `make test-modules` left
/// it in Cargo's target folder (`GATEPOST_TEST_MODULES` names another one).
///
/// # Panics
/// As [`each_code`].
pub fn each_test_code(module: &'static Module, name: &str, test: impl Fn(&Code)) {
    test(&Code::native(module));
    let folder = named("GATEPOST_TEST_MODULES").unwrap_or_else(|| {
        let target = named("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
        workspace().join(target).join("test-modules")
    });
    with_compiled(&folder, name, "make test-modules", |file, bytes| {
        test(&compiled_once(file, bytes));
    });
}

fn named(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).map(PathBuf::from)
}

fn workspace() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// Where `make wasm` puts modules.
pub(crate) fn dist() -> PathBuf {
    named("GATEPOST_DIST").unwrap_or_else(|| workspace().join("dist"))
}

/// Runs `test` on the file and bytes of a compiled module, or says why not.
pub(crate) fn with_compiled(
    folder: &Path,
    name: &str,
    make: &str,
    test: impl FnOnce(PathBuf, &[u8]),
) {
    let file = folder.join(format!("{name}.wasm"));
    match std::fs::read(&file) {
        Ok(bytes) => test(file, &bytes),
        Err(error) => {
            let why = format!("{}: {error} (run `{make}` first)", file.display());
            assert!(std::env::var("CI").as_deref() != Ok("true"), "{why}");
            eprintln!("NOT RUN: the compiled half of a test: {why}");
        }
    }
}

/// Compiling takes seconds: the tests of one program share the result.
fn compiled_once(file: PathBuf, bytes: &[u8]) -> Code {
    static COMPILED: Mutex<BTreeMap<PathBuf, Compiled>> = Mutex::new(BTreeMap::new());
    let mut known = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    Code(Form::Wasm(
        known
            .entry(file)
            .or_insert_with(|| Compiled::new(bytes))
            .clone(),
    ))
}

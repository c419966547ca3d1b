//! Takes the SDK's own calls to the proxy out of a module.
//!
//! Law 1: those calls panic on a status that they do not list. Nothing of ours
//! makes them, but the SDK's traits offer each as a method, and so the vtables
//! of our contexts keep all of them, with every import that they need. Their
//! bodies become `unreachable` here; then nothing holds what they held.

use std::collections::HashSet;

use walrus::ir::{self, Visitor};
use walrus::{FunctionBuilder, FunctionId, FunctionKind, LocalFunction, Module};

/// In the symbol (v0 mangling) of what belongs to the SDK's calls.
const CALLS: &str = "10proxy_wasm9hostcalls";
/// At the start of the symbol of a method that comes with its trait (`Y`), and
/// in that of a method of the SDK's traits.
const PROVIDED: &str = "_RNvY";
const TRAITS: [&str; 2] = ["10proxy_wasm", "6traits"];

/// Functions that were hollowed out.
pub(crate) struct Hollow(HashSet<FunctionId>);

impl Hollow {
    /// Hollows out the SDK's calls, and the methods of its traits that do no
    /// more than make one.
    pub(crate) fn out(module: &mut Module) -> Result<Self, String> {
        let calls = named(module, |name| name.contains(CALLS));
        if calls.is_empty() {
            return Err("names no call of the SDK: was it linked without symbols?".to_owned());
        }
        let forwards = |id: &FunctionId| {
            let called = called_by(module, *id);
            called
                .iter()
                .any(|called| calls.contains(called) || is_import(module, *called))
        };
        let mut hollow = named(module, |name| {
            name.starts_with(PROVIDED) && TRAITS.iter().all(|part| name.contains(part))
        });
        hollow.retain(forwards);
        hollow.extend(calls);
        for id in &hollow {
            empty(module, *id);
        }
        Ok(Self(hollow))
    }

    /// Checks, after all that is unused is gone, that what was hollowed out is
    /// called from nowhere: it stands in vtables at most.
    pub(crate) fn check_unused(&self, module: &Module) -> Result<(), String> {
        for function in module.funcs.iter() {
            if called_by(module, function.id())
                .iter()
                .any(|called| self.0.contains(called))
            {
                let name = function
                    .name
                    .as_deref()
                    .unwrap_or("a function without a name");
                return Err(format!(
                    "{name} calls the proxy through the SDK, which panics (law 1)"
                ));
            }
        }
        Ok(())
    }
}

fn named(module: &Module, wanted: impl Fn(&str) -> bool) -> HashSet<FunctionId> {
    let functions = module
        .funcs
        .iter_local()
        .map(|(id, _)| module.funcs.get(id));
    let wanted = functions.filter(|function| function.name.as_deref().is_some_and(&wanted));
    wanted.map(walrus::Function::id).collect()
}

fn is_import(module: &Module, id: FunctionId) -> bool {
    matches!(module.funcs.get(id).kind, FunctionKind::Import(_))
}

/// The functions that this one calls by name, not through a table.
fn called_by(module: &Module, id: FunctionId) -> Vec<FunctionId> {
    struct Called(Vec<FunctionId>);
    impl Visitor<'_> for Called {
        fn visit_function_id(&mut self, id: &FunctionId) {
            self.0.push(*id);
        }
    }
    let mut called = Called(Vec::new());
    if let FunctionKind::Local(function) = &module.funcs.get(id).kind {
        ir::dfs_in_order(&mut called, function, function.entry_block());
    }
    called.0
}

fn empty(module: &mut Module, id: FunctionId) {
    let kind = module.types.get(module.funcs.get(id).ty());
    let (params, results) = (kind.params().to_vec(), kind.results().to_vec());
    let args = params.iter().map(|kind| module.locals.add(*kind)).collect();
    let function = unreachable(module, &params, &results, args);
    module.funcs.get_mut(id).kind = FunctionKind::Local(function);
}

fn unreachable(
    module: &mut Module,
    params: &[walrus::ValType],
    results: &[walrus::ValType],
    args: Vec<walrus::LocalId>,
) -> LocalFunction {
    let mut builder = FunctionBuilder::new(&mut module.types, params, results);
    builder.func_body().unreachable();
    builder.local_func(args)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALL: &str = "_RNvNtCs1_10proxy_wasm9hostcalls3log";
    const METHOD: &str = "_RNvYNtCs2_4host4RootNtNtCs1_10proxy_wasm6traits7Context3log";
    const CALLBACK: &str = "_RNvYNtCs2_4host4RootNtNtCs1_10proxy_wasm6traits7Context7on_done";

    /// A module with a function of each name; each calls the one before it, the
    /// first an import.
    fn module(names: &[&str]) -> (Module, Vec<FunctionId>) {
        let mut module = Module::default();
        let kind = module.types.add(&[], &[]);
        let (import, _) = module.add_import_func("env", "proxy_log", kind);
        let mut functions = vec![import];
        for name in names {
            let mut builder = FunctionBuilder::new(&mut module.types, &[], &[]);
            builder
                .name((*name).to_owned())
                .func_body()
                .call(functions[functions.len() - 1]);
            functions.push(builder.finish(Vec::new(), &mut module.funcs));
        }
        (module, functions)
    }

    #[test]
    fn an_import_that_only_the_sdk_calls_is_gone() {
        let (mut module, functions) = module(&[CALL, METHOD]);
        // As a vtable would keep them.
        module.exports.add("method", functions[2]);
        let hollow = Hollow::out(&mut module).unwrap();
        walrus::passes::gc::run(&mut module);
        hollow.check_unused(&module).unwrap();
        assert_eq!(module.imports.iter().count(), 0);
        assert_eq!(module.funcs.iter().count(), 1);
        Module::from_buffer(&module.emit_wasm()).unwrap();
    }

    #[test]
    fn a_callback_that_calls_nothing_stays_as_it_is() {
        let (mut module, functions) = module(&[CALL]);
        let mut builder = FunctionBuilder::new(&mut module.types, &[], &[]);
        builder.name(CALLBACK.to_owned());
        let callback = builder.finish(Vec::new(), &mut module.funcs);
        let hollow = Hollow::out(&mut module).unwrap();
        assert!(!hollow.0.contains(&callback) && hollow.0.contains(&functions[1]));
    }

    #[test]
    fn a_call_through_the_sdk_is_refused() {
        let (mut module, functions) = module(&[CALL, "_RNvCs3_6filter4load"]);
        module.exports.add("load", functions[2]);
        let hollow = Hollow::out(&mut module).unwrap();
        walrus::passes::gc::run(&mut module);
        let error = hollow.check_unused(&module).unwrap_err();
        assert!(
            error.contains("6filter4load calls the proxy through the SDK"),
            "{error}"
        );
    }

    #[test]
    fn a_module_without_names_is_refused() {
        assert!(Hollow::out(&mut Module::default()).is_err());
    }
}

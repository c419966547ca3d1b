//! What happens to a module after linking: trimmed to the callbacks that it
//! declares, optimised, stamped, and checked against what the oldest host offers.

use std::borrow::Cow;
use std::fs;
use std::path::Path;

use gatepost_filter::Phases;
use gatepost_host::STAMP_SECTION;
use walrus::{CustomSection, IdsToIndices, Module, ModuleConfig};

use crate::hollow::Hollow;
use crate::optimise::optimise;

/// The WASI calls of Envoy 1.31's Proxy-Wasm host, which is Edge Stack's. A
/// module that imports anything else does not load there.
const WASI: [&str; 15] = [
    "args_get",
    "args_sizes_get",
    "clock_time_get",
    "environ_get",
    "environ_sizes_get",
    "fd_close",
    "fd_fdstat_get",
    "fd_prestat_dir_name",
    "fd_prestat_get",
    "fd_read",
    "fd_seek",
    "fd_write",
    "path_open",
    "proc_exit",
    "random_get",
];

/// What every module exports: (name in the linked module, exported name).
const BASE: [(&str, &str); 7] = [
    ("memory", "memory"),
    ("_initialize", "_initialize"),
    ("proxy_abi_version_0_2_1", "proxy_abi_version_0_2_1"),
    ("gatepost_on_memory_allocate", "proxy_on_memory_allocate"),
    ("gatepost_on_context_create", "proxy_on_context_create"),
    ("proxy_on_vm_start", "proxy_on_vm_start"),
    ("proxy_on_configure", "proxy_on_configure"),
];

/// What a module adds that has anything to do at the end of a request or of a
/// plugin. The others are not told of each request's end: it would be a quarter of
/// what an empty chain costs.
const ENDS: [(&str, &str); 1] = [("gatepost_on_delete", "proxy_on_delete")];

/// What a phase adds. What concerns requests and replies comes from `host`, under
/// names of its own, and takes the place of the SDK's.
const BY_PHASE: [(Phases, &[(&str, &str)]); 6] = [
    (
        Phases::REQUEST,
        &[("gatepost_on_request_headers", "proxy_on_request_headers")],
    ),
    (
        Phases::RESPONSE,
        &[("gatepost_on_response_headers", "proxy_on_response_headers")],
    ),
    (Phases::END, &[("gatepost_on_log", "proxy_on_log")]),
    (
        Phases::HTTP_CALL,
        &[(
            "gatepost_on_http_call_response",
            "proxy_on_http_call_response",
        )],
    ),
    (Phases::TICK, &[("proxy_on_tick", "proxy_on_tick")]),
    (
        Phases::GRPC_CALL,
        &[
            ("gatepost_on_grpc_receive", "proxy_on_grpc_receive"),
            ("gatepost_on_grpc_close", "proxy_on_grpc_close"),
        ],
    ),
];

/// The section in which a module says its name, version and revision.
pub(crate) const MODULE_SECTION: &str = "gatepost.module";

/// In which the compiler says what it was allowed to use: wasm-opt would take it for what
/// is used.
const FEATURES_SECTION: &str = "target_features";

/// Who and what a module is, how it is optimised and how large it may be.
struct Options<'a> {
    name: &'a str,
    version: &'a str,
    revision: &'a str,
    max_kib: Option<u64>,
    /// Where wasm-opt is. Without it the module is only trimmed.
    wasm_opt: Option<&'a str>,
    /// To see what takes the room.
    keeps_names: bool,
}

pub(crate) fn finish(input: &str, output: &str, options: &[&str]) -> Result<(), String> {
    let options = Options::parse(options)?;
    let bytes = fs::read(input).map_err(|error| format!("{input}: {error}"))?;
    let mut bytes = trim(&bytes, &options).map_err(|error| format!("{input}: {error}"))?;
    if let Some(tool) = options.wasm_opt {
        let kept = Path::new(input).with_extension("optimised");
        bytes = optimise(tool, &bytes, options.keeps_names, &kept)
            .map_err(|error| format!("{input}: {error}"))?;
    }
    add_section(&mut bytes, MODULE_SECTION, stamp(&options).as_bytes());
    let report = check(&bytes, &options).map_err(|error| format!("{input}: {error}"))?;
    if let Some(folder) = Path::new(output).parent() {
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    // A reader, such as a running Envoy, sees the old module or the new one.
    let part = format!("{output}.part");
    fs::write(&part, &bytes).map_err(|error| format!("{part}: {error}"))?;
    fs::rename(&part, output).map_err(|error| format!("{output}: {error}"))?;
    println!("{output}\n{report}");
    Ok(())
}

impl<'a> Options<'a> {
    fn parse(options: &[&'a str]) -> Result<Self, String> {
        let mut parsed = Self {
            name: "",
            version: "",
            revision: "",
            max_kib: None,
            wasm_opt: None,
            keeps_names: false,
        };
        for pair in options.chunks(2) {
            match pair {
                ["--name", value] => parsed.name = value,
                ["--version", value] => parsed.version = value,
                ["--revision", value] => parsed.revision = value,
                ["--max-kib", value] => {
                    let kib = value
                        .parse()
                        .map_err(|_| format!("--max-kib {value}: not a number"))?;
                    parsed.max_kib = Some(kib);
                }
                ["--wasm-opt", value] => parsed.wasm_opt = Some(value),
                ["--names", "keep"] => parsed.keeps_names = true,
                other => return Err(format!("{}: not an option with a value", other.join(" "))),
            }
        }
        if parsed.name.is_empty() || parsed.version.is_empty() || parsed.revision.is_empty() {
            return Err("--name, --version and --revision are required".to_owned());
        }
        Ok(parsed)
    }
}

/// The exports that a module of these phases has: (name when linked, exported
/// name).
fn exports(phases: Phases) -> Vec<(&'static str, &'static str)> {
    let declared = BY_PHASE.iter().filter(|(phase, _)| phases.contain(*phase));
    let ends = ENDS.into_iter().filter(|_| phases.need_ends());
    BASE.into_iter()
        .chain(ends)
        .chain(declared.flat_map(|(_, names)| names.iter().copied()))
        .collect()
}

fn trim(bytes: &[u8], options: &Options<'_>) -> Result<Vec<u8>, String> {
    let mut config = ModuleConfig::new();
    // Names are a quarter of a module; `target/` keeps the linked one with them.
    config
        .generate_name_section(options.keeps_names)
        .generate_producers_section(false);
    let mut module = config.parse(bytes).map_err(|error| format!("{error:#}"))?;
    let phases = take_phases(&mut module)?;
    let wanted = exports(phases);

    let mut kept = Vec::new();
    for (linked, exported) in &wanted {
        let found = module.exports.iter().find(|export| export.name == *linked);
        let item = found
            .ok_or_else(|| format!("does not export {linked}"))?
            .item;
        kept.push((*exported, item));
    }
    let all: Vec<_> = module.exports.iter().map(|export| export.id()).collect();
    for export in all {
        module.exports.delete(export);
    }
    for (exported, item) in kept {
        module.exports.add(exported, item);
    }
    let hollow = Hollow::out(&mut module)?;
    walrus::passes::gc::run(&mut module);
    hollow.check_unused(&module)?;
    module.customs.remove_raw(FEATURES_SECTION);
    Ok(module.emit_wasm())
}

fn take_phases(module: &mut Module) -> Result<Phases, String> {
    let missing =
        || format!("has no section {STAMP_SECTION}: is it made with gatepost_host::module!?");
    let section = module
        .customs
        .remove_raw(STAMP_SECTION)
        .ok_or_else(missing)?;
    let data: Cow<'_, [u8]> = section.data(&IdsToIndices::default());
    match data.as_ref() {
        [bits] => Ok(Phases::from_bits(*bits)),
        other => Err(format!(
            "section {STAMP_SECTION} has {} bytes, not one",
            other.len()
        )),
    }
}

fn stamp(options: &Options<'_>) -> String {
    serde_json::json!({
        "name": options.name,
        "version": options.version,
        "revision": options.revision,
    })
    .to_string()
}

/// Adds a custom section at the end. What stands before is left to the byte.
fn add_section(module: &mut Vec<u8>, name: &str, data: &[u8]) {
    let mut section = Vec::new();
    add_number(&mut section, name.len());
    section.extend_from_slice(name.as_bytes());
    section.extend_from_slice(data);
    module.push(0);
    add_number(module, section.len());
    module.extend_from_slice(&section);
}

/// An unsigned LEB128 number.
fn add_number(bytes: &mut Vec<u8>, mut number: usize) {
    while number > 0x7f {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn check(bytes: &[u8], options: &Options<'_>) -> Result<String, String> {
    let module = Module::from_buffer(bytes).map_err(|error| format!("{error:#}"))?;
    let mut proxy = Vec::new();
    let mut wasi = Vec::new();
    for import in module.imports.iter() {
        match import.module.as_str() {
            "env" if import.name.starts_with("proxy_") => proxy.push(import.name.as_str()),
            "wasi_snapshot_preview1" if WASI.contains(&import.name.as_str()) => {
                wasi.push(import.name.as_str());
            }
            other => {
                return Err(format!(
                    "imports {other}.{}, which Envoy 1.31's host does not have",
                    import.name
                ));
            }
        }
    }
    let kib = u64::try_from(bytes.len())
        .unwrap_or(u64::MAX)
        .div_ceil(1024);
    if let Some(max) = options.max_kib.filter(|max| kib > *max) {
        return Err(format!("is {kib} KiB, more than {max} KiB"));
    }
    let exported: Vec<&str> = module
        .exports
        .iter()
        .map(|export| export.name.as_str())
        .collect();
    proxy.sort_unstable();
    wasi.sort_unstable();
    Ok(format!(
        "  size     {kib} KiB\n  exports  {}\n  env      {}\n  wasi     {}",
        exported.join(" "),
        proxy.join(" "),
        wasi.join(" ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(phases: Phases) -> Vec<&'static str> {
        exports(phases)
            .into_iter()
            .map(|(_, exported)| exported)
            .collect()
    }

    fn limited(max_kib: Option<u64>) -> Options<'static> {
        Options {
            name: "n",
            version: "v",
            revision: "r",
            max_kib,
            wasm_opt: None,
            keeps_names: false,
        }
    }

    #[test]
    fn a_module_exports_the_callbacks_of_its_phases_and_no_others() {
        let mut plain: Vec<&str> = BASE.iter().map(|(_, exported)| *exported).collect();
        plain.push("proxy_on_request_headers");
        assert_eq!(names(Phases::REQUEST), plain);
        assert!(!names(Phases::END).contains(&"proxy_on_tick"));
        assert!(names(Phases::WAIT).contains(&"proxy_on_delete"));
    }

    #[test]
    fn a_module_that_can_wait_watches_deadlines_and_sees_no_body() {
        let waiting = names(Phases::WAIT);
        assert!(waiting.contains(&"proxy_on_tick"));
        assert!(!waiting.iter().any(|name| name.contains("body")));
    }

    #[test]
    fn a_section_of_any_length_is_read_as_it_was_added() {
        for length in [0, 1, 110, 127, 128, 20_000] {
            let mut bytes = Module::default().emit_wasm();
            let data = vec![b'x'; length];
            add_section(&mut bytes, MODULE_SECTION, &data);
            let mut module = Module::from_buffer(&bytes).unwrap();
            let section = module.customs.remove_raw(MODULE_SECTION).unwrap();
            assert_eq!(section.data(&IdsToIndices::default()), data);
        }
    }

    #[test]
    fn an_import_that_old_hosts_lack_is_refused() {
        let mut module = Module::default();
        let kind = module.types.add(&[], &[]);
        module.add_import_func("wasi_snapshot_preview1", "sched_yield", kind);
        let error = check(&module.emit_wasm(), &limited(None)).unwrap_err();
        assert!(
            error.contains("wasi_snapshot_preview1.sched_yield"),
            "{error}"
        );
    }

    #[test]
    fn a_module_that_is_too_large_is_refused() {
        let error = check(&Module::default().emit_wasm(), &limited(Some(0))).unwrap_err();
        assert!(error.contains("more than 0 KiB"), "{error}");
    }
}

//! Keeps one of the functions of a module that are alike to the byte.
//!
//! Generic code is compiled for each of its types, and often to the same
//! instructions. The linker of this target does not look for that.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use walrus::ir::{self, VisitorMut};
use walrus::{ElementItems, ExportItem, FunctionId, FunctionKind, Module, ModuleConfig, passes};

/// Folds until no two functions are alike: callers of what was folded may be alike
/// only then.
pub(crate) fn fold(mut bytes: Vec<u8>, keeps_names: bool) -> Result<Vec<u8>, String> {
    loop {
        let alike = alike(&bytes).ok_or("the code section cannot be read")?;
        if alike.is_empty() {
            return Ok(bytes);
        }
        bytes = without(&bytes, &alike, keeps_names)?;
    }
}

/// The indices of functions that another one, of a lower index, equals.
fn alike(bytes: &[u8]) -> Option<Vec<(u32, u32)>> {
    let sections = sections(bytes)?;
    let of = |wanted: u8| {
        let mut found = sections.iter().filter(|(id, _)| *id == wanted);
        found.next().map_or(&[][..], |(_, content)| content)
    };
    let imported = imported(of(2))?;
    let mut types = of(3);
    let mut code = of(10);
    let count = number(&mut types)?;
    if number(&mut code)? != count {
        return None;
    }
    let mut known: HashMap<(u32, &[u8]), u32> = HashMap::new();
    let mut alike = Vec::new();
    for index in imported..imported.checked_add(count)? {
        let kind = number(&mut types)?;
        let size = number(&mut code)?;
        let body = take(&mut code, size)?;
        let kept = *known.entry((kind, body)).or_insert(index);
        if kept != index {
            alike.push((index, kept));
        }
    }
    Some(alike)
}

fn without(bytes: &[u8], alike: &[(u32, u32)], keeps_names: bool) -> Result<Vec<u8>, String> {
    let pairs: Arc<Mutex<HashMap<FunctionId, FunctionId>>> = Arc::default();
    let (found, wanted) = (Arc::clone(&pairs), alike.to_vec());
    let mut config = ModuleConfig::new();
    config
        .generate_name_section(keeps_names)
        .generate_producers_section(false)
        .on_parse(move |_, ids| {
            let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
            for (index, kept) in &wanted {
                found.insert(ids.get_func(*index)?, ids.get_func(*kept)?);
            }
            Ok(())
        });
    let mut module = config.parse(bytes).map_err(|error| format!("{error:#}"))?;
    let pairs = pairs.lock().unwrap_or_else(PoisonError::into_inner);
    redirect(&mut module, &pairs);
    passes::gc::run(&mut module);
    Ok(module.emit_wasm())
}

/// Lets everybody who means a function mean the one that is kept.
fn redirect(module: &mut Module, pairs: &HashMap<FunctionId, FunctionId>) {
    let mut kept = Kept(pairs);
    for (_, function) in module.funcs.iter_local_mut() {
        let start = function.entry_block();
        ir::dfs_pre_order_mut(&mut kept, function, start);
    }
    for element in module.elements.iter_mut() {
        if let ElementItems::Functions(functions) = &mut element.items {
            for function in functions {
                kept.visit_function_id_mut(function);
            }
        }
    }
    for export in module.exports.iter_mut() {
        if let ExportItem::Function(function) = &mut export.item {
            kept.visit_function_id_mut(function);
        }
    }
    if let Some(start) = &mut module.start {
        kept.visit_function_id_mut(start);
    }
    debug_assert!(
        module
            .funcs
            .iter()
            .filter(|function| pairs.contains_key(&function.id()))
            .all(|function| matches!(function.kind, FunctionKind::Local(_)))
    );
}

struct Kept<'a>(&'a HashMap<FunctionId, FunctionId>);

impl VisitorMut for Kept<'_> {
    fn visit_function_id_mut(&mut self, function: &mut FunctionId) {
        if let Some(kept) = self.0.get(function) {
            *function = *kept;
        }
    }
}

/// Each section's number and content.
fn sections(bytes: &[u8]) -> Option<Vec<(u8, &[u8])>> {
    let mut rest = bytes.get(8..)?;
    let mut sections = Vec::new();
    while let Some((id, after)) = rest.split_first() {
        rest = after;
        let size = number(&mut rest)?;
        sections.push((*id, take(&mut rest, size)?));
    }
    Some(sections)
}

/// How many functions are imported. Modules of ours import nothing else.
fn imported(section: &[u8]) -> Option<u32> {
    let mut rest = section;
    if rest.is_empty() {
        return Some(0);
    }
    let count = number(&mut rest)?;
    for _ in 0..count {
        for _ in 0..2 {
            let length = number(&mut rest)?;
            take(&mut rest, length)?;
        }
        // 0: a function, and its type.
        if take(&mut rest, 1)? != [0] {
            return None;
        }
        number(&mut rest)?;
    }
    Some(count)
}

/// An unsigned LEB128 number.
fn number(rest: &mut &[u8]) -> Option<u32> {
    let mut value = 0_u64;
    for shift in [0, 7, 14, 21, 28] {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return u32::try_from(value).ok();
        }
    }
    None
}

fn take<'a>(rest: &mut &'a [u8], length: u32) -> Option<&'a [u8]> {
    let (taken, after) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    *rest = after;
    Some(taken)
}

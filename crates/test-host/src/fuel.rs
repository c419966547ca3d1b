//! Instructions that a filter's typical paths take, kept in a table and compared
//! with it: a slow change is seen on any machine.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use crate::code::{Code, dist, with_compiled};

/// What a path through a compiled module costs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Cost {
    /// Instructions, as wasmtime counts fuel: the same on every machine.
    pub instructions: u64,
    /// Calls to the proxy.
    pub calls: u32,
}

/// Measures the typical paths of `dist/<module>.wasm` and compares them with the
/// table in the file `table`: instructions may differ by 5 %, calls not at all.
/// Where `FUEL_UPDATE` is set the table is written instead.
///
/// # Panics
/// When a path costs something else than the table says, with all that differ; and
/// as [`each_code`](crate::each_code) when there is no compiled module.
pub fn check_fuel(
    module: &str,
    table: &Path,
    measure: impl FnOnce(&Code) -> Vec<(&'static str, Cost)>,
) {
    with_compiled(&dist(), module, "make wasm", |_, bytes| {
        let measured = measure(&Code::metered(bytes));
        if std::env::var_os("FUEL_UPDATE").is_some_and(|value| !value.is_empty()) {
            let text = written(module, &measured);
            std::fs::write(table, text).expect("the table can be written");
            return;
        }
        let text = std::fs::read_to_string(table).unwrap_or_default();
        let different = differences(&read(&text), &measured);
        assert!(
            different.is_empty(),
            "{} does not say what {module}.wasm costs:\n{}\nIf that is meant: make fuel-update",
            table.display(),
            different.join("\n")
        );
    });
}

fn written(module: &str, costs: &[(&'static str, Cost)]) -> String {
    let mut text = format!(
        "# What typical paths through {module}.wasm cost: instructions (as wasmtime counts\n\
         # fuel) and calls to the proxy. `make test` fails when one differs by more than 5 %,\n\
         # or makes another number of calls; `make fuel-update` writes this file.\n\
         # path                           instructions    calls\n"
    );
    for (path, cost) in costs {
        let _ = writeln!(text, "{path:<32}{:>13}{:>9}", cost.instructions, cost.calls);
    }
    text
}

fn read(text: &str) -> BTreeMap<&str, Cost> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(read_line).collect()
}

fn read_line(line: &str) -> Option<(&str, Cost)> {
    let mut columns = line.split_whitespace();
    let path = columns.next()?;
    let instructions = columns.next()?.parse().ok()?;
    let calls = columns.next()?.parse().ok()?;
    Some((
        path,
        Cost {
            instructions,
            calls,
        },
    ))
}

/// A line for each path that is not as it was.
fn differences(table: &BTreeMap<&str, Cost>, measured: &[(&'static str, Cost)]) -> Vec<String> {
    let mut lines = Vec::new();
    for (path, now) in measured {
        match table.get(path) {
            None => lines.push(format!(
                "  {path}: not in the table; it takes {} instructions and {} calls",
                now.instructions, now.calls
            )),
            Some(was) if !is_close(was.instructions, now.instructions) => lines.push(format!(
                "  {path}: {} instructions, were {} ({:+.1} %)",
                now.instructions,
                was.instructions,
                per_cent(was.instructions, now.instructions)
            )),
            Some(was) if was.calls != now.calls => lines.push(format!(
                "  {path}: {} calls to the proxy, were {}",
                now.calls, was.calls
            )),
            Some(_) => {}
        }
    }
    let is_measured = |path: &str| measured.iter().any(|(known, _)| *known == path);
    let gone = table.keys().filter(|path| !is_measured(path));
    lines.extend(gone.map(|path| format!("  {path}: in the table, and not measured any more")));
    lines
}

/// Within 5 %.
fn is_close(was: u64, now: u64) -> bool {
    was.abs_diff(now).saturating_mul(20) <= was
}

fn per_cent(was: u64, now: u64) -> f64 {
    100.0 * (now as f64 - was as f64) / was.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::{Cost, differences, read, written};

    const COST: Cost = Cost {
        instructions: 1000,
        calls: 3,
    };

    fn told(instructions: u64, calls: u32) -> Vec<String> {
        let text = written("gate", &[("allow", COST)]);
        let now = Cost {
            instructions,
            calls,
        };
        differences(&read(&text), &[("allow", now)])
    }

    #[test]
    fn what_was_written_is_read_back() {
        let costs = [
            ("allow", COST),
            ("deny-with-a-name-that-fills-the-column", COST),
        ];
        let text = written("gate", &costs);
        assert_eq!(read(&text).into_iter().collect::<Vec<_>>(), costs);
    }

    #[test]
    fn five_per_cent_more_or_less_are_the_same() {
        for instructions in [950, 1000, 1050] {
            assert!(told(instructions, 3).is_empty(), "{instructions}");
        }
    }

    #[test]
    fn a_changed_count_is_told_with_the_old_one_and_the_per_cent() {
        assert_eq!(
            told(1051, 3),
            ["  allow: 1051 instructions, were 1000 (+5.1 %)"]
        );
        assert_eq!(
            told(900, 3),
            ["  allow: 900 instructions, were 1000 (-10.0 %)"]
        );
        assert_eq!(told(1000, 4), ["  allow: 4 calls to the proxy, were 3"]);
    }

    #[test]
    fn a_path_that_is_new_or_gone_is_told() {
        let text = written("gate", &[("allow", COST)]);
        let lines = differences(&read(&text), &[("deny", COST)]);
        assert_eq!(
            lines,
            [
                "  deny: not in the table; it takes 1000 instructions and 3 calls",
                "  allow: in the table, and not measured any more"
            ]
        );
    }
}

//! Laws 1 and 2 are lints; this sees to it that no crate escapes them, and that
//! the tests exist that pages name.

use std::collections::BTreeSet;
use std::process::Command;
use std::{fs, path::Path};

use serde_json::Value;

/// Crates that relax `unsafe_code`, and the files that may hold unsafe code.
const MAY_BE_UNSAFE: [(&str, &[&str]); 1] = [(
    "gatepost-host",
    &["src/allocator.rs", "src/bindings.rs", "src/entry.rs"],
)];

/// The crate and the file that may say of a type of its own that threads may share it: in
/// a static, its cells are as good as mutable statics.
const MAY_BE_SYNC: (&str, &str) = ("gatepost-host", "src/allocator.rs");

/// Lints that no source file of a shipped crate may allow outside tests.
const PANICS: [&str; 9] = [
    "clippy::panic",
    "clippy::unwrap_used",
    "clippy::expect_used",
    "clippy::indexing_slicing",
    "clippy::arithmetic_side_effects",
    "clippy::string_slice",
    "clippy::unreachable",
    "clippy::todo",
    "clippy::get_unwrap",
];

pub(crate) fn check() -> Result<(), String> {
    let metadata = metadata()?;
    let packages = metadata["packages"]
        .as_array()
        .ok_or("cargo metadata: no packages")?;
    let linked = linked_into_modules(packages);
    if linked.is_empty() {
        return Err("found no module".to_owned());
    }
    let mut broken = Vec::new();
    for package in packages {
        let name = package["name"].as_str().unwrap_or_default();
        if linked.contains(name) {
            let manifest = package["manifest_path"].as_str().unwrap_or_default();
            check_package(name, Path::new(manifest), &mut broken)?;
        }
    }
    check_pages(&mut broken)?;
    if broken.is_empty() {
        println!(
            "laws: {} crates are linked into modules, all under the lints",
            linked.len()
        );
        return Ok(());
    }
    Err(broken.join("\n"))
}

/// The pages whose tables name tests in their last column.
const PAGES: [&str; 2] = ["docs/laws.md", "docs/jwt-security.md"];

/// Every test that a page names exists.
fn check_pages(broken: &mut Vec<String>) -> Result<(), String> {
    let mut code = String::new();
    for folder in [
        "crates", "filters", "modules", "e2e", "bench", "fuzz", "xtask",
    ] {
        for file in sources(Path::new(folder))? {
            code.push_str(&read(&file)?);
        }
    }
    let is_test = |name: &&str| {
        name.matches('_').count() >= 3
            && name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    for page in PAGES {
        let text = read(Path::new(page))?;
        let rows = text.lines().filter_map(|line| line.strip_suffix('|'));
        let last = rows.filter_map(|row| row.rsplit('|').next());
        let named = last.flat_map(|cell| cell.split('`').skip(1).step_by(2));
        for name in named.filter(is_test) {
            if !code.contains(&format!("fn {name}(")) {
                broken.push(format!("{page}: there is no test `{name}`"));
            }
        }
    }
    Ok(())
}

fn metadata() -> Result<Value, String> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .output()
        .map_err(|error| format!("cargo metadata: {error}"))?;
    serde_json::from_slice(&output.stdout).map_err(|error| format!("cargo metadata: {error}"))
}

/// The modules of modules/, and the workspace's crates that they link.
fn linked_into_modules(packages: &[Value]) -> BTreeSet<String> {
    let is_module = |package: &&Value| {
        package["manifest_path"].as_str().is_some_and(|path| {
            Path::new(path)
                .parent()
                .and_then(Path::parent)
                .is_some_and(|up| up.ends_with("modules"))
                && !path.contains("e2e")
                && !path.contains("bench")
        })
    };
    let mut linked = BTreeSet::new();
    let mut open: Vec<&str> = packages
        .iter()
        .filter(is_module)
        .filter_map(|package| package["name"].as_str())
        .collect();
    while let Some(name) = open.pop() {
        let Some(package) = packages.iter().find(|package| package["name"] == name) else {
            continue; // not of this workspace
        };
        if !linked.insert(name.to_owned()) {
            continue;
        }
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            if dependency["kind"].is_null() {
                open.extend(dependency["name"].as_str());
            }
        }
    }
    linked
}

fn check_package(name: &str, manifest: &Path, broken: &mut Vec<String>) -> Result<(), String> {
    let text = read(manifest)?;
    let exempt: &[&str] = MAY_BE_UNSAFE
        .iter()
        .find(|(package, _)| *package == name)
        .map_or(&[], |(_, files)| files);
    let inherits = text.contains("[lints]\nworkspace = true");
    let repeats = PANICS.iter().all(|lint| {
        let lint = lint.trim_start_matches("clippy::");
        text.contains(&format!("{lint} = \"deny\""))
    });
    if !inherits && (exempt.is_empty() || !repeats) {
        broken.push(format!(
            "{}: must say `[lints] workspace = true`",
            manifest.display()
        ));
    }
    let folder = manifest.parent().ok_or("a manifest has no folder")?;
    for file in sources(&folder.join("src"))? {
        let relative = file
            .strip_prefix(folder)
            .unwrap_or(&file)
            .display()
            .to_string();
        let text = read(&file)?;
        // Tests stand at the end of a file, or in a file of their own.
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for lint in PANICS {
            if code.contains(&format!("allow({lint}")) || code.contains(&format!(", {lint}")) {
                broken.push(format!("{}: allows {lint}", file.display()));
            }
        }
        if code.contains("allow(unsafe_code)") && !exempt.contains(&relative.as_str()) {
            broken.push(format!("{}: allows unsafe code", file.display()));
        }
        if code.contains("static mut ") {
            broken.push(format!("{}: has a mutable static", file.display()));
        }
        if claims_sync(code) && MAY_BE_SYNC != (name, relative.as_str()) {
            broken.push(format!("{}: claims to be Sync", file.display()));
        }
    }
    Ok(())
}

/// Whether there is an `unsafe impl Sync`.
fn claims_sync(code: &str) -> bool {
    code.split("unsafe impl").skip(1).any(|rest| {
        let words = rest.split_whitespace();
        let name = words.take_while(|word| *word != "for").last();
        name.is_some_and(|name| name.rsplit([':', '>']).next() == Some("Sync"))
    })
}

fn sources(folder: &Path) -> Result<Vec<std::path::PathBuf>, String> {
    let mut files = Vec::new();
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for entry in entries {
        let path = entry.map_err(|error| error.to_string())?.path();
        if path.is_dir() {
            files.extend(sources(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && !path.ends_with("tests.rs")
        {
            files.push(path);
        }
    }
    Ok(files)
}

fn read(file: &Path) -> Result<String, String> {
    fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_claims_sync_is_seen() {
        for code in [
            "unsafe impl Sync for Table {}",
            "unsafe impl<A: Send> Sync for Table<A> {}",
            "unsafe impl<A>\n    core::marker::Sync\nfor Table<A> {}",
            "unsafe impl GlobalAlloc for A {}\nunsafe impl<'a>Sync for B<'a> {}",
        ] {
            assert!(claims_sync(code), "{code}");
        }
        for code in [
            "impl Sync for Table {}",
            "unsafe impl<A: Sync> GlobalAlloc for Table<A> {}",
            "unsafe impl Send for Table {} // and not Sync for",
            "fn spawn<A: Sync>() {}",
        ] {
            assert!(!claims_sync(code), "{code}");
        }
    }
}

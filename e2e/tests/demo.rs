//! `make demo` shows what it says.

use std::process::Command;

use gatepost_e2e::envoys;

#[test]
fn the_demo_ends_well() {
    if envoys().is_empty() {
        return;
    }
    let demo = Command::new(env!("CARGO_BIN_EXE_demo"))
        .output()
        .expect("the demo starts");
    let text = String::from_utf8_lossy(&demo.stdout).into_owned();
    let errors = String::from_utf8_lossy(&demo.stderr).into_owned();
    assert!(demo.status.success(), "{text}\n{errors}");
    assert!(text.contains("All as expected."), "{text}");
}

//! Where the double must do as Envoy does, natively and compiled.

use gatepost_test_host::{Code, RequestParts, TestProxy, Verdict, each_test_code, values};

const PROBE: &str = r#"{"filters": [{"probe": {"foreign_function": "echo"}}]}"#;

fn each_code(test: impl Fn(&Code)) {
    each_test_code(gatepost_chain_wasm::module(), "chain", test);
}

fn probed(proxy: &mut TestProxy, worker: usize) -> String {
    let sent = proxy.send_to(worker, &RequestParts::get("/"));
    match proxy.verdict(sent) {
        Verdict::Passed(headers) => values(&headers, "x-probe").concat(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn shared_data_is_one_store_with_compare_and_swap() {
    each_code(|code| {
        let mut proxy = TestProxy::new(code);
        proxy.add_foreign_function("echo", |argument| Ok(argument.to_vec()));
        proxy.set_node_property("node.id", "n");
        assert!(proxy.configure(PROBE));
        assert_eq!(
            probed(&mut proxy, 0),
            "now=1700000000 echo=echo node=true first=true absent=true unchanged=true \
             changed=true overwritten=true"
        );
        // What one worker wrote, the other finds.
        assert!(probed(&mut proxy, 1).contains("first=false"));
        assert_eq!(proxy.metrics()["gatepost_probe"], 17);
    });
}

#[test]
fn what_another_plugin_wrote_is_there() {
    each_code(|code| {
        let mut proxy = TestProxy::new(code);
        proxy.add_foreign_function("echo", |argument| Ok(argument.to_vec()));
        proxy.set_shared_data(b"gatepost.probe", b"\xff\0");
        assert!(proxy.configure(PROBE));
        assert!(probed(&mut proxy, 0).contains("first=false"));
    });
}

#[test]
fn a_foreign_function_that_is_not_there_is_an_error() {
    each_code(|code| {
        let mut proxy = TestProxy::new(code);
        assert!(proxy.configure(PROBE));
        assert_eq!(
            proxy.refused(&RequestParts::get("/")).details,
            "probe_failed"
        );
    });
}

#[test]
fn the_canary_loads_first_and_each_worker_for_itself() {
    each_code(|code| {
        let mut proxy = TestProxy::new(code);
        assert!(proxy.configure(r#"{"filters": [{"gate": {}}]}"#));
        // The canary and two workers.
        assert_eq!(proxy.log_text().matches("configured in").count(), 3);
    });
}

#[test]
fn only_a_compiled_module_has_linear_memory() {
    let found = std::cell::RefCell::new(Vec::new());
    each_code(|code| {
        let mut proxy = TestProxy::new(code);
        assert!(proxy.configure(r#"{"filters": [{"gate": {}}]}"#));
        found.borrow_mut().push(proxy.memory_bytes(0));
    });
    let found = found.into_inner();
    assert_eq!(found[0], None);
    assert!(
        found
            .iter()
            .skip(1)
            .all(|bytes| bytes.is_some_and(|bytes| bytes < 4 << 20))
    );
}

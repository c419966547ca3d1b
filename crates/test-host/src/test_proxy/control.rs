//! What a test does to a proxy, and what it looks at.

use std::collections::BTreeMap;

use gatepost_host::{LogLevel, Status};

use super::{Sent, TestProxy};
use crate::fuel::Cost;
use crate::shared::LogLine;
use crate::traffic::{Headers, RequestParts, texts};

impl TestProxy {
    /// Makes a call of the ABI fail with a status from now on.
    pub fn fail(&mut self, call: &'static str, status: u32) {
        self.shared.set_fault(call, Some(status));
    }

    /// Lets a call work again.
    pub fn mend(&mut self, call: &'static str) {
        self.shared.set_fault(call, None);
    }

    /// Lets every header map pass through `garble` on its way to the module, with
    /// status OK all the same.
    pub fn garble_header_maps(&mut self, garble: impl Fn(Vec<u8>) -> Vec<u8> + 'static) {
        self.shared.garble.replace(Some(Box::new(garble)));
    }

    /// Gives the proxy a property that holds outside any request, such as
    /// `xds.node.id`.
    pub fn set_node_property(&mut self, path: &str, value: &str) {
        self.shared
            .node
            .borrow_mut()
            .insert(path.to_owned(), value.as_bytes().to_vec());
    }

    /// Bytes of linear memory of a worker's VM; nothing for a native one.
    pub fn memory_bytes(&mut self, worker: usize) -> Option<usize> {
        self.workers[worker].memory_bytes()
    }

    /// What `act` costs the first worker, in a proxy of [`Code::metered`].
    ///
    /// # Panics
    /// When the code is not metered, or `act` leaves another VM behind.
    pub fn cost(&mut self, act: impl FnOnce(&mut Self)) -> Cost {
        let before = self.cost_so_far();
        act(self);
        let after = self.cost_so_far();
        Cost {
            instructions: after
                .instructions
                .checked_sub(before.instructions)
                .expect("the same VM"),
            calls: after.calls - before.calls,
        }
    }

    /// What the first worker's VM has cost since it was made: right after
    /// [`TestProxy::with_document`], to load the document.
    ///
    /// # Panics
    /// When the code is not metered.
    pub fn cost_so_far(&mut self) -> Cost {
        let vm = &mut self.workers[0];
        Cost {
            instructions: vm.instructions().expect("the code is metered"),
            calls: vm.worker().calls_made.get(),
        }
    }

    /// Every call of the ABI that was made so far, and how often.
    #[must_use]
    pub fn calls_seen(&self) -> BTreeMap<&'static str, u32> {
        self.shared.seen.borrow().clone()
    }

    /// Forgets [`calls_seen`](Self::calls_seen).
    pub fn forget_calls_seen(&mut self) {
        self.shared.seen.borrow_mut().clear();
    }

    /// Makes a cluster known.
    pub fn add_cluster(&mut self, name: &str) {
        self.shared.clusters.borrow_mut().push(name.to_owned());
    }

    /// Gives the proxy a foreign function.
    pub fn add_foreign_function(
        &mut self,
        name: &str,
        function: impl Fn(&[u8]) -> Result<Vec<u8>, Status> + 'static,
    ) {
        self.shared
            .foreign
            .borrow_mut()
            .insert(name.to_owned(), Box::new(function));
    }

    /// Gives the modules a variable of the environment: before they are configured.
    pub fn set_environment(&mut self, name: &str, value: &str) {
        self.shared
            .environment
            .borrow_mut()
            .insert(name.to_owned(), value.to_owned());
    }

    /// All metrics, by the name under which they were defined.
    #[must_use]
    pub fn metrics(&self) -> BTreeMap<String, i64> {
        self.shared.metrics()
    }

    /// The log.
    #[must_use]
    pub fn log(&self) -> Vec<LogLine> {
        self.shared.log.borrow().clone()
    }

    /// The lines of the log, one below the other.
    #[must_use]
    pub fn log_text(&self) -> String {
        self.log()
            .into_iter()
            .map(|line| line.text + "\n")
            .collect()
    }

    /// The counter of one decision; nothing when it was never defined.
    #[must_use]
    pub fn counter(&self, instance: &str, rule: &str, reason: &str, total: &str) -> Option<i64> {
        // Written a second time on purpose, as Istio's tag rules want it.
        let name =
            format!("wasm_filter.{instance}.component.{rule}.tag.{reason};.gatepost_{total}_total");
        self.metrics().get(&name).copied()
    }

    /// The request's headers as they stand in the proxy: what goes to the
    /// upstream or, of a request that is answered, to the access log.
    #[must_use]
    pub fn request_headers(&self, sent: Sent) -> Headers {
        self.with(sent, |stream| texts(&stream.request))
    }

    /// A request that passed, as an internal redirect to `path` runs it again: with
    /// the headers that the first run left, and the filter state that it wrote.
    #[must_use]
    pub fn redirected(&self, sent: Sent, path: &str) -> RequestParts {
        self.with(sent, |stream| RequestParts {
            headers: stream.request.clone(),
            properties: stream.properties.clone(),
        })
        .without(":path")
        .header(":path", path)
    }

    /// Hides lines below a level.
    pub fn set_log_level(&mut self, level: LogLevel) {
        self.shared.log_level.set(level as u32);
    }

    /// Writes a slot of shared data, as another plugin might.
    pub fn set_shared_data(&mut self, key: &[u8], value: &[u8]) {
        self.shared
            .set_data(key, value, 0)
            .expect("overwriting always works");
    }
    /// The keys of all slots of shared data.
    #[must_use]
    pub fn shared_data_keys(&self) -> Vec<Vec<u8>> {
        self.shared.data_keys()
    }
}

//! How the proxy's callbacks reach a plugin.
//!
//! The SDK dispatches: it keeps the contexts and exports a callback each. Two
//! of its parts stand in the way of law 1 and are replaced here:
//!
//! - replies to calls: its dispatcher panics on a reply whose call it did not
//!   make itself, and its own functions for calls panic on a status that they
//!   do not list. The replies arrive under names of ours, and `xtask` exports
//!   them as `proxy_on_http_call_response` and so on in place of the SDK's;
//! - its host functions, for the same reason: see `bindings.rs`.
//!
//! What remains of it panics only if the proxy names a context that it never
//! created.

#![allow(unsafe_code)]

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gatepost_filter::SortedMap;
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action as SdkAction, ContextType};

use crate::bindings::Bindings;
use crate::http_stream::{Action, HttpStream};
use crate::plugin::{Module, Plugin};

thread_local! {
    static MODULE: Cell<Option<&'static Module>> = const { Cell::new(None) };
    static PLUGINS: RefCell<SortedMap<u32, Rc<Plugin>>> = const { RefCell::new(SortedMap::new()) };
}

/// Called by `_initialize`.
pub fn start(module: &'static Module) {
    MODULE.set(Some(module));
    proxy_wasm::set_root_context(|id| Box::new(Root::new(id)));
}

struct Root {
    id: u32,
    plugin: Rc<Plugin>,
}

impl Root {
    fn new(id: u32) -> Self {
        static NOTHING: Module = Module { kinds: &[] };
        let plugin = Plugin::new(Rc::new(Bindings), MODULE.get().unwrap_or(&NOTHING));
        PLUGINS.with_borrow_mut(|plugins| plugins.insert(id, Rc::clone(&plugin)));
        Self { id, plugin }
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        PLUGINS.with_borrow_mut(|plugins| plugins.remove(&self.id));
    }
}

impl Context for Root {}

impl RootContext for Root {
    fn on_configure(&mut self, _size: usize) -> bool {
        self.plugin.on_configure()
    }

    fn on_tick(&mut self) {
        self.plugin.on_tick();
    }

    fn create_http_context(&self, id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Http(self.plugin.open_stream(id))))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

struct Http(Rc<HttpStream>);

impl Drop for Http {
    fn drop(&mut self) {
        self.0.on_delete();
    }
}

impl Context for Http {}

impl HttpContext for Http {
    fn on_http_request_headers(&mut self, count: usize, _end_of_stream: bool) -> SdkAction {
        sdk_action(self.0.on_request_headers(count))
    }

    fn on_http_request_body(&mut self, _size: usize, _end_of_stream: bool) -> SdkAction {
        sdk_action(self.0.on_request_rest())
    }

    fn on_http_request_trailers(&mut self, _count: usize) -> SdkAction {
        sdk_action(self.0.on_request_rest())
    }

    fn on_http_response_headers(&mut self, _count: usize, _end_of_stream: bool) -> SdkAction {
        self.0.on_response_headers();
        SdkAction::Continue
    }

    fn on_log(&mut self) {
        self.0.on_end();
    }
}

fn sdk_action(action: Action) -> SdkAction {
    match action {
        Action::Continue => SdkAction::Continue,
        Action::Pause => SdkAction::Pause,
    }
}

/// Exported as `proxy_on_http_call_response`.
#[unsafe(no_mangle)]
extern "C" fn gatepost_on_http_call_response(
    context: u32,
    token: u32,
    headers: usize,
    body: usize,
    _trailers: usize,
) {
    if let Some(plugin) = plugin(context) {
        plugin.on_http_reply(token, headers, body);
    }
}

/// Exported as `proxy_on_grpc_receive`.
#[unsafe(no_mangle)]
extern "C" fn gatepost_on_grpc_receive(context: u32, token: u32, message: usize) {
    if let Some(plugin) = plugin(context) {
        plugin.on_grpc_reply(token, 0, message);
    }
}

/// Exported as `proxy_on_grpc_close`.
#[unsafe(no_mangle)]
extern "C" fn gatepost_on_grpc_close(context: u32, token: u32, status: u32) {
    if let Some(plugin) = plugin(context) {
        plugin.on_grpc_reply(token, status, 0);
    }
}

/// The plugin is taken out of the table before it runs, so that nothing is
/// borrowed while it does.
fn plugin(context: u32) -> Option<Rc<Plugin>> {
    PLUGINS.with_borrow(|plugins| plugins.get(&context).cloned())
}

//! How the proxy's callbacks reach a plugin and its requests.
//!
//! The SDK dispatches what concerns a plugin: it keeps the root contexts, starts
//! and configures them and ticks. What concerns requests and replies arrives under
//! names of ours, and `xtask` exports it as `proxy_on_request_headers` and so on in
//! place of the SDK's:
//!
//! - replies to calls, for law 1: the SDK's dispatcher panics on a reply whose
//!   call it did not make itself, and its own functions for calls panic on a status
//!   that they do not list;
//! - requests, for law 6: the SDK looks for each in three tables, and can answer
//!   *continue* and *pause* only. Envoy lets the body of a request pass whose
//!   headers are paused (`allow_on_headers_stop_iteration`), so a filter would have
//!   to see every part of every body just to hold it. *Stop all* holds them without;
//! - memory for what the proxy returns: see `bindings.rs`.
//!
//! A request is kept only where a filter looks at it again, or lets it wait. A
//! module whose filters judge headers and no more does not export
//! `proxy_on_delete`, which Envoy would call at the end of every request; a plugin
//! that is gone is found there when the next one is created.
//!
//! What remains of the SDK panics only if the proxy names a plugin that it never
//! created. Its host functions are not called at all: see `bindings.rs`.

#![allow(unsafe_code)]

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gatepost_filter::{Phases, SortedMap};
use proxy_wasm::traits::{Context, RootContext};

use crate::abi::{Abi as _, Status};
use crate::bindings::Bindings;
use crate::http_stream::{Action, HttpStream};
use crate::id_map::IdMap;
use crate::module::Module;
use crate::plugin::Plugin;

thread_local! {
    static MODULE: Cell<Option<&'static Module>> = const { Cell::new(None) };
    static PHASES: Cell<Phases> = const { Cell::new(Phases::REQUEST) };
    static PLUGINS: RefCell<SortedMap<u32, Rc<Plugin>>> = const { RefCell::new(SortedMap::new()) };
    static STREAMS: RefCell<IdMap<Rc<HttpStream>>> = RefCell::default();
    /// The request that was opened last, and its plugin. Envoy shows a request's
    /// headers right after it has opened it, and opens none before it has them, so
    /// there is never another one in between.
    static OPENED: Cell<(u32, u32)> = const { Cell::new((0, 0)) };
}

/// Called by `_initialize`.
pub fn start(module: &'static Module) {
    MODULE.set(Some(module));
    PHASES.set(module.phases());
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
        self.plugin.on_delete();
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
}

unsafe extern "C" {
    /// The SDK's, for plugins.
    safe fn proxy_on_context_create(context: u32, parent: u32);
    /// The SDK's, for plugins.
    safe fn proxy_on_delete(context: u32);
}

/// Exported as `proxy_on_context_create`: of a plugin if it has no parent, else of
/// a request.
#[unsafe(no_mangle)]
extern "C" fn gatepost_on_context_create(context: u32, parent: u32) {
    if parent == 0 {
        if !PHASES.get().need_ends() {
            drop_gone(context);
        }
        proxy_on_context_create(context, parent);
    } else if !PHASES.get().keep_requests() {
        OPENED.set((context, parent));
    } else if let Some(plugin) = plugin(parent) {
        let stream = plugin.open_stream(context);
        STREAMS.with_borrow_mut(|streams| streams.insert(context, stream));
    }
}

/// Exported as `proxy_on_request_headers`. A request that nobody has opened is
/// held: there is nobody to judge it.
#[unsafe(no_mangle)]
extern "C" fn gatepost_on_request_headers(context: u32, count: usize, _end: u32) -> u32 {
    /// `FilterHeadersStatus::StopAllIterationAndWatermark` of Envoy.
    const STOP_ALL: u32 = 4;
    let action = if PHASES.get().keep_requests() {
        stream(context).map(|stream| stream.on_request_headers(count))
    } else {
        let (opened, parent) = OPENED.get();
        plugin(parent)
            .filter(|_| opened == context)
            .map(|plugin| plugin.on_request_headers(context, count))
    };
    match action {
        Some(Action::Continue) => 0,
        Some(Action::Pause) | None => STOP_ALL,
    }
}

/// Exported as `proxy_on_response_headers`.
#[unsafe(no_mangle)]
extern "C" fn gatepost_on_response_headers(context: u32, _count: usize, _end: u32) -> u32 {
    if let Some(stream) = stream(context) {
        stream.on_response_headers();
    }
    0
}

/// Exported as `proxy_on_log`.
#[unsafe(no_mangle)]
extern "C" fn gatepost_on_log(context: u32) {
    if let Some(stream) = stream(context) {
        stream.on_end();
    }
}

/// Exported as `proxy_on_delete`, where anything is to be done. A module that lets
/// requests wait cannot do without: Envoy finds a request by its number until it has
/// freed it, which is after its end, and would let it go on in between.
#[unsafe(no_mangle)]
extern "C" fn gatepost_on_delete(context: u32) {
    if PHASES.get().keep_requests() {
        STREAMS.with_borrow_mut(|streams| streams.remove(&context));
    }
    let mut is_plugin = false;
    PLUGINS.with_borrow(|plugins| {
        for (id, plugin) in plugins.iter() {
            is_plugin |= *id == context;
            plugin.forget(context);
        }
    });
    if is_plugin {
        proxy_on_delete(context);
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

/// Drops the plugins that the proxy has deleted, of which this module is not told,
/// and one whose number it now gives to the plugin `created`.
fn drop_gone(created: u32) {
    let known: Vec<u32> =
        PLUGINS.with_borrow(|plugins| plugins.iter().map(|(id, _)| *id).collect());
    for id in known {
        let is_gone = || Bindings.set_effective_context(id) == Err(Status::BAD_ARGUMENT);
        if id == created || is_gone() {
            proxy_on_delete(id);
        }
    }
    // Envoy does so itself when the callback returns.
    let _ = Bindings.set_effective_context(created);
}

/// What runs is taken out of its table before it does, so that nothing is
/// borrowed meanwhile.
fn stream(context: u32) -> Option<Rc<HttpStream>> {
    STREAMS.with_borrow(|streams| streams.get(&context).cloned())
}

fn plugin(context: u32) -> Option<Rc<Plugin>> {
    PLUGINS.with_borrow(|plugins| plugins.get(&context).cloned())
}

//! A VM: what the proxy can call.

use crate::worker::Worker;

/// The callbacks of the ABI. A callback that the module does not export does
/// nothing and lets the request go on, as in Envoy.
pub(crate) trait Vm {
    fn create_root(&mut self, root: u32);
    fn on_configure(&mut self, root: u32) -> bool;
    fn create_stream(&mut self, stream: u32, root: u32);
    fn on_request_headers(&mut self, stream: u32, count: usize) -> bool;
    fn on_response_headers(&mut self, stream: u32, count: usize);
    fn on_log(&mut self, stream: u32);
    fn delete(&mut self, context: u32);
    fn on_tick(&mut self, root: u32);
    fn on_http_reply(&mut self, root: u32, token: u32, headers: usize, body: usize);
    fn on_grpc_receive(&mut self, root: u32, token: u32, message: usize);
    fn on_grpc_close(&mut self, root: u32, token: u32, status: u32);
    fn worker(&self) -> &Worker;

    /// Bytes of linear memory; nothing for a filter that has none of its own.
    fn memory_bytes(&mut self) -> Option<usize>;

    /// Instructions run so far, where they are counted.
    fn instructions(&mut self) -> Option<u64>;
}

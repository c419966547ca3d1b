//! The proxy's functions, as a module imports them.
//!
//! The SDK declares them too, but its wrappers panic on every status that they
//! do not list, and read statuses into an enum that lacks some. Here a status
//! is a number. What the proxy returns it writes where `proxy_on_memory_allocate`
//! says, which is here, too.

#![allow(unsafe_code)]

use std::alloc::{Layout, alloc};
use std::cell::Cell;
use std::mem::MaybeUninit;
use std::ptr::{NonNull, null_mut};
use std::slice;
use std::time::Duration;

use crate::abi::{Abi, Buffer, HeaderMap, LogLevel, RawGrpcCall, RawMetricKind, RawReply, Status};

/// [`Abi`] on the functions that the proxy provides.
pub(crate) struct Bindings;

#[link(wasm_import_module = "env")]
unsafe extern "C" {
    fn proxy_log(level: u32, data: *const u8, size: usize) -> u32;
    fn proxy_get_log_level(level: *mut u32) -> u32;
    fn proxy_get_current_time_nanoseconds(time: *mut u64) -> u32;
    fn proxy_set_tick_period_milliseconds(period: u32) -> u32;
    fn proxy_get_buffer_bytes(
        buffer: u32,
        start: usize,
        limit: usize,
        data: *mut *mut u8,
        size: *mut usize,
    ) -> u32;
    fn proxy_get_header_map_pairs(map: u32, data: *mut *mut u8, size: *mut usize) -> u32;
    fn proxy_add_header_map_value(
        map: u32,
        name: *const u8,
        name_size: usize,
        value: *const u8,
        value_size: usize,
    ) -> u32;
    fn proxy_replace_header_map_value(
        map: u32,
        name: *const u8,
        name_size: usize,
        value: *const u8,
        value_size: usize,
    ) -> u32;
    fn proxy_remove_header_map_value(map: u32, name: *const u8, name_size: usize) -> u32;
    fn proxy_get_property(
        path: *const u8,
        path_size: usize,
        data: *mut *mut u8,
        size: *mut usize,
    ) -> u32;
    fn proxy_set_property(
        path: *const u8,
        path_size: usize,
        value: *const u8,
        value_size: usize,
    ) -> u32;
    fn proxy_get_shared_data(
        key: *const u8,
        key_size: usize,
        data: *mut *mut u8,
        size: *mut usize,
        cas: *mut u32,
    ) -> u32;
    fn proxy_set_shared_data(
        key: *const u8,
        key_size: usize,
        value: *const u8,
        value_size: usize,
        cas: u32,
    ) -> u32;
    fn proxy_http_call(
        cluster: *const u8,
        cluster_size: usize,
        headers: *const u8,
        headers_size: usize,
        body: *const u8,
        body_size: usize,
        trailers: *const u8,
        trailers_size: usize,
        timeout: u32,
        token: *mut u32,
    ) -> u32;
    fn proxy_grpc_call(
        cluster: *const u8,
        cluster_size: usize,
        service: *const u8,
        service_size: usize,
        method: *const u8,
        method_size: usize,
        metadata: *const u8,
        metadata_size: usize,
        message: *const u8,
        message_size: usize,
        timeout: u32,
        token: *mut u32,
    ) -> u32;
    fn proxy_define_metric(kind: u32, name: *const u8, name_size: usize, metric: *mut u32) -> u32;
    fn proxy_increment_metric(metric: u32, by: i64) -> u32;
    fn proxy_record_metric(metric: u32, value: u64) -> u32;
    fn proxy_send_local_response(
        status: u32,
        details: *const u8,
        details_size: usize,
        body: *const u8,
        body_size: usize,
        headers: *const u8,
        headers_size: usize,
        grpc_status: i32,
    ) -> u32;
    fn proxy_continue_stream(stream: u32) -> u32;
    fn proxy_set_effective_context(context: u32) -> u32;
    fn proxy_call_foreign_function(
        name: *const u8,
        name_size: usize,
        argument: *const u8,
        argument_size: usize,
        data: *mut *mut u8,
        size: *mut usize,
    ) -> u32;
}

#[link(wasm_import_module = "wasi_snapshot_preview1")]
unsafe extern "C" {
    fn clock_time_get(clock: u32, precision: u64, time: *mut u64) -> u16;
}

// Every block below passes pointers and lengths of slices that live through the
// call, and out-parameters that the proxy fills before it returns OK.

impl Abi for Bindings {
    fn log(&self, level: LogLevel, line: &[u8]) {
        // There is nobody to tell that a line was lost.
        let _ = unsafe { proxy_log(level as u32, line.as_ptr(), line.len()) };
    }

    fn log_level(&self) -> Result<u32, Status> {
        let mut level = 0;
        ok(unsafe { proxy_get_log_level(&raw mut level) })?;
        Ok(level)
    }

    fn current_time(&self) -> Result<u64, Status> {
        let mut time = 0;
        ok(unsafe { proxy_get_current_time_nanoseconds(&raw mut time) })?;
        Ok(time)
    }

    fn monotonic_time(&self) -> Duration {
        const MONOTONIC: u32 = 1;
        let mut time = 0;
        match unsafe { clock_time_get(MONOTONIC, 0, &raw mut time) } {
            0 => Duration::from_nanos(time),
            _ => Duration::ZERO,
        }
    }

    fn random(&self) -> u128 {
        let mut bits = [0; 16];
        match getrandom::fill(&mut bits) {
            Ok(()) => u128::from_le_bytes(bits),
            Err(_) => 0,
        }
    }

    #[allow(clippy::disallowed_methods)]
    fn environment(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn set_tick_period(&self, milliseconds: u32) -> Result<(), Status> {
        ok(unsafe { proxy_set_tick_period_milliseconds(milliseconds) })
    }

    fn buffer(&self, buffer: Buffer, limit: usize) -> Result<Vec<u8>, Status> {
        returned(|data, size| unsafe {
            proxy_get_buffer_bytes(buffer as u32, 0, limit, data, size)
        })
    }

    fn header_map(&self, map: HeaderMap) -> Result<Vec<u8>, Status> {
        returned(|data, size| unsafe { proxy_get_header_map_pairs(map as u32, data, size) })
    }

    fn add_header(&self, map: HeaderMap, name: &[u8], value: &[u8]) -> Result<(), Status> {
        ok(unsafe {
            proxy_add_header_map_value(
                map as u32,
                name.as_ptr(),
                name.len(),
                value.as_ptr(),
                value.len(),
            )
        })
    }

    fn replace_header(&self, map: HeaderMap, name: &[u8], value: &[u8]) -> Result<(), Status> {
        ok(unsafe {
            proxy_replace_header_map_value(
                map as u32,
                name.as_ptr(),
                name.len(),
                value.as_ptr(),
                value.len(),
            )
        })
    }

    fn remove_header(&self, map: HeaderMap, name: &[u8]) -> Result<(), Status> {
        ok(unsafe { proxy_remove_header_map_value(map as u32, name.as_ptr(), name.len()) })
    }

    fn property(&self, path: &[u8]) -> Result<Option<Vec<u8>>, Status> {
        present(returned(|data, size| unsafe {
            proxy_get_property(path.as_ptr(), path.len(), data, size)
        }))
    }

    fn with_property(&self, path: &[u8], look: &mut dyn FnMut(&[u8])) -> Result<(), Status> {
        let shown = shown(look, |data, size| unsafe {
            proxy_get_property(path.as_ptr(), path.len(), data, size)
        });
        match shown {
            Err(Status::NOT_FOUND) => Ok(()),
            shown => shown,
        }
    }

    fn set_property(&self, path: &[u8], value: &[u8]) -> Result<(), Status> {
        ok(unsafe { proxy_set_property(path.as_ptr(), path.len(), value.as_ptr(), value.len()) })
    }

    fn shared_data(&self, key: &[u8]) -> Result<Option<(Vec<u8>, u32)>, Status> {
        let mut cas = 0;
        let value = present(returned(|data, size| unsafe {
            proxy_get_shared_data(key.as_ptr(), key.len(), data, size, &raw mut cas)
        }))?;
        Ok(value.map(|value| (value, cas)))
    }

    fn set_shared_data(&self, key: &[u8], value: &[u8], cas: u32) -> Result<(), Status> {
        ok(unsafe {
            proxy_set_shared_data(key.as_ptr(), key.len(), value.as_ptr(), value.len(), cas)
        })
    }

    fn http_call(
        &self,
        cluster: &[u8],
        headers: &[u8],
        body: &[u8],
        milliseconds: u32,
    ) -> Result<u32, Status> {
        let trailers = 0_u32.to_le_bytes();
        let mut token = 0;
        ok(unsafe {
            proxy_http_call(
                cluster.as_ptr(),
                cluster.len(),
                headers.as_ptr(),
                headers.len(),
                body.as_ptr(),
                body.len(),
                trailers.as_ptr(),
                trailers.len(),
                milliseconds,
                &raw mut token,
            )
        })?;
        Ok(token)
    }

    fn grpc_call(&self, call: &RawGrpcCall<'_>) -> Result<u32, Status> {
        let mut token = 0;
        ok(unsafe {
            proxy_grpc_call(
                call.cluster.as_ptr(),
                call.cluster.len(),
                call.service.as_ptr(),
                call.service.len(),
                call.method.as_ptr(),
                call.method.len(),
                call.metadata.as_ptr(),
                call.metadata.len(),
                call.message.as_ptr(),
                call.message.len(),
                call.milliseconds,
                &raw mut token,
            )
        })?;
        Ok(token)
    }

    fn define_metric(&self, kind: RawMetricKind, name: &[u8]) -> Result<u32, Status> {
        let mut metric = 0;
        ok(unsafe {
            proxy_define_metric(kind as u32, name.as_ptr(), name.len(), &raw mut metric)
        })?;
        Ok(metric)
    }

    fn increment_metric(&self, metric: u32, by: i64) -> Result<(), Status> {
        ok(unsafe { proxy_increment_metric(metric, by) })
    }

    fn record_metric(&self, metric: u32, value: u64) -> Result<(), Status> {
        ok(unsafe { proxy_record_metric(metric, value) })
    }

    fn send_local_response(&self, reply: &RawReply<'_>) -> Result<(), Status> {
        ok(unsafe {
            proxy_send_local_response(
                reply.status,
                reply.details.as_ptr(),
                reply.details.len(),
                reply.body.as_ptr(),
                reply.body.len(),
                reply.headers.as_ptr(),
                reply.headers.len(),
                reply.grpc_status,
            )
        })
    }

    fn continue_request(&self) -> Result<(), Status> {
        const HTTP_REQUEST: u32 = 0;
        ok(unsafe { proxy_continue_stream(HTTP_REQUEST) })
    }

    fn set_effective_context(&self, context: u32) -> Result<(), Status> {
        ok(unsafe { proxy_set_effective_context(context) })
    }

    fn call_foreign_function(&self, name: &[u8], argument: &[u8]) -> Result<Vec<u8>, Status> {
        returned(|data, size| unsafe {
            proxy_call_foreign_function(
                name.as_ptr(),
                name.len(),
                argument.as_ptr(),
                argument.len(),
                data,
                size,
            )
        })
    }
}

fn ok(status: u32) -> Result<(), Status> {
    match status {
        0 => Ok(()),
        status => Err(Status(status)),
    }
}

fn present(bytes: Result<Vec<u8>, Status>) -> Result<Option<Vec<u8>>, Status> {
    match bytes {
        Ok(bytes) => Ok(Some(bytes)),
        Err(Status::NOT_FOUND) => Ok(None),
        Err(status) => Err(status),
    }
}

/// The most bytes of a value that is looked at where the proxy wrote it: any address
/// with a port, and most else that is short.
const LANDING: usize = 64;

thread_local! {
    /// Where the next value is to be written, if it is short enough: on the stack of
    /// `shown`, which waits for it.
    static PLACE: Cell<Option<NonNull<u8>>> = const { Cell::new(None) };
}

/// Room behind what the proxy returns, in bytes: headers that a filter sets are
/// appended to those that were read, without moving them.
const SPARE: usize = 256;

/// Exported as `proxy_on_memory_allocate`: where the proxy writes what it returns.
/// Null, where there is no memory; the call fails then.
#[unsafe(no_mangle)]
extern "C" fn gatepost_on_memory_allocate(size: usize) -> *mut u8 {
    if size <= LANDING
        && let Some(place) = PLACE.take()
    {
        return place.as_ptr();
    }
    match Layout::array::<u8>(with_spare(size)) {
        // SAFETY: the size is not zero.
        Ok(layout) if size > 0 => unsafe { alloc(layout) },
        _ => null_mut(),
    }
}

/// Bytes that the proxy returns.
fn returned(call: impl FnOnce(*mut *mut u8, *mut usize) -> u32) -> Result<Vec<u8>, Status> {
    let mut data = null_mut();
    let mut size = 0;
    ok(call(&raw mut data, &raw mut size))?;
    // SAFETY: written by the proxy, and not to a place of its own.
    Ok(unsafe { owned(data, size) })
}

/// Shows bytes that the proxy returns. Short ones it writes to the stack.
fn shown(
    look: &mut dyn FnMut(&[u8]),
    call: impl FnOnce(*mut *mut u8, *mut usize) -> u32,
) -> Result<(), Status> {
    let mut landing = MaybeUninit::<[u8; LANDING]>::uninit();
    let place: *mut u8 = landing.as_mut_ptr().cast();
    PLACE.set(NonNull::new(place));
    let mut data = null_mut();
    let mut size = 0;
    let status = call(&raw mut data, &raw mut size);
    // Whoever asks for memory from now on gets some of his own.
    PLACE.set(None);
    ok(status)?;
    if data == place {
        // SAFETY: the proxy asked for a place for `size` bytes, no more than there
        // are, and wrote them.
        look(unsafe { slice::from_raw_parts(place, size.min(LANDING)) });
    } else {
        // SAFETY: written by the proxy, and not to the place above.
        look(&unsafe { owned(data, size) });
    }
    Ok(())
}

/// Takes over what the proxy has written: it asks for exactly as much memory as it
/// then fills.
///
/// # Safety
/// `data` is null, or comes from `gatepost_on_memory_allocate(size)`, which had no
/// place to give.
unsafe fn owned(data: *mut u8, size: usize) -> Vec<u8> {
    if data.is_null() || size == 0 {
        return Vec::new();
    }
    // SAFETY: allocated above with this layout, for nobody else, and written as far as
    // `size`.
    unsafe { Vec::from_raw_parts(data, size, with_spare(size)) }
}

/// What is allocated for `size` bytes.
fn with_spare(size: usize) -> usize {
    size.saturating_add(SPARE)
}

//! The proxy's functions, as a module imports them.

use std::rc::Rc;

use gatepost_host::{
    Abi, Buffer, HeaderMap, LogLevel, RawGrpcCall, RawMetricKind, RawReply, Status,
};
use wasmtime::{IntoFunc, Linker};

use super::guest::{Guest, Host, present, status};
use crate::worker::Worker;

type WriteHeader = fn(&Worker, HeaderMap, &[u8], &[u8]) -> Result<(), Status>;

/// What writes a header.
const WRITES: [(&str, WriteHeader); 2] = [
    ("proxy_add_header_map_value", Worker::add_header),
    ("proxy_replace_header_map_value", Worker::replace_header),
];

pub(super) fn define_proxy(linker: &mut Linker<Rc<Worker>>) {
    env(
        linker,
        "proxy_log",
        |mut caller: Host<'_>, level: u32, at: u32, size: u32| {
            let line = Guest::new(&mut caller).bytes(at, size);
            let level = match level {
                0 | 1 => LogLevel::Debug,
                2 => LogLevel::Info,
                3 => LogLevel::Warn,
                _ => LogLevel::Error,
            };
            status(caller.data().write_log(level, &line))
        },
    );
    env(
        linker,
        "proxy_get_log_level",
        |mut caller: Host<'_>, at: u32| {
            let level = caller.data().log_level();
            Guest::new(&mut caller).number(at, level)
        },
    );
    env(
        linker,
        "proxy_get_current_time_nanoseconds",
        |mut caller: Host<'_>, at: u32| {
            let time = caller.data().current_time();
            Guest::new(&mut caller)
                .returning(time, |guest, time| guest.write(at, &time.to_le_bytes()))
        },
    );
    env(
        linker,
        "proxy_set_tick_period_milliseconds",
        |caller: Host<'_>, period: u32| status(caller.data().set_tick_period(period)),
    );
    env(
        linker,
        "proxy_get_buffer_bytes",
        |mut caller: Host<'_>, kind: u32, _start: u32, limit: u32, data: u32, size: u32| {
            let kind = match kind {
                4 => Buffer::HttpReply,
                5 => Buffer::GrpcReply,
                6 => Buffer::VmConfiguration,
                7 => Buffer::PluginConfiguration,
                _ => return Status::BAD_ARGUMENT.0,
            };
            let bytes = caller.data().buffer(kind, limit as usize);
            Guest::new(&mut caller).returning(bytes, |guest, bytes| guest.give(data, size, &bytes))
        },
    );
    env(
        linker,
        "proxy_get_header_map_pairs",
        |mut caller: Host<'_>, map: u32, data: u32, size: u32| {
            let Some(map) = header_map(map) else {
                return Status::BAD_ARGUMENT.0;
            };
            let bytes = caller.data().header_map(map);
            Guest::new(&mut caller).returning(bytes, |guest, bytes| guest.give(data, size, &bytes))
        },
    );
    for (function, writes) in WRITES {
        env(
            linker,
            function,
            move |mut caller: Host<'_>,
                  map: u32,
                  name: u32,
                  name_size: u32,
                  value: u32,
                  value_size: u32| {
                let Some(map) = header_map(map) else {
                    return Status::BAD_ARGUMENT.0;
                };
                let guest = Guest::new(&mut caller);
                let (name, value) = (guest.bytes(name, name_size), guest.bytes(value, value_size));
                status(writes(caller.data(), map, &name, &value))
            },
        );
    }
    env(
        linker,
        "proxy_remove_header_map_value",
        |mut caller: Host<'_>, map: u32, name: u32, name_size: u32| {
            let Some(map) = header_map(map) else {
                return Status::BAD_ARGUMENT.0;
            };
            let name = Guest::new(&mut caller).bytes(name, name_size);
            status(caller.data().remove_header(map, &name))
        },
    );
    env(
        linker,
        "proxy_get_property",
        |mut caller: Host<'_>, path: u32, path_size: u32, data: u32, size: u32| {
            let path = Guest::new(&mut caller).bytes(path, path_size);
            let value = present(caller.data().property(&path));
            Guest::new(&mut caller).returning(value, |guest, value| guest.give(data, size, &value))
        },
    );
    env(
        linker,
        "proxy_set_property",
        |mut caller: Host<'_>, path: u32, path_size: u32, value: u32, value_size: u32| {
            let guest = Guest::new(&mut caller);
            let (path, value) = (guest.bytes(path, path_size), guest.bytes(value, value_size));
            status(caller.data().set_property(&path, &value))
        },
    );
    define_shared_data(linker);
    define_calls(linker);
    define_metrics(linker);
    define_stream(linker);
}

fn define_shared_data(linker: &mut Linker<Rc<Worker>>) {
    env(
        linker,
        "proxy_get_shared_data",
        |mut caller: Host<'_>, key: u32, key_size: u32, data: u32, size: u32, cas_at: u32| {
            let key = Guest::new(&mut caller).bytes(key, key_size);
            let value = present(caller.data().shared_data(&key));
            Guest::new(&mut caller).returning(value, |guest, (value, cas)| {
                guest.give(data, size, &value);
                guest.write(cas_at, &cas.to_le_bytes());
            })
        },
    );
    env(
        linker,
        "proxy_set_shared_data",
        |mut caller: Host<'_>, key: u32, key_size: u32, value: u32, value_size: u32, cas: u32| {
            let guest = Guest::new(&mut caller);
            let (key, value) = (guest.bytes(key, key_size), guest.bytes(value, value_size));
            status(caller.data().set_shared_data(&key, &value, cas))
        },
    );
}

fn define_calls(linker: &mut Linker<Rc<Worker>>) {
    env(
        linker,
        "proxy_http_call",
        |mut caller: Host<'_>,
         cluster: u32,
         cluster_size: u32,
         headers: u32,
         headers_size: u32,
         body: u32,
         body_size: u32,
         _trailers: u32,
         _trailers_size: u32,
         timeout: u32,
         token: u32| {
            let guest = Guest::new(&mut caller);
            let cluster = guest.bytes(cluster, cluster_size);
            let headers = guest.bytes(headers, headers_size);
            let body = guest.bytes(body, body_size);
            let call = caller.data().http_call(&cluster, &headers, &body, timeout);
            Guest::new(&mut caller).number(token, call)
        },
    );
    env(
        linker,
        "proxy_grpc_call",
        |mut caller: Host<'_>,
         cluster: u32,
         cluster_size: u32,
         service: u32,
         service_size: u32,
         method: u32,
         method_size: u32,
         metadata: u32,
         metadata_size: u32,
         message: u32,
         message_size: u32,
         timeout: u32,
         token: u32| {
            let guest = Guest::new(&mut caller);
            let cluster = guest.bytes(cluster, cluster_size);
            let service = guest.bytes(service, service_size);
            let method = guest.bytes(method, method_size);
            let metadata = guest.bytes(metadata, metadata_size);
            let message = guest.bytes(message, message_size);
            let call = caller.data().grpc_call(&RawGrpcCall {
                cluster: &cluster,
                service: &service,
                method: &method,
                metadata: &metadata,
                message: &message,
                milliseconds: timeout,
            });
            Guest::new(&mut caller).number(token, call)
        },
    );
    env(
        linker,
        "proxy_call_foreign_function",
        |mut caller: Host<'_>,
         name: u32,
         name_size: u32,
         argument: u32,
         argument_size: u32,
         data: u32,
         size: u32| {
            let guest = Guest::new(&mut caller);
            let (name, argument) = (
                guest.bytes(name, name_size),
                guest.bytes(argument, argument_size),
            );
            let result = caller.data().call_foreign_function(&name, &argument);
            Guest::new(&mut caller)
                .returning(result, |guest, result| guest.give(data, size, &result))
        },
    );
}

fn define_metrics(linker: &mut Linker<Rc<Worker>>) {
    env(
        linker,
        "proxy_define_metric",
        |mut caller: Host<'_>, kind: u32, name: u32, name_size: u32, metric: u32| {
            let kind = if kind == 0 {
                RawMetricKind::Counter
            } else {
                RawMetricKind::Gauge
            };
            let name = Guest::new(&mut caller).bytes(name, name_size);
            let id = caller.data().define_metric(kind, &name);
            Guest::new(&mut caller).number(metric, id)
        },
    );
    env(
        linker,
        "proxy_increment_metric",
        |caller: Host<'_>, metric: u32, by: i64| status(caller.data().increment_metric(metric, by)),
    );
    env(
        linker,
        "proxy_record_metric",
        |caller: Host<'_>, metric: u32, value: u64| {
            status(caller.data().record_metric(metric, value))
        },
    );
}

fn define_stream(linker: &mut Linker<Rc<Worker>>) {
    env(
        linker,
        "proxy_send_local_response",
        |mut caller: Host<'_>,
         code: u32,
         details: u32,
         details_size: u32,
         body: u32,
         body_size: u32,
         headers: u32,
         headers_size: u32,
         grpc_status: i32| {
            let guest = Guest::new(&mut caller);
            let details = guest.bytes(details, details_size);
            let body = guest.bytes(body, body_size);
            let headers = guest.bytes(headers, headers_size);
            status(caller.data().send_local_response(&RawReply {
                status: code,
                details: &details,
                body: &body,
                headers: &headers,
                grpc_status,
            }))
        },
    );
    env(
        linker,
        "proxy_continue_stream",
        |caller: Host<'_>, _stream: u32| status(caller.data().continue_request()),
    );
    env(
        linker,
        "proxy_set_effective_context",
        |caller: Host<'_>, context: u32| status(caller.data().set_effective_context(context)),
    );
}

fn env<P, R>(linker: &mut Linker<Rc<Worker>>, name: &str, f: impl IntoFunc<Rc<Worker>, P, R>) {
    linker
        .func_wrap("env", name, f)
        .expect("a name is defined once");
}

fn header_map(map: u32) -> Option<HeaderMap> {
    match map {
        0 => Some(HeaderMap::Request),
        2 => Some(HeaderMap::Response),
        6 => Some(HeaderMap::HttpReply),
        _ => None,
    }
}

//! The files of envoy/ as they are shipped, on free ports and with the module
//! that was just built.

use crate::{Bootstrap, Result, Upstream, module};

/// `envoy/<file>`: ports are free ones, the upstream is `upstream`, the module is
/// dist/. Nothing else is changed.
pub fn shipped(file: &str, upstream: &Upstream) -> Result<Bootstrap> {
    let text = Bootstrap::read(format!("envoy/{file}"), &[])?;
    let mut pairs = vec![
        ("port_value: 9901", "port_value: 0".to_owned()),
        (
            "port_value: 8080",
            format!("port_value: {}", upstream.port()),
        ),
    ];
    for port in ["port_value: 10000", "port_value: 10001"] {
        if text.text().contains(port) {
            pairs.push((port, "port_value: 0".to_owned()));
        }
    }
    // A file of envoy/ runs the module of the filter by whose name it starts.
    let mut path = None;
    for name in crate::paths::shipped_modules()? {
        let literal = format!("/etc/envoy/{name}.wasm");
        if text.text().contains(&literal) {
            path = Some((literal, module(&name)?.display().to_string()));
        }
    }
    let mut pairs: Vec<(&str, &str)> = pairs
        .iter()
        .map(|(literal, by)| (*literal, by.as_str()))
        .collect();
    if let Some((literal, by)) = &path {
        pairs.push((literal, by));
    }
    text.with(&pairs)
}

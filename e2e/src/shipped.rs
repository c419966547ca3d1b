//! The files of envoy/ as they are shipped, on free ports and with the module
//! that was just built.

use crate::{Bootstrap, Error, Result, Upstream, module};

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

/// A shipped file with `document` (JSON) in the place of its filter's
/// configuration, as a string.
pub fn with_document(shipped: &Bootstrap, document: &str) -> Result<Bootstrap> {
    const START: &str = "                        configuration:\n";
    const END: &str = "                  - name: envoy.filters.http.router";
    let text = shipped.text();
    let missing = |literal: &str| Error::LiteralMissing {
        of: "the shipped file".to_owned(),
        literal: literal.to_owned(),
    };
    let (before, rest) = text.split_once(START).ok_or_else(|| missing(START))?;
    let (_, after) = rest.split_once(END).ok_or_else(|| missing(END))?;
    let quoted = document.replace('\'', "''");
    Ok(Bootstrap::from_text(format!(
        r#"{before}{START}                          "@type": type.googleapis.com/google.protobuf.StringValue
                          value: '{quoted}'
{END}{after}"#
    )))
}

//! Build steps that Cargo cannot do. `make` calls them.

mod api_key;
mod hollow;
mod images;
mod laws;
mod module;
mod optimise;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments.as_slice() {
        ["module", input, output, options @ ..] => module::finish(input, output, options),
        ["images", arguments @ ..] => images::make(arguments),
        ["laws"] => laws::check(),
        ["api-key", options @ ..] => api_key::make(options),
        _ => Err(USAGE.to_owned()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}

const USAGE: &str = "usage:
  xtask module <in.wasm> <out.wasm> --name N --version V --revision R [--max-kib N]
               [--wasm-opt PATH] [--names keep]
      trim a linked module to the callbacks that it declares, optimise it, stamp it,
      check it
  xtask images <dist> <manifests> --registry R --source URL <module>...
      write an OCI image of each dist/<module>.wasm to dist/images, print its pinned
      name, and write the manifests with these names to dist; without a registry the
      images only
  xtask api-key [--id ID] [--hmac-env VARIABLE] [--stdin]
      make an API key, or read one from the standard input, and print the entry of its
      digest; with HMAC, whose secret is in the environment
  xtask laws
      check that every crate linked into a module is under the workspace's lints";

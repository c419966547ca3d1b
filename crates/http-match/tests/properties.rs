//! What holds for any bytes.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::panic, clippy::arithmetic_side_effects)]

mod support;

use gatepost_http_match::{
    HeaderNames, Headers, Matcher, NormalPath, Reading, RequestView, normalise_path, select_all,
    select_first,
};
use proptest::prelude::*;
use support::{get, matcher, request};

/// Paths of the pieces that servers read in different ways.
fn odd_path() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "/",
        "/",
        "/",
        "a",
        "a",
        "b",
        "admin",
        ".",
        "..",
        "/..",
        "/../",
        "%2e",
        "%2E",
        "%252e",
        "%2F",
        "%252f",
        "%5C",
        r"\",
        ";",
        ";x=y",
        "%3B",
        "%61",
        "%25",
        "%2",
        "5",
        "%00",
        "%C3%A9",
        "{",
        "~",
        "%3F",
        "%23",
        "%253f",
        "%C0%AE",
        "%C0%AF",
        "%E0%80%AF",
    ]);
    prop::collection::vec(piece, 0..12).prop_map(|pieces| format!("/{}", pieces.concat()))
}

fn rules() -> Vec<Matcher> {
    [
        r#"{"paths":[{"prefix":"/admin"}],"not":{"paths":[{"exact":"/admin/a"}]}}"#,
        r#"{"paths":[{"exact":"/a"},{"exact":"/a/b"},{"prefix":"/b/a"}]}"#,
        r#"{"paths":[{"regex":"/.*b"}]}"#,
    ]
    .map(matcher)
    .into()
}

thread_local! {
    static LITERALS: Vec<Matcher> = ["/", "/a", "/admin", "/a/b", "/b/a", "/b"]
        .iter()
        .flat_map(|path| [format!(r#"{{"exact":"{path}"}}"#), format!(r#"{{"prefix":"{path}"}}"#)])
        .map(|condition| matcher(&format!(r#"{{"paths":[{condition}]}}"#)))
        .collect();
}

/// Readings of servers that take only some of the steps of the normalisation.
fn partial_readings(path: &str) -> Vec<String> {
    let decode_letters = |path: &str| {
        path.replace("%61", "a")
            .replace("%2e", ".")
            .replace("%2E", ".")
    };
    let decode_slashes = |path: &str| path.replace("%2F", "/").replace("%5C", "/");
    let backslashes = |path: &str| path.replace('\\', "/");
    let strip_params = |path: &str| {
        let names = path
            .split('/')
            .map(|segment| segment.split(';').next().unwrap_or_default());
        names.collect::<Vec<_>>().join("/")
    };
    let merge = |path: &str| {
        let mut merged = path.to_owned();
        while merged.contains("//") {
            merged = merged.replace("//", "/");
        }
        merged
    };
    let dots = |path: &str| {
        let mut kept: Vec<&str> = Vec::new();
        let count = path.split('/').count();
        for (index, segment) in path.split('/').enumerate().skip(1) {
            let is_last = index + 1 == count;
            match segment {
                "." if is_last => kept.push(""),
                "." => {}
                ".." => {
                    kept.pop();
                    if is_last {
                        kept.push("");
                    }
                }
                other => kept.push(other),
            }
        }
        format!("/{}", kept.join("/"))
    };
    let cut = |path: &str| {
        let ends = ["%3F", "%253f", "%23"].map(|end| path.find(end).unwrap_or(path.len()));
        path.split_at(ends.into_iter().min().unwrap_or_default())
            .0
            .to_owned()
    };
    let cut_query = |path: &str| path.split("%3F").next().unwrap_or_default().to_owned();
    let overlong = |path: &str| {
        path.replace("%C0%AE", ".")
            .replace("%C0%AF", "/")
            .replace("%E0%80%AF", "/")
    };
    let steps: [&dyn Fn(&str) -> String; 9] = [
        &decode_letters,
        &decode_slashes,
        &backslashes,
        &strip_params,
        &merge,
        &dots,
        &cut,
        &cut_query,
        &overlong,
    ];
    let mut readings = vec![path.to_owned()];
    for first in steps {
        readings.push(first(path));
        for second in steps {
            readings.push(second(&first(path)));
            for third in steps {
                readings.push(third(&second(&first(path))));
            }
        }
    }
    readings
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn normalisation_is_idempotent(path in odd_path()) {
        if let NormalPath::Differs(normal) = normalise_path(path.as_bytes()) {
            prop_assert_eq!(normalise_path(&normal), NormalPath::Same);
            prop_assert!(normal.starts_with(b"/"));
            prop_assert!(normal.iter().all(u8::is_ascii_graphic));
        }
    }

    #[test]
    fn normalisation_of_any_bytes_is_idempotent(path in prop::collection::vec(any::<u8>(), 0..64)) {
        let path: Vec<u8> = std::iter::once(b'/').chain(path).collect();
        if let NormalPath::Differs(normal) = normalise_path(&path) {
            prop_assert_eq!(normalise_path(&normal), NormalPath::Same);
        }
    }

    #[test]
    fn a_path_whose_readings_agree_is_matched_identically(path in odd_path()) {
        let view = get(&path);
        if !view.readings_differ() {
            for rule in rules() {
                prop_assert_eq!(
                    rule.matches_reading(&view, Reading::Raw),
                    rule.matches_reading(&view, Reading::Normalised)
                );
            }
        }
    }

    /// The sentence in the documentation of `normalise_path`.
    #[test]
    fn readings_that_agree_leave_no_partial_reading_that_does_not(path in odd_path()) {
        let view = get(&path);
        let readings: Vec<_> = partial_readings(&path).iter().map(|path| get(path)).collect();
        LITERALS.with(|literals| {
            for literal in literals {
                let Ok(selected) = literal.matches(&view) else {
                    continue;
                };
                for reading in &readings {
                    let result = literal.matches_reading(reading, Reading::Raw);
                    prop_assert_eq!(result, Ok(selected), "{:?} {:?}", literal, reading.raw_path());
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn matching_never_panics(
        method in "\\PC{0,8}",
        authority in "\\PC{0,24}",
        path in prop::collection::vec(any::<u8>(), 0..64),
        name in prop::collection::vec(any::<u8>(), 0..8),
        cookie in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        let every = matcher(
            r#"{"any":[
                {"hosts":["a","*.b","[::1]"]},
                {"methods":["GET"]},
                {"paths":[{"exact":"/a"},{"prefix":"/b"},{"regex":"/[0-9]+"}]},
                {"headers":[{"name":"cookie","contains":"zz"},{"name":"cookie","regex":"b"}]},
                {"query":[{"name":"a","exact":"1"},{"name":"b","present":true}]},
                {"cookies":[{"name":"a","suffix":"12"},{"name":"b","regex":"x+"}]},
                {"claims":[{"path":"a.b","exists":true}]},
                {"peer_identity":[{"suffix":"x"}]}
            ]}"#,
        );
        let mut view = request(&method, &authority, &path, &[("cookie", &cookie)]);
        let _ = select_first([&every], &view);
        let _ = select_all([&every], &view);
        view.remove_spelled(&HeaderNames::new([&name]), |_| {});
        let _ = every.matches(&RequestView::new(Headers::new([(name, cookie)])));
    }
}

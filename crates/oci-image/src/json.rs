//! The few forms of JSON that an image is described in. Members stand in the order in
//! which they are given.

use gatepost_json::push_json_string;

pub(crate) fn string(text: &str) -> String {
    let mut json = String::new();
    push_json_string(&mut json, text);
    json
}

/// An object of members that are JSON already.
pub(crate) fn object<'a>(members: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let members = members
        .into_iter()
        .map(|(name, value)| format!("{}:{value}", string(name)));
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

/// An array of elements that are JSON already.
pub(crate) fn array(elements: &[String]) -> String {
    format!("[{}]", elements.join(","))
}

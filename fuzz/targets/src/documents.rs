//! Configuration documents, as JSON and as a protobuf struct.

use gatepost_config::{as_json, read};
use gatepost_filter::Chain;
use serde_json::Value;

use crate::services::Silent;

/// A document: our reader and another one read the same; as a struct in wire
/// format it comes back as the JSON that was meant; and a filter loads it, or
/// says what is wrong, alike in both forms.
pub fn config_document(data: &[u8]) {
    let json = as_json(data.to_vec());
    if data.first() != Some(&b'\n') {
        assert_eq!(json, data);
    }
    let said = load(&json);
    let Ok(ours) = read::<Value>(&json) else {
        assert!(said.is_some());
        return;
    };
    let theirs: Value = serde_json::from_slice(&json).expect("what we read is JSON");
    // Ours is the nearest double, which theirs may miss by a few places.
    assert_same(&ours, &theirs, |a, b| (a - b).abs() <= a.abs() * 1e-12);
    let Value::Object(_) = &ours else {
        assert!(said.is_some());
        return;
    };
    let Some(wire) = message(&ours) else {
        return;
    };
    let back = as_json(wire);
    let back_read: Value = read(&back).expect("a struct becomes JSON");
    assert_same(&back_read, &ours, |a, b| a == b);
    // A struct has no duplicates and no order: a document that has a duplicate is
    // another one, and of several faults another one may be the first.
    let plain = serde_json::to_vec(&ours).expect("a value");
    assert_eq!(load(&plain).is_none(), load(&back).is_none());
}

/// What is wrong with a document; `None` when it loads.
fn load(document: &[u8]) -> Option<String> {
    let loaded = Chain::load(&[gatepost_ip_allowlist::KIND], document, &Silent);
    let said = loaded.err().map(|problems| {
        assert!(problems.iter().count() <= 20);
        assert!(problems.iter().all(|problem| !problem.path.is_empty()));
        problems.to_string()
    });
    assert!(said.as_ref().is_none_or(|said| !said.is_empty()));
    said
}

/// Numbers are doubles, wherever they were in a struct.
fn assert_same(one: &Value, other: &Value, is_same: fn(f64, f64) -> bool) {
    match (one, other) {
        (Value::Number(a), Value::Number(b)) => {
            let same = a.as_f64().zip(b.as_f64()).map(|(a, b)| is_same(a, b));
            assert_eq!(same, Some(true), "{a} {b}");
        }
        (Value::Array(a), Value::Array(b)) => {
            assert_eq!(a.len(), b.len());
            a.iter()
                .zip(b)
                .for_each(|(a, b)| assert_same(a, b, is_same));
        }
        (Value::Object(a), Value::Object(b)) => {
            assert!(a.keys().eq(b.keys()));
            a.values()
                .zip(b.values())
                .for_each(|(a, b)| assert_same(a, b, is_same));
        }
        (a, b) => assert_eq!(a, b),
    }
}

/// `google.protobuf.Struct`; `None` when it is empty, which no bytes are, or has a
/// number that does not come through: integers beyond 2^53, and fractions of more
/// than 15 digits.
fn message(object: &Value) -> Option<Vec<u8>> {
    let Value::Object(members) = object else {
        return None;
    };
    let bytes = fields(members)?;
    (!bytes.is_empty()).then_some(bytes)
}

fn fields(members: &serde_json::Map<String, Value>) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for (name, member) in members {
        let mut entry = delimited(1, name.as_bytes());
        entry.extend(delimited(2, &value(member)?));
        bytes.extend(delimited(1, &entry));
    }
    Some(bytes)
}

fn value(value: &Value) -> Option<Vec<u8>> {
    Some(match value {
        Value::Null => vec![0x08, 0],
        Value::Bool(truth) => vec![0x20, u8::from(*truth)],
        Value::Number(number) => {
            let double = number.as_f64()?;
            let comes_through = double.fract() == 0.0 && double.abs() < 9e15
                || (double * 1024.0).fract() == 0.0 && double.abs() < 1e3;
            if !comes_through {
                return None;
            }
            let mut bytes = vec![0x11];
            bytes.extend(double.to_le_bytes());
            bytes
        }
        Value::String(text) => delimited(3, text.as_bytes()),
        Value::Object(members) => delimited(5, &fields(members)?),
        Value::Array(elements) => {
            let mut bytes = Vec::new();
            for element in elements {
                bytes.extend(delimited(1, &self::value(element)?));
            }
            delimited(6, &bytes)
        }
    })
}

fn delimited(field: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![field << 3 | 2];
    let mut len = content.len();
    while len >= 0x80 {
        bytes.push(0x80 | u8::try_from(len & 0x7f).expect("seven bits"));
        len >>= 7;
    }
    bytes.push(u8::try_from(len).expect("seven bits"));
    bytes.extend(content);
    bytes
}

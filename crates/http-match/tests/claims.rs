//! Claims, the values they are made of, and the other facts.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::cmp::Ordering;
use std::net::IpAddr;
use std::rc::Rc;

use gatepost_http_match::{
    ClaimPath, ClaimPathError, Claims, ClientAddress, Facts, Number, OneOrMany, PeerIdentity,
    RequestView, Undecided, Value,
};
use support::{get, matcher, problems};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

fn number(text: &str) -> Value {
    Value::Number(Number::parse(text).unwrap())
}

fn object(members: &[(&str, Value)]) -> Value {
    let member = |(name, value): &(&str, Value)| ((*name).to_owned(), value.clone());
    Value::Object(members.iter().map(member).collect())
}

fn token() -> Value {
    object(&[
        ("sub", text("alice")),
        ("scope", text("read write")),
        (
            "roles",
            Value::Array(vec![text("user"), text("admin"), number("7")]),
        ),
        ("https://example.com/plan", text("gold")),
        (
            "realm_access",
            object(&[("roles", Value::Array(vec![text("ops")]))]),
        ),
        (
            "groups",
            Value::Array(vec![
                object(&[("name", text("a"))]),
                object(&[("name", text("b"))]),
                text("c"),
            ]),
        ),
        ("age", number("18")),
        ("ratio", number("0.5")),
        ("big", number("9007199254740993")),
        ("verified", Value::Bool(true)),
        ("nothing", Value::Null),
        ("nul", text("admin\0x")),
    ])
}

fn view(claims: Option<Value>) -> RequestView {
    let mut view = get("/");
    if let Some(claims) = claims {
        view.facts_mut().insert(Claims(Rc::new(claims)));
    }
    view
}

fn check(condition: &str) -> Result<bool, Undecided> {
    matcher(&format!(r#"{{"claims":[{condition}]}}"#)).matches(&view(Some(token())))
}

#[test]
fn each_test_looks_at_a_claim_in_its_own_way() {
    for (condition, expected) in [
        (r#"{"path":"sub","equals":"alice"}"#, true),
        (r#"{"path":"sub","equals":"Alice"}"#, false),
        (r#"{"path":"sub","in":["bob","alice"]}"#, true),
        (r#"{"path":"sub","prefix":"al"}"#, true),
        (r#"{"path":"sub","suffix":["x","ce"]}"#, true),
        (r#"{"path":"sub","regex":"a.*e"}"#, true),
        (r#"{"path":"sub","regex":"a.*c"}"#, false),
        (r#"{"path":"sub","exists":true}"#, true),
        (r#"{"path":"none","exists":true}"#, false),
        (r#"{"path":"none","exists":false}"#, true),
        (r#"{"path":"nothing","exists":true}"#, false),
        (r#"{"path":"none","equals":"x","invert":true}"#, true),
        (r#"{"path":"verified","equals":true}"#, true),
        (r#"{"path":"verified","equals":"true"}"#, false),
        (r#"{"path":"nul","equals":"admin"}"#, false),
    ] {
        assert_eq!(check(condition), Ok(expected), "{condition}");
    }
}

#[test]
fn contains_asks_for_an_element_or_a_word_never_for_a_part_of_one() {
    for (condition, expected) in [
        (r#"{"path":"roles","contains":"admin"}"#, true),
        (r#"{"path":"roles","contains":["x","user"]}"#, true),
        (r#"{"path":"roles","contains":7}"#, true),
        (r#"{"path":"roles","contains":"7"}"#, false),
        (r#"{"path":"roles","contains":"adm"}"#, false),
        (r#"{"path":"roles","equals":"admin"}"#, false),
        (r#"{"path":"scope","contains":"read"}"#, true),
        (r#"{"path":"scope","contains":"rea"}"#, false),
        (r#"{"path":"sub","contains":"alice"}"#, true),
    ] {
        assert_eq!(check(condition), Ok(expected), "{condition}");
    }
}

#[test]
fn a_path_walks_objects_and_looks_into_arrays_of_them() {
    for (condition, expected) in [
        (r#"{"path":"realm_access.roles","contains":"ops"}"#, true),
        (
            r#"{"path":["realm_access","roles"],"contains":"ops"}"#,
            true,
        ),
        (
            r#"{"path":["https://example.com/plan"],"equals":"gold"}"#,
            true,
        ),
        (
            r#"{"path":"https://example.com/plan","equals":"gold"}"#,
            false,
        ),
        (r#"{"path":"groups.name","equals":"b"}"#, true),
        (r#"{"path":"groups.name","equals":"c"}"#, false),
        (r#"{"path":"sub.x","exists":true}"#, false),
    ] {
        assert_eq!(check(condition), Ok(expected), "{condition}");
    }
}

#[test]
fn numbers_compare_by_value_and_without_rounding() {
    for (condition, expected) in [
        (r#"{"path":"age","equals":18}"#, true),
        (r#"{"path":"age","equals":18.0}"#, true),
        (r#"{"path":"age","equals":"18"}"#, false),
        (r#"{"path":"age","at_least":18}"#, true),
        (r#"{"path":"age","greater_than":18}"#, false),
        (r#"{"path":"age","greater_than":17.5}"#, true),
        (r#"{"path":"age","less_than":18.5}"#, true),
        (r#"{"path":"age","at_most":-1}"#, false),
        (r#"{"path":"ratio","less_than":1}"#, true),
        (r#"{"path":"big","greater_than":"9007199254740992"}"#, true),
        (r#"{"path":"big","at_most":"9007199254740992"}"#, false),
        (r#"{"path":"none","less_than":1}"#, false),
    ] {
        assert_eq!(check(condition), Ok(expected), "{condition}");
    }
}

#[test]
fn of_a_comparison_with_what_is_no_number_nothing_can_be_said() {
    for invert in ["true", "false"] {
        let condition = format!(r#"{{"path":"sub","less_than":18,"invert":{invert}}}"#);
        assert_eq!(check(&condition), Err(Undecided::UnreadableClaim));
    }
}

#[test]
fn of_a_claim_that_a_test_cannot_read_nothing_can_be_said() {
    for invert in ["true", "false"] {
        for condition in [
            r#""path":"age","contains":18"#,
            r#""path":"verified","contains":true"#,
            r#""path":"realm_access","contains":"roles""#,
            r#""path":"roles","prefix":"adm""#,
            r#""path":"age","suffix":"8""#,
            r#""path":"realm_access","regex":".*""#,
            r#""path":"verified","regex":"true""#,
        ] {
            let condition = format!(r#"{{{condition},"invert":{invert}}}"#);
            assert_eq!(
                check(&condition),
                Err(Undecided::UnreadableClaim),
                "{condition}"
            );
        }
        // What is not there has no type, and every value can be compared.
        for condition in [
            r#""path":"nothing","contains":"a""#,
            r#""path":"nothing","prefix":"a""#,
            r#""path":"none","regex":"a""#,
            r#""path":"roles","equals":"admin""#,
            r#""path":"realm_access","in":["a",1]"#,
        ] {
            let condition = format!(r#"{{{condition},"invert":{invert}}}"#);
            assert_eq!(check(&condition), Ok(invert == "true"), "{condition}");
        }
    }
}

#[test]
fn strings_that_an_expression_reads_at_one_path_count_together() {
    let strings = |lengths: &[usize]| {
        let string = |length: &usize| object(&[("name", text(&"a".repeat(*length)))]);
        object(&[("groups", Value::Array(lengths.iter().map(string).collect()))])
    };
    let regex = matcher(r#"{"claims":[{"path":"groups.name","regex":"b+"}]}"#);
    for (lengths, expected) in [
        (vec![1024], Ok(false)),
        (vec![1025], Err(Undecided::UnreadableClaim)),
        (vec![511, 512], Ok(false)),
        (vec![512, 512], Err(Undecided::UnreadableClaim)),
        (vec![0; 1025], Ok(false)),
        (vec![0; 1026], Err(Undecided::UnreadableClaim)),
    ] {
        assert_eq!(
            regex.matches(&view(Some(strings(&lengths)))),
            expected,
            "{lengths:?}"
        );
    }
    // A literal costs no more than the token's length.
    let prefix = matcher(r#"{"claims":[{"path":"groups.name","prefix":"b"}]}"#);
    assert_eq!(prefix.matches(&view(Some(strings(&[512; 8])))), Ok(false));
}

#[test]
fn without_a_token_no_claim_is_there() {
    let check = |json: &str| matcher(json).matches(&view(None));
    assert_eq!(
        check(r#"{"claims":[{"path":"sub","equals":"a"}]}"#),
        Ok(false)
    );
    assert_eq!(
        check(r#"{"claims":[{"path":"sub","exists":false}]}"#),
        Ok(true)
    );
}

#[test]
fn members_of_one_name_are_all_looked_at() {
    let claims = object(&[("role", text("user")), ("role", text("admin"))]);
    let admin = matcher(r#"{"claims":[{"path":"role","equals":"admin"}]}"#);
    assert_eq!(admin.matches(&view(Some(claims))), Ok(true));
}

#[test]
fn a_claim_test_that_is_wrong_is_named() {
    for (condition, expected) in [
        (
            r#"{"path":"a"}"#,
            "match.claims[0]: expected exactly one of equals, in",
        ),
        (
            r#"{"path":"a","equals":1,"exists":true}"#,
            "match.claims[0]: expected exactly one",
        ),
        (
            r#"{"path":"","exists":true}"#,
            "match.claims[0].path: expected 1 to 16 names",
        ),
        (
            r#"{"path":[],"exists":true}"#,
            "match.claims[0].path: expected 1 to 16 names",
        ),
        (
            r#"{"path":"a..b","exists":true}"#,
            "match.claims[0].path: expected 1 to 16 names",
        ),
        (
            r#"{"path":"a","in":[]}"#,
            "match.claims[0].in: expected at least one entry",
        ),
        (
            r#"{"path":"a","contains":"a b"}"#,
            "match.claims[0].contains[0]: expected one word",
        ),
        (
            r#"{"path":"a","prefix":""}"#,
            "match.claims[0].prefix: expected at least one character",
        ),
        (
            r#"{"path":"a","equals":null}"#,
            "claims[0].equals: invalid type: null",
        ),
        (
            r#"{"path":"a","equals":9007199254740993}"#,
            "claims[0].equals: expected a string",
        ),
        (
            r#"{"path":"a","less_than":"x"}"#,
            "claims[0].less_than: expected a number",
        ),
        (
            r#"{"path":"a","less_than":true}"#,
            "claims[0].less_than: expected a number",
        ),
    ] {
        let problems = problems(&format!(r#"{{"claims":[{condition}]}}"#));
        assert!(problems.starts_with(expected), "{condition}: {problems}");
    }
}

#[test]
fn a_json_number_is_read_exactly_or_not_at_all() {
    for text in [
        "0",
        "-0",
        "1.5",
        "1e3",
        "1E-3",
        "-12.50e+2",
        "9007199254740993",
        "1e308",
    ] {
        assert!(Number::parse(text).is_some(), "{text}");
    }
    for text in [
        "", "-", "+1", "01", "1.", ".5", "1e", "1e+", "inf", "NaN", "1e400", "1_0", "0x1", " 1",
        "1e1.5",
    ] {
        assert!(Number::parse(text).is_none(), "{text}");
    }
}

#[test]
fn a_number_is_written_without_an_exponent() {
    for (text, written) in [
        ("9007199254740993", "9007199254740993"),
        ("-1", "-1"),
        ("1.50", "1.5"),
        ("1e3", "1000"),
    ] {
        assert_eq!(Number::parse(text).unwrap().to_string(), written);
    }
    for text in [
        "-1.7976931348623157e308",
        "-2.2250738585072011e-308",
        "-5e-324",
    ] {
        assert!(
            Number::parse(text).unwrap().to_string().len() <= 350,
            "{text}"
        );
    }
}

#[test]
fn numbers_are_ordered_by_value() {
    for (a, b, expected) in [
        ("1", "1.0", Ordering::Equal),
        ("0", "-0.0", Ordering::Equal),
        ("1", "1.5", Ordering::Less),
        ("-1", "-1.5", Ordering::Greater),
        ("2", "1.5", Ordering::Greater),
        ("9007199254740993", "9007199254740992.0", Ordering::Greater),
        (
            "170141183460469231731687303715884105727",
            "1e39",
            Ordering::Less,
        ),
        (
            "-170141183460469231731687303715884105728",
            "-1e39",
            Ordering::Greater,
        ),
        (
            "170141183460469231731687303715884105727",
            "1.7014118346046923e38",
            Ordering::Greater,
        ),
        (
            "170141183460469231731687303715884105727",
            "1.7014118346046924e38",
            Ordering::Less,
        ),
        ("0.1", "0.10000000000000001", Ordering::Less),
        ("1e3", "1000", Ordering::Equal),
    ] {
        let (a, b) = (Number::parse(a).unwrap(), Number::parse(b).unwrap());
        assert_eq!(a.cmp(&b), expected, "{a:?} {b:?}");
        assert_eq!(b.cmp(&a), expected.reverse(), "{b:?} {a:?}");
    }
}

#[test]
fn there_is_one_fact_of_a_type() {
    let mut facts = Facts::default();
    assert_eq!(facts.insert(PeerIdentity("a".to_owned())), None);
    assert_eq!(facts.insert(7_u32), None);
    let replaced = facts.insert(PeerIdentity("b".to_owned()));
    assert_eq!(replaced, Some(PeerIdentity("a".to_owned())));
    assert_eq!(
        facts.get::<PeerIdentity>(),
        Some(&PeerIdentity("b".to_owned()))
    );
    assert_eq!(facts.remove::<u32>(), Some(7));
    assert_eq!(facts.get::<u32>(), None);
    assert_eq!(
        facts.get::<PeerIdentity>().map(|fact| fact.0.as_str()),
        Some("b")
    );
}

#[test]
fn the_clients_address_is_matched_when_it_is_known() {
    let inside = matcher(r#"{"client_address":["10.0.0.0/8","2001:db8::/32"]}"#);
    let outside = matcher(r#"{"not":{"client_address":["10.0.0.0/8","2001:db8::/32"]}}"#);
    for (address, expected) in [
        ("10.1.2.3", true),
        ("2001:db8::1", true),
        ("11.0.0.1", false),
    ] {
        let mut view = get("/");
        view.facts_mut()
            .insert(ClientAddress(address.parse::<IpAddr>().unwrap()));
        assert_eq!(inside.matches(&view), Ok(expected), "{address}");
        assert_eq!(outside.matches(&view), Ok(!expected), "{address}");
    }
    for matcher in [&inside, &outside] {
        assert_eq!(
            matcher.matches(&get("/")),
            Err(Undecided::UnknownClientAddress)
        );
        assert!(matcher.needs().client_address);
    }
}

#[test]
fn the_peers_identity_is_a_text() {
    let matcher =
        matcher(r#"{"peer_identity":[{"exact":"spiffe://a/ns/x/sa/y"},{"prefix":"spiffe://b/"}]}"#);
    let check = |identity: Option<&str>| {
        let mut view = get("/");
        if let Some(identity) = identity {
            view.facts_mut().insert(PeerIdentity(identity.to_owned()));
        }
        matcher.matches(&view)
    };
    assert_eq!(check(Some("spiffe://a/ns/x/sa/y")), Ok(true));
    assert_eq!(check(Some("spiffe://b/z")), Ok(true));
    assert_eq!(check(Some("spiffe://a/ns/x/sa/y\0")), Ok(false));
    assert_eq!(check(None), Ok(false));
    assert!(matcher.needs().peer_identity);
}

#[test]
fn a_path_gives_all_values_in_the_order_of_the_token() {
    let object = |name: &str, value| Value::Object(vec![(name.to_owned(), value)]);
    let claims = object(
        "a",
        Value::Array(vec![
            object("b", text("1")),
            text("no object"),
            object("b", Value::Array(vec![text("2")])),
            Value::Array(vec![object("b", text("not looked into"))]),
        ]),
    );
    let path = ClaimPath::parse(OneOrMany::One("a.b".to_owned())).unwrap();
    let found = path.values(&claims);
    assert!(found.is_list);
    assert_eq!(found.values, [&text("1"), &Value::Array(vec![text("2")])]);
    assert!(path.any(&claims, |value| *value == text("1")));
    assert!(!path.any(&claims, |value| *value == text("2")));
    let dotted = ClaimPath::parse(OneOrMany::Many(vec!["a.b".to_owned()])).unwrap();
    assert!(dotted.values(&claims).values.is_empty());
}

#[test]
fn an_array_on_the_way_makes_one_value_a_list_and_one_at_the_end_does_not() {
    let object = |name: &str, value| Value::Object(vec![(name.to_owned(), value)]);
    let path = ClaimPath::parse(OneOrMany::One("a.b".to_owned())).unwrap();
    let plain = object("a", object("b", text("1")));
    let ending = object("a", object("b", Value::Array(vec![text("1")])));
    let passing = object("a", Value::Array(vec![object("b", text("1"))]));
    for (claims, is_list) in [(plain, false), (ending, false), (passing, true)] {
        let found = path.values(&claims);
        assert_eq!((found.values.len(), found.is_list), (1, is_list));
    }
}

#[test]
fn a_path_has_names_none_empty() {
    for path in ["", ".", "a.", &["a"; 17].join(".")] {
        let path = OneOrMany::One(path.to_owned());
        assert_eq!(ClaimPath::parse(path), Err(ClaimPathError));
    }
    assert_eq!(
        ClaimPath::parse(OneOrMany::Many(Vec::new())),
        Err(ClaimPathError)
    );
}

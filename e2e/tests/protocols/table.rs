//! What the matrix runs: a row a module, with a request that it allows and one that
//! it denies.

use std::path::PathBuf;

use gatepost_e2e::{Result, module, shipped_modules, test_module};

/// A module, once with a caller that is allowed and once with one that is denied.
pub(crate) struct Row {
    /// The filter's instance in both configurations; the listeners go by it too.
    pub(crate) name: &'static str,
    pub(crate) module: Module,
    pub(crate) allowed: Case,
    pub(crate) denied: Case,
}

#[derive(Clone, Copy)]
pub(crate) enum Module {
    /// Of modules/.
    Shipped(&'static str),
    /// Of e2e/modules/.
    Test(&'static str),
}

/// A configuration, a caller, and what it is told.
pub(crate) struct Case {
    /// A YAML flow mapping on one line, JSON for example. The clusters `yes` and
    /// `no` answer 200 (`keys`) and 403 to whatever they are asked.
    pub(crate) configuration: &'static str,
    /// The last byte of the caller's address in 127.0.0.0/24.
    pub(crate) from: u8,
    /// What the caller sends with every request.
    pub(crate) headers: &'static [(&'static str, &'static str)],
    /// The metric's labels.
    pub(crate) rule: &'static str,
    pub(crate) reason: &'static str,
    /// Of a denial: of the response, and of a gRPC call.
    pub(crate) status: u16,
    pub(crate) grpc_status: u16,
}

const OFFICE: &str = r#"{filters: [{name: ip-allowlist, ip-allowlist: {
    client_address: {from: connection}, lists: {office: {cidrs: [127.0.0.2]}},
    rules: [{name: all, allow: [office]}]}}]}"#;

/// The key is `app`.
const KEYED: &str = r#"{filters: [{name: api-key-auth, api-key-auth: {keys: [{id: app,
    digest: 'sha256:a172cedcae47474b615c54d510a5d84a8dea3032e958587430b413538be3f333'}]}}]}"#;

/// A key whose private half nobody kept, and what it signed before: good until 2100.
const SIGNED: &str = r#"{filters: [{name: jwt-auth, jwt-auth: {
    providers: {shop: {keys: {inline: {keys: [{kty: OKP, crv: Ed25519, kid: k,
        x: Bou3yKJ5w_IpHJPNdMKN1ArtJ8M9-qHIDU9HDW8TWKE}]}}}},
    rules: [{name: all, require: {provider: shop}}]}}]}"#;
const TOKEN: &str = "Bearer eyJhbGciOiJFZERTQSIsImtpZCI6ImsifQ.eyJzdWIiOiJhbGljZSIsImV4cCI6NDEwMjQ0NDgwMH0.Xjc9dxcbBCHHuAzBSZsuKvtKnDhD9Yq0FnLqRJvnwzxyarhQBcnaJ5_CfFLgaYwBalLy_GUUXtryTf51qL6dDw";

pub(crate) const ROWS: &[Row] = &[
    Row {
        name: "ip-allowlist",
        module: Module::Shipped("ip-allowlist"),
        allowed: Case {
            rule: "all",
            ..Case::allowed(OFFICE, "allowed")
        },
        denied: Case {
            rule: "all",
            ..Case::denied(OFFICE, "ip_not_allowed")
        },
    },
    Row {
        name: "api-key-auth",
        module: Module::Shipped("api-key-auth"),
        allowed: Case {
            rule: "default",
            headers: &[("x-api-key", "app")],
            ..Case::allowed(KEYED, "allowed")
        },
        denied: Case {
            rule: "default",
            status: 401,
            grpc_status: 16,
            ..Case::denied(KEYED, "api_key_missing")
        },
    },
    Row {
        name: "jwt-auth",
        module: Module::Shipped("jwt-auth"),
        allowed: Case {
            rule: "all",
            headers: &[("authorization", TOKEN)],
            ..Case::allowed(SIGNED, "allowed")
        },
        denied: Case {
            rule: "all",
            status: 401,
            grpc_status: 16,
            ..Case::denied(SIGNED, "jwt_missing")
        },
    },
    // Waits for a call of its own.
    Row {
        name: "ask",
        module: Module::Test("chain"),
        allowed: Case::allowed(
            "{filters: [{name: ask, ask: {cluster: 'yes', at_most: 10s}}]}",
            "answered",
        ),
        denied: Case::denied(
            "{filters: [{name: ask, ask: {cluster: 'no', at_most: 10s}}]}",
            "ask_refused",
        ),
    },
    // Waits for a document that the root fetches.
    Row {
        name: "keys",
        module: Module::Test("chain"),
        allowed: Case::allowed(
            "{filters: [{name: keys, keys: {cluster: 'yes', every: 50ms, at_most: 10s}}]}",
            "keys_known",
        ),
        denied: Case {
            status: 503,
            grpc_status: 14,
            ..Case::denied(
                "{filters: [{name: keys, keys: {cluster: 'no', every: 50ms, at_most: 10s}}]}",
                "keys_unavailable",
            )
        },
    },
];

impl Case {
    const fn allowed(configuration: &'static str, reason: &'static str) -> Self {
        Self {
            configuration,
            from: 2,
            headers: &[],
            rule: "none",
            reason,
            status: 200,
            grpc_status: 0,
        }
    }

    const fn denied(configuration: &'static str, reason: &'static str) -> Self {
        Self {
            configuration,
            from: 4,
            headers: &[],
            rule: "none",
            reason,
            status: 403,
            grpc_status: 7,
        }
    }
}

impl Module {
    pub(crate) fn path(self) -> Result<PathBuf> {
        match self {
            Self::Shipped(name) => module(name),
            Self::Test(name) => test_module(name),
        }
    }
}

#[test]
fn every_shipped_module_has_a_row() -> Result<()> {
    for name in shipped_modules()? {
        assert!(
            ROWS.iter()
                .any(|row| matches!(row.module, Module::Shipped(known) if known == name)),
            "modules/{name} has no row in e2e/tests/protocols/table.rs"
        );
    }
    Ok(())
}

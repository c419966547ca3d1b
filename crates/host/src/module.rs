//! What a module is made of: filters, and a stamp that says which callbacks
//! they need.

use gatepost_filter::{Kind, Phases};

/// What a module hosts.
#[derive(Debug)]
pub struct Module {
    /// The filters that its document may name.
    pub kinds: &'static [Kind],
}

impl Module {
    /// All callbacks that its filters need.
    #[must_use]
    pub const fn phases(&self) -> Phases {
        phases_of(self.kinds)
    }
}

/// The custom section in which a module says which callbacks it needs, as the
/// bits of [`Phases`]. `xtask` reads it when it trims the module.
pub const STAMP_SECTION: &str = "gatepost.phases";

/// All callbacks that one of `kinds` needs.
#[must_use]
pub const fn phases_of(kinds: &[Kind]) -> Phases {
    let mut phases = Phases::REQUEST;
    let mut rest = kinds;
    while let [kind, others @ ..] = rest {
        phases = phases.and(kind.phases);
        rest = others;
    }
    phases
}

/// Makes the crate a Proxy-Wasm module that hosts these filters:
///
/// ```text
/// gatepost_host::module!(gatepost_ip_allowlist::KIND);
/// ```
#[macro_export]
macro_rules! module {
    ($($kind:expr),* $(,)?) => {
        static KINDS: &[$crate::Kind] = &[$($kind),*];
        static MODULE: $crate::Module = $crate::Module { kinds: KINDS };

        #[cfg(target_arch = "wasm32")]
        #[used]
        #[unsafe(link_section = "gatepost.phases")]
        static PHASES: [u8; 1] = [$crate::phases_of(&[$($kind),*]).bits()];

        #[cfg(target_arch = "wasm32")]
        // The SDK's macro documents nothing.
        #[allow(missing_docs)]
        mod entry_point {
            $crate::macro_support::proxy_wasm::main! {{
                $crate::macro_support::start(&super::MODULE)
            }}
        }

        /// What this module hosts, for tests that run it natively.
        #[cfg(not(target_arch = "wasm32"))]
        pub fn module() -> &'static $crate::Module {
            &MODULE
        }
    };
}

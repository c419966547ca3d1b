//! Digests in the place of what stands for them in istio/.

use std::collections::BTreeMap;

/// What the url of a module begins with in istio/. A `%` that no two hexadecimal
/// digits follow makes it no URL: the API server and `istioctl` refuse it, so nobody
/// applies by accident what is not pinned.
const BEGIN: &str = "oci://%REGISTRY%/gatepost/";
const END: &str = "@sha256:%DIGEST%";

/// The manifest with each module's url pinned. `pinned` has what stands behind
/// `oci://`, by module.
pub(super) fn pin(manifest: &str, pinned: &BTreeMap<String, String>) -> Result<String, String> {
    let mut parts = manifest.split(BEGIN);
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (module, rest) = part
            .split_once(END)
            .ok_or_else(|| format!("expected {BEGIN}<module>{END}"))?;
        let name = pinned
            .get(module)
            .ok_or_else(|| format!("there is no image of `{module}`"))?;
        text.push_str("oci://");
        text.push_str(name);
        text.push_str(rest);
    }
    for placeholder in ["%REGISTRY%", "%DIGEST%"] {
        if text.contains(placeholder) {
            return Err(format!("has {placeholder} where no url of a module is"));
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pinned() -> BTreeMap<String, String> {
        let name = "registry.example/gatepost/a@sha256:00";
        BTreeMap::from([("a".to_owned(), name.to_owned())])
    }

    #[test]
    fn every_url_of_a_module_is_pinned_and_nothing_else_changes() {
        let manifest = "x\nurl: oci://%REGISTRY%/gatepost/a@sha256:%DIGEST%\nurl: oci://%REGISTRY%/gatepost/a@sha256:%DIGEST% # y\n";
        let expected = "x\nurl: oci://registry.example/gatepost/a@sha256:00\nurl: oci://registry.example/gatepost/a@sha256:00 # y\n";
        assert_eq!(pin(manifest, &pinned()).unwrap(), expected);
        assert_eq!(
            pin("kind: Namespace\n", &pinned()).unwrap(),
            "kind: Namespace\n"
        );
    }

    #[test]
    fn a_url_that_would_stay_unpinned_is_an_error() {
        for (manifest, said) in [
            (
                "url: oci://%REGISTRY%/gatepost/b@sha256:%DIGEST%",
                "no image of `b`",
            ),
            ("url: oci://%REGISTRY%/gatepost/a:latest", "expected oci://"),
            ("url: oci://%REGISTRY%/other/a", "has %REGISTRY%"),
            (
                "url: oci://registry.example/gatepost/a@sha256:%DIGEST%",
                "has %DIGEST%",
            ),
        ] {
            let error = pin(manifest, &pinned()).unwrap_err();
            assert!(error.contains(said), "{manifest}: {error}");
        }
    }
}

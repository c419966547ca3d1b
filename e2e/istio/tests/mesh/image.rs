//! Images of modules that are not shipped.

use std::fs;

use gatepost_e2e::{Error, Result};
use gatepost_e2e_istio::Mesh;
use gatepost_oci_image::{Labels, Layout};

/// Pushes a module as `gatepost/<name>` and gives its pinned URL.
pub(crate) fn push(mesh: &Mesh, name: &str, module: &[u8]) -> Result<String> {
    let labels = Labels {
        title: name,
        version: "test",
        licences: "Apache-2.0",
        abi: "0.2.1",
        revision: None,
        source: None,
    };
    let layout = Layout::new(module, &labels).map_err(|why| Error::Failed(why.to_string()))?;
    let folder = mesh.shared_folder(&format!("layout-{name}"))?;
    for (path, bytes) in layout.files() {
        let path = folder.join(path);
        let parent = path.parent().unwrap_or(&folder);
        fs::create_dir_all(parent)
            .and_then(|()| fs::write(&path, bytes))
            .map_err(Error::io(format!("writing {}", path.display())))?;
    }
    mesh.registry()
        .push(&folder, &format!("gatepost/{name}:test"))?;
    let repository = format!("oci://{}/gatepost/{name}", mesh.registry().name());
    Ok(format!("{repository}@{}", layout.digest()))
}

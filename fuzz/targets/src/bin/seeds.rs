//! `seeds TARGET FOLDER`: writes what the external vectors give a target, for
//! libFuzzer to begin with.

use std::path::PathBuf;

use gatepost_fuzz_targets::vectors;

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(target), Some(folder)) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: seeds TARGET FOLDER");
        std::process::exit(2);
    };
    let folder = PathBuf::from(folder);
    std::fs::create_dir_all(&folder)?;
    match vectors::seeds(&target, &gatepost_test_vectors::folder()) {
        Ok(seeds) => {
            for (number, seed) in seeds.iter().enumerate() {
                std::fs::write(folder.join(format!("vector-{number}")), seed)?;
            }
        }
        Err(error) => eprintln!("{target} begins without the vectors: {error}"),
    }
    Ok(())
}

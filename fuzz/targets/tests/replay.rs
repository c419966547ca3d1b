//! The corpora and the external vectors, through the bodies of the fuzz targets.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use gatepost_fuzz_targets::{TARGETS, Target, vectors};

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn replay(target: &Target, input: &[u8], of: &str) {
    let run = catch_unwind(AssertUnwindSafe(|| (target.run)(input)));
    assert!(
        run.is_ok(),
        "{}: {of}: {}",
        target.name,
        input.escape_ascii()
    );
}

#[test]
fn every_file_of_the_corpora_holds_what_its_target_says() {
    for target in &TARGETS {
        let folder = fuzz().join("corpus").join(target.name);
        let mut files = 0;
        for file in std::fs::read_dir(&folder).unwrap() {
            let path = file.unwrap().path();
            let input = std::fs::read(&path).unwrap();
            replay(target, &input, &path.display().to_string());
            files += 1;
        }
        assert!(files > 0, "{}: expected seeds", folder.display());
    }
}

#[test]
fn every_vector_holds_what_its_target_says() {
    let folder = gatepost_test_vectors::folder();
    for target in &TARGETS {
        match vectors::seeds(target.name, &folder) {
            Ok(seeds) => seeds
                .iter()
                .for_each(|seed| replay(target, seed, "vectors")),
            Err(error) if std::env::var("CI").is_ok_and(|ci| ci == "true") => {
                panic!("{}: {error}", target.name)
            }
            Err(error) => eprintln!(
                "NOT RUN: every_vector_holds_what_its_target_says: {}: {error}",
                target.name
            ),
        }
    }
}

#[test]
fn what_is_replayed_is_what_is_fuzzed() {
    let names: BTreeSet<_> = TARGETS
        .iter()
        .map(|target| target.name.to_owned())
        .collect();
    for (folder, extension) in [("fuzz_targets", ".rs"), ("corpus", "")] {
        let found: BTreeSet<_> = std::fs::read_dir(fuzz().join(folder))
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .map(|name| name.trim_end_matches(extension).to_owned())
            .collect();
        assert_eq!(found, names, "{folder}");
    }
}

//! Folders that are written as a whole.

use std::fs;
use std::io;
use std::path::Path;

/// Makes `folder` hold these files and no others. A run that is broken off leaves the old
/// files or none, never some of each.
pub(super) fn write_folder<'a>(
    folder: &Path,
    files: impl Iterator<Item = (&'a str, &'a [u8])>,
) -> Result<(), String> {
    let part = folder.with_extension("part");
    remove(&part)?;
    for (path, content) in files {
        let file = part.join(path);
        let parent = file.parent().unwrap_or(&part);
        fs::create_dir_all(parent).map_err(at(parent))?;
        fs::write(&file, content).map_err(at(&file))?;
    }
    remove(folder)?;
    fs::rename(&part, folder).map_err(at(folder))
}

/// Removes a folder, if it is there.
pub(super) fn remove(folder: &Path) -> Result<(), String> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(folder)(error)),
        _ => Ok(()),
    }
}

/// The text files below `folder` with this extension: path from there, and content.
pub(super) fn files_below(folder: &Path, extension: &str) -> Result<Vec<(String, String)>, String> {
    let mut files = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).map_err(at(&next))? {
            let path = entry.map_err(at(&next))?.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                let text = fs::read_to_string(&path).map_err(at(&path))?;
                let relative = path.strip_prefix(folder).unwrap_or(&path);
                files.push((relative.display().to_string(), text));
            }
        }
    }
    files.sort();
    Ok(files)
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> String {
    move |error| format!("{}: {error}", path.display())
}

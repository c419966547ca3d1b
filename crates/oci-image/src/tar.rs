/// Headers and contents fill whole blocks.
const BLOCK: usize = 512;
/// The checksum counts as so many spaces in its own sum.
const CHECKSUM_BLANK: [u8; 8] = [b' '; 8];

/// A tar archive (POSIX ustar) of one file, readable by all, of nobody and no time.
pub(crate) fn archive(name: &str, content: &[u8]) -> Vec<u8> {
    let mut archive = header(name, content.len());
    archive.extend(content);
    fill_block(&mut archive);
    let end = [0; BLOCK];
    archive.extend(end);
    archive.extend(end);
    archive
}

fn header(name: &str, length: usize) -> Vec<u8> {
    let mut front = Vec::with_capacity(BLOCK);
    push(&mut front, name, 100);
    push(&mut front, "0000644", 8);
    push(&mut front, "0000000", 8); // user
    push(&mut front, "0000000", 8); // group
    push(&mut front, &format!("{length:011o}"), 12);
    push(&mut front, "00000000000", 12); // modified
    let mut back = Vec::with_capacity(BLOCK);
    push(&mut back, "0", 1); // a regular file
    push(&mut back, "", 100); // no target of a link
    push(&mut back, "ustar", 6);
    push(&mut back, "00", 2);

    let summed = front.iter().chain(&CHECKSUM_BLANK).chain(&back);
    let checksum: u32 = summed.copied().map(u32::from).sum();
    push(&mut front, &format!("{checksum:06o}\0 "), 8);
    front.extend(back);
    fill_block(&mut front);
    front
}

/// A field of `width` bytes, filled with zeros.
fn push(header: &mut Vec<u8>, text: &str, width: usize) {
    let end = header.len().saturating_add(width);
    header.extend(text.as_bytes());
    header.resize(end, 0);
}

fn fill_block(archive: &mut Vec<u8>) {
    archive.resize(archive.len().next_multiple_of(BLOCK), 0);
}

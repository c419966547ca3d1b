/// RFC 1952 2.3: deflate, no flags, no time, best compression, unknown system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255];
/// Of `miniz_oxide`, which gives the same bytes on every machine.
const LEVEL: u8 = 9;

/// `data`, gzipped. The same data gives the same bytes.
pub(crate) fn gzip(data: &[u8]) -> Vec<u8> {
    let mut gzip = HEADER.to_vec();
    gzip.extend(miniz_oxide::deflate::compress_to_vec(data, LEVEL));
    gzip.extend(crc32fast::hash(data).to_le_bytes());
    // The length modulo 2^32, says the RFC; a module has less.
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
    gzip.extend(length.to_le_bytes());
    gzip
}

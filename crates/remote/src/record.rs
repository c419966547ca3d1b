//! Bytes of the shared slots: written, sealed, read back with doubt.

use std::time::Duration;

/// Writes the fields of a record.
#[derive(Debug, Default)]
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    /// Begins a record of a slot, which is sealed at the end.
    pub(crate) fn record(kind: u8, identity: &[u8]) -> Self {
        let mut record = Self::default();
        record.byte(kind);
        record.bytes(identity);
        record
    }

    pub(crate) fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    pub(crate) fn flag(&mut self, flag: bool) {
        self.byte(u8::from(flag));
    }

    pub(crate) fn number(&mut self, number: u64) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    /// A moment or a duration, in nanoseconds.
    pub(crate) fn time(&mut self, time: Duration) {
        self.number(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    }

    pub(crate) fn optional_time(&mut self, time: Option<Duration>) {
        self.flag(time.is_some());
        self.time(time.unwrap_or_default());
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.number(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        self.0.extend_from_slice(bytes);
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// The record with its checksum at the end.
    pub(crate) fn sealed(mut self) -> Vec<u8> {
        let sum = checksum(&self.0);
        self.number(sum);
        self.0
    }
}

/// Reads what a [`Writer`] wrote; `None` wherever it did not.
#[derive(Debug)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// The fields of a record of this kind and identity that is whole.
    pub(crate) fn record(kind: u8, identity: &[u8], slot: &'a [u8]) -> Option<Self> {
        let mut record = Self(slot);
        if record.byte()? != kind || record.bytes()? != identity {
            return None;
        }
        let (fields, sum) = slot.split_last_chunk::<8>()?;
        if u64::from_le_bytes(*sum) != checksum(fields) {
            return None;
        }
        record.0 = record.0.get(..record.0.len().checked_sub(8)?)?;
        Some(record)
    }

    pub(crate) fn byte(&mut self) -> Option<u8> {
        self.chunk::<1>().map(|[byte]| byte)
    }

    pub(crate) fn flag(&mut self) -> Option<bool> {
        match self.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    pub(crate) fn number(&mut self) -> Option<u64> {
        self.chunk().map(u64::from_le_bytes)
    }

    pub(crate) fn time(&mut self) -> Option<Duration> {
        self.number().map(Duration::from_nanos)
    }

    pub(crate) fn optional_time(&mut self) -> Option<Option<Duration>> {
        let some = self.flag()?;
        let time = self.time()?;
        Some(some.then_some(time))
    }

    pub(crate) fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    /// Nothing is left.
    pub(crate) fn end(self) -> Option<()> {
        self.0.is_empty().then_some(())
    }

    fn chunk<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (chunk, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*chunk)
    }
}

/// Shows damage, not malice: whoever can write the slot can compute it. Eight
/// bytes at a time, as a document may have megabytes.
fn checksum(bytes: &[u8]) -> u64 {
    const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let fold = |sum: u64, word: u64| (sum ^ word).wrapping_mul(ODD).rotate_left(29);
    let (words, rest) = bytes.as_chunks::<8>();
    let sum = words
        .iter()
        .fold(BASIS, |sum, word| fold(sum, u64::from_le_bytes(*word)));
    let sum = rest
        .iter()
        .fold(sum, |sum, byte| fold(sum, u64::from(*byte)));
    fold(sum, u64::try_from(bytes.len()).unwrap_or(u64::MAX))
}

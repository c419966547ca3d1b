//! The one normalisation of a path.

use crate::percent;

/// What a path is when a server normalises it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum NormalPath {
    /// The path is in its normal form: every server reads it as it stands.
    Same,
    /// The normal form differs.
    Differs(Vec<u8>),
    /// There is no one normal form: servers that take the same steps in another
    /// order arrive at another path, or the encoding is broken.
    Disputed,
}

/// Normalises a path without query and fragment, of visible ASCII, that starts
/// with `/`. In one pass, linear in its length; the view of a request asks for
/// no path beyond 32 KiB:
///
/// 1. percent-encodings are decoded, until none is left: `%252e` is a dot too;
/// 2. `\` and encoded `/` and `\` are separators;
/// 3. an encoded `?` or `#` ends the path, as it does where a server decodes
///    before it splits;
/// 4. `;` and what follows it in a segment is removed (RFC 3986 3.3, matrix
///    parameters);
/// 5. empty segments are removed (`//` is `/`), the last excepted;
/// 6. `.` and `..` are resolved (RFC 3986 5.2.4);
/// 7. what a path cannot hold is encoded again, in upper case; `"`, `<`, `>`,
///    `^`, `` ` ``, `{` and `}` as well (WHATWG URL, path percent-encode set).
///
/// A server may take some of these steps and leave out others. Where that leads
/// to yet another path there is no one normal form, and the path is
/// [`Disputed`](NormalPath::Disputed): where dot segments are of more than one
/// kind, or stand beside anything else that a step would change; where
/// parameters meet a separator of step 2 or an end of step 3; and where a triplet
/// is broken, or a NUL or overlong UTF-8 (RFC 3629 10: `%C0%AF` for `/`) is
/// encoded. For every other path holds: when the raw path and its normal form
/// agree about a configured exact path or prefix, then so does the reading of
/// every server that takes only some of the steps.
#[must_use]
pub fn normalise_path(path: &[u8]) -> NormalPath {
    if is_plainly_normal(path) {
        return NormalPath::Same;
    }
    match read(path) {
        None => NormalPath::Disputed,
        Some(normal) if normal == path => NormalPath::Same,
        Some(normal) => NormalPath::Differs(normal),
    }
}

/// The way on which almost every request goes.
pub(crate) fn is_plainly_normal(path: &[u8]) -> bool {
    let mut before = 0;
    path.iter().all(|&byte| {
        let is_odd_here = before == b'/' && matches!(byte, b'/' | b'.');
        before = byte;
        is_kept(byte) && !is_odd_here
    })
}

fn read(path: &[u8]) -> Option<Vec<u8>> {
    let octets = decode(path)?;
    let mut structure = Structure {
        odd_separators: octets.iter().any(Octet::is_odd_separator),
        params: octets.iter().any(|octet| octet.byte == b';'),
        ..Structure::default()
    };
    let end = octets.iter().position(Octet::ends_path);
    let (octets, behind) = octets.split_at_checked(end.unwrap_or(octets.len()))?;
    structure.ends_early = !behind.is_empty();
    for segment in behind.split(Octet::is_separator) {
        // Dots all the same to a server that ends the path later, or not at all.
        if let Some(dots) = Dots::of(name(segment)) {
            structure.see(dots);
        }
    }
    // What stands before the first separator is empty: the path starts with `/`.
    let mut segments = octets.split(Octet::is_separator).skip(1).peekable();
    let mut spelled = path.split(|byte| *byte == b'/').skip(1);
    let mut kept: Vec<&[Octet]> = Vec::new();
    let mut ends_with_separator = true;
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        let spelling = spelled.next();
        let name = name(segment);
        ends_with_separator = true;
        if let Some(dots) = Dots::of(name) {
            structure.see(dots);
            if dots.is_parent {
                kept.pop();
            }
            continue;
        }
        structure.other_spellings |= spelling != Some(&*spell(name));
        if name.is_empty() {
            structure.empty_segments |= !is_last;
        } else {
            kept.push(name);
            ends_with_separator = false;
        }
    }
    (!structure.is_disputed()).then(|| write(&kept, ends_with_separator))
}

/// What in a path not every server reads in the same way.
#[derive(Clone, Copy, Debug, Default)]
struct Structure {
    /// `%2F`, `%5C` or `\`, which some servers take for `/`.
    odd_separators: bool,
    /// `//`
    empty_segments: bool,
    /// `;` or `%3B`
    params: bool,
    /// `%3F` or `%23`
    ends_early: bool,
    /// A segment that is spelled in another way than its normal form.
    other_spellings: bool,
    /// The kind of the first dot segment.
    dots: Option<Dots>,
    /// Dot segments of another kind.
    mixed_dots: bool,
}

/// A dot segment: which it is, and how often it must be decoded to be one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Dots {
    is_parent: bool,
    encoded: usize,
}

impl Structure {
    fn see(&mut self, dots: Dots) {
        let first = *self.dots.get_or_insert(dots);
        self.mixed_dots |= dots != first;
    }

    fn is_disputed(self) -> bool {
        let cuts = self.params || self.ends_early;
        let has_odd_structure = self.odd_separators || self.empty_segments || cuts;
        self.mixed_dots
            || (self.dots.is_some() && (has_odd_structure || self.other_spellings))
            || (self.params && (self.odd_separators || self.ends_early))
    }
}

impl Dots {
    fn of(segment: &[Octet]) -> Option<Self> {
        let is_parent = match segment.len() {
            1 => false,
            2 => true,
            _ => return None,
        };
        let is_dots = segment.iter().all(|octet| octet.byte == b'.');
        let encoded = segment.iter().map(|octet| octet.encoded).max();
        is_dots.then(|| Self {
            is_parent,
            encoded: encoded.unwrap_or_default(),
        })
    }
}

#[derive(Clone, Copy, Debug)]
struct Octet {
    byte: u8,
    /// How often it was encoded.
    encoded: usize,
}

impl Octet {
    fn is_separator(&self) -> bool {
        matches!(self.byte, b'/' | b'\\')
    }

    fn is_odd_separator(&self) -> bool {
        self.byte == b'\\' || (self.byte == b'/' && self.encoded > 0)
    }

    fn ends_path(&self) -> bool {
        matches!(self.byte, b'?' | b'#')
    }

    fn ends_name(&self) -> bool {
        self.byte == b';' || self.ends_path()
    }
}

/// `None` for a broken triplet, for NUL, where C ends a string, and for overlong
/// UTF-8, which lax decoders take for the character that it spells.
fn decode(path: &[u8]) -> Option<Vec<Octet>> {
    percent::decode(path, false)?;
    let mut octets: Vec<Octet> = Vec::with_capacity(path.len());
    for &byte in path {
        octets.push(Octet { byte, encoded: 0 });
        // A decoded octet can itself complete a triplet: `%25%36%31` is `%61`.
        while let Some(octet) = triplet_at_end(&octets) {
            octets.truncate(octets.len().saturating_sub(3));
            octets.push(octet);
        }
        let (before, last) = match octets.as_slice() {
            [.., before, last] => (before.byte, last.byte),
            _ => continue,
        };
        if last == 0 || is_overlong(before, last) {
            return None;
        }
    }
    Some(octets)
}

fn triplet_at_end(octets: &[Octet]) -> Option<Octet> {
    let [.., percent, high, low] = octets else {
        return None;
    };
    if percent.byte != b'%' {
        return None;
    }
    let encoded = percent.encoded.max(high.encoded).max(low.encoded);
    Some(Octet {
        byte: percent::octet(high.byte, low.byte)?,
        encoded: encoded.saturating_add(1),
    })
}

/// Whether UTF-8 that is longer than need be has these two octets (RFC 3629 3,
/// for five and six octets RFC 2279 2). C0 and C1 start no other.
fn is_overlong(before: u8, last: u8) -> bool {
    matches!(
        (before, last),
        (_, 0xc0 | 0xc1)
            | (0xe0, 0x80..=0x9f)
            | (0xf0, 0x80..=0x8f)
            | (0xf8, 0x80..=0x87)
            | (0xfc, 0x80..=0x83)
    )
}

/// A segment without its parameters.
fn name(segment: &[Octet]) -> &[Octet] {
    segment.split(Octet::ends_name).next().unwrap_or_default()
}

fn write(segments: &[&[Octet]], ends_with_separator: bool) -> Vec<u8> {
    let mut path = Vec::new();
    for segment in segments {
        path.push(b'/');
        path.extend(spell(segment));
    }
    if ends_with_separator {
        path.push(b'/');
    }
    path
}

/// A segment in its normal spelling. A `%` that is left over stands for itself.
fn spell(segment: &[Octet]) -> Vec<u8> {
    let mut text = Vec::with_capacity(segment.len());
    for octet in segment {
        if is_kept(octet.byte) {
            text.push(octet.byte);
        } else {
            percent::encode(octet.byte, &mut text);
        }
    }
    text
}

/// Whether a byte stands for itself in a normal path, or separates.
fn is_kept(byte: u8) -> bool {
    byte.is_ascii_graphic()
        && !matches!(
            byte,
            b'%' | b';' | b'\\' | b'?' | b'#' | b'"' | b'<' | b'>' | b'^' | b'`' | b'{' | b'}'
        )
}

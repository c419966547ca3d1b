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

/// What in a path not every server reads in the same way.
#[derive(Clone, Copy, Debug, Default)]
struct Structure {
    /// `%2F`, `%5C` or `\`, which some servers take for `/`.
    odd_separators: bool,
    /// `//`
    empty_segments: bool,
    /// `;` or `%3B`
    params: bool,
    /// `.` or `..` written as such.
    literal_dots: bool,
    /// `.` or `..` with an encoded dot.
    encoded_dots: bool,
}

/// Normalises a path without query and fragment, of visible ASCII, that starts
/// with `/`. In one pass, linear in its length:
///
/// 1. percent-encodings are decoded, until none is left: `%252e` is a dot too;
/// 2. `\` and encoded `/` and `\` are separators;
/// 3. `;` and what follows it in a segment is removed (RFC 3986 3.3, matrix
///    parameters);
/// 4. empty segments are removed (`//` is `/`), the last excepted;
/// 5. `.` and `..` are resolved (RFC 3986 5.2.4);
/// 6. what a path cannot hold is encoded again, in upper case; `"`, `<`, `>`,
///    `^`, `` ` ``, `{` and `}` as well (WHATWG URL, path percent-encode set).
///
/// A server may take some of these steps and leave out others. Where steps
/// would not commute, that is where `..` meets one of 2, 3 and 4, where
/// encoded and literal dot segments stand together, and where `;` meets an
/// encoded separator, the path is [`Disputed`](NormalPath::Disputed); so is one
/// with a broken triplet or an encoded NUL. For every other path holds: a
/// configured exact path or prefix that matches the reading of a server that
/// takes only some of the steps also matches the normal form.
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
fn is_plainly_normal(path: &[u8]) -> bool {
    let mut before = 0;
    path.iter().all(|&byte| {
        let is_odd_here = before == b'/' && matches!(byte, b'/' | b'.');
        before = byte;
        is_kept(byte) && !is_odd_here
    })
}

fn read(path: &[u8]) -> Option<Vec<u8>> {
    let octets = decode(path)?;
    // What stands before the first separator is empty: the path starts with `/`.
    let mut segments = octets.split(Octet::is_separator).skip(1).peekable();
    let mut structure = Structure {
        odd_separators: octets.iter().any(Octet::is_odd_separator),
        ..Structure::default()
    };
    let mut kept: Vec<&[Octet]> = Vec::new();
    let mut ends_with_separator = true;
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        let (name, has_params) = cut_params(segment);
        structure.params |= has_params;
        match DotSegment::of(name) {
            Some(dots) => {
                structure.see(name);
                if dots == DotSegment::Parent {
                    kept.pop();
                }
                ends_with_separator = true;
            }
            None if name.is_empty() => {
                structure.empty_segments |= !is_last;
                ends_with_separator = true;
            }
            None => {
                kept.push(name);
                ends_with_separator = false;
            }
        }
    }
    (!structure.is_disputed()).then(|| write(&kept, ends_with_separator, path.len()))
}

impl Structure {
    fn see(&mut self, dots: &[Octet]) {
        if dots.iter().any(|octet| octet.was_encoded) {
            self.encoded_dots = true;
        } else {
            self.literal_dots = true;
        }
    }

    fn is_disputed(self) -> bool {
        let has_dots = self.literal_dots || self.encoded_dots;
        (self.literal_dots && self.encoded_dots)
            || (has_dots && (self.odd_separators || self.empty_segments || self.params))
            || (self.params && self.odd_separators)
    }
}

#[derive(Clone, Copy, Debug)]
struct Octet {
    byte: u8,
    was_encoded: bool,
}

impl Octet {
    fn is_separator(&self) -> bool {
        matches!(self.byte, b'/' | b'\\')
    }

    fn is_odd_separator(&self) -> bool {
        self.byte == b'\\' || (self.byte == b'/' && self.was_encoded)
    }
}

/// `None` for a broken triplet and an encoded NUL.
fn decode(path: &[u8]) -> Option<Vec<Octet>> {
    percent::decode(path, false)?;
    let mut octets: Vec<Octet> = Vec::with_capacity(path.len());
    for &byte in path {
        octets.push(Octet {
            byte,
            was_encoded: false,
        });
        // A decoded octet can itself complete a triplet: `%2%35` is `%25`.
        while let Some(byte) = triplet_at_end(&octets) {
            if byte == 0 {
                return None;
            }
            octets.truncate(octets.len().saturating_sub(3));
            octets.push(Octet {
                byte,
                was_encoded: true,
            });
        }
    }
    Some(octets)
}

fn triplet_at_end(octets: &[Octet]) -> Option<u8> {
    match octets {
        [.., percent, high, low] if percent.byte == b'%' => percent::octet(high.byte, low.byte),
        _ => None,
    }
}

fn cut_params(segment: &[Octet]) -> (&[Octet], bool) {
    match segment.iter().position(|octet| octet.byte == b';') {
        Some(at) => (segment.get(..at).unwrap_or_default(), true),
        None => (segment, false),
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum DotSegment {
    Current,
    Parent,
}

impl DotSegment {
    fn of(segment: &[Octet]) -> Option<Self> {
        if !segment.iter().all(|octet| octet.byte == b'.') {
            return None;
        }
        match segment.len() {
            1 => Some(Self::Current),
            2 => Some(Self::Parent),
            _ => None,
        }
    }
}

fn write(segments: &[&[Octet]], ends_with_separator: bool, about: usize) -> Vec<u8> {
    let mut path = Vec::with_capacity(about);
    for segment in segments {
        path.push(b'/');
        for octet in *segment {
            // A `%` that is left over stands for itself.
            if is_kept(octet.byte) {
                path.push(octet.byte);
            } else {
                percent::encode(octet.byte, &mut path);
            }
        }
    }
    if ends_with_separator {
        path.push(b'/');
    }
    path
}

/// Whether a byte stands for itself in a normal path, or separates.
fn is_kept(byte: u8) -> bool {
    byte.is_ascii_graphic()
        && !matches!(
            byte,
            b'%' | b';' | b'\\' | b'?' | b'#' | b'"' | b'<' | b'>' | b'^' | b'`' | b'{' | b'}'
        )
}

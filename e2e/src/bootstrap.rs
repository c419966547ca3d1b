//! A configuration file of Envoy as it is shipped, made to fit a test.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::{Error, Result, workspace};

const LISTENER_TYPE: &str = "type.googleapis.com/envoy.config.listener.v3.Listener";

/// The text of a bootstrap.
#[derive(Clone, Debug)]
pub struct Bootstrap(String);

/// A bootstrap without its listeners, and the listeners as a file of resources.
pub(crate) struct Split {
    pub(crate) rest: String,
    pub(crate) listeners: String,
}

impl Bootstrap {
    /// Reads `path` (from the root of the workspace) and substitutes `pairs`:
    /// see [`substitute`]. That is all that ever happens to a shipped file.
    pub fn read(path: impl AsRef<Path>, pairs: &[(&str, &str)]) -> Result<Self> {
        let path = workspace().join(path);
        let of = path.display().to_string();
        let text = fs::read_to_string(&path).map_err(Error::io(format!("reading {of}")))?;
        substitute(&of, &text, pairs).map(Self)
    }

    /// A bootstrap that a test wrote itself.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// This bootstrap with more substitutions, for a second configuration of a test.
    pub fn with(&self, pairs: &[(&str, &str)]) -> Result<Self> {
        substitute("the bootstrap", &self.0, pairs).map(Self)
    }

    /// Cuts out the list under `static_resources.listeners`, line by line, so that
    /// every other byte stays as it was shipped.
    pub(crate) fn split(&self) -> Result<Split> {
        let mut rest = String::new();
        let mut listeners = String::from("resources:\n");
        let mut part = Part::Before;
        let mut item_indent = None;
        for line in self.0.lines() {
            let indent = line.len() - line.trim_start().len();
            let is_blank = matches!(line.trim_start().chars().next(), None | Some('#'));
            match part {
                Part::Before if line == "  listeners:" => {
                    part = Part::Inside;
                    continue;
                }
                Part::Inside if !is_blank && indent <= 2 && !line.starts_with("  - ") => {
                    part = Part::After;
                }
                Part::After if line == "  listeners:" => {
                    return Err(Error::NotSplittable("`  listeners:` stands there twice"));
                }
                _ => {}
            }
            if part == Part::Inside {
                let item_indent = *item_indent.get_or_insert(indent);
                match line
                    .get(item_indent..)
                    .and_then(|item| item.strip_prefix("- "))
                {
                    Some(item) if indent == item_indent => {
                        let pad = " ".repeat(item_indent);
                        let _ = writeln!(
                            listeners,
                            "{pad}- \"@type\": {LISTENER_TYPE}\n{pad}  {item}"
                        );
                    }
                    _ => {
                        let _ = writeln!(listeners, "{line}");
                    }
                }
            } else {
                let _ = writeln!(rest, "{line}");
            }
        }
        if part == Part::Before {
            return Err(Error::NotSplittable("no line `  listeners:`"));
        }
        Ok(Split { rest, listeners })
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Part {
    Before,
    Inside,
    After,
}

/// Replaces every occurrence of each literal, in one pass (a replacement is not
/// looked at again; where two literals fit, the longer wins). A literal that
/// does not occur is an error; `of` names the text in it.
pub fn substitute(of: &str, text: &str, pairs: &[(&str, &str)]) -> Result<String> {
    let mut pairs = pairs.to_vec();
    pairs.sort_by_key(|(literal, _)| std::cmp::Reverse(literal.len()));
    let mut used = vec![false; pairs.len()];
    let mut out = String::with_capacity(text.len());
    let mut left = text;
    while let Some(first) = left.chars().next() {
        let fits = pairs
            .iter()
            .position(|(literal, _)| !literal.is_empty() && left.starts_with(literal));
        let taken = if let Some(at) = fits {
            used[at] = true;
            out.push_str(pairs[at].1);
            pairs[at].0.len()
        } else {
            out.push(first);
            first.len_utf8()
        };
        left = &left[taken..];
    }
    match used.iter().position(|used| !used) {
        Some(at) => Err(Error::LiteralMissing {
            of: of.to_owned(),
            literal: pairs[at].0.to_owned(),
        }),
        None => Ok(out),
    }
}

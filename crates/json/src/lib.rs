//! JSON values, read strictly.
//!
//! [`parse`] takes what RFC 8259 allows and refuses all that two readers could
//! take for two things: members of one name, however they are written, lone
//! surrogates, a byte order mark, numbers beyond what a double holds or with more
//! digits, anything behind the value. Work and memory are linear in the text, and
//! [`Limits`] bound it. An error says what was expected and at which byte, and shows
//! nothing of the text, which may be a token.

mod decimal;
mod error;
mod number;
mod parse;
mod string;
mod value;

pub use error::{Expected, JsonError};
pub use number::Number;
pub use parse::{Limits, parse};
pub use string::push_json_string;
pub use value::Value;

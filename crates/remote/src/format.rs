//! What a document is: how a body becomes one, and how workers share it.

use std::fmt;

/// How a body becomes a document.
///
/// The worker that fetched the body parses it, in slices, into a compiled form;
/// every worker, that one too, loads the compiled form into what its requests
/// use. A body is the source's and may be anything; compiled bytes come through
/// data shared with strangers and may be anything too.
pub trait Format {
    /// What requests use.
    type Document;
    /// A body that is being parsed.
    type Parse;
    /// Why a body, or a compiled form, is none of a document.
    type Error: fmt::Display;

    /// Names this format and the layout of its compiled form. Workers share what
    /// was compiled under an equal id and no other, so it names everything that
    /// the compiled form depends on, options too.
    fn id(&self) -> Vec<u8>;

    /// Takes a body that is not empty; bounded work.
    ///
    /// # Errors
    /// When it can be seen at once that this is no document, such as by its
    /// content type, or that it is too long for its kind.
    fn begin(&self, body: Vec<u8>, meta: &Meta<'_>) -> Result<Self::Parse, Self::Error>;

    /// Does one slice of bounded work.
    fn step(&self, parse: &mut Self::Parse) -> Step<Self::Error>;

    /// Makes a document from its compiled form.
    ///
    /// # Errors
    /// When these are no bytes that [`step`](Self::step) made.
    fn load(&self, compiled: &[u8]) -> Result<Self::Document, Self::Error>;
}

/// What a reply says about its body.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Meta<'a> {
    /// Its only `Content-Type`.
    pub content_type: Option<&'a [u8]>,
    /// Whether a `Content-Length` said that the body has the length that it
    /// has. Otherwise a body that ends where a shorter document could end may
    /// have been cut there.
    pub whole: bool,
}

/// What a slice of work came to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Step<E> {
    /// Another slice is to be done.
    More,
    /// The compiled form.
    Done(Vec<u8>),
    /// The body is no document.
    Failed(E),
    /// The body is a document, and none that the configuration takes.
    Refused(E),
}

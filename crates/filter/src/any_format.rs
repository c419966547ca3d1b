//! A document's format whose types are known at run time only.

use std::any::Any;

use gatepost_remote::{Format, Meta, Step};

/// Any format: however many kinds of documents a module keeps, what keeps them
/// stands in it once. Each kind by its own took 12 KiB.
pub(crate) struct AnyFormat(Box<dyn Erased>);

impl AnyFormat {
    pub(crate) fn new<F: Format + 'static>(format: F) -> Self {
        Self(Box::new(format))
    }
}

/// Errors are told and not looked into, so they are their texts.
impl Format for AnyFormat {
    type Document = Box<dyn Any>;
    type Parse = Box<dyn Any>;
    type Error = String;

    fn id(&self) -> Vec<u8> {
        self.0.id()
    }

    fn begin(&self, body: Vec<u8>, meta: &Meta<'_>) -> Result<Box<dyn Any>, String> {
        self.0.begin(body, meta)
    }

    fn step(&self, parse: &mut Box<dyn Any>) -> Step<String> {
        self.0.step(&mut **parse)
    }

    fn load(&self, compiled: &[u8]) -> Result<Box<dyn Any>, String> {
        self.0.load(compiled)
    }
}

/// [`Format`] without its types.
trait Erased {
    fn id(&self) -> Vec<u8>;
    fn begin(&self, body: Vec<u8>, meta: &Meta<'_>) -> Result<Box<dyn Any>, String>;
    fn step(&self, parse: &mut dyn Any) -> Step<String>;
    fn load(&self, compiled: &[u8]) -> Result<Box<dyn Any>, String>;
}

impl<F: Format + 'static> Erased for F {
    fn id(&self) -> Vec<u8> {
        Format::id(self)
    }

    fn begin(&self, body: Vec<u8>, meta: &Meta<'_>) -> Result<Box<dyn Any>, String> {
        match Format::begin(self, body, meta) {
            Ok(parse) => Ok(Box::new(parse)),
            Err(error) => Err(error.to_string()),
        }
    }

    fn step(&self, parse: &mut dyn Any) -> Step<String> {
        // It came from `begin` of this format.
        let Some(parse) = parse.downcast_mut() else {
            return Step::Failed("expected a body of this format".to_owned());
        };
        match Format::step(self, parse) {
            Step::More => Step::More,
            Step::Done(compiled) => Step::Done(compiled),
            Step::Failed(error) => Step::Failed(error.to_string()),
            Step::Refused(error) => Step::Refused(error.to_string()),
        }
    }

    fn load(&self, compiled: &[u8]) -> Result<Box<dyn Any>, String> {
        match Format::load(self, compiled) {
            Ok(document) => Ok(Box::new(document)),
            Err(error) => Err(error.to_string()),
        }
    }
}

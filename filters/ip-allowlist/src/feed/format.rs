//! How the body of a feed becomes a list that all workers share.

use gatepost_ip_set::feed::{
    DecodeError, FeedError, FeedList, FeedParser, IfEmpty, Progress, SLICE, parse_json,
};
use gatepost_remote::{Format, Meta, Step};

use crate::config::FeedFormat;

/// How a list is written, and what it may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ListFormat {
    pub(crate) format: FeedFormat,
    pub(crate) if_empty: IfEmpty,
}

/// A body that is being read.
pub(crate) enum Parse {
    Text(FeedParser),
    /// In one piece: JSON is read from its start to its end.
    Json(Vec<u8>),
}

/// Why there is no list.
#[derive(Debug)]
pub(crate) enum ListError {
    Body(FeedError),
    Compiled(DecodeError),
}

/// Slices of one step: together 2 to 4 ms in a module.
const SLICES: usize = 2;

impl Format for ListFormat {
    type Document = FeedList;
    type Parse = Parse;
    type Error = ListError;

    fn id(&self) -> Vec<u8> {
        // 1: the layout of `FeedList::encode`.
        format!("ip-list/1/{:?}/{:?}", self.format, self.if_empty).into_bytes()
    }

    fn begin(&self, body: Vec<u8>, meta: &Meta<'_>) -> Result<Parse, ListError> {
        Ok(match self.format {
            FeedFormat::Text => Parse::Text(FeedParser::new(body, meta.whole, self.if_empty)),
            FeedFormat::Json => Parse::Json(body),
        })
    }

    fn step(&self, parse: &mut Parse) -> Step<ListError> {
        let result = match parse {
            Parse::Text(parser) => match parser.step(SLICE.saturating_mul(SLICES)) {
                Progress::More => return Step::More,
                Progress::Done(list) => Ok(list),
                Progress::Failed(error) => Err(error),
            },
            Parse::Json(body) => parse_json(body, self.if_empty),
        };
        match result {
            Ok(list) => Step::Done(list.encode()),
            Err(error) => Step::Failed(ListError::Body(error)),
        }
    }

    fn load(&self, compiled: &[u8]) -> Result<FeedList, ListError> {
        FeedList::decode(compiled).map_err(ListError::Compiled)
    }
}

impl std::fmt::Display for ListError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Body(error) => error.fmt(f),
            Self::Compiled(error) => error.fmt(f),
        }
    }
}

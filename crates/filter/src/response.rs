//! A response on its way back through a chain.

use std::cell::OnceCell;

use gatepost_http_match::{Headers, RequestView};

use crate::changes::{Changes, Unsendable};
use crate::services::{HostError, Services};
use crate::verdict::Reason;

/// A response, as a filter that judged the request sees it.
pub struct Response<'a> {
    pub(crate) services: &'a dyn Services,
    pub(crate) view: Option<&'a RequestView>,
    pub(crate) denied: Option<&'a Reason>,
    pub(crate) read: &'a dyn Fn() -> Result<Headers, HostError>,
    pub(crate) headers: &'a OnceCell<Headers>,
    pub(crate) changes: &'a mut Changes,
}

impl Response<'_> {
    /// The request as the chain left it; nothing if no filter looked at it while
    /// it was judged, for later it may be another one.
    #[must_use]
    pub fn request(&self) -> Option<&RequestView> {
        self.view
    }

    /// The proxy.
    #[must_use]
    pub fn services(&self) -> &dyn Services {
        self.services
    }

    /// The reason of the chain, when the response is its own refusal. Other
    /// filters' replies pass here too and are not told apart from the
    /// upstream's.
    #[must_use]
    pub fn denied(&self) -> Option<&Reason> {
        self.denied
    }

    /// The response's headers, read when a filter first asks and at most once
    /// (law 6).
    ///
    /// # Errors
    /// When the proxy refuses to give them.
    pub fn headers(&self) -> Result<&Headers, HostError> {
        if let Some(headers) = self.headers.get() {
            return Ok(headers);
        }
        let headers = (self.read)()?;
        Ok(self.headers.get_or_init(|| headers))
    }

    /// Gives a header of the response one value.
    ///
    /// # Errors
    /// When the value cannot be sent; nothing is changed then.
    pub fn set_header(&mut self, name: &str, value: &[u8]) -> Result<(), Unsendable> {
        // Unread, it may be there.
        self.changes.set(name.as_bytes(), value, true)
    }

    /// Removes a header of the response.
    pub fn remove_header(&mut self, name: &str) {
        self.changes.remove(name.as_bytes());
    }
}

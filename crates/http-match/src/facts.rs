//! What filters learned about a request.

use std::any::{Any, TypeId};
use std::fmt;
use std::net::IpAddr;
use std::rc::Rc;

use crate::Value;

/// Typed facts of one request: one filter learns a fact, the next reads it in
/// memory. There is at most one fact of a type; filters may define types of
/// their own beside the well-known ones of this crate.
#[derive(Default)]
pub struct Facts {
    // By themselves: most requests have one of these facts and no other, and need no
    // memory for it.
    client_address: Option<ClientAddress>,
    claims: Option<Claims>,
    others: Vec<(TypeId, Box<dyn Any>)>,
}

/// The client's address, proven by the configured source.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ClientAddress(pub IpAddr);

/// The identity of the peer from its validated certificate, such as
/// `spiffe://cluster.local/ns/shop/sa/cart`.
///
/// Without this fact the peer has no identity: no text matches it. Whoever
/// cannot read the identity that a matcher [`needs`](crate::Needs) denies in its
/// place.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PeerIdentity(pub String);

/// The id of the request's API key, which was found good: whose key it is, not the
/// key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ApiKeyId(pub String);

/// The verified claims of the request's token. Shared: a token comes with many
/// requests, and its claims are read once.
#[derive(Clone, Debug, PartialEq)]
pub struct Claims(pub Rc<Value>);

impl Facts {
    /// Adds a fact; returns the fact of the same type that it replaces.
    pub fn insert<T: 'static>(&mut self, fact: T) -> Option<T> {
        if let Some(own) = self.own_mut() {
            return own.replace(fact);
        }
        let id = TypeId::of::<T>();
        let fact: Box<dyn Any> = Box::new(fact);
        let Some((_, slot)) = self.others.iter_mut().find(|(known, _)| *known == id) else {
            self.others.push((id, fact));
            return None;
        };
        let replaced = std::mem::replace(slot, fact);
        replaced.downcast().ok().map(|boxed| *boxed)
    }

    /// The fact of type `T`, when somebody learned it.
    #[must_use]
    pub fn get<T: 'static>(&self) -> Option<&T> {
        let client_address: &dyn Any = &self.client_address;
        let claims: &dyn Any = &self.claims;
        let own = client_address.downcast_ref().or(claims.downcast_ref());
        if let Some(own) = own {
            return Option::as_ref(own);
        }
        let id = TypeId::of::<T>();
        let (_, fact) = self.others.iter().find(|(known, _)| *known == id)?;
        fact.downcast_ref()
    }

    /// Takes the fact of type `T` away.
    pub fn remove<T: 'static>(&mut self) -> Option<T> {
        if let Some(own) = self.own_mut() {
            return own.take();
        }
        let id = TypeId::of::<T>();
        let index = self.others.iter().position(|(known, _)| *known == id)?;
        let (_, fact) = self.others.swap_remove(index);
        fact.downcast().ok().map(|boxed| *boxed)
    }

    /// The place of a fact that has one of its own.
    fn own_mut<T: 'static>(&mut self) -> Option<&mut Option<T>> {
        let client_address: &mut dyn Any = &mut self.client_address;
        let claims: &mut dyn Any = &mut self.claims;
        client_address.downcast_mut().or(claims.downcast_mut())
    }
}

/// How many there are: facts may hold secrets.
impl fmt::Debug for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let own = [self.client_address.is_some(), self.claims.is_some()];
        let known = own.into_iter().filter(|is_known| *is_known).count();
        let count = self.others.len().saturating_add(known);
        f.debug_tuple("Facts").field(&count).finish()
    }
}

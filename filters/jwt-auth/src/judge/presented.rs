//! A token before anybody knows whether it is good.

use std::cell::OnceCell;

use gatepost_filter::Credential;
use gatepost_jose::{KnownHeaders, Token, TokenClaims, TokenLimits};

use super::Refusal;
use crate::reason::{Row, Stage};

/// A token as it came.
pub(crate) struct Presented<'a> {
    /// Where it stood, by [`ProviderPlan::places`](crate::plan::ProviderPlan).
    pub(crate) places: usize,
    pub(crate) text: &'a [u8],
    pub(super) credential: &'a Credential<'a>,
    parsed: OnceCell<Result<Parsed<'a>, Row>>,
}

pub(super) struct Parsed<'a> {
    pub(super) token: Token<'a>,
    pub(super) claims: TokenClaims,
}

impl<'a> Presented<'a> {
    pub(crate) fn new(places: usize, credential: &'a Credential<'a>) -> Self {
        Self {
            places,
            text: credential.as_bytes(),
            credential,
            parsed: OnceCell::new(),
        }
    }

    pub(super) fn parsed(
        &self,
        limits: TokenLimits,
        headers: &KnownHeaders,
    ) -> Result<&Parsed<'a>, Refusal> {
        let parsed = self
            .parsed
            .get_or_init(|| parse(self.text, limits, headers));
        parsed
            .as_ref()
            .map_err(|row| Refusal::new(Stage::Parse, *row))
    }
}

fn parse<'a>(
    text: &'a [u8],
    limits: TokenLimits,
    headers: &KnownHeaders,
) -> Result<Parsed<'a>, Row> {
    let token = Token::parse_with(text, limits, headers)
        .map_err(|error| Row::invalid_token(error.code()))?;
    let claims =
        TokenClaims::unverified(&token).map_err(|error| Row::invalid_token(error.code()))?;
    Ok(Parsed { token, claims })
}

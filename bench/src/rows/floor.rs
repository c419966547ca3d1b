//! What no filter of tokens can do without: see `floor.wat`. It makes the calls that any
//! module has to make, each once, and next to nothing between them: no module that does the
//! same costs less, whatever it is written in and however fast it parses.

use gatepost_e2e::decoded;
use gatepost_jose::{Algorithm, KeySet, KeySetLimits};
use gatepost_jwt_auth::signature_question;

use crate::assembled::{assembled, string};
use crate::error::{Error, Result};
use crate::row::Row;
use crate::tokens::{Pool, Pools, SUBJECT, Tokens};

pub(super) fn rows(pools: &Pools) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for pool in &pools.new {
        let algorithm = Algorithm::from_name(pool.tokens.key().algorithm());
        if let Some(algorithm) = algorithm.filter(|name| name.host_hash().is_some()) {
            let questions = Questions::new(&pool.tokens, algorithm)?;
            rows.push(row(pool, Some(&questions))?);
        }
    }
    rows.push(row(&pools.repeated, None)?);
    Ok(rows)
}

/// Without questions, none is asked.
fn row(pool: &Pool, questions: Option<&Questions>) -> Result<Row> {
    let name = format!("floor-{}", pool.name);
    let counter = format!("{name}.allowed");
    let verifies = usize::from(questions.is_some());
    let (table, records) = questions.map_or_else(Default::default, |questions| {
        (string(&questions.table), string(&questions.records))
    });
    let number = |number: usize| format!("i32.const {number}");
    let text = include_str!("floor.wat")
        .replace("i32.const VERIFIES", &number(verifies))
        .replace("i32.const SUBJECT_SIZE", &number(SUBJECT.len()))
        .replace("i32.const COUNTER_SIZE", &number(counter.len()))
        .replace("i64.const FACTOR", &format!("i64.const {FACTOR}"))
        .replace("\"SUBJECT\"", &format!("\"{SUBJECT}\""))
        .replace("\"COUNTER\"", &format!("\"{counter}\""))
        .replace("\"TABLE\"", &format!("\"{table}\""))
        .replace("\"RECORDS\"", &format!("\"{records}\""));
    let module = assembled(&name, &text)?;
    Ok(Row::new(name, &pool.requests)
        .wasm(&module, None)
        .counted_by(format!("wasmcustom.{counter}")))
}

/// Spreads keys over the table (Fibonacci hashing).
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
/// Slots of the table, so many bits of a product say which one is tried first.
const SLOTS: usize = 1 << SLOT_BITS;
const SLOT_BITS: u32 = 13;
/// Bytes of a slot.
const SLOT: usize = 16;
/// Where the records stand in the module's memory.
const RECORDS: usize = 262_144;

/// What the module asks the proxy about each token: see the head of `floor.wat`.
struct Questions {
    table: Vec<u8>,
    records: Vec<u8>,
}

impl Questions {
    fn new(tokens: &Tokens, algorithm: Algorithm) -> Result<Self> {
        let mut questions = Self {
            table: vec![0; SLOTS * SLOT],
            records: Vec::new(),
        };
        let jwk = tokens.key().jwk().to_string();
        let keys = KeySet::parse_key(jwk.as_bytes(), &KeySetLimits::default());
        let keys = keys.map_err(|_| Error::NoQuestion)?;
        let key = keys.keys().next().ok_or(Error::NoQuestion)?;
        for token in tokens.all()? {
            let (text, signature) = token.rsplit_once('.').ok_or(Error::NoQuestion)?;
            let signature = decoded(signature);
            let question = signature_question(key, algorithm, text.as_bytes(), &signature);
            let question = question.ok_or(Error::NoQuestion)?;
            questions.add(token, text, &question)?;
        }
        Ok(questions)
    }

    fn add(&mut self, token: &str, text: &str, question: &[u8]) -> Result<()> {
        // The text is the last field.
        let record = question.strip_suffix(text.as_bytes());
        let record = record.ok_or(Error::NoQuestion)?;
        let key = key(token).ok_or(Error::NoQuestion)?;
        let place = RECORDS + self.records.len();
        let slot = self.slot(key);
        slot[..8].copy_from_slice(&key.to_le_bytes());
        slot[8..12].copy_from_slice(&(place as u32).to_le_bytes());
        slot[12..14].copy_from_slice(&(record.len() as u16).to_le_bytes());
        slot[14..].copy_from_slice(&(text.len() as u16).to_le_bytes());
        self.records.extend_from_slice(record);
        Ok(())
    }

    /// The slot of this key, or the free one that it gets.
    fn slot(&mut self, key: u64) -> &mut [u8] {
        let mut index = (key.wrapping_mul(FACTOR) >> (u64::BITS - SLOT_BITS)) as usize;
        let is_other = |slot: &[u8]| slot[..8] != [0; 8] && slot[..8] != key.to_le_bytes();
        while is_other(&self.table[index * SLOT..][..SLOT]) {
            index = (index + 1) % SLOTS;
        }
        &mut self.table[index * SLOT..][..SLOT]
    }
}

/// The last eight characters of the signature, which no two tokens have in common.
fn key(token: &str) -> Option<u64> {
    let (_, last) = token.as_bytes().split_last_chunk()?;
    Some(u64::from_le_bytes(*last))
}

#[cfg(test)]
mod tests {
    use super::{Questions, RECORDS, SLOT, SLOTS, key};

    #[test]
    fn each_of_thousands_of_tokens_leads_to_its_own_question() {
        let mut questions = Questions {
            table: vec![0; SLOTS * SLOT],
            records: Vec::new(),
        };
        let tokens: Vec<(String, String)> = (0..3000)
            .map(|number| {
                (
                    format!("text-{number}"),
                    format!("text-{number}.{number:08}"),
                )
            })
            .collect();
        for (text, token) in &tokens {
            let question = format!("about {token}: {text}");
            let added = questions.add(token, text, question.as_bytes());
            added.expect("it ends with its text");
        }
        for (text, token) in &tokens {
            let slot = questions.slot(key(token).expect("is long")).to_vec();
            let number = |bytes: &[u8]| {
                let digits = bytes.iter().rev();
                digits.fold(0, |number, byte| (number << 8) | usize::from(*byte))
            };
            let record = &questions.records[number(&slot[8..12]) - RECORDS..];
            let record = &record[..number(&slot[12..14])];
            assert_eq!(record, format!("about {token}: ").as_bytes());
            assert_eq!(number(&slot[14..]), text.len());
        }
    }
}

//! Pyth pull updates: `PriceUpdateV2` accounts of the Pyth receiver program.

use anchor_lang::prelude::*;
use borsh::{BorshDeserialize, BorshSerialize};

use super::RawQuote;
use crate::error::PlimsollError;

/// The receiver program, owner of every price update account.
pub const PYTH_RECEIVER: Address =
    anchor_lang::address!("rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ");

/// First eight bytes of `sha256("account:PriceUpdateV2")`.
const DISCRIMINATOR: [u8; 8] = [0x22, 0xf1, 0x23, 0x63, 0x9d, 0x7e, 0xf4, 0xcd];

/// How much of an update's guardian signatures was verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum VerificationLevel {
    /// Only some signatures.
    Partial {
        /// How many.
        num_signatures: u8,
    },
    /// A quorum of the guardians.
    Full,
}

/// The price that an update carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct PriceFeedMessage {
    /// Which feed.
    pub feed_id: [u8; 32],
    /// Price, times 10^-exponent USD per unit.
    pub price: i64,
    /// Half-width of the confidence interval, in the price's unit.
    pub conf: u64,
    /// Decimal exponent of price and confidence.
    pub exponent: i32,
    /// When it was published (Unix seconds).
    pub publish_time: i64,
    /// When the price before was published (Unix seconds).
    pub prev_publish_time: i64,
    /// Exponential moving average of the price.
    pub ema_price: i64,
    /// Exponential moving average of the confidence.
    pub ema_conf: u64,
}

/// A price update account after its discriminator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct PriceUpdateV2 {
    /// Who may overwrite the account.
    pub write_authority: [u8; 32],
    /// How much was verified.
    pub verification_level: VerificationLevel,
    /// The price.
    pub price_message: PriceFeedMessage,
    /// Slot in which the update was posted.
    pub posted_slot: u64,
}

impl PriceUpdateV2 {
    /// The account's bytes with the discriminator in front, for those who set up a local cluster.
    pub fn to_account_data(&self) -> core::result::Result<Vec<u8>, std::io::Error> {
        let mut data = DISCRIMINATOR.to_vec();
        borsh::BorshSerialize::serialize(self, &mut data)?;
        // The receiver allocates for the longer verification level.
        data.resize(134, 0);
        Ok(data)
    }
}

/// Where the verification level lies: behind the discriminator and the write authority.
const LEVEL_AT: usize = 8 + 32;
/// The level's byte where all signatures were verified; no other bytes follow it then.
const FULL_LEVEL: u8 = 1;
/// Where the price lies in a fully verified update.
const MESSAGE_AT: usize = LEVEL_AT + 1;
/// A fully verified update: the price's 84 bytes, and the slot's 8.
const FULL_BYTES: usize = MESSAGE_AT + 84 + 8;

/// Reads an update; owner, discriminator, verification level and feed id must be right.
pub(super) fn read(owner: &Address, data: &[u8], feed_id: &[u8; 32]) -> Result<RawQuote> {
    require!(anchor_lang::address_eq(owner, &PYTH_RECEIVER), PlimsollError::OracleWrongOwner);
    let Some(update) = data.first_chunk::<FULL_BYTES>() else {
        return read_other(data);
    };
    if !update.starts_with(&DISCRIMINATOR) || at(update, LEVEL_AT) != [FULL_LEVEL] {
        return read_other(data);
    }
    let own = Address::new_from_array(at(update, MESSAGE_AT));
    let wanted = Address::new_from_array(*feed_id);
    require!(anchor_lang::address_eq(&own, &wanted), PlimsollError::OracleWrongFeed);
    Ok(RawQuote {
        price: i64::from_le_bytes(at(update, MESSAGE_AT + 32)),
        confidence: u64::from_le_bytes(at(update, MESSAGE_AT + 40)),
        exponent: i32::from_le_bytes(at(update, MESSAGE_AT + 48)),
        published: i64::from_le_bytes(at(update, MESSAGE_AT + 52)),
        trading: true,
    })
}

/// Why an update without full verification is refused.
#[cold]
#[inline(never)]
fn read_other(data: &[u8]) -> Result<RawQuote> {
    let body = data.strip_prefix(&DISCRIMINATOR).ok_or(PlimsollError::OracleUnreadable)?;
    PriceUpdateV2::deserialize(&mut &*body).map_err(|_| PlimsollError::OracleUnreadable)?;
    Err(PlimsollError::OracleNotVerified.into())
}

/// `N` bytes from `from` on. All places are constants within a full update, so that the default is
/// never taken.
#[inline(always)]
fn at<const N: usize>(update: &[u8; FULL_BYTES], from: usize) -> [u8; N] {
    let found = update.get(from..).and_then(|rest| rest.first_chunk::<N>());
    found.copied().unwrap_or([0; N])
}

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

/// Reads an update; owner, discriminator, verification level and feed id must be right.
pub(super) fn read(owner: &Address, data: &[u8], feed_id: &[u8; 32]) -> Result<RawQuote> {
    require!(anchor_lang::address_eq(owner, &PYTH_RECEIVER), PlimsollError::OracleWrongOwner);
    let body = data.strip_prefix(&DISCRIMINATOR).ok_or(PlimsollError::OracleUnreadable)?;
    let update =
        PriceUpdateV2::deserialize(&mut &*body).map_err(|_| PlimsollError::OracleUnreadable)?;
    let verified = matches!(update.verification_level, VerificationLevel::Full);
    require!(verified, PlimsollError::OracleNotVerified);
    let message = update.price_message;
    require!(message.feed_id == *feed_id, PlimsollError::OracleWrongFeed);
    Ok(RawQuote {
        price: message.price,
        confidence: message.conf,
        exponent: message.exponent,
        published: message.publish_time,
        trading: true,
    })
}

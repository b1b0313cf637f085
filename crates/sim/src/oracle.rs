//! Pyth accounts as Pyth writes them, of both kinds.

use plimsoll_client::{
    Address, PriceFeedMessage, PriceUpdateV2, VerificationLevel, PYTH_PUSH, PYTH_RECEIVER,
};
use pyth_sdk_solana::state::{
    AccountType, PriceInfo, PriceStatus, SolanaPriceAccount, MAGIC, VERSION_2,
};

use crate::prices::Price8;

/// Decimal exponent of every price.
const EXPONENT: i32 = -8;

/// What is published.
#[derive(Clone, Copy, Debug)]
pub struct Published {
    /// Price (10^-8 dollars).
    pub price: Price8,
    /// Half-width of the confidence interval (10^-8 dollars).
    pub confidence: Price8,
    /// When (Unix seconds).
    pub time: i64,
    /// Slot.
    pub slot: u64,
}

/// Where a price lies and in which layout.
#[derive(Clone, Copy, Debug)]
pub enum Oracle {
    /// A push account.
    Push(Address),
    /// A pull account with a feed id.
    Pull(Address, [u8; 32]),
}

impl Oracle {
    /// Its account.
    pub fn address(&self) -> Address {
        match self {
            Self::Push(address) | Self::Pull(address, _) => *address,
        }
    }

    /// The program that owns the account.
    pub fn owner(&self) -> Address {
        match self {
            Self::Push(_) => PYTH_PUSH,
            Self::Pull(..) => PYTH_RECEIVER,
        }
    }

    /// The account's bytes.
    pub fn bytes(&self, published: &Published) -> Result<Vec<u8>, String> {
        let price = i64::try_from(published.price).map_err(|error| error.to_string())?;
        match self {
            Self::Push(_) => Ok(push(price, published)),
            Self::Pull(_, feed_id) => pull(price, published, *feed_id),
        }
    }
}

fn push(price: i64, published: &Published) -> Vec<u8> {
    let status = PriceStatus::Trading;
    let agg = PriceInfo {
        price,
        conf: published.confidence,
        status,
        pub_slot: published.slot,
        ..PriceInfo::default()
    };
    let account = SolanaPriceAccount {
        magic: MAGIC,
        ver: VERSION_2,
        atype: AccountType::Price as u32,
        size: size_of::<SolanaPriceAccount>() as u32,
        expo: EXPONENT,
        last_slot: published.slot,
        valid_slot: published.slot,
        timestamp: published.time,
        prev_timestamp: published.time,
        prev_slot: published.slot,
        prev_price: price,
        prev_conf: published.confidence,
        agg,
        ..SolanaPriceAccount::default()
    };
    bytemuck::bytes_of(&account).to_vec()
}

fn pull(price: i64, published: &Published, feed_id: [u8; 32]) -> Result<Vec<u8>, String> {
    let update = PriceUpdateV2 {
        write_authority: [0; 32],
        verification_level: VerificationLevel::Full,
        price_message: PriceFeedMessage {
            feed_id,
            price,
            conf: published.confidence,
            exponent: EXPONENT,
            publish_time: published.time,
            prev_publish_time: published.time,
            ema_price: price,
            ema_conf: published.confidence,
        },
        posted_slot: published.slot,
    };
    update.to_account_data().map_err(|error| error.to_string())
}

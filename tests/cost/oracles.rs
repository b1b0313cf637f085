//! Oracle accounts as the bench has them.

use plimsoll::oracle::{PriceFeedMessage, PriceUpdateV2, VerificationLevel};
use pyth_sdk_solana::state::{
    AccountType, PriceInfo, PriceStatus, SolanaPriceAccount, MAGIC, VERSION_2,
};

use crate::bench::NOW;

/// Half of 0.1 % of the quote token's price, and far less of the others'.
const CONFIDENCE: u64 = 50_000;

pub const FEED: [u8; 32] = [7; 32];

/// A pull account: an update as the receiver program stores it.
pub fn pull(price: i64) -> Vec<u8> {
    let message = PriceFeedMessage {
        feed_id: FEED,
        price,
        conf: CONFIDENCE,
        exponent: -8,
        publish_time: NOW - 5,
        prev_publish_time: NOW - 6,
        ema_price: 1,
        ema_conf: 1,
    };
    let update = PriceUpdateV2 {
        write_authority: [0; 32],
        verification_level: VerificationLevel::Full,
        price_message: message,
        posted_slot: 1,
    };
    update.to_account_data().unwrap()
}

/// A push account, by the SDK's own type.
pub fn push(price: i64) -> Vec<u8> {
    let mut account = SolanaPriceAccount {
        magic: MAGIC,
        ver: VERSION_2,
        atype: AccountType::Price as u32,
        size: size_of::<SolanaPriceAccount>() as u32,
        expo: -8,
        timestamp: NOW - 5,
        ..SolanaPriceAccount::default()
    };
    let status = PriceStatus::Trading;
    account.agg = PriceInfo { price, conf: CONFIDENCE, status, ..PriceInfo::default() };
    bytemuck::bytes_of(&account).to_vec()
}

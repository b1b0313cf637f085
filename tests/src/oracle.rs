//! What does an oracle account look like? Built by the oracles' own types.

use plimsoll_client::{
    Address, PriceFeedMessage, PriceUpdateV2, VerificationLevel, PYTH_PUSH, PYTH_RECEIVER,
};
use plimsoll_migrations::Decimal;
use pyth_sdk_solana::state::{
    AccountType, PriceInfo, PriceStatus, SolanaPriceAccount, MAGIC, VERSION_2,
};

/// Decimal exponent of every price here.
pub(crate) const EXPONENT: i32 = -8;

/// Whose account it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeedKind {
    /// A Pyth push account.
    Push,
    /// A Pyth price update for this feed.
    Pull([u8; 32]),
}

/// One oracle account, every field of which a test may bend.
#[derive(Clone, Debug)]
pub struct Feed {
    /// Where it lies.
    pub address: Address,
    /// Which layout.
    pub kind: FeedKind,
    /// Which program owns it.
    pub owner: Address,
    /// USD per unit, times 10^8.
    pub price: i64,
    /// Half-width of the confidence interval, times 10^8; zero: none.
    pub confidence: u64,
    /// Unix seconds.
    pub published: i64,
    /// Push only: is the feed trading?
    pub trading: bool,
    /// Pull only: were all signatures verified?
    pub verified: bool,
}

impl Feed {
    /// A sound feed.
    pub(crate) fn new(address: Address, kind: FeedKind, price: &str, published: i64) -> Self {
        let owner = match kind {
            FeedKind::Push => PYTH_PUSH,
            FeedKind::Pull(_) => PYTH_RECEIVER,
        };
        let price = raw(price);
        let (trading, verified) = (true, true);
        Self { address, kind, owner, price, confidence: 0, published, trading, verified }
    }

    /// Sets price and confidence from decimals.
    pub fn set(&mut self, price: &str, confidence: &str) {
        self.price = raw(price);
        self.confidence = u64::try_from(raw(confidence)).unwrap();
    }

    /// The account's bytes.
    pub fn data(&self) -> Vec<u8> {
        match self.kind {
            FeedKind::Push => self.push(),
            FeedKind::Pull(feed_id) => self.pull(feed_id),
        }
    }

    fn push(&self) -> Vec<u8> {
        let mut account = SolanaPriceAccount {
            magic: MAGIC,
            ver: VERSION_2,
            atype: AccountType::Price as u32,
            size: size_of::<SolanaPriceAccount>() as u32,
            expo: EXPONENT,
            timestamp: self.published,
            ..SolanaPriceAccount::default()
        };
        account.agg = PriceInfo {
            price: self.price,
            conf: self.confidence,
            status: match self.trading {
                true => PriceStatus::Trading,
                false => PriceStatus::Halted,
            },
            ..PriceInfo::default()
        };
        bytemuck::bytes_of(&account).to_vec()
    }

    fn pull(&self, feed_id: [u8; 32]) -> Vec<u8> {
        let update = PriceUpdateV2 {
            write_authority: [1; 32],
            verification_level: match self.verified {
                true => VerificationLevel::Full,
                false => VerificationLevel::Partial { num_signatures: 5 },
            },
            price_message: PriceFeedMessage {
                feed_id,
                price: self.price,
                conf: self.confidence,
                exponent: EXPONENT,
                publish_time: self.published,
                prev_publish_time: self.published - 1,
                ema_price: self.price,
                ema_conf: self.confidence,
            },
            posted_slot: 0,
        };
        update.to_account_data().unwrap()
    }
}

/// A decimal as the oracles write it.
pub(crate) fn raw(decimal: &str) -> i64 {
    let decimal: Decimal = decimal.parse().unwrap();
    i64::try_from(decimal.scaled(EXPONENT.unsigned_abs()).unwrap()).unwrap()
}

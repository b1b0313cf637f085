//! What does the file declare? Names, shares and decimals, for people to read and to review.

use plimsoll_decimals::{Decimal, Share};
use serde::Deserialize;

use crate::expiries::ExpirySpec;

/// Everything that a group lists, in the order of the indices that it gets.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Markets {
    /// The group.
    pub group: GroupSpec,
    /// What has a price; the first one prices the quote token.
    #[serde(default, rename = "underlying")]
    pub underlyings: Vec<UnderlyingSpec>,
    /// Tokens; the first one is the quote token.
    #[serde(default, rename = "token")]
    pub tokens: Vec<TokenSpec>,
    /// Perpetuals.
    #[serde(default, rename = "instrument")]
    pub instruments: Vec<InstrumentSpec>,
    /// What expires: dated futures and options.
    #[serde(default, rename = "expiry")]
    pub expiries: Vec<ExpirySpec>,
}

impl Markets {
    /// Reads a file. The error says where and why.
    pub fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    /// The markets of the local group.
    pub fn local() -> Self {
        Self::parse(crate::LOCAL).unwrap_or_else(|error| panic!("local.toml: {error}"))
    }

    /// The same without what expires.
    pub fn without_expiries(mut self) -> Self {
        self.expiries.clear();
        self
    }
}

/// The group: its number, its quote token, its terms of liquidation.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupSpec {
    /// The creator's number for it.
    pub id: u16,
    /// Name of the quote token's mint.
    pub quote: String,
    /// β at the line.
    pub beta_min: Share,
    /// β at its most.
    pub beta_max: Share,
    /// Slots in which β rises.
    pub duration_slots: u64,
    /// Depth at which β is at its most.
    pub depth_full: Share,
    /// How far above the line an episode ends.
    pub buffer: Share,
    /// The insurance fund's share of discounts.
    pub insurance_cut: Share,
    /// Slots of a full β without a bid after which positions may be closed against the other side.
    pub deleverage_slots: u32,
    /// Requirement up to which an account is taken whole (quote tokens).
    pub dust: Decimal,
    /// How long a stake in the insurance fund stays after its exit was asked for.
    pub cool_down_seconds: u64,
    /// Most that the insurance fund pays of one bid's discount (quote tokens).
    pub insurance_cap: Decimal,
    /// How long owners act alone after an oracle gap or a pause.
    pub owner_first_seconds: u64,
    /// Name of the address that may pause, tighten and veto; none: the owner.
    pub guardian: Option<String>,
    /// Name of the address that may propose listings; none: the owner alone.
    pub lister: Option<String>,
    /// Name of the address that may propose parameters; none: the owner alone.
    pub risk_manager: Option<String>,
    /// Name of the address that publishes volatility surfaces; none: nobody.
    pub publisher: Option<String>,
    /// How long a proposal waits.
    pub timelock_seconds: u64,
    /// How long it may be executed afterwards.
    pub window_seconds: u64,
    /// Whether the group is opened for money once all is listed. What is added to the file later
    /// has to be proposed: by people, but for what expires, which further runs propose.
    pub launch: bool,
}

/// One source of a price.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", tag = "kind")]
pub enum SourceSpec {
    /// A Pyth push account.
    PythPush {
        /// Name of the account.
        account: String,
    },
    /// A Pyth price update.
    PythPull {
        /// Name of the account; none: any account with the feed.
        account: Option<String>,
        /// Feed id, 64 hexadecimal digits.
        feed: String,
    },
}

impl SourceSpec {
    /// The name by which its account has an address: a source that names none has its feed's.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::PythPush { account } | Self::PythPull { account: Some(account), .. } => account,
            Self::PythPull { account: None, feed } => feed,
        }
    }
}

/// How fast a price may follow the oracle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlopeSpec {
    /// Most that it moves per second, of itself.
    pub per_second: Share,
    /// Seconds that one refresh may catch up.
    pub catch_up_seconds: u32,
}

/// Something with a price.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnderlyingSpec {
    /// Name, at most 16 bytes.
    pub name: String,
    /// One or two sources.
    pub sources: Vec<SourceSpec>,
    /// Oldest acceptable price.
    pub age_seconds: u32,
    /// Widest acceptable confidence.
    pub confidence: Share,
    /// Widest acceptable disagreement of the sources.
    pub dispersion: Share,
    /// Farthest acceptable jump.
    pub jump: Share,
    /// The slow price by which opening is judged.
    pub stable: SlopeSpec,
    /// The fast price from which jumps are measured.
    pub reference: SlopeSpec,
    /// Least and most scan range.
    pub scan: [Share; 2],
    /// Open interest at which the scan range starts and ends to widen (quote tokens).
    pub open_interest: [Decimal; 2],
    /// Concentration share per multiple of depth.
    pub concentration_slope: Share,
    /// Concentration share at most.
    pub concentration_max: Share,
    /// Net notional that costs nothing extra (quote tokens).
    pub depth: Decimal,
    /// Share of the hedged amount.
    pub basis: Share,
    /// Initial over maintenance requirement.
    pub initial_multiplier: Share,
    /// Triples of price shock, volatility shock and weight (ppm); none: the SPAN set.
    #[serde(default)]
    pub scenarios: Vec<[i64; 3]>,
}

/// A token.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenSpec {
    /// Name of its mint.
    pub mint: String,
    /// Name of the underlying that prices it.
    pub underlying: String,
    /// All deposits at most (tokens).
    pub deposit_cap: Decimal,
    /// All borrows at most (tokens); zero forbids borrowing.
    pub borrow_cap: Decimal,
    /// Pairs of utilisation and yearly rate, from none to all of it.
    pub curve: Vec<[Share; 2]>,
    /// Part of the interest that is set aside.
    pub reserve_share: Share,
    /// Borrows over deposits at most.
    pub utilisation_max: Share,
    /// Net outflow per hour at most, of all deposits.
    pub outflow: Share,
    /// Withdrawals up to this are free of that limit (tokens).
    pub outflow_free: Decimal,
    /// All such withdrawals per hour at most (tokens).
    pub outflow_free_cap: Decimal,
    /// Part of its value that counts for opening.
    pub weight: Share,
    /// Seconds over which that weight rises.
    pub ramp_seconds: u64,
    /// Most that the insurance fund pays for its lenders per event (quote tokens).
    pub insurance_cap: Decimal,
}

/// A perpetual.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstrumentSpec {
    /// Name, at most 16 bytes.
    pub name: String,
    /// Name of the underlying.
    pub underlying: String,
    /// Units of the underlying per lot.
    pub lot: Decimal,
    /// Smallest step of the price (quote tokens per unit); per lot a whole number of atoms.
    pub tick: Decimal,
    /// Band around the index price.
    pub price_band: Share,
    /// Share of a positive position value that counts for opening.
    pub pnl_weight: Share,
    /// Fee per side.
    pub trade_fee: Share,
    /// Open interest at most (units of the underlying).
    pub open_interest_cap: Decimal,
    /// Funding per hour at most.
    pub funding_cap: Share,
    /// Seconds for which a rate holds without a refresh.
    pub funding_seconds: u32,
    /// Trades further from the index are no sample of the premium.
    pub premium_band: Share,
    /// Time constant of the premium's mean.
    pub premium_seconds: u32,
    /// Notional that moves the premium half of the way (quote tokens).
    pub premium_impact: Decimal,
    /// Losses shared per lot and day at most, of the price.
    pub loss_cap: Share,
    /// Reward for settling a loss, of it.
    pub settle_reward: Share,
    /// That reward at most (quote tokens).
    pub settle_reward_max: Decimal,
    /// Most that the insurance fund pays per loss (quote tokens).
    pub insurance_cap: Decimal,
}

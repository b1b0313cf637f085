//! From the trailing accounts of an instruction to the terms that the margin rule needs.
//!
//! The order is dictated by the rows of the margin accounts at hand, merged and sorted by key:
//!
//! 1. the quote token's underlying (index 0) and its oracle accounts, always;
//! 2. for each further underlying, ascending: the underlying, then its oracle accounts;
//! 3. directly behind an underlying and its oracles, its rows' accounts, ascending: collaterals,
//!    then instruments.
//!
//! Nothing may be missing, foreign, doubled or left over; each is an error by its own name, and
//! the log says at which place.

mod keys;
mod prices;
mod reader;
mod snapshot;
mod source;
mod terms;

pub(crate) use keys::merged_keys;
pub(crate) use reader::{Member, RiskAccounts};
pub(crate) use snapshot::Snapshot;
pub(crate) use source::RowSource;
pub(crate) use terms::unit_price;
pub use terms::{
    judged, lot_notional, position_terms, risk_array, token_terms, underlying_terms,
    withhold_open_profit, QuoteFactors,
};
pub(crate) use terms::{judged_from_views, priced_terms, take_quote};

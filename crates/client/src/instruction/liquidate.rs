//! Bids on accounts below their line.

use plimsoll::state::{MarginAccount, QUOTE_KEY};
use plimsoll::{accounts, instruction, BidLimits, BidRequest};
use plimsoll_risk::{open_interest_change, RowKey, RowKind};
use plimsoll_units::BaseLots;
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};

use crate::directory::{row_keys, Access, GroupDirectory, Keyed};
use crate::error::ClientError;

/// A bid, and what its bidder insists on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bid {
    /// Which rows.
    pub request: BidRequest,
    /// At which price.
    pub limits: BidLimits,
}

impl Bid {
    /// The largest slice that the rule gives, at whatever discount it pays.
    pub fn slice() -> Self {
        Self { request: BidRequest::Slice { share_max: 1 << 63 }, limits: Self::no_limits() }
    }

    /// Named rows, at whatever discount the rule pays.
    pub fn rows(rows: Vec<plimsoll::BidRow>) -> Self {
        Self { request: BidRequest::Rows { rows }, limits: Self::no_limits() }
    }

    fn no_limits() -> BidLimits {
        BidLimits { payment_quote_atoms_max: i64::MAX, discount_quote_atoms_min: i64::MIN }
    }
}

/// Takes over rows of `margin_account`, all of whose underlyings have a valid price. `authority`,
/// owner or delegate of the bidder's account, signs. `is_bankrupt`: with equity below zero, the
/// instruments are written as well.
pub fn liquidate(
    directory: &GroupDirectory,
    authority: &Address,
    margin_account: &Keyed<MarginAccount>,
    bidder: &Keyed<MarginAccount>,
    bid: &Bid,
    is_bankrupt: bool,
) -> Result<Instruction, ClientError> {
    let parties = (margin_account, bidder);
    liquidate_priced(directory, authority, parties, bid, is_bankrupt, &|_| true)
}

/// The same where `is_priced` says which rows a bid may take, see `Market::is_priced`: a slice leaves the
/// others alone, and their pools may not be named.
pub fn liquidate_priced(
    directory: &GroupDirectory,
    authority: &Address,
    (margin_account, bidder): (&Keyed<MarginAccount>, &Keyed<MarginAccount>),
    bid: &Bid,
    is_bankrupt: bool,
    is_priced: &dyn Fn(RowKey) -> bool,
) -> Result<Instruction, ClientError> {
    let Bid { request, limits } = bid.clone();
    let pools = pools_changed_priced(&margin_account.state, &bidder.state, &request, is_priced)?;
    let own = row_keys(&margin_account.state)?;
    let mut written = match &request {
        BidRequest::Slice { .. } => own.clone(),
        BidRequest::Rows { rows } => {
            let keys = rows
                .iter()
                .map(|row| RowKey::from_raw(row.key).ok_or(ClientError::KeyInvalid(row.key)));
            keys.collect::<Result<_, _>>()?
        }
    };
    written.retain(|key| is_bankrupt || key.kind() == RowKind::Token);
    written.push(QUOTE_KEY);
    let mut instruction =
        instruction::Liquidate { request, limits }.to_instruction(accounts::Liquidate {
            authority: *authority,
            group: directory.group.address,
            insurance: directory.insurance.address,
            margin_account: margin_account.address,
            bidder: bidder.address,
        });
    let keys = [own, row_keys(&bidder.state)?, vec![QUOTE_KEY]].concat();
    instruction.accounts.extend(directory.risk_metas(&keys, Access::Writable(&written))?);
    for index in pools {
        let pool = directory.pool(index)?.address;
        instruction.accounts.push(AccountMeta::new(pool, false));
    }
    Ok(instruction)
}

/// Indices of the instruments whose open interest a bid changes, in the order of their rows.
///
/// That is where the bidder holds the other side. How much a slice takes depends on prices, but
/// it takes at least one lot of every position, and one lot is enough to know.
pub fn pools_changed(
    margin_account: &MarginAccount,
    bidder: &MarginAccount,
    request: &BidRequest,
) -> Result<Vec<u16>, ClientError> {
    pools_changed_priced(margin_account, bidder, request, &|_| true)
}

/// The same where a bid may take only some rows.
pub fn pools_changed_priced(
    margin_account: &MarginAccount,
    bidder: &MarginAccount,
    request: &BidRequest,
    is_priced: &dyn Fn(RowKey) -> bool,
) -> Result<Vec<u16>, ClientError> {
    let mut pools = Vec::new();
    for row in margin_account.rows()? {
        let key = row.key()?;
        if key.kind() != RowKind::Position {
            continue;
        }
        let taken = match request {
            BidRequest::Slice { .. } if !is_priced(key) => 0,
            BidRequest::Slice { .. } => row.lots.signum(),
            BidRequest::Rows { rows } => {
                let named = rows.iter().find(|named| named.key == row.key);
                named.map_or(0, |named| named.amount)
            }
        };
        let taken = BaseLots::new(taken);
        let held = bidder.row(key)?.map_or(BaseLots::ZERO, |row| row.lots());
        let before = [row.lots(), held];
        let after = [row.lots().checked_sub(taken)?, held.checked_add(taken)?];
        if !open_interest_change(before, after)?.is_zero() {
            pools.push(key.index());
        }
    }
    Ok(pools)
}

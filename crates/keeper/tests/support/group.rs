//! A group small enough to write by hand: a quote token at a dollar, a coin at ten, contracts and
//! perpetuals on the coin with lots of one coin.

use bytemuck::Zeroable;
use plimsoll_client::state::{
    Collateral, Expiry, Group, Instrument, InstrumentKind, InstrumentStatus, Insurance,
    MarginAccount, Pool, Row, Underlying,
};
use plimsoll_client::{pda, Address, GroupDirectory, Keyed, Now, Snapshot};
use plimsoll_risk::{Band, Grade, Quote, RowKey};
use plimsoll_units::{Index, Price, QuoteAtoms, Shares, Slot, UnixSeconds, Value};

use super::DOLLAR;

/// When the expiry was.
pub const EXPIRED_AT: i64 = 1_000_000;
/// When its settlement price was known.
pub const SETTLED_AT: i64 = EXPIRED_AT + 30;
/// An hour later: from then on positions are paid out.
pub const PAYING_AT: i64 = SETTLED_AT + 3_600;
/// What a lot of the contract pays (dollars).
pub const PAYS: i64 = 3;
/// Index of the contract, which has settled.
pub const CALL: u16 = 0;
/// Index of the perpetual.
pub const PERP: u16 = 1;

pub fn at(byte: u8) -> Address {
    Address::new_from_array([byte; 32])
}

pub fn value(dollars: i64) -> Value {
    Value::from_quote(QuoteAtoms::new(dollars * DOLLAR))
}

pub fn price(number: u64) -> Price {
    Price::from_integer(number).unwrap()
}

fn underlying(group: &Address, index: u16, dollars: u64) -> Keyed<Underlying> {
    let mut state = Underlying::zeroed();
    (state.index, state.group) = (index, *group);
    state.stable.price = price(dollars).into();
    state.reference.price = price(dollars).into();
    state.reference.catch_up_seconds_max = 10;
    state.initial_multiplier_ppm = 1_000_000;
    (state.loss_long_ppm, state.loss_short_ppm) = (50_000, 50_000);
    Keyed { address: pda::underlying(group, index), state }
}

fn instrument(group: &Address, index: u16) -> (Keyed<Instrument>, Keyed<Pool>) {
    let address = pda::instrument(group, index);
    let mut state = Instrument::zeroed();
    (state.index, state.underlying, state.group) = (index, 1, *group);
    state.kind = InstrumentKind::Perpetual.into();
    state.status = InstrumentStatus::Active.into();
    state.lot = price(1).into();
    let mut pool = Pool::zeroed();
    (pool.index, pool.instrument, pool.group) = (index, address, *group);
    (Keyed { address, state }, Keyed { address: pda::pool(&address), state: pool })
}

/// Both listed; nothing is due in it but to remove the expiry.
pub fn group() -> GroupDirectory {
    let (group, mint) = (at(1), at(2));
    let mut state = Group::zeroed();
    (state.quote_decimals, state.quote_mint) = (6, mint);
    let mut token = Collateral::zeroed();
    (token.mint, token.weight_ppm) = (mint, 1_000_000);
    (token.deposit_index, token.borrow_index) = (Index::ONE.into(), Index::ONE.into());
    let mut expiry = Expiry::zeroed();
    (expiry.underlying, expiry.expires_at) = (1, EXPIRED_AT);
    expiry.settled_at = SETTLED_AT;
    let (mut call, pool) = instrument(&group, CALL);
    call.state.kind = InstrumentKind::Call.into();
    call.state.status = InstrumentStatus::Settled.into();
    (call.state.expires_at, call.state.strike) = (EXPIRED_AT, price(7_000_000).into());
    // In units of 2^(32 - 48) quote atoms.
    (call.state.array.shift, call.state.array.fair) = (32, (PAYS * DOLLAR) << 16);
    call.state.array.refreshed_at = SETTLED_AT;
    let (perp, perp_pool) = instrument(&group, PERP);
    let on = pda::underlying(&group, 1);
    GroupDirectory {
        insurance: Keyed { address: pda::insurance(&group), state: Insurance::zeroed() },
        underlyings: vec![underlying(&group, 0, 1), underlying(&group, 1, 10)],
        collaterals: vec![Keyed { address: pda::collateral(&group, &mint), state: token }],
        instruments: vec![call, perp],
        pools: vec![pool, perp_pool],
        expiries: vec![Keyed { address: pda::expiry(&on, EXPIRED_AT), state: expiry }],
        deleveragings: Vec::new(),
        posted: std::collections::BTreeMap::new(),
        group: Keyed { address: group, state },
    }
}

/// The group at a time, with prices of these grades.
pub fn seen(directory: &GroupDirectory, time: i64, grades: [Grade; 2]) -> Snapshot<'_> {
    let quote = |(dollars, grade)| {
        let price = price(dollars);
        let band = Some(Band { price, low: price, high: price });
        Quote { band, published: UnixSeconds::new(time), grade }
    };
    let quotes = [1, 10].into_iter().zip(grades).map(quote).collect();
    let now = Now { slot: Slot::new(1_000), time: UnixSeconds::new(time) };
    Snapshot::with_quotes(directory, quotes, now).unwrap()
}

/// A position's row: lots, and what was paid for them (dollars) with all that came since.
pub fn held(key: RowKey, lots: i64, dollars: i64) -> Row {
    let mut row = Row::new(key);
    (row.lots, row.quote, row.weight) = (lots, value(dollars).into(), 1 << 56);
    row
}

/// A margin account with so many dollars, and a row.
pub fn account(byte: u8, dollars: i64, rows: &[Row]) -> Keyed<MarginAccount> {
    let mut state = MarginAccount::zeroed();
    let mut cash = Row::new(RowKey::QUOTE);
    cash.shares = Shares::new(i128::from(dollars * DOLLAR) << 48).into();
    let all = [&[cash], rows].concat();
    state.rows[..all.len()].copy_from_slice(&all);
    (state.row_count, state.token_count) = (u8::try_from(all.len()).unwrap(), 1);
    Keyed { address: at(byte), state }
}

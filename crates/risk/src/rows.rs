//! What is in an account, and under which terms?
//!
//! An account is a list of rows in ascending order of their keys; the market's terms come in the
//! same order, so that one pass joins them. Terms are what one transaction read from the chain:
//! prices already in quote atoms, scan ranges already widened.

use crate::{allowed, Action, Grade, LinearShocks, Phase, Place, RiskArray, RiskError};
use core::fmt;
use plimsoll_units::{wide, Price, Ratio, Value};

/// What sort of row? The numbers are part of the sort key and of stored data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u16)]
pub enum RowKind {
    /// A balance of a collateral token; negative when borrowed.
    Token = 0,
    /// A position in an instrument: perpetual, dated future, or option.
    Position = 1,
}

impl RowKind {
    const fn code(self) -> u16 {
        match self {
            Self::Token => 0,
            Self::Position => 1,
        }
    }

    const fn from_code(code: u16) -> Option<Self> {
        match code {
            0 => Some(Self::Token),
            1 => Some(Self::Position),
            _ => None,
        }
    }
}

/// The sort key of a row: underlying, then kind, then index of the collateral or instrument.
///
/// Packed as `0 · underlying · kind · index`, 16 bits each, so that one comparison of words
/// orders two rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct RowKey(u64);

impl RowKey {
    /// The group's quote token: collateral 0 of underlying 0. Worth exactly one, without a price.
    pub const QUOTE: Self = Self(0);

    /// The key of collateral or instrument `index` of an underlying.
    #[inline]
    pub fn new(underlying: u16, kind: RowKind, index: u16) -> Self {
        let (underlying, kind) = (u64::from(underlying), u64::from(kind.code()));
        Self((underlying << 32) | (kind << 16) | u64::from(index))
    }

    /// A key from its stored form; `None` for a kind that does not exist.
    #[inline]
    pub fn from_raw(raw: u64) -> Option<Self> {
        RowKind::from_code(wide::low_u16(raw >> 16))?;
        (raw >> 48 == 0).then_some(Self(raw))
    }

    /// The stored form.
    #[inline]
    pub const fn raw(self) -> u64 {
        self.0
    }

    /// Index of the underlying.
    #[inline]
    pub const fn underlying(self) -> u16 {
        wide::low_u16(self.0 >> 32)
    }

    /// Balance or position?
    #[inline]
    pub const fn kind(self) -> RowKind {
        match wide::low_u16(self.0 >> 16) {
            0 => RowKind::Token,
            _ => RowKind::Position,
        }
    }

    /// Index of the collateral or instrument.
    #[inline]
    pub const fn index(self) -> u16 {
        wide::low_u16(self.0)
    }
}

impl fmt::Display for RowKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{:?}/{}", self.underlying(), self.kind(), self.index())
    }
}

/// What the margin rule must know of an underlying, as of this transaction.
///
/// The prices are quote atoms per whole unit of the underlying; only their ratios are used, so
/// that any other unit does as well, as long as it is one for all three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnderlyingTerms {
    /// Index of the underlying within the group.
    pub index: u16,
    /// May the price be used? With any grade but `Valid` the prices below are all the stable one,
    /// which follows the oracle with a limited slope.
    pub grade: Grade,
    /// The oracle's price: what rows are valued at.
    pub price: Price,
    /// What an asset counts at when opening: the lower of stable price and oracle less confidence.
    pub low: Price,
    /// What a debt counts at when opening: the higher of stable price and oracle plus confidence.
    pub high: Price,
    /// Worst scenario's loss per notional of a net long, widened by open interest; at most one.
    pub loss_long: Ratio,
    /// Worst scenario's loss per notional of a net short, widened by open interest.
    pub loss_short: Ratio,
    /// How fast the concentration share rises: share = slope · (net / depth − 1).
    pub concentration_slope: Ratio,
    /// Where the concentration share stops rising.
    pub concentration_max: Ratio,
    /// Net notional that the market absorbs without being moved. Zero: none, and the share is
    /// `concentration_max` from the first atom.
    pub depth: Value,
    /// Share of the hedged amount (the smaller of long and short) that is required.
    pub basis: Ratio,
    /// Requirement for opening over the requirement for keeping; at least one.
    pub initial_multiplier: Ratio,
    /// Which of [`Market::shocks`]; needed only where an account holds a row with a risk array
    /// beside rows that move one to one with the price.
    pub shocks: Place,
}

/// What the margin rule must know of a row, as of this transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowTerms {
    /// Which row.
    pub key: RowKey,
    /// What a token atom or a lot is of, in quote atoms at the underlying's `price`: what it is worth
    /// itself, but for a row with a risk array, whose value is in the array
    /// ([`RowTerms::value_floor`]).
    pub notional: Price,
    /// Part of a positive value that counts for opening: of a position's open profit, of a token
    /// balance at its strict price. Debts and losses count in full.
    pub weight: Ratio,
    /// Which of [`Market::arrays`]; none for a row that moves one to one with the price.
    pub array: Place,
}

impl RowTerms {
    /// What so many token atoms or lots are worth, toward minus infinity, where `arrays` is
    /// [`Market::arrays`]. `MissingArray` if the row's is not among them.
    pub fn value_floor(&self, arrays: &[RiskArray], quantity: i64) -> Result<Value, RiskError> {
        if self.array.is_none() {
            return Ok(self.notional.value_floor(quantity)?);
        }
        let array = self.array.find(arrays).ok_or(RiskError::MissingArray { key: self.key })?;
        Ok(array.value(quantity)?)
    }
}

/// One row of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Which row.
    pub key: RowKey,
    /// Token atoms or lots. Negative: borrowed, short.
    pub quantity: i64,
    /// A position's quote flow `c`: what was received less what was paid for it, so that
    /// `quantity · price + quote` is what closing it gives. Zero for tokens.
    pub quote: Value,
}

/// The terms of every underlying and row that an account may hold, both in ascending order. They
/// may hold more than the account does.
#[derive(Clone, Copy, Debug)]
pub struct Market<'a> {
    /// By index.
    pub underlyings: &'a [UnderlyingTerms],
    /// By key.
    pub rows: &'a [RowTerms],
    /// What [`RowTerms::array`] names, in any order.
    pub arrays: &'a [RiskArray],
    /// What [`UnderlyingTerms::shocks`] names, in any order.
    pub shocks: &'a [LinearShocks],
}

impl<'a> Market<'a> {
    /// A market in which every row moves one to one with its underlying's price.
    #[inline]
    pub const fn linear(underlyings: &'a [UnderlyingTerms], rows: &'a [RowTerms]) -> Self {
        Self { underlyings, rows, arrays: &[], shocks: &[] }
    }

    /// May a bid take the row? Its price must be valid, unless it has settled and needs none.
    pub fn is_priced(&self, key: RowKey) -> bool {
        let own = self.underlyings.iter().find(|terms| terms.index == key.underlying());
        let settled = || {
            let row = self.rows.iter().find(|row| row.key == key);
            row.and_then(|row| row.array.find(self.arrays))
                .is_some_and(|array| array.phase == Phase::Settled)
        };
        own.is_some_and(|terms| allowed(terms.grade, Action::Liquidate)) || settled()
    }
}

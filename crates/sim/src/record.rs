//! What is worth remembering of a run? Samples at every step, and totals.

use plimsoll_client::{ClientError, Snapshot};
use plimsoll_risk::{Check, Health, RiskError};
use plimsoll_units::Ratio;

use crate::books::Style;
use crate::cast::Cast;
use crate::prices::Price8;
use crate::receipts::Receipt;
use crate::world::World;

/// How far an account is from its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Nothing at risk.
    Flat,
    /// Equity at least twice the requirement.
    Comfortable,
    /// At least the buffer above it.
    Thin,
    /// Above the line, within the buffer.
    AtTheLine,
    /// Below the line.
    Below,
    /// Owes more than it has.
    Bankrupt,
}

/// All classes, with names for people.
pub const CLASSES: [(Class, &str); 6] = [
    (Class::Flat, "no requirement"),
    (Class::Comfortable, "equity over 2 x requirement"),
    (Class::Thin, "1.2 to 2 x"),
    (Class::AtTheLine, "1 to 1.2 x"),
    (Class::Below, "below the line"),
    (Class::Bankrupt, "bankrupt"),
];

/// Which class a health is in.
pub fn class(health: &Health) -> Class {
    let times = |ppm: u32| health.requirement.mul_ratio_ceil(Ratio::from_ppm(ppm));
    let above = |ppm: u32| times(ppm).is_ok_and(|line| health.equity >= line);
    if health.equity.is_negative() {
        Class::Bankrupt
    } else if health.requirement.is_zero() {
        Class::Flat
    } else if above(2_000_000) {
        Class::Comfortable
    } else if above(1_200_000) {
        Class::Thin
    } else if above(1_000_000) {
        Class::AtTheLine
    } else {
        Class::Below
    }
}

/// One step. Amounts are in quote atoms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// When (Unix seconds).
    pub time: i64,
    /// Prices of the perpetuals, and of spot.
    pub perpetual: [Price8; 3],
    /// See `perpetual`.
    pub spot: [Price8; 3],
    /// Traders' accounts by class as the keepers found them, in the order of [`CLASSES`].
    pub classes: [u32; 6],
    /// Bids in this step.
    pub bids: u32,
    /// Requirement released in this step.
    pub released: i64,
    /// Discount paid in this step.
    pub discount: i64,
    /// Bad debt paid in this step.
    pub bad_debt: i64,
    /// The insurance fund afterwards.
    pub insurance: i64,
    /// What traders' accounts below zero lack, as the keepers found them.
    pub negative: i64,
    /// Traders' equity, as the keepers found it.
    pub equity: i64,
}

/// A trader's standing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Equity (quote atoms, rounded down).
    pub equity: i64,
    /// Class.
    pub class: Class,
}

/// How every trader stands now, in the order of the crowd; `None` without a valid price.
pub fn standings(world: &World, cast: &Cast) -> Result<Vec<Option<Standing>>, String> {
    let directory = world.directory()?;
    let snapshot = Snapshot::new(directory, world, world.time());
    let snapshot = snapshot.map_err(|error| error.to_string())?;
    let one = |account| {
        let account = world.margin(account)?;
        match snapshot.health(&account.state, Check::Maintenance) {
            Ok(health) => {
                let equity = health.equity.to_quote_floor().map_err(|error| error.to_string())?;
                Ok(Some(Standing { equity: equity.get(), class: class(&health) }))
            }
            Err(ClientError::Risk(RiskError::OracleInvalid { .. })) => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    };
    cast.crowd.iter().map(|trader| one(&trader.party.account)).collect()
}

/// Adds standings to a sample.
pub fn count(sample: &mut Sample, standings: &[Option<Standing>]) {
    for standing in standings.iter().flatten() {
        let place = CLASSES.iter().position(|(class, _)| *class == standing.class).unwrap_or(0);
        sample.classes[place] += 1;
        sample.equity += standing.equity;
        sample.negative -= standing.equity.min(0);
    }
}

/// Adds liquidations to a sample.
pub fn add_receipts(sample: &mut Sample, receipts: &[Receipt]) {
    for receipt in receipts {
        sample.bids += 1;
        sample.released += receipt.released;
        sample.discount += receipt.discount;
        sample.bad_debt += receipt.bad_debt();
    }
}

/// What became of the traders with one kind of book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fate {
    /// Which kind.
    pub style: Style,
    /// How many traders.
    pub traders: u32,
    /// How many of them were liquidated at least once.
    pub liquidated: u32,
    /// How many of them were bankrupt at a bid or at the end.
    pub bankrupt: u32,
    /// Equity at the start and at the end (quote atoms).
    pub equity: [i64; 2],
    /// Discount that they paid (quote atoms).
    pub discount: i64,
}

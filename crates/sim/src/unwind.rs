//! How do keepers get rid of what they took? Into the market, as fast as it takes it, at a price
//! that is worse the wilder it is.

use plimsoll_client::{ClientError, GroupDirectory, Snapshot};
use plimsoll_keeper::Keeper;
use plimsoll_risk::{Holding, RowKey, RowKind};
use plimsoll_units::{Price, QuoteAtoms};

use crate::cast::Cast;
use crate::deals::{deal, swap, Party, Swap};
use crate::prices::COINS;
use crate::world::World;

/// Rows worth less stay (quote atoms).
const DUST_QUOTE_ATOMS: i64 = 1_000_000;
/// Parts of the whole.
const PPM: i64 = 1_000_000;

/// What the market takes now.
#[derive(Clone, Copy, Debug)]
pub struct Appetite {
    /// Value of what it still takes in this step (quote atoms).
    pub quote_atoms: i64,
    /// How much worse than the index price (ppm).
    pub spread_ppm: i64,
}

/// Sells and buys back until the keeper is flat or the market is full. Refusals are left for the
/// next step.
pub fn unwind(
    world: &mut World,
    cast: &Cast,
    keeper: &Keeper,
    appetite: &mut Appetite,
) -> Result<(), String> {
    let party = Party { owner: keeper.authority, account: keeper.account };
    let account = world.margin(&party.account)?;
    let text = |error: ClientError| error.to_string();
    let directory = world.directory()?.clone();
    let rows = plimsoll_client::health::holdings(
        &directory,
        &account.state,
        plimsoll_keeper::Chain::now(world).map_err(|error| error.to_string())?,
    )
    .map_err(text)?;
    for row in rows.iter().filter(|row| row.key != RowKey::QUOTE && row.quantity != 0) {
        if appetite.quote_atoms < DUST_QUOTE_ATOMS {
            break;
        }
        match row.key.kind() {
            RowKind::Position => close(world, cast, &party, row, appetite)?,
            RowKind::Token => exchange(world, cast, &party, row, appetite)?,
        }
    }
    Ok(())
}

/// Trades a position away with the market maker.
fn close(
    world: &mut World,
    cast: &Cast,
    party: &Party,
    row: &Holding,
    appetite: &mut Appetite,
) -> Result<(), String> {
    let directory = world.directory()?.clone();
    let price = price_of(world, &directory, row.key)?;
    let lots = part_within(price, row.quantity, appetite.quote_atoms)?;
    if lots == 0 {
        return Ok(());
    }
    let coin = COINS[usize::from(row.key.index())];
    if deal(world, party, &cast.maker, coin, -lots, appetite.spread_ppm)?.is_ok() {
        appetite.quote_atoms -= worth(price, lots)?;
    }
    Ok(())
}

/// Swaps a token balance for dollars, or dollars for what is owed.
fn exchange(
    world: &mut World,
    cast: &Cast,
    party: &Party,
    row: &Holding,
    appetite: &mut Appetite,
) -> Result<(), String> {
    let text = |error: ClientError| error.to_string();
    let directory = world.directory()?.clone();
    let price = price_of(world, &directory, row.key)?;
    let atoms = part_within(price, row.quantity, appetite.quote_atoms)?;
    if worth(price, atoms)? < DUST_QUOTE_ATOMS {
        return Ok(());
    }
    let account = world.margin(&party.account)?;
    let snapshot = Snapshot::new(&directory, world, world.time()).map_err(text)?;
    let free = |key| snapshot.withdrawable(&account.state, key).map_err(text);
    let (dollar, mint) = (cast.mints[0], cast.mints[usize::from(row.key.index())]);
    let terms = if atoms > 0 {
        let sold = atoms.unsigned_abs().min(free(row.key)?);
        let proceeds = worth(price, sold as i64)? * (PPM - appetite.spread_ppm) / PPM;
        Swap { gives: (mint, sold), gets: (dollar, proceeds.unsigned_abs()) }
    } else {
        let cost = worth(price, atoms)? * (PPM + appetite.spread_ppm) / PPM;
        let paid = cost.min(i64::try_from(free(RowKey::QUOTE)?).unwrap_or(i64::MAX));
        let bought = i128::from(atoms.unsigned_abs()) * i128::from(paid) / i128::from(cost.max(1));
        let bought = u64::try_from(bought).map_err(|error| error.to_string())?;
        Swap { gives: (dollar, paid.unsigned_abs()), gets: (mint, bought) }
    };
    if terms.gives.1 == 0 || terms.gets.1 == 0 {
        return Ok(());
    }
    if swap(world, party, &cast.desk, &terms)?.is_ok() {
        appetite.quote_atoms -= worth(price, atoms)?;
    }
    Ok(())
}

fn price_of(world: &World, directory: &GroupDirectory, key: RowKey) -> Result<Price, String> {
    let text = |error: ClientError| error.to_string();
    let snapshot = Snapshot::new(directory, world, world.time()).map_err(text)?;
    Ok(snapshot.terms(key).map_err(text)?.notional)
}

/// Magnitude of a quantity's value (quote atoms).
fn worth(price: Price, quantity: i64) -> Result<i64, String> {
    let value = price.value_ceil(quantity).and_then(|value| value.abs()?.to_quote_floor());
    value.map(QuoteAtoms::get).map_err(|error| error.to_string())
}

/// As much of a quantity as is worth no more than `limit`.
fn part_within(price: Price, quantity: i64, limit: i64) -> Result<i64, String> {
    let whole = worth(price, quantity)?;
    if whole <= limit {
        return Ok(quantity);
    }
    let part = i128::from(quantity) * i128::from(limit) / i128::from(whole.max(1));
    i64::try_from(part).map_err(|error| error.to_string())
}

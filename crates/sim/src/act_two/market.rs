//! The second act's market: the first one's, with an expiry of SOL and contracts on it, and who
//! holds which book.

use plimsoll_client::instruction as ix;
use plimsoll_client::{
    Address, ContractParams, ExpiryParams, GroupDirectory, InstrumentParams, Snapshot,
};
use plimsoll_keeper::{Keeper, Refusal};

use super::books::{Leg, OptionBook, BOOKS, CONTRACTS, LOTS, LOT_EXPONENT, UNITS};
use super::surface::{Level, STEP_PPM, STEP_SECONDS};
use crate::books::tokens;
use crate::cast::{copy, list, new_mint, new_oracles, publish, send, Issuer};
use crate::deals::{agree, Party};
use crate::options::Options;
use crate::oracle::Oracle;
use crate::prices::{Coin, Price8, COINS, DOLLAR};
use crate::world::World;

/// Index of SOL's underlying: the quote token's comes first.
pub(super) const SOL: u16 = 1;
/// Life of the expiry (seconds): thirty days, rounded up to an hour.
const LIFE_SECONDS: i64 = 30 * 86_400;
/// What the market maker has (dollars).
const MAKER_DOLLARS: u64 = 20_000_000;
/// The insurance fund (dollars).
const INSURANCE_DOLLARS: u64 = 20_000;
/// Quote atoms of a tick per lot.
const TICK: u64 = 100;

/// A book, and what became of it when it was set up. Amounts are in quote atoms.
#[derive(Clone, Copy, Debug)]
pub(super) struct Holder {
    pub(super) party: Party,
    pub(super) book: OptionBook,
    pub(super) premium: i64,
}

/// Everybody.
pub(super) struct Market {
    pub(super) payer: Address,
    pub(super) publisher: Address,
    pub(super) oracles: Vec<(Option<Coin>, Oracle)>,
    pub(super) expires_at: i64,
    pub(super) keepers: Vec<Keeper>,
    pub(super) holders: Vec<Holder>,
}

/// Index of a leg's instrument.
pub(super) fn instrument(leg: Leg) -> u16 {
    let place = CONTRACTS.iter().position(|one| *one == leg);
    place.map_or(Coin::Sol.place(), |place| COINS.len() + place) as u16
}

/// Sets everything up at these prices.
pub(super) fn assemble(
    world: &mut World,
    options: &Options,
    prices: &[Price8; 3],
) -> Result<Market, String> {
    let payer = world.person()?;
    let publisher = world.person()?;
    let mut mints = [Address::default(); 4];
    for (slot, decimals) in mints.iter_mut().zip(crate::books::DECIMALS) {
        *slot = new_mint(world, &payer, decimals)?;
    }
    let oracles = new_oracles(world);
    publish(world, &oracles, prices, &[300; 3])?;
    list(world, &payer, &mints, &oracles, |markets, names| {
        markets.group.launch = false;
        markets.group.publisher = Some("publisher".into());
        names.set("publisher", publisher);
    })?;
    let expires_at = (world.time().time.get() + LIFE_SECONDS + 3_599) / 3_600 * 3_600;
    let opening = prices[Coin::Sol.place()];
    list_contracts(world, &payer, &mints, (expires_at, opening))?;

    let issuer = Issuer { payer, mints, prices: *prices };
    let maker = issuer.open(world, &[(0, tokens(0, MAKER_DOLLARS, prices))])?;
    issuer.insure(world, tokens(0, INSURANCE_DOLLARS, prices))?;
    let mut market =
        Market { payer, publisher, oracles, expires_at, keepers: vec![], holders: vec![] };
    for number in 0..options.keepers {
        market.keepers.push(issuer.keeper(world, number, options.capital_dollars)?);
    }
    for book in BOOKS {
        let holder = enter(world, &issuer, &maker, book)?;
        market.holders.push(holder);
    }
    world.sound()?;
    Ok(market)
}

/// Lists the expiry with its contracts, and opens the group for money.
fn list_contracts(
    world: &mut World,
    owner: &Address,
    mints: &[Address],
    (expires_at, opening): (i64, Price8),
) -> Result<(), String> {
    let text = |error: plimsoll_client::ClientError| error.to_string();
    let group = world.directory()?.group.address;
    let directory = world.directory()?;
    let expiry = ix::create_expiry(directory, owner, owner, SOL, expires_at, expiry_params());
    send(world, owner, &[expiry.map_err(text)?])?;
    copy(world, &group, mints)?;
    for leg in CONTRACTS {
        let params = contract_params(leg, opening).ok_or("a contract needs a strike")?;
        let (on, index) = ((SOL, expires_at), instrument(leg));
        let one = ix::create_contract(world.directory()?, owner, owner, on, index, params);
        send(world, owner, &[one.map_err(text)?])?;
    }
    send(world, owner, &[ix::launch_group(owner, &group)])?;
    // Valued before they are copied: what has no value yet cannot be judged.
    let directory = GroupDirectory::fetch(world, &group, mints).map_err(text)?;
    refresh(world, owner, &directory).map_err(|refusal| refusal.to_string())?;
    copy(world, &group, mints)
}

/// Values all contracts anew, and takes the values over into the copy. False if the price is not
/// valid, so that nothing can be valued, taken or judged now.
pub(super) fn refresh_arrays(world: &mut World, payer: &Address) -> Result<bool, String> {
    let directory = world.directory()?.clone();
    match refresh(world, payer, &directory) {
        Ok(()) => world.reprice().map(|()| true),
        Err(refusal) if refusal.name().starts_with("Oracle") => Ok(false),
        Err(refusal) => Err(refusal.to_string()),
    }
}

fn refresh(world: &mut World, payer: &Address, directory: &GroupDirectory) -> Result<(), Refusal> {
    for leg in CONTRACTS {
        let one = ix::refresh_risk_array(directory, instrument(leg));
        world.submit(payer, &[one.map_err(|error| Refusal::Other(error.to_string()))?])?;
    }
    Ok(())
}

/// One book: opens, brings in, borrows, trades with the market maker at fair prices.
fn enter(
    world: &mut World,
    issuer: &Issuer,
    maker: &Party,
    book: OptionBook,
) -> Result<Holder, String> {
    let worth = issuer.prices[Coin::Sol.place()] * UNITS / DOLLAR;
    let part = |per_cent: u64| tokens(0, worth * per_cent / 100, &issuer.prices);
    let mut deposits = Vec::new();
    if book.dollars_per_cent > 0 {
        deposits.push((0, part(book.dollars_per_cent)));
    }
    if book.has_tokens {
        deposits.push((Coin::Sol.place() + 1, UNITS * 1_000_000_000));
    }
    let party = issuer.open(world, &deposits)?;
    if book.borrows_per_cent > 0 {
        issuer.lend(world, &party, 0, part(book.borrows_per_cent))?;
    }
    let mut premium = 0;
    for (leg, sign) in book.legs {
        let fair = fair_ticks(world, instrument(*leg))?;
        let terms = (instrument(*leg), fair);
        let agreed = agree(world, [&party, maker], terms, sign * LOTS, 0)?;
        agreed.map_err(|refusal| format!("{} could not trade: {refusal}", book.name))?;
        if *leg != Leg::Perpetual {
            premium -= fair * sign * LOTS;
        }
    }
    Ok(Holder { party, book, premium })
}

/// Fair price of a lot, to the nearest tick (quote atoms).
fn fair_ticks(world: &World, index: u16) -> Result<i64, String> {
    let text = |error: plimsoll_client::ClientError| error.to_string();
    let directory = world.directory()?;
    let listed = directory.instrument(index).map_err(text)?.state;
    let snapshot = Snapshot::new(directory, world, world.time()).map_err(text)?;
    let value = snapshot.value_floor(listed.key(), 1).map_err(text)?;
    let atoms = value.to_quote_floor().map_err(|error| error.to_string())?;
    let tick = i64::try_from(listed.tick().get()).map_err(|error| error.to_string())?;
    Ok((atoms.get() + tick / 2) / tick * tick)
}

/// Volatilities that may be off by 2 %, and are scanned for 30 % more; arrays good for a step.
fn expiry_params() -> ExpiryParams {
    ExpiryParams {
        slice: Level::CALM.slice(),
        basis_ppm: 0,
        confidence_ppm: 20_000,
        basis_ppm_max: 100_000,
        confidence_ppm_min: 10_000,
        widening_ppm_per_hour: 50_000,
        fresh_seconds: 600,
        step_ppm: STEP_PPM,
        basis_step_ppm: 10_000,
        step_seconds: STEP_SECONDS,
        volatility_scan_ppm: 300_000,
        short_floor_ppm: 10_000,
        array_seconds_max: 60,
        array_move_ppm: 10_000,
    }
}

/// Contracts of the perpetual's size, without fees.
fn contract_params(leg: Leg, opening: Price8) -> Option<ContractParams> {
    let letter = if leg == Leg::Call { 'C' } else { 'P' };
    let title = format!("SOL-{}-{letter}", leg.strike_dollars(opening)?);
    let mut name = [0; 16];
    for (slot, byte) in name.iter_mut().zip(title.bytes()) {
        *slot = byte;
    }
    let instrument = InstrumentParams {
        name,
        lot_mantissa: 1,
        lot_exponent: LOT_EXPONENT,
        tick_quote_atoms_per_lot: TICK,
        price_band_ppm: 200_000,
        pnl_weight_ppm: 1_000_000,
        trade_fee_ppm: 0,
        open_interest_cap_lots: 1_000_000,
        funding_cap_ppm: 0,
        funding_seconds_max: 0,
        premium_band_ppm: 10_000,
        premium_seconds: 600,
        premium_impact_quote_atoms: 1_000_000_000,
        loss_cap_ppm: 100_000,
        settle_reward_ppm: 1_000,
        settle_reward_quote_atoms_max: 1_000_000,
        insurance_cap_quote_atoms: 10_000_000_000,
    };
    Some(ContractParams { kind: leg.kind(opening)?, instrument })
}

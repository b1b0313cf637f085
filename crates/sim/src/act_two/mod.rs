//! The second act: option books through the same crash, on the same program.
//!
//! | file | question |
//! |---|---|
//! | `books` | which books? |
//! | `surface` | which volatilities are published? |
//! | `market` | how does it begin? |
//!
//! For each book three numbers are kept: its equity, what it needs by the one rule, and what it
//! would need if its rows knew nothing of each other: the sum, over its rows, of the requirement
//! that the same rule gives an account which holds that row alone.

pub mod books;
mod market;
pub mod surface;

use std::path::Path as FilePath;

use plimsoll_client::instruction::{
    publish_surface, refresh_collateral, refresh_instrument, refresh_underlying,
};
use plimsoll_client::{Address, ClientError, Snapshot};
use plimsoll_risk::{health, Check, RiskError};
use plimsoll_units::{QuoteAtoms, Value};

use self::books::OptionBook;
use self::market::{assemble, refresh_arrays, Market, SOL};
use self::surface::Level;
use crate::cast::{publish, send};
use crate::options::Options;
use crate::prices::{Bar, Coin, Path, Price8, COINS};
use crate::receipts::{Losses, Receipt};
use crate::run::{confidence_ppm, range_ppm, STEPS};
use crate::world::World;

/// How a book stands before the keepers look at it (quote atoms).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What it is worth, rounded down.
    pub equity: i64,
    /// What it needs, rounded up.
    pub needed: i64,
    /// What its rows would need one by one, added up and rounded up.
    pub isolated: i64,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// When (Unix seconds).
    pub time: i64,
    /// Price of SOL.
    pub price: Price8,
    /// Volatility at the money as published (ppm).
    pub volatility_ppm: i64,
    /// In the order of the books.
    pub standings: Vec<Standing>,
}

/// What became of a book. Amounts are in quote atoms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fate {
    /// Which.
    pub book: OptionBook,
    /// Premiums received at the start, less those paid.
    pub premium: i64,
    /// When the first bid was taken (Unix seconds).
    pub first_bid: Option<i64>,
    /// When its equity was first below what its rows would have needed one by one.
    pub isolated_breach: Option<i64>,
    /// Bids on it.
    pub bids: usize,
    /// Discounts that it paid.
    pub discount: i64,
    /// What it could not pay.
    pub bad_debt: i64,
}

/// Everything that the report of the second act is made of.
#[derive(Clone, Debug)]
pub struct Act {
    /// Price of SOL at the start.
    pub opening: Price8,
    /// When the contracts expire (Unix seconds).
    pub expires_at: i64,
    /// One for each step.
    pub steps: Vec<Step>,
    /// One for each book.
    pub fates: Vec<Fate>,
    /// Who bore what bankrupt accounts could not pay.
    pub losses: Losses,
    /// Bids on keepers, who hold what they took to the end.
    pub keepers_liquidated: usize,
    /// Steps without a valid price, in which nobody could be judged; they are not among `steps`.
    pub unpriced: usize,
    /// Transactions that succeeded, and checks of all invariants.
    pub transactions: u64,
    /// See `transactions`.
    pub checks: u64,
}

/// Runs the second act along a path, with the program at `program`.
pub fn run(options: &Options, path: &Path, program: &FilePath) -> Result<Act, String> {
    let mut world = World::new(program, options.seed, path.start)?;
    let bar = |coin: Coin, at: usize| path.series[coin.place()].feed(options.feed)[at];
    let opening = COINS.map(|coin| bar(coin, 0).open);
    let market = assemble(&mut world, options, &opening)?;
    let mut act = Running::begin(world, market, opening[Coin::Sol.place()]);
    for at in 0..path.bars() {
        let bars = COINS.map(|coin| bar(coin, at));
        for step in 0..STEPS {
            let seconds = at as i64 * path.bar_seconds + (step + 1) * path.bar_seconds / STEPS;
            act.world.set_time(path.start + seconds);
            act.step(&bars, step as usize)?;
        }
    }
    act.end()
}

struct Running {
    world: World,
    market: Market,
    opening: Price8,
    level: Level,
    steps: Vec<Step>,
    fates: Vec<Fate>,
    keepers_liquidated: usize,
    unpriced: usize,
}

impl Running {
    fn begin(world: World, market: Market, opening: Price8) -> Self {
        let fates = market.holders.iter().map(|holder| Fate {
            book: holder.book,
            premium: holder.premium,
            first_bid: None,
            isolated_breach: None,
            bids: 0,
            discount: 0,
            bad_debt: 0,
        });
        let fates = fates.collect();
        let (level, steps) = (Level::CALM, Vec::new());
        Self { world, market, opening, level, steps, fates, keepers_liquidated: 0, unpriced: 0 }
    }

    /// Prices, volatilities, values; then the keepers.
    fn step(&mut self, bars: &[Bar; 3], step: usize) -> Result<(), String> {
        let prices = bars.map(|bar| bar.walk()[step]);
        let confidences = bars.map(|bar| confidence_ppm(range_ppm(&bar)));
        publish(&mut self.world, &self.market.oracles, &prices, &confidences)?;
        let price = prices[Coin::Sol.place()];
        if !self.crank(step == 0, price)? {
            self.unpriced += 1;
            return Ok(());
        }
        let time = self.world.time().time.get();
        let standings = self.standings()?;
        for (fate, standing) in self.fates.iter_mut().zip(&standings) {
            if standing.equity < standing.isolated {
                fate.isolated_breach.get_or_insert(time);
            }
        }
        let volatility_ppm = self.level.at_the_money_ppm();
        self.steps.push(Step { time, price, volatility_ppm, standings });
        let count = self.market.keepers.len();
        for turn in 0..count {
            // Each step begins with another keeper, so that none is always first.
            let at = (self.steps.len() + turn) % count;
            let mut directory = self.world.directory()?.clone();
            let round = self.market.keepers[at].round(&mut self.world, &mut directory);
            round.map_err(|error| error.to_string())?;
            self.world.sound()?;
        }
        let receipts = std::mem::take(&mut self.world.receipts);
        self.note(&receipts, time);
        Ok(())
    }

    /// What anybody may do, and once in a bar what the publisher does. False without a valid price.
    fn crank(&mut self, begins: bool, price: Price8) -> Result<bool, String> {
        let payer = self.market.payer;
        let text = |error: ClientError| error.to_string();
        for underlying in [0, SOL] {
            let one = refresh_underlying(self.world.directory()?, underlying).map_err(text)?;
            send(&mut self.world, &payer, &[one])?;
        }
        // The reserve's part of the interest is in no account before: the copy counts it from here.
        let one = refresh_collateral(self.world.directory()?, 0).map_err(text)?;
        send(&mut self.world, &payer, &[one])?;
        if begins {
            let perpetual = Coin::Sol.place() as u16;
            let one = refresh_instrument(self.world.directory()?, perpetual).map_err(text)?;
            send(&mut self.world, &payer, &[one])?;
            self.publish_surface(price)?;
        }
        refresh_arrays(&mut self.world, &payer)
    }

    fn publish_surface(&mut self, price: Price8) -> Result<(), String> {
        let text = |error: ClientError| error.to_string();
        let on = (SOL, self.market.expires_at);
        let directory = self.world.directory()?;
        let expiry = directory.expiry(on.0, on.1).map_err(text)?.state;
        let elapsed = self.world.time().time.get() - expiry.published_at;
        let level = self.level.towards(Level::asked(price, self.opening), elapsed);
        let publisher = self.market.publisher;
        let confidence = expiry.confidence_ppm_min * 2;
        let one = publish_surface(directory, &publisher, on, level.slice(), 0, confidence);
        let one = one.map_err(text)?;
        send(&mut self.world, &publisher, &[one])?;
        self.level = level;
        Ok(())
    }

    fn standings(&self) -> Result<Vec<Standing>, String> {
        let text = |error: ClientError| error.to_string();
        let snapshot = Snapshot::new(self.world.directory()?, &self.world, self.world.time());
        let snapshot = snapshot.map_err(text)?;
        let holders = self.market.holders.iter();
        holders.map(|one| standing(&self.world, &snapshot, &one.party.account)).collect()
    }

    fn note(&mut self, receipts: &[Receipt], time: i64) {
        for receipt in receipts {
            let account = receipt.margin_account;
            let place = self.market.holders.iter().position(|one| one.party.account == account);
            let Some(fate) = place.and_then(|place| self.fates.get_mut(place)) else {
                self.keepers_liquidated += 1;
                continue;
            };
            fate.first_bid.get_or_insert(time);
            fate.bids += 1;
            fate.discount += receipt.discount;
            fate.bad_debt += receipt.bad_debt();
        }
    }

    fn end(self) -> Result<Act, String> {
        self.world.sound()?;
        Ok(Act {
            opening: self.opening,
            expires_at: self.market.expires_at,
            steps: self.steps,
            fates: self.fates,
            losses: self.world.losses,
            keepers_liquidated: self.keepers_liquidated,
            unpriced: self.unpriced,
            transactions: self.world.transactions,
            checks: self.world.mirror.as_ref().map_or(0, |mirror| mirror.checks),
        })
    }
}

/// What an account is worth, what it needs, and what its rows would need alone.
fn standing(world: &World, snapshot: &Snapshot<'_>, account: &Address) -> Result<Standing, String> {
    let account = world.margin(account)?;
    let holdings = snapshot.holdings(&account.state).map_err(|error| error.to_string())?;
    let market = snapshot.market();
    let judged =
        |rows: &[plimsoll_risk::Holding]| health(&market, rows.iter().copied(), Check::Maintenance);
    let whole = judged(&holdings).map_err(|error| error.to_string())?;
    let alone = holdings.chunks(1).try_fold(Value::ZERO, |sum, row| {
        Ok::<_, RiskError>(sum.checked_add(judged(row)?.requirement)?)
    });
    let alone = alone.map_err(|error| error.to_string())?;
    let [equity, needed, isolated] =
        [whole.equity.to_quote_floor(), whole.requirement.to_quote_ceil(), alone.to_quote_ceil()]
            .map(|atoms| atoms.map(QuoteAtoms::get).map_err(|error| error.to_string()));
    Ok(Standing { equity: equity?, needed: needed?, isolated: isolated? })
}

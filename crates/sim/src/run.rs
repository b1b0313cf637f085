//! The evening, step by step.

use std::collections::BTreeSet;
use std::path::Path as FilePath;

use plimsoll_client::instruction::{refresh_instrument, refresh_underlying};
use plimsoll_client::{Address, ClientError, Snapshot};
use plimsoll_keeper::Metrics;
use plimsoll_risk::{Check, RowKey};

use crate::books::STYLES;
use crate::cast::{assemble, publish, send, Cast};
use crate::deals::deal;
use crate::options::Options;
use crate::prices::{described, load, Bar, Path, Price8, COINS};
use crate::receipts::{Costs, Losses, Receipt};
use crate::record::{add_receipts, count, standings, Class, Fate, Sample, Standing};
use crate::seed::Rng;
use crate::unwind::{unwind, Appetite};
use crate::world::World;

/// Steps of a bar: open, one extreme, the other, close.
pub(crate) const STEPS: i64 = 4;
/// Part of the traders' positions that the market takes from keepers in a minute (thousandths).
const DEPTH_PER_MILLE: i64 = 30;
/// Confidence of a calm price, and at most (ppm).
const CONFIDENCE_PPM: (u64, u64) = (300, 8_000);
/// Spread of a calm market, and at most (ppm).
const SPREAD_PPM: (u64, u64) = (1_000, 20_000);

/// How a keeper fared. Amounts are in quote atoms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeeperFate {
    /// What it asks (ppm).
    pub ask_ppm: u32,
    /// Equity at the start and at the end.
    pub equity: [i64; 2],
    /// Discounts earned, insurance cut taken off.
    pub income: i64,
    /// How often it was liquidated itself.
    pub liquidated: usize,
    /// What it did.
    pub metrics: Metrics,
}

/// Everything that the report is made of. Amounts are in quote atoms.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What was asked for.
    pub options: Options,
    /// What the prices were.
    pub path: Path,
    /// One for each step.
    pub samples: Vec<Sample>,
    /// Every liquidation.
    pub receipts: Vec<Receipt>,
    /// What became of each kind of book.
    pub fates: Vec<Fate>,
    /// What became of the keepers.
    pub keepers: Vec<KeeperFate>,
    /// The insurance fund at the start.
    pub insurance_start: i64,
    /// Value of the traders' positions and tokens at the start, long and short added up.
    pub gross_start: i64,
    /// Traders' equity at the start.
    pub equity_start: i64,
    /// Traders liquidated, and bankrupt.
    pub liquidated: usize,
    /// See `liquidated`.
    pub bankrupt: usize,
    /// Who bore what bankrupt accounts could not pay.
    pub losses: Losses,
    /// What traders owe at the end beyond what they have.
    pub owed_end: i64,
    /// Compute units by instruction.
    pub costs: Costs,
    /// Transactions that succeeded, and checks of all invariants.
    pub transactions: u64,
    /// See `transactions`.
    pub checks: u64,
    /// Trades that the margin check refused.
    pub refused: u64,
}

/// Where a run is.
#[derive(Clone, Copy, Debug)]
pub enum Stage {
    /// Opening accounts.
    Opening,
    /// Going through the prices.
    Running,
}

/// Progress: stage, steps done, steps in all.
pub type Progress<'a> = dyn FnMut(Stage, usize, usize) + 'a;

/// Runs the whole evening with the program at `program`.
pub fn run(
    options: &Options,
    program: &FilePath,
    progress: &mut Progress<'_>,
) -> Result<Outcome, String> {
    let path = match options.paths.is_empty() {
        true => described(options.seed),
        false => load(&options.paths, options.seed).map_err(|error| error.to_string())?,
    };
    let bars = options.minutes * 60 / usize::try_from(path.bar_seconds).unwrap_or(60);
    let path = path.shortened(bars.max(1));
    let mut world = World::new(program, options.seed, path.start)?;
    let bar = |coin: usize, at: usize| path.series[coin].feed(options.feed)[at];
    let opening = COINS.map(|coin| bar(coin.place(), 0).open);
    let mut opened = |done, all| progress(Stage::Opening, done, all);
    let cast = assemble(&mut world, options, &opening, &mut opened)?;

    let mut evening = Evening::begin(world, cast, options)?;
    for at in 0..path.bars() {
        let now = COINS.map(|coin| bar(coin.place(), at));
        let step_seconds = path.bar_seconds / STEPS;
        for step in 0..STEPS {
            let time = path.start + at as i64 * path.bar_seconds + (step + 1) * step_seconds;
            evening.world.set_time(time);
            let walked = |bars: &[Bar]| bars[at].walk()[step as usize];
            let sample = Sample {
                time,
                perpetual: COINS.map(|coin| walked(&path.series[coin.place()].perpetual)),
                spot: COINS.map(|coin| walked(&path.series[coin.place()].spot)),
                ..Sample::default()
            };
            evening.step(sample, &now, step as usize, step_seconds)?;
        }
        progress(Stage::Running, at + 1, path.bars());
    }
    evening.end(options, path)
}

struct Evening {
    world: World,
    cast: Cast,
    rng: Rng,
    samples: Vec<Sample>,
    receipts: Vec<Receipt>,
    start: Vec<Option<Standing>>,
    keepers_start: Vec<i64>,
    insurance_start: i64,
    gross_start: i64,
}

impl Evening {
    fn begin(world: World, cast: Cast, options: &Options) -> Result<Self, String> {
        let start = standings(&world, &cast)?;
        let insurance_start = insurance(&world)?;
        let mut evening = Self {
            rng: Rng::new(options.seed, "crowd"),
            samples: Vec::new(),
            receipts: Vec::new(),
            start,
            keepers_start: Vec::new(),
            insurance_start,
            gross_start: gross(&world, &cast)?,
            world,
            cast,
        };
        evening.keepers_start = evening.keeper_equities()?;
        Ok(evening)
    }

    /// Prices, refreshes, keepers, market, and a trade or two.
    fn step(
        &mut self,
        mut sample: Sample,
        bars: &[Bar; 3],
        step: usize,
        seconds: i64,
    ) -> Result<(), String> {
        let prices: [Price8; 3] = bars.map(|bar| bar.walk()[step]);
        let ranges = bars.map(|bar| range_ppm(&bar));
        let confidences = ranges.map(confidence_ppm);
        publish(&mut self.world, &self.cast.oracles, &prices, &confidences)?;
        self.crank(step == 0)?;
        count(&mut sample, &standings(&self.world, &self.cast)?);

        let wildest = ranges.into_iter().max().unwrap_or(0);
        let spread = (SPREAD_PPM.0 + wildest / 20).min(SPREAD_PPM.1);
        let depth = self.gross_start / 1_000 * DEPTH_PER_MILLE * seconds / 60;
        let mut appetite = Appetite { quote_atoms: depth, spread_ppm: spread as i64 };
        // Each step begins with another keeper, so that none is always first.
        let count = self.cast.keepers.len();
        for turn in 0..count {
            let at = (self.samples.len() + turn) % count;
            let mut keeper = self.cast.keepers[at].clone();
            let mut directory = self.world.directory()?.clone();
            let round = keeper.round(&mut self.world, &mut directory);
            round.map_err(|error| error.to_string())?;
            self.world.sound()?;
            unwind(&mut self.world, &self.cast, &keeper, &mut appetite)?;
            self.cast.keepers[at] = keeper;
        }
        self.crowd_trades(&prices)?;
        let receipts = std::mem::take(&mut self.world.receipts);
        add_receipts(&mut sample, &receipts);
        self.receipts.extend(receipts);
        sample.insurance = insurance(&self.world)?;
        self.samples.push(sample);
        Ok(())
    }

    /// What anybody may do: references follow the prices, open interest widens the scan range.
    fn crank(&mut self, instruments_too: bool) -> Result<(), String> {
        let payer = self.cast.desk;
        let text = |error: ClientError| error.to_string();
        for underlying in 0..=COINS.len() as u16 {
            let directory = self.world.directory()?;
            let instruction = refresh_underlying(directory, underlying).map_err(text)?;
            send(&mut self.world, &payer, &[instruction])?;
        }
        for coin in COINS.iter().filter(|_| instruments_too) {
            let directory = self.world.directory()?;
            let instruction = refresh_instrument(directory, coin.place() as u16).map_err(text)?;
            send(&mut self.world, &payer, &[instruction])?;
        }
        self.world.reprice()
    }

    /// A random trader adds or takes off a little.
    fn crowd_trades(&mut self, prices: &[Price8; 3]) -> Result<(), String> {
        let place = self.rng.below(self.cast.crowd.len() as u64) as usize;
        let coin = COINS[self.rng.below(3) as usize];
        let dollars = self.rng.log_between(50, 2_000);
        let lots = crate::books::lots(coin, dollars, prices);
        let side = if self.rng.below(2) == 0 { 1 } else { -1 };
        let party = self.cast.crowd[place].party;
        let maker = self.cast.maker;
        if deal(&mut self.world, &party, &maker, coin, side * lots, 500)?.is_err() {
            self.cast.refused += 1;
        }
        Ok(())
    }

    fn keeper_equities(&self) -> Result<Vec<i64>, String> {
        let snapshot = Snapshot::new(self.world.directory()?, &self.world, self.world.time());
        let snapshot = snapshot.map_err(|error| error.to_string())?;
        let equity = |account: &Address| {
            let account = self.world.margin(account)?;
            let health = snapshot.health(&account.state, Check::Maintenance);
            let equity = health.map_err(|error| error.to_string())?.equity.to_quote_floor();
            equity.map(|atoms| atoms.get()).map_err(|error| error.to_string())
        };
        self.cast.keepers.iter().map(|keeper| equity(&keeper.account)).collect()
    }

    fn end(self, options: &Options, path: Path) -> Result<Outcome, String> {
        let ended = standings(&self.world, &self.cast)?;
        let keepers_end = self.keeper_equities()?;
        let liquidated: BTreeSet<Address> =
            self.receipts.iter().map(|receipt| receipt.margin_account).collect();
        let broke = self.receipts.iter().filter(|receipt| receipt.equity_before < 0);
        let mut bankrupt: BTreeSet<Address> = broke.map(|receipt| receipt.margin_account).collect();
        for (trader, standing) in self.cast.crowd.iter().zip(&ended) {
            if standing.is_some_and(|standing| standing.class == Class::Bankrupt) {
                bankrupt.insert(trader.party.account);
            }
        }
        let fates = self.fates(&ended, &liquidated, &bankrupt);
        let sum = |list: &[Option<Standing>], of: fn(i64) -> i64| -> i64 {
            list.iter().flatten().map(|standing| of(standing.equity)).sum()
        };
        let keepers = self.cast.keepers.iter().zip(self.keepers_start.iter().zip(keepers_end));
        let keepers = keepers.map(|(keeper, (start, end))| {
            let won = self.receipts.iter().filter(|one| one.bidder == keeper.account);
            let lost = self.receipts.iter().filter(|one| one.margin_account == keeper.account);
            KeeperFate {
                liquidated: lost.count(),
                ask_ppm: keeper.config.ask.ppm(),
                equity: [*start, end],
                income: won.map(|one| one.discount - one.insurance_cut).sum(),
                metrics: keeper.metrics.clone(),
            }
        });
        Ok(Outcome {
            keepers: keepers.collect(),
            options: options.clone(),
            path,
            fates,
            insurance_start: self.insurance_start,
            gross_start: self.gross_start,
            equity_start: sum(&self.start, |equity| equity),
            losses: self.world.losses,
            owed_end: sum(&ended, |equity| -equity.min(0)),
            liquidated: liquidated.len(),
            bankrupt: bankrupt.len(),
            costs: self.world.costs.clone(),
            transactions: self.world.transactions,
            checks: self.world.mirror.as_ref().map_or(0, |mirror| mirror.checks),
            refused: self.cast.refused,
            samples: self.samples,
            receipts: self.receipts,
        })
    }

    fn fates(
        &self,
        ended: &[Option<Standing>],
        liquidated: &BTreeSet<Address>,
        bankrupt: &BTreeSet<Address>,
    ) -> Vec<Fate> {
        let fates = STYLES.iter().map(|(style, _, _)| {
            let mut fate = Fate {
                style: *style,
                traders: 0,
                liquidated: 0,
                bankrupt: 0,
                equity: [0; 2],
                discount: 0,
            };
            let all = self.cast.crowd.iter().zip(self.start.iter().zip(ended));
            for (trader, (start, end)) in all.filter(|(trader, _)| trader.style == *style) {
                let account = trader.party.account;
                fate.traders += 1;
                fate.liquidated += u32::from(liquidated.contains(&account));
                fate.bankrupt += u32::from(bankrupt.contains(&account));
                fate.equity[0] += start.map_or(0, |standing| standing.equity);
                fate.equity[1] += end.map_or(0, |standing| standing.equity);
                let own = self.receipts.iter().filter(|one| one.margin_account == account);
                fate.discount += own.map(|one| one.discount).sum::<i64>();
            }
            fate
        });
        fates.collect()
    }
}

/// How far a bar reaches (ppm of its first price).
pub(crate) fn range_ppm(bar: &Bar) -> u64 {
    (bar.high - bar.low).saturating_mul(1_000_000) / bar.open
}

/// Confidence of a price within a bar of that range (ppm).
pub(crate) fn confidence_ppm(range_ppm: u64) -> u64 {
    (CONFIDENCE_PPM.0 + range_ppm / 20).min(CONFIDENCE_PPM.1)
}

fn insurance(world: &World) -> Result<i64, String> {
    let raw = world.directory()?.insurance.state.balance_quote_atoms;
    i64::try_from(raw).map_err(|error| error.to_string())
}

/// Value of all traders' rows but dollars, long and short added up.
fn gross(world: &World, cast: &Cast) -> Result<i64, String> {
    let text = |error: ClientError| error.to_string();
    let snapshot = Snapshot::new(world.directory()?, world, world.time()).map_err(text)?;
    let mut gross = 0;
    for trader in &cast.crowd {
        let account = world.margin(&trader.party.account)?;
        let rows = snapshot.holdings(&account.state).map_err(text)?;
        for row in rows.iter().filter(|row| row.key != RowKey::QUOTE) {
            let price = snapshot.terms(row.key).map_err(text)?.notional;
            let value =
                price.value_ceil(row.quantity).and_then(|value| value.abs()?.to_quote_floor());
            gross += value.map_err(|error| error.to_string())?.get();
        }
    }
    Ok(gross)
}

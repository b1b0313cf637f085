//! How an account comes to nothing but a debt that no settlement has caused.
//!
//! Nobody borrows against a profit. But who has one, and has borrowed against a token, may lose the token to
//! a bid; what stands against the debt is then the profit alone, and that may turn. Where nobody bids
//! any more, the position is closed and paid, and the rest is written off. Chance alone hardly ever
//! does all of this in a row.

use plimsoll_client::state::Row;
use plimsoll_model::margin::{atoms, Check};
use plimsoll_model::number::{ceil, clamp, floor, ppm, ten, value, whole, zero, Exact};
use plimsoll_model::{Grade, Instrument, Position};
use plimsoll_risk::RowKind;

use super::entry::{atoms as atoms_of, spare};
use super::keepers::suits;
use super::last_resort::{abandoned, resizes, waited};
use super::nature::{current, within};
use super::rng::Rng;
use super::stage::Stage;

/// The token that is borrowed against.
const TOKEN: usize = 1;
/// All oracles publish.
const ALL: i128 = 63;
/// So often a price moves before it is given up.
const MOVES_MAX: u8 = 4;
/// So often others are asked for what they lost.
const COLLECTS_MAX: u8 = 4;

/// A step that is still to be made: its name and its words.
pub(crate) type Due = (&'static str, Vec<i128>);

/// One account's way to a debt.
#[derive(Clone)]
pub(crate) struct Plan {
    account: u16,
    instrument: usize,
    phase: Phase,
}

#[derive(Clone, Copy)]
enum Phase {
    Deposit,
    Borrow,
    Trade,
    Rise,
    Sink(u8),
    Turn(u8),
    Collect(u8),
}

/// Accounts that have nothing, or nothing but quote tokens.
pub(crate) fn bare(stage: &Stage) -> Vec<u16> {
    let open = stage.group.accounts.iter();
    let fits = open.filter(|(_, one)| {
        let quote = one.tokens.iter().all(|(token, shares)| *token == 0 && *shares >= 0);
        quote && one.positions.values().all(|row| row.holds_nothing())
    });
    fits.map(|(id, _)| *id).collect()
}

impl Plan {
    /// One for an account, if there is a market for it.
    pub(crate) fn new(stage: &Stage, account: u16, rng: &mut Rng) -> Option<Self> {
        if !bare(stage).contains(&account) || TOKEN >= stage.group.collaterals.len() {
            return None;
        }
        let on = stage.group.collaterals[TOKEN].underlying;
        if on == 0 {
            return None;
        }
        let open = |one: &Instrument| {
            let free = one.pool.debt < 1 << 48 && one.losses_pending_quote_atoms == 0;
            one.contract.is_none() && ![0, on].contains(&one.underlying) && free
        };
        let all = stage.group.instruments.numbered().filter(|(_, one)| open(one));
        let all: Vec<usize> = all.map(|(index, _)| index).collect();
        let instrument = (!all.is_empty()).then(|| rng.pick(&all))?;
        Some(Self { account, instrument, phase: Phase::Deposit })
    }

    /// What is done next; nothing once it is over, or has failed.
    pub(crate) fn next(&mut self, stage: &Stage, rng: &mut Rng) -> Option<Vec<Due>> {
        let (due, phase) = match self.phase {
            Phase::Deposit => (self.deposit(stage, rng)?, Phase::Borrow),
            Phase::Borrow => (self.borrow(stage)?, Phase::Trade),
            Phase::Trade => (self.trade(stage)?, Phase::Rise),
            Phase::Rise => (self.rise(stage)?, Phase::Sink(0)),
            Phase::Sink(moves) => match self.sink(stage, moves)? {
                due if due.is_empty() => (self.bid(stage)?, Phase::Turn(0)),
                due => (due, Phase::Sink(moves + 1)),
            },
            Phase::Turn(moves) => match self.turn(stage, moves)? {
                due if due.is_empty() => (self.wait(stage), Phase::Collect(0)),
                due => (due, Phase::Turn(moves + 1)),
            },
            Phase::Collect(tries) if tries > COLLECTS_MAX => return None,
            Phase::Collect(tries) => (self.collect(stage)?, Phase::Collect(tries + 1)),
        };
        self.phase = phase;
        Some(due)
    }

    fn owner(&self, stage: &Stage) -> Option<i128> {
        Some(stage.group.accounts.get(&self.account)?.owner.into())
    }

    fn held(&self, stage: &Stage, token: usize) -> Option<i128> {
        let shares = stage.group.accounts.get(&self.account)?.tokens.get(&token).copied();
        Some(atoms(&stage.group, token, shares.unwrap_or(0), stage.market().now.seconds))
    }

    fn equity(&self, stage: &Stage) -> Option<Exact> {
        Some(stage.stands(self.account, Check::Maintenance)?.equity.exact.clone())
    }

    /// What the position has won (quote atoms).
    fn gain(&self, stage: &Stage) -> Option<Exact> {
        let row = stage.group.accounts.get(&self.account)?.positions.get(&self.instrument)?;
        Some(won(stage, self.instrument, row))
    }

    /// What the position is of (quote atoms).
    fn size(&self, stage: &Stage) -> Option<Exact> {
        let row = stage.group.accounts.get(&self.account)?.positions.get(&self.instrument)?;
        let instrument = &stage.group.instruments[self.instrument];
        Some(instrument.fair(stage.market()).exact * whole(row.lots))
    }

    fn is_priced(&self, stage: &Stage) -> Option<()> {
        let on = [self.underlying(stage), stage.group.collaterals[TOKEN].underlying];
        on.iter().all(|on| stage.market().grade(*on) == Grade::Valid).then_some(())
    }

    fn underlying(&self, stage: &Stage) -> usize {
        stage.group.instruments[self.instrument].underlying
    }

    fn deposit(&self, stage: &Stage, rng: &mut Rng) -> Option<Vec<Due>> {
        let (owner, account) = (self.owner(stage)?, i128::from(self.account));
        let person = stage.group.accounts[&self.account].owner;
        let purse = i128::from(*stage.group.wallets.get(&(person, TOKEN))?);
        let held = self.held(stage, 0)?;
        let mut due = calm(stage, self.underlying(stage));
        due.extend((held > 0).then(|| ("withdraw", vec![owner, account, 0, held, 0])));
        let amount = purse / i128::from(rng.between(30, 1_500));
        due.push(("deposit", vec![owner, account, TOKEN as i128, amount]));
        Some(due)
    }

    /// All but a part of what is to spare is borrowed.
    fn borrow(&self, stage: &Stage) -> Option<Vec<Due>> {
        let (owner, account) = (self.owner(stage)?, i128::from(self.account));
        let amount = i128::from(spare(stage, self.account)) * 95 / 100;
        let words = vec![owner, account, 0, amount, u64::MAX.into()];
        (amount > 0).then(|| vec![("withdraw", words)])
    }

    /// Something else is bought with the rest.
    fn trade(&self, stage: &Stage) -> Option<Vec<Due>> {
        self.is_priced(stage)?;
        let one = &stage.group.instruments[self.instrument];
        let price = one.fair(stage.market()).exact;
        let other = self.bidder(stage)?;
        let least = spare(stage, self.account).min(spare(stage, other));
        let lots = floor(&(whole(least) / (&price * ppm(100_000))));
        let ticks = ceil(&(price / whole(one.tick_quote_atoms_per_lot)));
        let signers = [self.owner(stage)?, stage.group.accounts[&other].owner.into()];
        let [first, second] = signers;
        let accounts = [self.account.into(), other.into()];
        let words = [first, second, accounts[0], accounts[1], self.instrument as i128, lots, ticks];
        (lots > 0).then(|| vec![("trade", words.to_vec())])
    }

    /// Who has most to spare.
    fn bidder(&self, stage: &Stage) -> Option<u16> {
        let others = stage.group.accounts.keys().copied().filter(|one| *one != self.account);
        others.max_by_key(|one| (suits(stage, self.account, *one), spare(stage, *one)))
    }

    /// What was bought becomes dearer.
    fn rise(&self, stage: &Stage) -> Option<Vec<Due>> {
        self.gain(stage)?;
        moved(stage, self.underlying(stage), &whole(1))
    }

    /// The token falls until a bid may take all of it, and the account is not bankrupt yet.
    fn sink(&self, stage: &Stage, moves: u8) -> Option<Vec<Due>> {
        self.is_priced(stage)?;
        let (equity, size) = (self.equity(stage)?, self.size(stage)?);
        if equity < zero() || moves > MOVES_MAX {
            return None;
        }
        // Less than the position alone requires: a bid may take no more than back to its line.
        if equity < &size * ppm(45_000) {
            return Some(Vec::new());
        }
        let token = &stage.group.collaterals[TOKEN];
        let price = stage.market().mid(token.underlying) * ten(-token.decimals);
        let worth = whole(self.held(stage, TOKEN)?) * price;
        (worth > zero()).then_some(())?;
        moved(stage, token.underlying, &((size * ppm(30_000) - equity) / worth))
    }

    /// All of the token goes to whoever can bear it best.
    fn bid(&self, stage: &Stage) -> Option<Vec<Due>> {
        let bidder = self.bidder(stage)?;
        let margin = stage.margin(self.account)?;
        let is_token = |row: &&Row| {
            row.key()
                .is_ok_and(|key| key.kind() == RowKind::Token && usize::from(key.index()) == TOKEN)
        };
        let key = margin.state.rows().ok()?.iter().find(is_token)?.key;
        let person = stage.group.accounts[&bidder].owner.into();
        let words = vec![person, self.account.into(), bidder.into(), key.into()];
        let words = [words, vec![self.held(stage, TOKEN)?]].concat();
        Some(vec![("liquidate_rows", words)])
    }

    /// The profit turns, until it is less than the debt.
    fn turn(&self, stage: &Stage, moves: u8) -> Option<Vec<Due>> {
        self.is_priced(stage)?;
        let (equity, gain) = (self.equity(stage)?, self.gain(stage)?);
        let bare = stage.group.accounts[&self.account].tokens.keys().all(|token| *token == 0);
        if !bare || moves > MOVES_MAX {
            return None;
        }
        if equity < zero() {
            return Some(Vec::new());
        }
        let size = self.size(stage)?;
        (size > zero() && equity < gain).then_some(())?;
        // Between where the account has nothing, and where the position has: the less that has won, the
        // less cash it takes.
        let lost = &equity + (gain - &equity) * ppm(700_000);
        moved(stage, self.underlying(stage), &(-lost / size))
    }

    /// Nobody bids, and the position is closed.
    fn wait(&self, stage: &Stage) -> Vec<Due> {
        let watch = vec![self.account.into(), waited(stage).into()];
        let closings = abandoned(stage, self.account).into_iter();
        let mut due = self.losers_pay(stage);
        due.push(("watch", watch));
        due.extend(closings.map(|words| ("deleverage", words)));
        due
    }

    /// Who lost pays in what the position has won; what then is left of the debt is written off.
    fn collect(&self, stage: &Stage) -> Option<Vec<Due>> {
        let one = stage.group.accounts.get(&self.account)?;
        if one.positions.values().all(|row| row.holds_nothing()) {
            let owes = one.tokens.get(&0).is_some_and(|shares| *shares < 0);
            return owes.then(|| vec![("write_off_debt", vec![self.account.into()])]);
        }
        if one.positions.values().any(|row| row.lots != 0) {
            return None;
        }
        let all: Vec<u16> = stage.group.accounts.keys().copied().collect();
        let resizes = resizes(stage, &all).into_iter();
        let mut due: Vec<Due> = resizes.map(|words| ("resize_position", words)).collect();
        if due.is_empty() {
            due = self.losers_pay(stage);
            due.push(self.settling(self.account));
        }
        Some(due)
    }

    fn settling(&self, account: u16) -> Due {
        ("settle_position", vec![account.into(), self.instrument as i128, -1])
    }

    fn losers_pay(&self, stage: &Stage) -> Vec<Due> {
        let losers = losers(stage, self.instrument, self.account).into_iter();
        losers.map(|id| self.settling(id)).collect()
    }
}

/// Accounts that have lost in an instrument, but for one.
fn losers(stage: &Stage, index: usize, but: u16) -> Vec<u16> {
    let instrument = &stage.group.instruments[index];
    let open = stage.group.accounts.iter().filter(|(id, _)| **id != but);
    let fits = open.filter(|(_, account)| {
        let row = account.positions.get(&index).filter(|row| !instrument.is_outdated(row));
        row.is_some_and(|row| won(stage, index, row) < whole(-1))
    });
    fits.map(|(id, _)| *id).collect()
}

/// What a position has won (quote atoms).
fn won(stage: &Stage, index: usize, row: &Position) -> Exact {
    let (one, market) = (&stage.group.instruments[index], stage.market());
    one.fair(market).exact * whole(row.lots) + value(one.flow(row, market.now.seconds))
}

/// A price moves by a part of itself, as far as it is no jump, and the references follow.
fn moved(stage: &Stage, on: usize, part: &Exact) -> Option<Vec<Due>> {
    let one = &stage.group.underlyings[on];
    let oracle = (*one.sources.first()?)?;
    let reference = &one.reference.usd * ten(8);
    let reach = &reference * ppm(one.jump_ppm_max) * whole(97) / whole(100);
    let to = whole(current(stage, oracle)?) * (whole(1) + part);
    let to = clamp(to, &reference - &reach, &reference + reach);
    let words = vec![oracle as i128, within(oracle, atoms_of(&to).into())];
    Some([vec![("stress", words)], calm(stage, on)].concat())
}

/// Some seconds pass, in which keepers refresh.
fn calm(stage: &Stage, on: usize) -> Vec<Due> {
    let token = stage.group.collaterals[TOKEN].underlying;
    let all = [0, token, on].map(|on| ("refresh_underlying", vec![on as i128]));
    [vec![("pass", vec![11_000, ALL, 1])], all.to_vec()].concat()
}

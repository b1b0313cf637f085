//! What anybody may do when nobody bids, and what comes of it on the other side.

use plimsoll_client::instruction as ix;
use plimsoll_model::Action;

use super::entry::{any_account, any_instrument, is_below, signed_amount, word, Act, Entry, Play};
use super::keepers::{is_bankrupt, owners_first};
use super::rng::Rng;
use super::stage::Stage;
use crate::vm::address;

/// Steps of the last resort.
pub(crate) fn entries() -> Vec<Entry> {
    let play = Act::Play;
    vec![
        Entry { name: "watch", weight: 46, draw: draw_watch, act: Act::Nature(watch) },
        Entry { name: "deleverage", weight: 60, draw: draw_lots, act: play(deleverage) },
        Entry { name: "resize_position", weight: 60, draw: draw_resize, act: play(resize) },
        Entry { name: "close_deleveraging", weight: 10, draw: draw_close, act: play(close) },
    ]
}

/// Has an account's auction been silent for as long as it takes?
fn is_due(stage: &Stage, account: u16) -> bool {
    let (one, now) = (&stage.group.accounts[&account], stage.world.vm.now().slot.get());
    one.silent_since_slot != 0 && now.saturating_sub(one.silent_since_slot) >= waited(stage)
}

/// How long an auction is silent before anything is closed (slots).
pub(crate) fn waited(stage: &Stage) -> u64 {
    let terms = &stage.group.terms;
    terms.duration_slots + u64::from(terms.deleverage_slots)
}

/// Bankrupts that owe quote tokens and hold no others. If nobody bids and their positions are closed, a
/// debt is left that can only be written off; chance alone hardly ever comes to that.
pub(crate) fn lost(stage: &Stage) -> Vec<u16> {
    let fits = |id: &u16| {
        let one = &stage.group.accounts[id];
        let owes = one.tokens.len() == 1 && one.tokens.get(&0).is_some_and(|shares| *shares < 0);
        let sized = one.positions.values().any(|row| row.lots != 0);
        owes && sized && is_bankrupt(stage, *id) && !owners_first(stage, stage.market(), *id)
    };
    stage.group.accounts.keys().copied().filter(fits).collect()
}

/// Time passes in which keepers see an account below its line again and again, and do nothing.
/// Chance alone would hardly leave one alone for so long.
fn draw_watch(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let open = stage.group.accounts.keys().copied();
    let mut low: Vec<u16> = open.filter(|one| is_below(stage, *one)).collect();
    if rng.chance(80) {
        // Silence says nothing while it is the owners' turn.
        low.retain(|one| !owners_first(stage, stage.market(), *one));
    }
    if low.is_empty() {
        return None;
    }
    let waited = waited(stage);
    let slots = if rng.chance(80) { waited } else { rng.below(waited + 1) };
    Some(vec![rng.pick(&low).into(), slots.into()])
}

fn watch(stage: &mut Stage, words: &[i128]) -> Option<()> {
    let (account, slots): (u16, u64) = (word(words, 0)?, word(words, 1)?);
    let step = stage.group.terms.duration_slots.max(1);
    let mut left = slots.min(10_000);
    loop {
        let margin = stage.margin(account)?;
        let mark = ix::mark_account(&stage.world.directory, &margin).ok()?;
        // Where it is not below its line any more, that is what comes of it.
        stage.world.attempt(&[mark], &[]).unwrap().ok();
        stage.group = stage.read();
        if left == 0 {
            return Some(());
        }
        stage.world.advance_slots(left.min(step));
        left -= left.min(step);
    }
}

fn draw_lots(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let open: Vec<u16> = stage.group.accounts.keys().copied().collect();
    let turn = |one: u16| is_below(stage, one) && !owners_first(stage, stage.market(), one);
    let chance = rng.chance(5);
    let due = open.iter().copied().filter(|one| is_due(stage, *one) && (chance || turn(*one)));
    let due: Vec<u16> = due.collect();
    let low = || open.iter().copied().filter(|one| is_below(stage, *one)).collect();
    let account = match due.is_empty() {
        false => rng.pick(&due),
        true if rng.chance(10) => {
            let low: Vec<u16> = low();
            if low.is_empty() {
                any_account(stage, rng)?
            } else {
                rng.pick(&low)
            }
        }
        true => return None,
    };
    let held = &stage.group.accounts[&account].positions;
    let sized: Vec<(usize, i64)> =
        held.iter().filter(|(_, one)| one.lots != 0).map(|(at, one)| (*at, one.lots)).collect();
    let (index, lots) = match sized.is_empty() {
        true => (any_instrument(stage, rng)?, 1),
        false => rng.pick(&sized),
    };
    let part = i64::try_from(rng.log(lots.unsigned_abs())).ok()?.max(1) * lots.signum();
    let lots = if rng.chance(60) { lots } else { part };
    Some(vec![account.into(), index as i128, signed_amount(rng, lots)])
}

/// Positions of an account that nobody bids on: they are closed whole, as a bankrupt's have to be.
pub(crate) fn abandoned(stage: &Stage, account: u16) -> Vec<Vec<i128>> {
    let Some(one) = stage.group.accounts.get(&account) else { return Vec::new() };
    let sized = one.positions.iter().filter(|(_, row)| row.lots != 0);
    sized.map(|(at, row)| vec![account.into(), *at as i128, row.lots.into()]).collect()
}

fn deleverage(stage: &Stage, words: &[i128]) -> Option<Play> {
    let (account, instrument): (u16, u16) = (word(words, 0)?, word(words, 1)?);
    let lots = word(words, 2)?;
    let (margin, payer) = (stage.margin(account)?, address("payer"));
    let directory = &stage.world.directory;
    let instruction = ix::deleverage(directory, &payer, &margin, instrument, lots).ok()?;
    let action = Action::Deleverage { account, instrument: instrument.into(), lots };
    Some(Play::new(instruction, vec![payer], action))
}

/// Positions that have something to go through: account, instrument, lots, and what they have.
fn outdated(stage: &Stage) -> Vec<(u16, usize, i64, u64)> {
    let mut all = Vec::new();
    for (id, account) in &stage.group.accounts {
        for (index, one) in &account.positions {
            if stage.group.instruments[*index].is_outdated(one) {
                all.push((*id, *index, one.lots, one.deleveragings));
            }
        }
    }
    all
}

/// What the positions of some accounts have to go through next.
pub(crate) fn resizes(stage: &Stage, accounts: &[u16]) -> Vec<Vec<i128>> {
    let own = outdated(stage).into_iter().filter(|(id, ..)| accounts.contains(id));
    own.map(resizing).collect()
}

fn resizing((id, index, lots, number): (u16, usize, i64, u64)) -> Vec<i128> {
    vec![id.into(), index as i128, (lots < 0).into(), number.into()]
}

fn draw_resize(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let due = outdated(stage);
    if !due.is_empty() && !rng.chance(10) {
        return Some(resizing(rng.pick(&due)));
    }
    // Any that there is, by anybody: mostly nothing comes of it.
    let made: Vec<(usize, usize, u64)> = open(stage, |_| true);
    if made.is_empty() || rng.chance(70) {
        return None;
    }
    let (index, side, number) = rng.pick(&made);
    Some(vec![any_account(stage, rng)?.into(), index as i128, side as i128, number.into()])
}

fn resize(stage: &Stage, words: &[i128]) -> Option<Play> {
    let (account, instrument): (u16, u16) = (word(words, 0)?, word(words, 1)?);
    let (of_shorts, number) = (word::<u8>(words, 2)? != 0, word(words, 3)?);
    stage.margin(account)?;
    exists(stage, instrument, of_shorts, number)?;
    let target = stage.margin_address(account);
    let directory = &stage.world.directory;
    let one = ix::resize_position(directory, &target, instrument, of_shorts, number).ok()?;
    let action = Action::Resize { account, instrument: instrument.into(), of_shorts, number };
    Some(Play::new(one, vec![], action))
}

/// Instrument, side and number of deleveragings that are not removed.
fn open(
    stage: &Stage,
    want: impl Fn(&plimsoll_model::Deleveraging) -> bool,
) -> Vec<(usize, usize, u64)> {
    let mut all = Vec::new();
    for (index, one) in stage.group.instruments.numbered() {
        for (side, made) in one.deleveragings.iter().enumerate() {
            let there = made.iter().zip(0..);
            let there = there.filter(|(one, _)| one.as_ref().is_some_and(&want));
            all.extend(there.map(|(_, number)| (index, side, number)));
        }
    }
    all
}

fn exists(stage: &Stage, instrument: u16, of_shorts: bool, number: u64) -> Option<()> {
    let at = stage.world.directory.instrument(instrument).ok()?.address;
    stage.world.directory.deleveraging(&at, of_shorts, number).map(|_| ())
}

fn draw_close(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let over = open(stage, |one| one.waiting_lots == 0);
    let any = open(stage, |_| true);
    let (index, side, number) = match (over.is_empty(), any.is_empty()) {
        (false, _) => rng.pick(&over),
        (true, false) if rng.chance(5) => rng.pick(&any),
        _ => return None,
    };
    Some(vec![index as i128, side as i128, number.into()])
}

fn close(stage: &Stage, words: &[i128]) -> Option<Play> {
    let (instrument, of_shorts): (u16, bool) = (word(words, 0)?, word::<u8>(words, 1)? != 0);
    let number = word(words, 2)?;
    let directory = &stage.world.directory;
    let at = directory.instrument(instrument).ok()?.address;
    let one = directory.deleveraging(&at, of_shorts, number)?;
    let action = Action::CloseDeleveraging { instrument: instrument.into(), of_shorts, number };
    Some(Play::new(ix::close_deleveraging(one), vec![], action))
}

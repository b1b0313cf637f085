//! What can happen in a sequence? One entry each: how its numbers are drawn, and what they do.

use std::collections::BTreeSet;

use plimsoll_client::{Address, Instruction};
use plimsoll_model::margin::Check;
use plimsoll_model::number::{floor, Exact};
use plimsoll_model::{Action, Market};

use super::rng::Rng;
use super::stage::{person, Stage, ACCOUNTS, PEOPLE};
use super::{
    deals, expiries, governance, keepers, last_resort, listing, money, nature, pools, views,
};
use crate::vm::address;

/// One kind of step.
#[derive(Clone)]
pub struct Entry {
    /// Its name in a written sequence and in the counts.
    pub name: &'static str,
    /// How often it is drawn, relative to the others.
    pub weight: u64,
    /// Numbers that are likely to work, now; `None` where nothing of the kind makes sense.
    pub draw: fn(&Stage, &mut Rng) -> Option<Vec<i128>>,
    /// What the numbers do.
    pub act: Act,
}

/// What an entry does.
#[derive(Clone, Copy)]
pub enum Act {
    /// Something that no transaction does.
    Nature(fn(&mut Stage, &[i128]) -> Option<()>),
    /// A transaction of one instruction; `None` if the numbers stand for nothing here.
    Play(fn(&Stage, &[i128]) -> Option<Play>),
}

/// A transaction, and what the model calls it.
pub struct Play {
    /// The instruction.
    pub instruction: Instruction,
    /// Who signs.
    pub signers: Vec<Address>,
    /// The same for the model.
    pub action: Action,
    /// What is wrong with what it returned, if it returns something.
    pub answer: Option<fn(&Stage, &Market, &Action, &[u8]) -> Option<String>>,
    /// Compute units that are asked for, where it needs more than an instruction has by itself.
    pub units: Option<u32>,
}

impl Play {
    /// A transaction that these sign.
    pub fn new(instruction: Instruction, signers: Vec<Address>, action: Action) -> Self {
        Self { instruction, signers, action, answer: None, units: None }
    }
}

/// Every entry.
pub fn entries() -> Vec<Entry> {
    let mut all = nature::entries();
    all.extend(money::entries());
    all.extend(deals::entries());
    all.extend(keepers::entries());
    all.extend(pools::entries());
    all.extend(last_resort::entries());
    all.extend(governance::entries());
    all.extend(listing::entries());
    all.extend(expiries::entries());
    all.extend(views::entries());
    all
}

/// Names of the instructions that the entries play, as the IDL has them.
pub fn instructions() -> BTreeSet<&'static str> {
    let plays = entries().into_iter().filter(|one| matches!(one.act, Act::Play(_)));
    plays.map(|one| instruction(one.name)).collect()
}

/// The instruction of an entry: its own name, but for the two kinds of bids.
pub(crate) fn instruction(entry: &'static str) -> &'static str {
    match entry {
        "liquidate_slice" | "liquidate_rows" => "liquidate",
        own => own,
    }
}

/// The word at a place, if it fits.
pub(crate) fn word<T: TryFrom<i128>>(words: &[i128], at: usize) -> Option<T> {
    T::try_from(*words.get(at)?).ok()
}

/// Address of a person.
pub(crate) fn signer(number: u16) -> Address {
    address(&person(number))
}

/// An open account.
pub(crate) fn any_account(stage: &Stage, rng: &mut Rng) -> Option<u16> {
    let open: Vec<u16> = stage.group.accounts.keys().copied().collect();
    match open.is_empty() {
        true => None,
        false => Some(rng.pick(&open)),
    }
}

/// One of so many, if there are any.
pub(crate) fn any_of(rng: &mut Rng, count: usize) -> Option<usize> {
    (count > 0).then(|| rng.index(count))
}

/// An instrument that was not closed.
pub(crate) fn any_instrument(stage: &Stage, rng: &mut Rng) -> Option<usize> {
    let open: Vec<usize> = stage.group.instruments.numbers().collect();
    Some(open[any_of(rng, open.len())?])
}

/// A listed token, the first ones more often.
pub(crate) fn any_token(stage: &Stage, rng: &mut Rng) -> Option<usize> {
    let token = rng.pick(&[0, 0, 0, 0, 1, 1, 1, 2, 2, 3]);
    (token < stage.group.collaterals.len()).then_some(token)
}

/// Any account that there can be.
pub(crate) fn any_number(rng: &mut Rng) -> u16 {
    u16::try_from(rng.below(ACCOUNTS.into())).unwrap()
}

/// The one person, and now and then another.
pub(crate) fn mostly(rng: &mut Rng, one: u16) -> u16 {
    match rng.chance(4) {
        true => u16::try_from(rng.below(PEOPLE.into())).unwrap(),
        false => one,
    }
}

/// The amount, and now and then one from an end of its range.
pub(crate) fn amount(rng: &mut Rng, usual: u64) -> i128 {
    match rng.chance(3) {
        true => {
            rng.pick(&[0, 1, 2, u64::MAX, u64::MAX - 1, 1 << 63, (1 << 63) - 1, 1 << 53]).into()
        }
        false => usual.into(),
    }
}

/// The signed amount, and now and then one from an end of its range.
pub(crate) fn signed_amount(rng: &mut Rng, usual: i64) -> i128 {
    let ends = [0, 1, -1, i64::MAX, i64::MIN, i64::MIN + 1, 1 << 40, -(1 << 40)];
    match rng.chance(3) {
        true => rng.pick(&ends).into(),
        false => usual.into(),
    }
}

/// How much of its initial margin an account has to spare (quote atoms); zero if it cannot be
/// judged, or has none.
pub(crate) fn spare(stage: &Stage, account: u16) -> u64 {
    let health = stage.stands(account, Check::Initial);
    health.map_or(0, |health| atoms(&health.surplus().exact))
}

/// Is an account below its line?
pub(crate) fn is_below(stage: &Stage, account: u16) -> bool {
    let health = stage.stands(account, Check::Maintenance);
    health.is_some_and(|health| health.surplus().surely_negative())
}

/// Whole atoms of what is above zero.
pub(crate) fn atoms(exact: &Exact) -> u64 {
    u64::try_from(floor(exact).max(0)).unwrap_or(u64::MAX)
}

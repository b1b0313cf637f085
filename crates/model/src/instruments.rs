//! Instruments by their numbers. These are given out in order and never again: of a contract that was
//! closed nothing is left but that its number is taken.

use std::collections::BTreeMap;
use std::ops::{Index, IndexMut};

use crate::group::{Instrument, Person};
use crate::step::Step;

/// The instruments of a group, but for those that were closed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Instruments {
    /// How many were ever listed; the next one gets this number.
    count: usize,
    open: BTreeMap<usize, Instrument>,
}

impl Instruments {
    /// Of so many that were ever listed, those that are there.
    pub fn new(count: usize, open: impl IntoIterator<Item = (usize, Instrument)>) -> Self {
        Self { count, open: open.into_iter().collect() }
    }

    /// The number that the next one gets.
    pub fn next_number(&self) -> usize {
        self.count
    }

    /// Numbers of those that are there, ascending.
    pub fn numbers(&self) -> impl DoubleEndedIterator<Item = usize> + Clone + '_ {
        self.open.keys().copied()
    }

    /// Those that are there, in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &Instrument> + Clone {
        self.open.values()
    }

    /// The same with their numbers.
    pub fn numbered(&self) -> impl Iterator<Item = (usize, &Instrument)> + Clone {
        self.open.iter().map(|(number, one)| (*number, one))
    }

    /// The same, to be changed.
    pub fn numbered_mut(&mut self) -> impl Iterator<Item = (usize, &mut Instrument)> {
        self.open.iter_mut().map(|(number, one)| (*number, one))
    }

    /// The one of a number, unless it was closed, or never listed.
    pub fn get(&self, number: usize) -> Option<&Instrument> {
        self.open.get(&number)
    }

    /// Lists one under the next number.
    pub(crate) fn push(&mut self, one: Instrument) {
        self.open.insert(self.count, one);
        self.count += 1;
    }

    fn close(&mut self, number: usize) {
        self.open.remove(&number);
    }
}

impl Index<usize> for Instruments {
    type Output = Instrument;

    /// Panics where there is none: whoever names one has to know that it is there.
    fn index(&self, number: usize) -> &Instrument {
        &self.open[&number]
    }
}

impl IndexMut<usize> for Instruments {
    fn index_mut(&mut self, number: usize) -> &mut Instrument {
        self.open.get_mut(&number).expect("no instrument has this number")
    }
}

impl Step<'_> {
    /// Fees and dust are the insurance fund's; less what is left of a debt, they are the pool's cash.
    pub(crate) fn close_contract(&mut self, number: usize, payer: Person) {
        let one = &self.before.instruments[number];
        let (own, settled) = (one.payer == payer, one.is_settled());
        // Every row weighs something: the pool counts nothing where, and only where, nobody has one.
        let mut accounts = self.before.accounts.values();
        let held = accounts.any(|account| account.positions.contains_key(&number));
        let (waits, cash) = (one.losses_pending_quote_atoms > 0, one.pool.cash_quote_atoms);
        self.require(own, &["WrongPayer"]);
        self.require(settled, &["ContractNotSettled"]);
        let carried = one.open_interest_quote_atoms != 0;
        self.require(!held && !carried, &["ContractInUse"]);
        self.require(!waits, &["LossesPending"]);
        self.require(cash >= 0, &["InstrumentInDebt"]);
        self.receive(cash.max(0).into());
        self.next.instruments.close(number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{judge, Action, Contract, Group, Market, Moment};

    const ATOM: i128 = 1 << 48;

    /// Two contracts, of which the first has settled, with this much cash and fees.
    fn group(cash: i64, fees: u64) -> Group {
        let contract = |settled| Contract { settled, ..Contract::default() };
        let mut first = Instrument { payer: 7, ..Instrument::default() };
        first.contract = Some(contract(true));
        (first.pool.cash_quote_atoms, first.pool.fees_quote_atoms) = (cash, fees);
        // Without rows, fees and dust are what cash and debt stand for.
        first.pool.debt = i128::from(fees) * ATOM - i128::from(cash) * ATOM;
        let second = Instrument { contract: Some(contract(false)), ..first.clone() };
        let instruments = Instruments::new(2, [(0, first), (1, second)]);
        let mut group = Group { instruments, ..Group::default() };
        group.insurance.balance_quote_atoms = 100;
        (group.insurance.received_quote_atoms, group.insurance.repaid_quote_atoms) = (150, 20);
        group
    }

    fn closing(group: &Group, instrument: usize, payer: u16) -> crate::Judgement {
        let market = Market::new(group, Vec::new(), Moment { slot: 9, seconds: 9 });
        judge(group, &market, &Action::CloseContract { instrument, payer }, None)
    }

    #[test]
    fn what_is_closed_leaves_its_number_taken_and_its_cash_to_the_fund() {
        let before = group(30, 50);
        let judged = closing(&before, 0, 7);
        assert!(!judged.fails && judged.names.is_empty());
        let mut next = judged.next;
        assert_eq!(next.instruments.numbers().collect::<Vec<_>>(), [1]);
        assert!(next.instruments.get(0).is_none());
        let fund = &next.insurance;
        assert_eq!([fund.balance_quote_atoms, fund.received_quote_atoms], [130, 180]);
        assert_eq!([fund.paid_quote_atoms, fund.repaid_quote_atoms], [0, 20]);
        // The other one is as it was, under its own number, and the next one's number is new.
        assert_eq!(next.instruments[1], before.instruments[1]);
        next.instruments.push(Instrument::default());
        assert_eq!(next.instruments.numbers().collect::<Vec<_>>(), [1, 2]);
    }

    #[test]
    fn each_reason_has_its_name() {
        let refused = |group: &Group, instrument, payer| {
            let judged = closing(group, instrument, payer);
            assert!(judged.fails);
            judged.names.into_iter().collect::<Vec<_>>()
        };
        let sound = group(0, 50);
        assert_eq!(refused(&sound, 0, 6), ["WrongPayer"]);
        assert_eq!(refused(&sound, 1, 7), ["ContractNotSettled"]);
        assert_eq!(refused(&group(-1, 50), 0, 7), ["InstrumentInDebt"]);
        let mut held = group(30, 50);
        let row = crate::Position { weight: 1, ..crate::Position::default() };
        held.accounts.entry(3).or_default().positions.insert(0, row);
        assert_eq!(refused(&held, 0, 7), ["ContractInUse"]);
        let mut carried = group(30, 50);
        carried.instruments[0].open_interest_quote_atoms = 1;
        assert_eq!(refused(&carried, 0, 7), ["ContractInUse"]);
        let mut waits = group(30, 50);
        waits.instruments[0].losses_pending_quote_atoms = 1;
        assert_eq!(refused(&waits, 0, 7), ["LossesPending"]);
    }
}

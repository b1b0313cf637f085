//! What happens when nobody bids, in one line each.

use plimsoll_client::instruction as ix;
use plimsoll_client::state::Deleveraging;
use plimsoll_client::{Instruction, Keyed};

use crate::vm::{address, Outcome};
use crate::world::World;

impl World {
    /// Closes lots of an account's position (with its sign) against the other side.
    pub fn deleverage(&mut self, name: &str, instrument: &str, lots: i64) -> Outcome {
        let one = self.deleveraging(name, instrument, lots);
        self.send(&[one], &["payer"])
    }

    /// The instruction of [`Self::deleverage`].
    pub fn deleveraging(&self, name: &str, instrument: &str, lots: i64) -> Instruction {
        let (account, index) = (self.margin(name), self.instrument(instrument));
        ix::deleverage(&self.directory, &address("payer"), &account, index, lots).unwrap()
    }

    /// Takes an account's positions through all that they have to go through.
    pub fn resize(&mut self, name: &str) -> Outcome {
        let due = self.resizes(name);
        self.send(&due, &[])
    }

    /// The instructions of [`Self::resize`].
    pub fn resizes(&self, name: &str) -> Vec<Instruction> {
        ix::resize_positions(&self.directory, &self.margin(name)).unwrap()
    }

    /// The first deleveraging that is not over.
    pub fn first_deleveraging(&self) -> Keyed<Deleveraging> {
        *self.directory.deleveragings.first().expect("there is one")
    }

    /// Slots pass in which everybody can see that an account is below its line, and nobody bids;
    /// keepers refresh as they do.
    pub fn stay_silent(&mut self, name: &str, slots: u64) {
        self.all_stay_silent(&[name], slots);
    }

    /// The same of several accounts.
    pub fn all_stay_silent(&mut self, names: &[&str], slots: u64) {
        let underlyings: Vec<String> =
            self.markets.underlyings.iter().map(|one| one.name.clone()).collect();
        names.iter().for_each(|name| drop(self.mark(name).unwrap()));
        let mut left = slots;
        while left > 0 {
            let step = left.min(290);
            self.advance_slots(step);
            underlyings.iter().for_each(|one| drop(self.refresh(one).unwrap()));
            names.iter().for_each(|name| drop(self.mark(name).unwrap()));
            left -= step;
        }
    }
}

//! What happens to profit, loss, interest, fees and stakes, in one line each.

use plimsoll_client::instruction as ix;
use plimsoll_client::state::{Collateral, Instrument, Pool, Stake};
use plimsoll_client::{pda, source, Instruction};

use crate::vm::{address, Outcome};
use crate::world::World;

impl World {
    /// Settles an account's position; a settler's account gets the reward.
    pub fn settle(&mut self, name: &str, instrument: &str, settler: Option<&str>) -> Outcome {
        let account = self.margin_address(name);
        let settler = settler.map(|name| self.margin_address(name));
        let index = self.instrument(instrument);
        let one = ix::settle_position(&self.directory, &account, index, settler.as_ref()).unwrap();
        self.send(&[one], &[])
    }

    /// Counts an account's row of an instrument anew.
    pub fn renew(&mut self, name: &str, instrument: &str) -> Outcome {
        let one = self.renewal(name, instrument);
        self.send(&[one], &[])
    }

    /// The instruction of [`Self::renew`].
    pub fn renewal(&self, name: &str, instrument: &str) -> Instruction {
        let (account, index) = (self.margin_address(name), self.instrument(instrument));
        ix::renew_position(&self.directory, &account, index).unwrap()
    }

    /// Brings an instrument's fees to the insurance fund.
    pub fn collect_fees(&mut self, instrument: &str) -> Outcome {
        let one = ix::collect_fees(&self.directory, self.instrument(instrument)).unwrap();
        self.send(&[one], &[])
    }

    /// Repays an instrument's debt out of the insurance fund's income.
    pub fn repay_debt(&mut self, instrument: &str) -> Outcome {
        let one = ix::repay_debt(&self.directory, self.instrument(instrument)).unwrap();
        self.send(&[one], &[])
    }

    /// Shares what an account's position lost.
    pub fn share_loss(&mut self, name: &str, instrument: &str) -> Outcome {
        let (account, index) = (self.margin_address(name), self.instrument(instrument));
        let one = ix::share_loss(&self.directory, &account, index).unwrap();
        self.send(&[one], &[])
    }

    /// Clears what an account owes the lenders of the quote token and cannot pay.
    pub fn write_off(&mut self, name: &str) -> Outcome {
        let one = ix::write_off_debt(&self.directory, &self.margin_address(name)).unwrap();
        self.send(&[one], &[])
    }

    /// Brings a token's interest up to now.
    pub fn refresh_collateral(&mut self, token: &str) -> Outcome {
        let index = self.token_key(token).index();
        let one = ix::refresh_collateral(&self.directory, index).unwrap();
        self.send(&[one], &[])
    }

    /// Stakes quote tokens, given to the staker's wallet before.
    pub fn stake(&mut self, staker: &str, atoms: u64) -> Outcome {
        let token = self.markets.group.quote.clone();
        self.fund(staker, &token, atoms);
        let (source, owner) = (self.wallet(staker, &token), address(staker));
        let payer = address("payer");
        let one = ix::stake_insurance(&self.directory, &payer, &owner, &source, atoms).unwrap();
        self.send(&[one], &[staker])
    }

    /// Asks for the exit of a part of a stake.
    pub fn request_unstake(&mut self, staker: &str, shares: u128) -> Outcome {
        let one = ix::request_unstake(&self.directory, &address(staker), shares);
        self.send(&[one], &[staker])
    }

    /// Pays out a stake whose cool-down is over.
    pub fn unstake(&mut self, staker: &str) -> Outcome {
        let token = self.markets.group.quote.clone();
        let wallet = self.wallet(staker, &token);
        let one = ix::unstake(&self.directory, &address(staker), &wallet).unwrap();
        self.send(&[one], &[staker])
    }

    /// Closes a stake that is worth nothing.
    pub fn close_stake(&mut self, staker: &str) -> Outcome {
        self.send(&[ix::close_stake(&self.directory, &address(staker))], &[staker])
    }

    /// An instrument's pool, as of the last transaction.
    pub fn pool(&self, instrument: &str) -> &Pool {
        &self.directory.pool(self.instrument(instrument)).unwrap().state
    }

    /// An instrument, as of the last transaction.
    pub fn listed(&self, instrument: &str) -> &Instrument {
        &self.directory.instrument(self.instrument(instrument)).unwrap().state
    }

    /// A token's collateral, as of the last transaction.
    pub fn collateral(&self, token: &str) -> &Collateral {
        &self.directory.collateral(&self.mint(token)).unwrap().state
    }

    /// A stake in the insurance fund.
    pub fn stake_of(&self, staker: &str) -> Stake {
        let stake = pda::stake(&self.directory.insurance.address, &address(staker));
        source::read::<Stake>(&self.vm, &stake).unwrap().state
    }
}

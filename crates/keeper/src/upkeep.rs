//! What does a group need that hardly anybody is paid for? Losses shared that wait, settled contracts paid
//! out and removed, fees brought to the insurance fund, debts repaid or written off.

mod contracts;
mod money;

use plimsoll_client::instruction::{
    close_contract, close_expiry, collect_fees, refresh_instrument, refresh_risk_array, repay_debt,
    settle_position, share_loss, write_off_debt,
};
use plimsoll_client::state::MarginAccount;
use plimsoll_client::{Address, ClientError, GroupDirectory, Instruction, Keyed, Snapshot};

use crate::config::Config;

/// One piece of upkeep, one transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Chore {
    /// A contract takes over its expiry's settlement price, whoever holds it.
    TakeOver {
        /// Index of the contract.
        instrument: u16,
    },
    /// A loss that a bid has left to others is borne by them.
    ShareLoss {
        /// The account whose position failed.
        account: Address,
        /// Index of its instrument.
        instrument: u16,
    },
    /// What has settled is not counted as open interest any more.
    Uncount {
        /// Index of the contract.
        instrument: u16,
    },
    /// A position of a settled contract is paid out, or what it has lost is paid in.
    Settle {
        /// Whose position.
        account: Address,
        /// Index of the contract.
        instrument: u16,
        /// Whether the keeper's own account is named as the one to reward for it.
        rewarded: bool,
    },
    /// A settled contract that nobody has a row of is removed with its pool.
    CloseContract {
        /// Index of the contract.
        instrument: u16,
        /// Whether its open interest is counted still, and has to be taken off before.
        counted: bool,
    },
    /// An instrument's fees repay its debt and go to the insurance fund.
    CollectFees {
        /// Index of the instrument.
        instrument: u16,
    },
    /// The insurance fund's income repays an instrument's debt.
    RepayDebt {
        /// Index of the instrument.
        instrument: u16,
    },
    /// What an account owes that has nothing else is borne by others.
    WriteOff {
        /// The account.
        account: Address,
    },
    /// An expiry is removed whose contracts have all taken over its price.
    CloseExpiry {
        /// Index of the underlying.
        underlying: u16,
        /// When it expired (Unix seconds).
        expires_at: i64,
    },
}

impl Chore {
    /// The program's name of what it does.
    pub fn name(&self) -> &'static str {
        match self {
            Self::TakeOver { .. } => "refresh_risk_array",
            Self::ShareLoss { .. } => "share_loss",
            Self::Uncount { .. } => "refresh_instrument",
            Self::Settle { .. } => "settle_position",
            Self::CloseContract { .. } => "close_contract",
            Self::CollectFees { .. } => "collect_fees",
            Self::RepayDebt { .. } => "repay_debt",
            Self::WriteOff { .. } => "write_off_debt",
            Self::CloseExpiry { .. } => "close_expiry",
        }
    }

    /// The instructions of its transaction; `own` is the keeper's account, for rewards. Nobody signs.
    ///
    /// Errors: those of building them, for what the directory does not list.
    pub fn instructions(
        &self,
        directory: &GroupDirectory,
        own: &Address,
    ) -> Result<Vec<Instruction>, ClientError> {
        Ok(vec![match *self {
            Self::TakeOver { instrument } => refresh_risk_array(directory, instrument)?,
            Self::ShareLoss { account, instrument } => share_loss(directory, &account, instrument)?,
            Self::Uncount { instrument } => refresh_instrument(directory, instrument)?,
            Self::Settle { account, instrument, rewarded } => {
                settle_position(directory, &account, instrument, rewarded.then_some(own))?
            }
            Self::CloseContract { instrument, counted } => {
                let close = close_contract(directory, instrument)?;
                if counted {
                    return Ok(vec![refresh_instrument(directory, instrument)?, close]);
                }
                close
            }
            Self::CollectFees { instrument } => collect_fees(directory, instrument)?,
            Self::RepayDebt { instrument } => repay_debt(directory, instrument)?,
            Self::WriteOff { account } => write_off_debt(directory, &account)?,
            Self::CloseExpiry { underlying, expires_at } => {
                close_expiry(directory, underlying, expires_at)?
            }
        }])
    }
}

/// What is due now, in the order in which it is to be sent: losses are borne before anybody leaves, and
/// are paid in before profits are paid out of them. Whatever would be refused, or change nothing, is not
/// due. `accounts` are those of the group, `own` is the keeper's. Of the directory, the insurance fund, the
/// contracts, their pools and the expiries count; they must be as of now.
///
/// Errors: those of values beyond their range, and of accounts that nobody can have written.
pub fn upkeep(
    snapshot: &Snapshot<'_>,
    accounts: &[Keyed<MarginAccount>],
    own: &Address,
    config: &Config,
) -> Result<Vec<Chore>, ClientError> {
    let mut due = money::losses(snapshot.directory(), accounts)?;
    due.extend(contracts::contracts(snapshot, accounts, own, config.upkeep_min)?);
    due.extend(money::collections(snapshot.directory(), config.upkeep_min)?);
    due.extend(money::write_offs(snapshot, accounts, config.upkeep_min)?);
    due.extend(contracts::expiries(snapshot.directory()));
    Ok(due)
}

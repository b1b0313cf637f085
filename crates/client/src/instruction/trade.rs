//! Trades that two accounts agree on.

use plimsoll::state::MarginAccount;
use plimsoll::{accounts, instruction};
use solana_address::Address;
use solana_instruction::Instruction;

use crate::directory::{row_keys, Access, GroupDirectory, Keyed};
use crate::error::ClientError;

/// What two accounts agree on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deal {
    /// Index of the instrument.
    pub instrument: u16,
    /// Lots that the first account buys; negative: sells.
    pub lots: i64,
    /// At which price (ticks).
    pub price_ticks: u64,
}

/// `first` deals with `second`. `authorities` are owner or delegate of each, in that order; both
/// sign.
pub fn trade(
    directory: &GroupDirectory,
    authorities: [&Address; 2],
    first: &Keyed<MarginAccount>,
    second: &Keyed<MarginAccount>,
    deal: &Deal,
) -> Result<Instruction, ClientError> {
    let instrument = directory.instrument(deal.instrument)?;
    let mut instruction = instruction::Trade {
        underlying: instrument.state.underlying,
        lots: deal.lots,
        price_ticks: deal.price_ticks,
    }
    .to_instruction(accounts::Trade {
        first_authority: *authorities[0],
        second_authority: *authorities[1],
        group: directory.group.address,
        first: first.address,
        second: second.address,
        pool: directory.pool(deal.instrument)?.address,
    });
    let mut keys = row_keys(&first.state)?;
    keys.extend(row_keys(&second.state)?);
    keys.push(instrument.state.key());
    instruction.accounts.extend(directory.risk_metas(&keys, Access::ReadOnly)?);
    Ok(instruction)
}

//! Positions for which nobody bids, and what is left of those on the other side.

use plimsoll::state::{Deleveraging, MarginAccount, Row};
use plimsoll::{accounts, instruction};
use plimsoll_risk::{RowKey, RowKind};
use plimsoll_units::BaseLots;
use solana_address::Address;
use solana_instruction::Instruction;

use crate::directory::{row_keys, Access, GroupDirectory, Keyed};
use crate::error::ClientError;
use crate::pda;

/// Closes `lots` (with the sign of the position) of an account's position in an instrument against
/// the other side. `payer` pays a rent that it gets back, and signs.
pub fn deleverage(
    directory: &GroupDirectory,
    payer: &Address,
    margin_account: &Keyed<MarginAccount>,
    instrument: u16,
    lots: i64,
) -> Result<Instruction, ClientError> {
    let listed = directory.instrument(instrument)?;
    let of_shorts = lots > 0;
    let number = match of_shorts {
        true => listed.state.short_deleveragings,
        false => listed.state.long_deleveragings,
    };
    let arguments = instruction::Deleverage { lots, number, underlying: listed.state.underlying };
    let mut instruction = arguments.to_instruction(accounts::Deleverage {
        payer: *payer,
        group: directory.group.address,
        insurance: directory.insurance.address,
        margin_account: margin_account.address,
        pool: directory.pool(instrument)?.address,
        deleveraging: pda::deleveraging(&listed.address, of_shorts, number),
        system_program: super::SYSTEM_PROGRAM,
    });
    let keys = row_keys(&margin_account.state)?;
    let key = listed.state.key();
    let mut written = vec![key];
    if margin_account.state.row(key)?.is_some_and(|row| row.settled_debt_quote_atoms > 0) {
        // What others bear of a settled loss repays the quote debt that it has become.
        written.push(RowKey::QUOTE);
    }
    instruction.accounts.extend(directory.risk_metas(&keys, Access::Writable(&written))?);
    Ok(instruction)
}

/// Takes an account's position through a deleveraging. Nobody signs.
pub fn resize_position(
    directory: &GroupDirectory,
    margin_account: &Address,
    instrument: u16,
    of_shorts: bool,
    number: u64,
) -> Result<Instruction, ClientError> {
    let instrument = directory.instrument(instrument)?.address;
    Ok(instruction::ResizePosition {}.to_instruction(accounts::ResizePosition {
        margin_account: *margin_account,
        instrument,
        deleveraging: pda::deleveraging(&instrument, of_shorts, number),
    }))
}

/// What an account's positions have to go through before a check accepts them: mostly nothing.
/// Each of these may come along with somebody else's, and be late: then it changes nothing.
pub fn resize_positions(
    directory: &GroupDirectory,
    margin_account: &Keyed<MarginAccount>,
) -> Result<Vec<Instruction>, ClientError> {
    let mut due = Vec::new();
    for row in margin_account.state.rows()? {
        let key = row.key()?;
        if key.kind() != RowKind::Position {
            continue;
        }
        let short = row.lots < 0;
        for number in numbers_due(directory, key, row)? {
            let at = &margin_account.address;
            due.push(resize_position(directory, at, key.index(), short, number)?);
        }
    }
    Ok(due)
}

/// Numbers of the deleveragings that a position has to go through. Those behind one that leaves
/// nothing of it are none of its business.
fn numbers_due(
    directory: &GroupDirectory,
    key: RowKey,
    row: &Row,
) -> Result<Vec<u64>, ClientError> {
    let instrument = directory.instrument(key.index())?;
    let made = match row.lots < 0 {
        true => instrument.state.short_deleveragings,
        false => instrument.state.long_deleveragings,
    };
    let (mut numbers, mut lots) = (Vec::new(), row.lots());
    for number in row.deleveragings..made {
        if lots.is_zero() {
            break;
        }
        numbers.push(number);
        if let Some(one) = directory.deleveraging(&instrument.address, row.lots < 0, number) {
            lots = resized(&one.state, lots);
        }
    }
    Ok(numbers)
}

/// What would be left of a position now.
fn resized(deleveraging: &Deleveraging, lots: BaseLots) -> BaseLots {
    deleveraging.resizing().resize(lots).unwrap_or(lots)
}

/// Removes a deleveraging through which every position has gone. Nobody signs.
pub fn close_deleveraging(deleveraging: &Keyed<Deleveraging>) -> Instruction {
    instruction::CloseDeleveraging {}.to_instruction(accounts::CloseDeleveraging {
        payer: deleveraging.state.payer,
        deleveraging: deleveraging.address,
    })
}

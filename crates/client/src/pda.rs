//! At which address does an account lie?

use plimsoll::{seeds, ID};
use solana_address::Address;

fn find(seeds: &[&[u8]]) -> Address {
    Address::find_program_address(seeds, &ID).0
}

/// The group that `creator` numbered `id`.
pub fn group(creator: &Address, id: u16) -> Address {
    find(&[seeds::GROUP, creator.as_ref(), &id.to_le_bytes()])
}

/// The insurance fund of a group.
pub fn insurance(group: &Address) -> Address {
    find(&[seeds::INSURANCE, group.as_ref()])
}

/// The underlying with an index; 0 prices the quote token.
pub fn underlying(group: &Address, index: u16) -> Address {
    find(&[seeds::UNDERLYING, group.as_ref(), &index.to_le_bytes()])
}

/// The collateral account of a token.
pub fn collateral(group: &Address, mint: &Address) -> Address {
    find(&[seeds::COLLATERAL, group.as_ref(), mint.as_ref()])
}

/// The token account that holds all deposits of a collateral.
pub fn vault(collateral: &Address) -> Address {
    find(&[seeds::VAULT, collateral.as_ref()])
}

/// The instrument with an index.
pub fn instrument(group: &Address, index: u16) -> Address {
    find(&[seeds::INSTRUMENT, group.as_ref(), &index.to_le_bytes()])
}

/// The expiry of an underlying at a time (Unix seconds).
pub fn expiry(underlying: &Address, at: i64) -> Address {
    find(&[seeds::EXPIRY, underlying.as_ref(), &at.to_le_bytes()])
}

/// The pool of an instrument.
pub fn pool(instrument: &Address) -> Address {
    find(&[seeds::POOL, instrument.as_ref()])
}

/// The deleveraging of one side of an instrument with a number.
pub fn deleveraging(instrument: &Address, of_shorts: bool, number: u64) -> Address {
    let (side, number) = ([u8::from(of_shorts)], number.to_le_bytes());
    find(&[seeds::DELEVERAGING, instrument.as_ref(), &side, &number])
}

/// A staker's part of an insurance fund.
pub fn stake(insurance: &Address, owner: &Address) -> Address {
    find(&[seeds::STAKE, insurance.as_ref(), owner.as_ref()])
}

/// The margin account that `owner` numbered `sub_account`.
pub fn margin(group: &Address, owner: &Address, sub_account: u16) -> Address {
    let sub_account = sub_account.to_le_bytes();
    find(&[seeds::MARGIN, group.as_ref(), owner.as_ref(), &sub_account])
}

/// The proposal with a number.
pub fn proposal(group: &Address, id: u64) -> Address {
    find(&[seeds::PROPOSAL, group.as_ref(), &id.to_le_bytes()])
}

//! The seeds of every program-derived address, in one place for program and clients.

/// `[GROUP, creator, id (u16 LE)]`
pub const GROUP: &[u8] = b"group";
/// `[INSURANCE, group]`
pub const INSURANCE: &[u8] = b"insurance";
/// `[UNDERLYING, group, index (u16 LE)]`
pub const UNDERLYING: &[u8] = b"underlying";
/// `[COLLATERAL, group, mint]`
pub const COLLATERAL: &[u8] = b"collateral";
/// `[VAULT, collateral]`: the token account; its authority is the collateral account.
pub const VAULT: &[u8] = b"vault";
/// `[INSTRUMENT, group, index (u16 LE)]`
pub const INSTRUMENT: &[u8] = b"instrument";
/// `[EXPIRY, underlying, when it expires (Unix seconds, i64 LE)]`
pub const EXPIRY: &[u8] = b"expiry";
/// `[POOL, instrument]`
pub const POOL: &[u8] = b"pool";
/// `[DELEVERAGING, instrument, 0 for longs or 1 for shorts (u8), number (u64 LE)]`
pub const DELEVERAGING: &[u8] = b"deleveraging";
/// `[STAKE, insurance fund, owner]`
pub const STAKE: &[u8] = b"stake";
/// `[MARGIN, group, owner, sub-account (u16 LE)]`
pub const MARGIN: &[u8] = b"margin";
/// `[PROPOSAL, group, id (u64 LE)]`
pub const PROPOSAL: &[u8] = b"proposal";

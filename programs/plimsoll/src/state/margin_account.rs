//! One trader's account: a sorted list of rows that back each other.

use anchor_lang::prelude::*;
use plimsoll_risk::{Episode, RowKey, RowKind, Silence};
use plimsoll_units::{Slot, UnixSeconds};

use super::Row;
use crate::check::RowPermit;
use crate::error::PlimsollError;

/// Token rows of one account at most, the quote token's among them.
pub const TOKEN_ROWS_MAX: usize = 8;
/// Position rows of one account at most.
pub const POSITION_ROWS_MAX: usize = 24;
/// Rows of one account at most.
pub const ROWS_MAX: usize = TOKEN_ROWS_MAX + POSITION_ROWS_MAX;
/// Accounts that a check of one margin account may need: each row one, and each underlying
/// (the quote token's always among them) one for itself and at most two oracles. With group,
/// insurance, two margin accounts, signer and program this stays under the 64 accounts that a
/// transaction may lock, so whatever can be opened can also be liquidated.
pub const RISK_ACCOUNTS_MAX: usize = 56;

/// A deleveraging gives an account's owner time to act first once in this time (seconds): a day.
const OWNER_TIME_SECONDS: u64 = 86_400;

/// The quote token's row, which every account has room for.
pub const QUOTE_KEY: RowKey = RowKey::QUOTE;

/// A margin account.
#[account]
pub struct MarginAccount {
    /// Layout version.
    pub version: u8,
    /// Bump of this address.
    pub bump: u8,
    /// The owner's number for this account, part of the address.
    pub sub_account: u16,
    /// Rows in use.
    pub row_count: u8,
    /// Token rows among them.
    pub token_count: u8,
    /// Zero.
    pub padding: [u8; 2],
    /// The group.
    pub group: Address,
    /// Who may withdraw.
    pub owner: Address,
    /// Who else may trade; all zeros: nobody.
    pub delegate: Address,
    /// Until when the delegate may trade (Unix seconds).
    pub delegate_expires_at: i64,
    /// Slot at which the liquidation episode began; zero: none runs.
    pub episode_slot: u64,
    /// Since when the account was seen below its line, again and again, without a bid (slot); zero:
    /// it was not.
    pub silent_since_slot: u64,
    /// When it was last seen so (slot).
    pub seen_slot: u64,
    /// When a deleveraging last shrank a position and gave the owner time to act first (Unix
    /// seconds).
    pub resized_at: i64,
    /// Zero; for trigger orders.
    pub reserved: [u64; 29],
    /// Rows in ascending order of their keys; those past `row_count` are zero.
    pub rows: [Row; ROWS_MAX],
}

const _: () = assert!(
    core::mem::size_of::<MarginAccount>()
        == 2 + 2 + 2 + 2 // version, bump, sub-account, counts, padding
            + 3 * 32 // group, owner, delegate
            + 5 * 8 // expiry, episode, silence, resized
            + 29 * 8 // reserved
            + ROWS_MAX * core::mem::size_of::<Row>()
);

impl MarginAccount {
    /// The rows in use, in ascending order of their keys.
    #[inline]
    pub fn rows(&self) -> Result<&[Row]> {
        let rows = self.rows.get(..usize::from(self.row_count));
        rows.ok_or_else(|| PlimsollError::CorruptAccount.into())
    }

    pub(super) fn rows_mut(&mut self) -> Result<&mut [Row]> {
        let rows = self.rows.get_mut(..usize::from(self.row_count));
        rows.ok_or_else(|| PlimsollError::CorruptAccount.into())
    }

    /// The row with `key`, if there is one.
    pub fn row(&self, key: RowKey) -> Result<Option<&Row>> {
        let rows = self.rows()?;
        Ok(place(rows, key).ok().and_then(|at| rows.get(at)))
    }

    /// The row with `key`, for writing; `RowTermsMissing` if there is none.
    pub(crate) fn row_mut(&mut self, key: RowKey, _: &RowPermit) -> Result<&mut Row> {
        let at = place(self.rows()?, key).map_err(|_| PlimsollError::RowTermsMissing)?;
        let found = self.rows_mut()?.get_mut(at);
        found.ok_or_else(|| PlimsollError::RowTermsMissing.into())
    }

    /// The same where the row is probably the one at `near`.
    #[inline(always)]
    pub(crate) fn row_mut_near(
        &mut self,
        key: RowKey,
        near: usize,
        permit: &RowPermit,
    ) -> Result<&mut Row> {
        let used = near < usize::from(self.row_count);
        if !(used && self.rows.get(near).is_some_and(|row| row.key == key.raw())) {
            return self.row_mut(key, permit);
        }
        self.rows.get_mut(near).ok_or_else(|| PlimsollError::CorruptAccount.into())
    }

    /// Makes sure that rows with these keys exist. Fails by name when the account is full.
    pub(crate) fn ensure_rows(&mut self, keys: &[RowKey], _: &RowPermit) -> Result<()> {
        let before = self.row_count;
        // The keys ascend, but for the first perhaps: the next one is mostly behind the last.
        let (mut keys, mut near) = (keys, 0);
        while let Some((key, rest)) = keys.split_first() {
            match place_near(self.rows()?, *key, near) {
                Ok(at) => near = at.saturating_add(1),
                Err(at) if at == usize::from(self.row_count) => {
                    keys = self.append(keys)?;
                    near = usize::from(self.row_count);
                    continue;
                }
                Err(at) => {
                    self.insert(at, *key)?;
                    near = at.saturating_add(1);
                }
            }
            keys = rest;
        }
        match self.row_count == before {
            true => Ok(()),
            false => self.check_room(),
        }
    }

    /// Makes rows behind the last one as long as `keys`, of which the first belongs there, ascend; gives
    /// back the others.
    fn append<'a>(&mut self, keys: &'a [RowKey]) -> Result<&'a [RowKey]> {
        let (mut least, mut count, mut tokens) = (0, self.row_count, self.token_count);
        let mut free = self.rows.iter_mut().skip(usize::from(count));
        let mut left = keys;
        while let Some((key, rest)) = left.split_first() {
            if key.raw() < least {
                break;
            }
            // Rows past the count are zero, so that one more needs no more than its key.
            free.next().ok_or_else(|| full(*key))?.key = key.raw();
            // At most as many as there are rows.
            count = count.wrapping_add(1);
            if key.kind() == RowKind::Token {
                tokens = tokens.wrapping_add(1);
            }
            // A key has zeros on top.
            (least, left) = (key.raw().wrapping_add(1), rest);
        }
        (self.row_count, self.token_count) = (count, tokens);
        Ok(left)
    }

    /// Makes a row in front of others.
    fn insert(&mut self, at: usize, key: RowKey) -> Result<()> {
        let count = usize::from(self.row_count);
        if count >= ROWS_MAX {
            return Err(full(key).into());
        }
        self.rows.copy_within(at..count, at.saturating_add(1));
        let slot = self.rows.get_mut(at).ok_or(PlimsollError::CorruptAccount)?;
        *slot = Row::new(key);
        self.row_count = self.row_count.saturating_add(1);
        if key.kind() == RowKind::Token {
            self.token_count = self.token_count.saturating_add(1);
        }
        Ok(())
    }

    /// `TokenRowsFull`, `PositionRowsFull` or `TooManyUnderlyings` if a limit is passed. One token
    /// row is kept for the quote token, in which liquidations pay, and so is that row's place
    /// among the risk accounts: a liquidation adds it.
    fn check_room(&self) -> Result<()> {
        let spare = usize::from(self.row(QUOTE_KEY)?.is_none());
        let tokens = usize::from(self.token_count);
        require!(tokens.saturating_add(spare) <= TOKEN_ROWS_MAX, PlimsollError::TokenRowsFull);
        let positions = usize::from(self.row_count).saturating_sub(tokens);
        require!(positions <= POSITION_ROWS_MAX, PlimsollError::PositionRowsFull);
        let needed = risk_account_count(self.rows()?)?.saturating_add(spare);
        require!(needed <= RISK_ACCOUNTS_MAX, PlimsollError::TooManyUnderlyings);
        Ok(())
    }

    pub(super) fn count_tokens(&self) -> Result<u8> {
        let mut tokens = 0_u8;
        for row in self.rows()? {
            if row.key()?.kind() == RowKind::Token {
                tokens = tokens.saturating_add(1);
            }
        }
        Ok(tokens)
    }

    /// The running liquidation episode.
    pub fn episode(&self) -> Episode {
        match self.episode_slot {
            0 => Episode::None,
            slot => Episode::Since(Slot::new(slot)),
        }
    }

    /// Stores the episode. Slot zero stands for none; no program runs in slot zero.
    pub(crate) fn set_episode(&mut self, episode: Episode) {
        self.episode_slot = match episode {
            Episode::None => 0,
            Episode::Since(slot) => slot.get(),
        };
        if episode == Episode::None {
            self.break_silence();
            // What others bore of an account that stands again has no part in its next failure.
            self.rows.iter_mut().for_each(|row| row.borne_quote_atoms = 0);
        }
    }

    /// Somebody else's deleveraging took a part of what may have been a hedge: the owner may act
    /// before anybody bids. At most once a day, and not where an episode runs: no account can be kept
    /// from bids by one deleveraging after another.
    pub(crate) fn give_owner_time(&mut self, now: UnixSeconds) {
        let rested = now.elapsed_since(UnixSeconds::new(self.resized_at)).get();
        if self.episode_slot == 0 && rested >= OWNER_TIME_SECONDS {
            self.resized_at = now.get();
        }
    }

    /// For how long the account has been below its line without a bid, as far as anybody has seen.
    pub fn silence(&self) -> Option<Silence> {
        let (since, seen) = (Slot::new(self.silent_since_slot), Slot::new(self.seen_slot));
        (self.silent_since_slot != 0).then_some(Silence { since, seen })
    }

    /// Nobody has seen the account below its line while others might bid.
    pub(crate) fn break_silence(&mut self) {
        (self.silent_since_slot, self.seen_slot) = (0, 0);
    }

    /// Stores it.
    pub(crate) fn set_silence(&mut self, silence: Silence) {
        (self.silent_since_slot, self.seen_slot) = (silence.since.get(), silence.seen.get());
    }

    /// `NotAccountAuthority` or `DelegateExpired` unless `signer` may trade for the account.
    pub fn require_authority(&self, signer: &Address, now: UnixSeconds) -> Result<()> {
        if anchor_lang::address_eq(signer, &self.owner) {
            return Ok(());
        }
        let delegated = anchor_lang::address_eq(signer, &self.delegate);
        require!(delegated, PlimsollError::NotAccountAuthority);
        require!(now.get() < self.delegate_expires_at, PlimsollError::DelegateExpired);
        Ok(())
    }

    /// What must hold of the stored rows after every instruction.
    pub fn invariant(&self) -> Result<()> {
        let rows = self.rows()?;
        let ascending = rows.windows(2).all(|pair| match pair {
            [a, b] => a.key < b.key,
            _ => true,
        });
        require!(ascending, PlimsollError::CorruptAccount);
        require!(rows.iter().all(|row| !row.is_empty()), PlimsollError::CorruptAccount);
        let counted = |row: &Row| match row.key()?.kind() {
            RowKind::Token => Ok::<_, Error>(row.weight == 0),
            RowKind::Position => Ok(row.weight != 0),
        };
        for row in rows {
            require!(counted(row)?, PlimsollError::CorruptAccount);
        }
        let unused = self.rows.get(rows.len()..).ok_or(PlimsollError::CorruptAccount)?;
        let zero: Row = bytemuck::Zeroable::zeroed();
        require!(unused.iter().all(|row| *row == zero), PlimsollError::CorruptAccount);
        require!(self.count_tokens()? == self.token_count, PlimsollError::CorruptAccount);
        self.check_room()?;
        Ok(())
    }
}

/// Of an account that has no place for a row with this key.
#[cold]
fn full(key: RowKey) -> PlimsollError {
    match key.kind() {
        RowKind::Token => PlimsollError::TokenRowsFull,
        RowKind::Position => PlimsollError::PositionRowsFull,
    }
}

/// Where the row with `key` is, or where it would have to be.
#[inline]
pub(super) fn place(rows: &[Row], key: RowKey) -> core::result::Result<usize, usize> {
    rows.binary_search_by_key(&key.raw(), |row| row.key)
}

/// The same, without a search where the row is at `near`, or belongs at the end.
#[inline]
fn place_near(rows: &[Row], key: RowKey, near: usize) -> core::result::Result<usize, usize> {
    match rows.get(near) {
        Some(row) if row.key == key.raw() => Ok(near),
        None if rows.last().is_none_or(|last| last.key < key.raw()) => Err(rows.len()),
        _ => place(rows, key),
    }
}

/// Accounts that a check of `rows` may need at most.
pub fn risk_account_count(rows: &[Row]) -> Result<usize> {
    // The quote underlying is always read. An underlying is all that lies above 32 bits of a key.
    let mut last = 0_u64;
    let mut underlyings = 1_usize;
    for row in rows {
        if row.key >> 32 != last {
            // At most one for each row.
            underlyings = underlyings.wrapping_add(1);
            last = row.key >> 32;
        }
    }
    Ok(rows.len().saturating_add(underlyings.saturating_mul(3)))
}

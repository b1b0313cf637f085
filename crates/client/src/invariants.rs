//! Does the money add up? Checked by tests and the simulator after every step.
//!
//! | id | law |
//! |---|---|
//! | `POSITIONS_CANCEL` | per instrument, the sizes of all accounts add up to zero |
//! | `OPEN_INTEREST_KNOWN` | per instrument, the pool's open interest is what accounts hold long |
//! | `QUOTE_FLOW_CLOSED` | per instrument, what positions, fees and dust claim is cash and debt |
//! | `DELEVERAGINGS_KNOWN` | per deleveraging, what waits is what positions there have yet to go
//! through it, and what those of the one before will keep |
//! | `ROWS_COUNTED` | per instrument, the pool's row weight is the sum of its rows' weights, and every
//! row weighs something |
//! | `LOSSES_PENDING_KNOWN` | per instrument, what waits to be shared is what rows are owed |
//! | `BALANCES_SUM` | per token, the stored totals are the sums of all accounts' balances |
//! | `VAULT_COVERS` | per token, the vault holds at least deposits less borrows, what was set
//! aside, and for the quote token the insurance fund and the pools' cash |
//! | `ROWS_ORDERED` | every account's stored rows are sorted, used, and not too many |
//! | `INDICES_RISE` | no index of interest falls, but for the deposit index when a loss is shared |
//! | `COUNTERS_RISE` | volume and what insurance received and paid never fall |

mod sides;

use std::fmt;

use plimsoll::state::{Instrument, MarginAccount, Row};
use plimsoll_risk::RowKind;
use solana_address::Address;

use crate::directory::{GroupDirectory, Keyed};

/// A law that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Identifier of the law.
    pub law: &'static str,
    /// Where and by how much.
    pub detail: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.law, self.detail)
    }
}

impl std::error::Error for Broken {}

fn broken(law: &'static str, detail: String) -> Result<(), Broken> {
    Err(Broken { law, detail })
}

/// What a lot of a settled instrument is paid out at (2^-48 quote atoms).
fn settled_value(instrument: &Instrument) -> i128 {
    match instrument.is_settled() {
        true => i128::from(instrument.array.fair) << instrument.array.shift,
        false => 0,
    }
}

/// A whole group at one moment.
pub struct Books<'a> {
    /// What is listed.
    pub directory: &'a GroupDirectory,
    /// All margin accounts of the group.
    pub accounts: &'a [Keyed<MarginAccount>],
    /// What each collateral's vault holds, in the order of the collaterals (token atoms).
    pub vaults_token_atoms: &'a [u64],
}

impl Books<'_> {
    /// All laws that speak of one moment; the first one that is broken.
    pub fn check(&self) -> Result<(), Broken> {
        self.rows_are_ordered()?;
        self.positions_cancel()?;
        self.rows_are_listed()?;
        self.balances_sum()?;
        self.vaults_cover()
    }

    fn rows_are_ordered(&self) -> Result<(), Broken> {
        for account in self.accounts {
            let sound = account.state.invariant().is_ok();
            let ours = account.state.group == self.directory.group.address;
            if !sound || !ours {
                return broken("ROWS_ORDERED", format!("margin account {}", account.address));
            }
        }
        Ok(())
    }

    fn positions_cancel(&self) -> Result<(), Broken> {
        for (instrument, pool) in self.directory.instruments.iter().zip(&self.directory.pools) {
            let name = instrument.state.index;
            let rows: Vec<&Row> = self.rows(instrument.state.key().raw()).collect();
            let owed: u128 =
                rows.iter().map(|row| u128::from(row.owed_quote_atoms.unsigned_abs())).sum();
            if owed != u128::from(instrument.state.losses_pending_quote_atoms) {
                let pending = instrument.state.losses_pending_quote_atoms;
                let detail = format!("instrument {name}: rows are owed {owed}, pending {pending}");
                return broken("LOSSES_PENDING_KNOWN", detail);
            }
            let weight: u128 = rows.iter().map(|row| u128::from(row.weight)).sum();
            let known = pool.state.row_weight.to_u128();
            if weight != known || rows.iter().any(|row| row.weight == 0) {
                let detail = format!("instrument {name}: rows weigh {weight}, pool says {known}");
                return broken("ROWS_COUNTED", detail);
            }
            let side = |short| {
                sides::side(self.directory, instrument, &rows, short)
                    .map_err(|(law, detail)| Broken { law, detail })
            };
            let (long, short) = (side(false)?, side(true)?);
            let settled = [pool.state.settled_long_lots, pool.state.settled_short_lots];
            let [settled_long, settled_short] = settled.map(i128::from);
            if long.lots + settled_long != short.lots + settled_short {
                let detail = format!("instrument {name}: {} long, {} short", long.lots, short.lots);
                return broken("POSITIONS_CANCEL", detail);
            }
            let known = i128::from(pool.state.open_interest_lots);
            if long.lots + settled_long != known {
                let lots = long.lots;
                let detail = format!("instrument {name}: {lots} lots long, pool says {known}");
                return broken("OPEN_INTEREST_KNOWN", detail);
            }
            let pool = &pool.state;
            let closed: i128 =
                rows.iter().filter(|row| row.lots == 0).map(|row| row.quote().get()).sum();
            let claims = long.quote
                + short.quote
                + closed
                + (i128::from(pool.fees_quote_atoms) << 48)
                + pool.dust.to_i128();
            let backing = (i128::from(pool.cash_quote_atoms) << 48) + pool.debt.to_i128();
            // What was paid out at the settlement price came from nobody until both sides were.
            let paid_out = (settled_long - settled_short) * settled_value(&instrument.state);
            if claims - paid_out != backing {
                let detail = format!("instrument {name}: claims {claims}, cash and debt {backing}");
                return broken("QUOTE_FLOW_CLOSED", detail);
            }
        }
        Ok(())
    }

    /// An account with a row of a contract that is gone could not be checked any more.
    fn rows_are_listed(&self) -> Result<(), Broken> {
        for account in self.accounts {
            for row in account.state.rows().unwrap_or_default() {
                let known = match row.key().map(|key| (key, key.kind())) {
                    Ok((key, RowKind::Position)) => {
                        let listed = self.directory.instrument(key.index());
                        listed.is_ok_and(|one| one.state.key() == key)
                    }
                    Ok((key, RowKind::Token)) => self.directory.token(key).is_ok(),
                    Err(_) => false,
                };
                if !known {
                    let detail = format!("margin account {}: row {}", account.address, row.key);
                    return broken("ROWS_COUNTED", detail);
                }
            }
        }
        Ok(())
    }

    fn balances_sum(&self) -> Result<(), Broken> {
        for one in &self.directory.collaterals {
            let (mut deposits, mut borrows) = (0_i128, 0_i128);
            for row in self.rows(one.state.key().raw()) {
                let shares = row.shares().get();
                match shares < 0 {
                    true => borrows -= shares,
                    false => deposits += shares,
                }
            }
            let totals = one.state.totals();
            if deposits != totals.deposits.get() || borrows != totals.borrows.get() {
                let name = one.state.index;
                let detail = format!(
                    "collateral {name}: accounts hold {deposits} and owe {borrows} shares, \
                     stored are {} and {}",
                    totals.deposits.get(),
                    totals.borrows.get(),
                );
                return broken("BALANCES_SUM", detail);
            }
        }
        Ok(())
    }

    fn vaults_cover(&self) -> Result<(), Broken> {
        for one in &self.directory.collaterals {
            let (name, totals) = (one.state.index, one.state.totals());
            let held = self.vaults_token_atoms.get(usize::from(name)).copied().unwrap_or(0);
            let mut claims = 0_i128;
            for row in self.rows(one.state.key().raw()) {
                let Ok(atoms) = totals.atoms(row.shares()) else {
                    return broken("VAULT_COVERS", format!("collateral {name}: out of range"));
                };
                claims += i128::from(atoms.get());
            }
            // Set aside, in 2^-48 atoms: a part of an atom is not spent.
            claims += one.state.reserve.to_i128() >> 48;
            if name == 0 {
                claims += i128::from(self.directory.insurance.state.balance_quote_atoms);
                for pool in &self.directory.pools {
                    claims += i128::from(pool.state.cash_quote_atoms);
                }
            }
            if i128::from(held) < claims {
                let detail = format!("collateral {name}: holds {held}, owes {claims} atoms");
                return broken("VAULT_COVERS", detail);
            }
        }
        Ok(())
    }

    fn rows(&self, key: u64) -> impl Iterator<Item = &Row> {
        let rows =
            self.accounts.iter().flat_map(|account| account.state.rows().unwrap_or_default());
        rows.filter(move |row| row.key == key)
    }
}

/// The laws that compare two moments of one group, `before` the earlier one.
pub fn check_step(before: &GroupDirectory, after: &GroupDirectory) -> Result<(), Broken> {
    for (old, new) in before.collaterals.iter().zip(&after.collaterals) {
        let (old, new) = (old.state, new.state);
        let loss_shared = old.losses_shared != new.losses_shared;
        let rises = (loss_shared || old.deposit_index() <= new.deposit_index())
            && old.borrow_index() <= new.borrow_index();
        if !rises {
            return broken("INDICES_RISE", format!("collateral {}", old.index));
        }
    }
    for old in &before.pools {
        // A closed contract's pool is gone.
        let Ok(new) = after.pool(old.state.index) else { continue };
        let (old, new) = (old.state, new.state);
        if old.volume_lots > new.volume_lots {
            return broken("COUNTERS_RISE", format!("volume of instrument {}", old.index));
        }
    }
    let (old, new) = (before.insurance.state, after.insurance.state);
    let rises = old.received_quote_atoms <= new.received_quote_atoms
        && old.paid_quote_atoms <= new.paid_quote_atoms;
    match rises {
        true => Ok(()),
        false => broken("COUNTERS_RISE", "insurance".into()),
    }
}

/// What a token account holds (token atoms), for both token programs; `None` if the bytes are no
/// token account.
pub fn token_balance(data: &[u8]) -> Option<u64> {
    // Mint, owner, amount: the layout that both programs share.
    let amount = data.get(64..72)?;
    Some(u64::from_le_bytes(amount.try_into().ok()?))
}

/// Addresses of the vaults, in the order that [`Books`] wants.
pub fn vault_addresses(directory: &GroupDirectory) -> Vec<Address> {
    directory.collaterals.iter().map(|one| one.state.vault).collect()
}

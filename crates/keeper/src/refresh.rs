//! What must be brought up to date before accounts with contracts can be judged? Risk arrays that are
//! too old, settlement prices that want samples, and contracts that have not taken theirs over.

use plimsoll_client::instruction::{refresh_risk_array, sample_settlement};
use plimsoll_client::source::read;
use plimsoll_client::state::{Expiry, Instrument, MarginAccount};
use plimsoll_client::{AccountSource, ClientError, GroupDirectory, Instruction, Keyed, Snapshot};
use plimsoll_options::{GAP_MAX, WINDOW};
use plimsoll_units::UnixSeconds;

/// An array is renewed when this part of its life is left: one half.
const LIFE_LEFT: i64 = 2;

/// The instructions that bring contracts up to date, samples first: what they settle is taken over in
/// the same round. Instruments that no account holds are left alone, and so is what has no valid
/// price now, unless its expiry has settled: taking that over needs none.
///
/// Errors: those of building instructions.
pub fn refreshes(
    snapshot: &Snapshot<'_>,
    accounts: &[Keyed<MarginAccount>],
) -> Result<Vec<Instruction>, ClientError> {
    let (directory, now) = (snapshot.directory(), snapshot.now().time);
    let mut all = Vec::new();
    for expiry in &directory.expiries {
        if snapshot.is_priced(expiry.state.underlying) && wants_sample(&expiry.state, now) {
            let (on, at) = (expiry.state.underlying, expiry.state.expires_at);
            all.push(sample_settlement(directory, on, at)?);
        }
    }
    for instrument in &directory.instruments {
        let state = &instrument.state;
        let due = state.has_array(now) && !state.is_settled() && wants_array(snapshot, state, now);
        let possible = snapshot.is_priced(state.underlying) || takes_over(directory, state);
        if due && possible && is_held(state, accounts)? {
            all.push(refresh_risk_array(directory, state.index)?);
        }
    }
    Ok(all)
}

/// From just before the window until it is settled. More samples than one a minute gain little.
fn wants_sample(expiry: &Expiry, now: UnixSeconds) -> bool {
    let ahead = i64::try_from(WINDOW.get() + GAP_MAX.get()).unwrap_or(i64::MAX);
    let last = expiry.settlement().ok().and_then(|one| one.sampled_at());
    let fresh = last.is_some_and(|last| now.elapsed_since(last).get() < SAMPLE_SECONDS);
    let open = now.get() >= expiry.expires_at.saturating_sub(ahead);
    open && expiry.settled_at == 0 && !fresh
}

/// Seconds between two samples.
const SAMPLE_SECONDS: u64 = 60;

/// Is the array too old or of another price, or will it be soon?
fn wants_array(snapshot: &Snapshot<'_>, state: &Instrument, now: UnixSeconds) -> bool {
    let age = now.get().saturating_sub(state.array.refreshed_at);
    let old = age.saturating_mul(LIFE_LEFT) > i64::from(state.array.seconds_max);
    old || snapshot.terms(state.key()).is_err()
}

/// Has its expiry settled?
fn takes_over(directory: &GroupDirectory, state: &Instrument) -> bool {
    let expiry = directory.expiry(state.underlying, state.expires_at);
    expiry.is_ok_and(|expiry| expiry.state.is_settled())
}

fn is_held(state: &Instrument, accounts: &[Keyed<MarginAccount>]) -> Result<bool, ClientError> {
    for account in accounts {
        if account.state.row(state.key())?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Reads the expiries again.
///
/// Errors: those of reading.
pub fn reread_expiries(
    directory: &mut GroupDirectory,
    source: &(impl AccountSource + ?Sized),
) -> Result<(), ClientError> {
    for one in &mut directory.expiries {
        *one = read(source, &one.address)?;
    }
    Ok(())
}

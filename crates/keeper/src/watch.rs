//! Which accounts are below their line now?

use plimsoll_client::error::error_code;
use plimsoll_client::state::MarginAccount;
use plimsoll_client::{
    AccountSource, Address, ClientError, GroupDirectory, Keyed, PlimsollError, Snapshot,
};
use plimsoll_risk::{Check, Grade, RiskError};

use crate::rank::{rank, Candidate};

/// What the program says of an account with a position that has a deleveraging to go through.
pub(crate) const OUTDATED: u32 = error_code(PlimsollError::PositionOutdated);

/// What a look at all accounts found.
#[derive(Clone, Debug, Default)]
pub struct Sighting {
    /// Accounts below their line, or in an episode that has not ended; largest shortfall first.
    pub candidates: Vec<Candidate<Address>>,
    /// Accounts that cannot be judged, because a price that they need is not valid.
    pub unpriced: u64,
    /// Accounts that cannot be judged, because a contract's risk array is too old.
    pub unrefreshed: u64,
    /// Accounts that cannot be judged, because a position has a deleveraging to go through.
    pub outdated: u64,
}

/// Looks at `accounts`, and passes over the keeper's `own`.
pub fn watch(
    snapshot: &Snapshot<'_>,
    accounts: &[Keyed<MarginAccount>],
    own: &Address,
) -> Result<Sighting, ClientError> {
    let mut sighting = Sighting::default();
    for account in accounts.iter().filter(|account| account.address != *own) {
        match snapshot.health(&account.state, Check::Maintenance) {
            Ok(health) => {
                let lasting = account.state.episode_slot != 0;
                sighting.candidates.extend(Candidate::of(account.address, &health, lasting)?);
            }
            Err(ClientError::Risk(RiskError::OracleInvalid { .. })) => {
                sighting.unpriced = sighting.unpriced.saturating_add(1);
            }
            Err(ClientError::Risk(RiskError::MissingTerms { .. })) => {
                sighting.unrefreshed = sighting.unrefreshed.saturating_add(1);
            }
            // Whoever resizes its positions will see it.
            Err(ClientError::Program(code)) if code == OUTDATED => {
                sighting.outdated = sighting.outdated.saturating_add(1);
            }
            Err(error) => return Err(error),
        }
    }
    rank(&mut sighting.candidates);
    Ok(sighting)
}

/// Underlyings whose price is flawed now, and how. A flaw of the quote token's price is everybody's, and
/// counts once.
///
/// Errors: `UnknownUnderlying`.
pub fn flawed(snapshot: &Snapshot<'_>) -> Result<Vec<(u16, Grade)>, ClientError> {
    let mut found = Vec::new();
    for one in &snapshot.directory().underlyings {
        let grade = snapshot.quote(one.state.index)?.grade;
        if grade != Grade::Valid {
            found.push((one.state.index, grade));
        }
    }
    Ok(found)
}

/// Reads again what others change of a group: the insurance fund, the totals of the tokens, the slow
/// prices of the underlyings, by which a jump is told from a move, and the contracts.
pub fn reread(
    directory: &mut GroupDirectory,
    source: &(impl AccountSource + ?Sized),
) -> Result<(), ClientError> {
    directory.refresh_terms(source)?;
    directory.refresh_instruments(source)
}

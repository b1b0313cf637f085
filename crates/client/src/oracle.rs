//! What does an oracle account say, before anything that it prices is listed?

use plimsoll::oracle::read_strict;
use plimsoll::state::StoredSource;
use plimsoll::SourceParams;
use plimsoll_risk::SourceQuote;
use solana_address::Address;

use crate::error::ClientError;
use crate::source::AccountSource;

/// The price of a source (USD per unit), read from the account at `address` as listing reads it.
/// Whether it is recent or certain enough is for the caller to judge.
///
/// Errors: `Source`, `AccountMissing`, and `Program` for `OracleWrongFeed`, `OracleWrongOwner`,
/// `OracleUnreadable`, `OracleNotVerified`, `OracleNotPositive`, `OracleSourceInvalid`.
pub fn source_quote(
    source: &(impl AccountSource + ?Sized),
    params: &SourceParams,
    address: &Address,
) -> Result<SourceQuote, ClientError> {
    let SourceParams { kind, address: named, feed_id } = *params;
    let stored = StoredSource { kind: u64::from(kind), address: named, feed_id };
    let account = source.account(address)?.ok_or(ClientError::AccountMissing(*address))?;
    Ok(read_strict(&stored, address, &account.owner, &account.data)?)
}

//! What does one side of an instrument hold, with what its positions have yet to go through?
//!
//! What a single position will keep of a deleveraging depends on who goes through before it; what
//! all of those who wait will keep together does not, and neither does what they will have been
//! paid. So the sums of a side are exact at any moment.

use plimsoll::state::{Instrument, Row};
use plimsoll_units::UnixSeconds;

use crate::directory::{GroupDirectory, Keyed};

/// Sums over one side.
#[derive(Clone, Copy, Default)]
pub(super) struct Side {
    /// Lots, their magnitude.
    pub(super) lots: i128,
    /// Quote flows (2^-48 quote atoms).
    pub(super) quote: i128,
}

/// The law that is broken, and how.
type Failure = (&'static str, String);

/// Sums up the positions of one side.
pub(super) fn side(
    directory: &GroupDirectory,
    instrument: &Keyed<Instrument>,
    rows: &[&Row],
    short: bool,
) -> Result<Side, Failure> {
    let state = &instrument.state;
    let (made, sign) = match short {
        false => (state.long_deleveragings, 1),
        true => (state.short_deleveragings, -1),
    };
    let out = |what: &str| format!("instrument {}: {what}", state.index);
    let held = |number: u64| {
        let own = rows.iter().filter(move |row| {
            row.lots != 0 && (row.lots < 0) == short && row.deleveragings == number
        });
        // Stored flows: with the side's index still in them.
        own.fold(Side::default(), |sum, row| Side {
            lots: sum.lots + i128::from(row.lots.unsigned_abs()),
            quote: sum.quote + row.quote().get(),
        })
    };
    let ahead =
        rows.iter().any(|row| row.lots != 0 && (row.lots < 0) == short && row.deleveragings > made);
    if ahead {
        return Err(("DELEVERAGINGS_KNOWN", out("a position went through one that was not made")));
    }
    let mut carried = Side::default();
    for number in 0..made {
        let own = held(number);
        carried = Side { lots: carried.lots + own.lots, quote: carried.quote + own.quote };
        let Some(one) = directory.deleveraging(&instrument.address, short, number) else {
            // Removed: everybody has gone through.
            if carried.lots != 0 {
                return Err(("DELEVERAGINGS_KNOWN", out("one was removed too early")));
            }
            continue;
        };
        let resizing = one.state.resizing();
        let kept = resizing.waiting_after().map(i128::from).unwrap_or(-1);
        if i128::from(resizing.waiting) != carried.lots {
            let detail = format!("{} lots wait, {} are there", resizing.waiting, carried.lots);
            return Err(("DELEVERAGINGS_KNOWN", out(&detail)));
        }
        let (index, price) = (one.state.index.to_i128(), one.state.price.to_i128());
        let closed = carried.lots - kept;
        carried.quote += sign * closed * (price - index);
        carried.lots = kept;
    }
    let own = held(made);
    let lots = carried.lots + own.lots;
    // Funding is the same on both sides, so that any moment gives the same sum.
    let moment = UnixSeconds::new(state.funding_at);
    let indices = state.side_indices(moment);
    let indices = indices.map_err(|_| ("QUOTE_FLOW_CLOSED", out("out of range")))?;
    let index = if short { indices.short } else { indices.long };
    Ok(Side { lots, quote: carried.quote + own.quote - sign * lots * index.get() })
}

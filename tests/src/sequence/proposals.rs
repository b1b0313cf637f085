//! What is proposed, by whom: a kind, a target, and edits of its terms as they are stored.

use plimsoll_client::state::StoredSource;
use plimsoll_client::{
    Address, Change, CollateralParams, InstrumentParams, SourceParams, TimelockParams,
    UnderlyingParams,
};
use plimsoll_migrations::{group_params, token, underlying_params, Step};

use super::contracts;
use super::edits;
use super::entry::{any_instrument, any_of, signer, word};
use super::governance::mostly;
use super::listing::{self, Kind};
use super::rng::Rng;
use super::stage::{Stage, GUARDIAN, PERSONS, PUBLISHER};
use super::terms::stored_instrument;
use crate::FeedKind;

/// Kinds of change, by their numbers here.
const UNDERLYING: u8 = 0;
const ORACLES: u8 = 1;
const COLLATERAL: u8 = 2;
const INSTRUMENT: u8 = 3;
const GROUP: u8 = 4;
const TIMELOCK: u8 = 5;
const LISTINGS: [(u8, Kind); 5] = [
    (6, Kind::Underlying),
    (7, Kind::Token),
    (8, Kind::Instrument),
    (14, Kind::Expiry),
    (15, Kind::Contract),
];
const ROLES: [u8; 5] = [9, 10, 11, 12, 16];
/// Bytes that are no change.
const NONE: u8 = 13;

/// Who, how many slots ago, the kind, and what belongs to it.
pub(crate) fn draw(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let roles = &stage.group.governance;
    if roles.launched_at == 0 && !rng.chance(5) {
        return None;
    }
    let kinds = [
        0, 0, 0, 0, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 14,
        15, 15, 15, 16,
    ];
    let kind = match few_contracts(stage) && rng.chance(40) {
        true => rng.pick(&[14, 15]),
        false => rng.pick(&kinds),
    };
    let role = match kind {
        UNDERLYING | COLLATERAL | INSTRUMENT | GROUP => roles.risk_manager,
        6..=8 | 14 | 15 => roles.lister,
        _ => None,
    };
    let role = role.filter(|_| rng.chance(60)).unwrap_or(roles.owner);
    let who = mostly(rng, Some(role));
    let back = match rng.below(25) {
        0 => rng.between(140, 160),
        1 => -1,
        _ => rng.between(0, 10),
    };
    let mut words = vec![who.into(), back.into(), kind.into()];
    words.extend(details(stage, rng, kind)?);
    Some(words)
}

/// Do hardly any contracts run?
fn few_contracts(stage: &Stage) -> bool {
    let now = stage.market().now.seconds;
    let running = stage.group.instruments.iter().filter_map(|one| one.expires_at());
    running.filter(|at| *at > now).count() < 3
}

fn details(stage: &Stage, rng: &mut Rng, kind: u8) -> Option<Vec<i128>> {
    let group = &stage.group;
    if let Some((_, listed)) = LISTINGS.iter().find(|(number, _)| *number == kind) {
        return listing::draw_terms(stage, rng, *listed);
    }
    let target = match kind {
        UNDERLYING | ORACLES => any_of(rng, group.underlyings.len())?,
        COLLATERAL => any_of(rng, group.collaterals.len())?,
        INSTRUMENT => any_instrument(stage, rng)?,
        GROUP | TIMELOCK => 0,
        NONE => return Some(Vec::new()),
        // A role without a holder is rarely of use afterwards.
        _ => {
            let who = match (kind, rng.chance(60)) {
                (10, true) => i64::from(GUARDIAN),
                (16, true) => i64::from(PUBLISHER),
                _ if rng.chance(8) => -1,
                _ => rng.between(0, i64::from(PERSONS) - 2),
            };
            return Some(vec![who.into()]);
        }
    };
    let mut words = vec![target as i128];
    match kind {
        UNDERLYING => words.extend(edits::draw(rng, &mut underlying(stage, target)?)),
        ORACLES => words.extend(draw_sources(stage, rng, target)),
        COLLATERAL => words.extend(edits::draw(rng, &mut collateral(stage, target)?)),
        INSTRUMENT => {
            // A contract that may only shrink is of little use to the rest of a sequence.
            words.push(rng.chance(6).into());
            words.extend(edits::draw(rng, &mut instrument(stage, target)?));
        }
        GROUP => {
            let mut terms = group_params(&stage.world.directory.group.state);
            words.extend(edits::draw(rng, &mut terms));
        }
        _ => words.extend(edits::draw(rng, &mut timelock(stage))),
    }
    Some(words)
}

/// Oracle accounts by number: mostly such as say something like it. -1 names no account, -2 is of a
/// kind that there is not.
fn draw_sources(stage: &Stage, rng: &mut Rng, target: usize) -> Vec<i128> {
    let now = &stage.group.underlyings[target].sources;
    let own = now.first().copied().flatten().unwrap_or(0) as i128;
    match (own, rng.below(12)) {
        (1 | 5, 0..9) => rng.pick(&[&[1][..], &[5], &[1, 5], &[5, 1]]).to_vec(),
        (_, 0..7) => vec![own],
        (_, 9) => vec![-1 - i128::from(rng.below(2))],
        (_, 10) => vec![own; rng.pick(&[0, 3])],
        _ => vec![own, i128::from(rng.below(6))],
    }
}

/// What the words stand for; the inner `None` is what no change is.
pub(crate) fn change(stage: &Stage, words: &[i128]) -> Option<Option<Change>> {
    let kind: u8 = word(words, 0)?;
    let rest = words.get(1..)?;
    if let Some((_, listed)) = LISTINGS.iter().find(|(number, _)| *number == kind) {
        return Some(Some(listing::terms(stage, rest, *listed)?));
    }
    if kind == NONE {
        return Some(None);
    }
    if ROLES.contains(&kind) {
        let who = u16::try_from(word::<i64>(rest, 0)?).ok();
        let address = who.map_or(Address::default(), signer);
        return Some(Some(match kind {
            9 => Change::Owner { address },
            10 => Change::Guardian { address },
            11 => Change::Lister { address },
            16 => Change::Publisher { address },
            _ => Change::RiskManager { address },
        }));
    }
    let (index, edits): (u16, _) = (word(rest, 0)?, rest.get(1..)?);
    let at = usize::from(index);
    Some(Some(match kind {
        UNDERLYING => {
            let mut params = underlying(stage, at)?;
            edits::bend(&mut params, edits)?;
            Change::Underlying { index, params }
        }
        ORACLES => {
            stage.group.underlyings.get(at)?;
            let sources = edits.iter().map(|number| source(stage, *number)).collect::<Option<_>>();
            Change::UnderlyingOracles { index, sources: sources? }
        }
        COLLATERAL => {
            let mut params = collateral(stage, at)?;
            edits::bend(&mut params, edits)?;
            Change::Collateral { index, params }
        }
        INSTRUMENT => {
            let mut params = instrument(stage, at)?;
            edits::bend(&mut params, edits.get(1..)?)?;
            Change::Instrument { index, reduce_only: edits[0] != 0, params }
        }
        GROUP => {
            let mut params = group_params(&stage.world.directory.group.state);
            edits::bend(&mut params, edits)?;
            Change::Group { params }
        }
        TIMELOCK => {
            let mut params = timelock(stage);
            edits::bend(&mut params, edits)?;
            Change::Timelock { params }
        }
        _ => return None,
    }))
}

fn underlying(stage: &Stage, at: usize) -> Option<UnderlyingParams> {
    Some(underlying_params(&stage.world.directory.underlyings.get(at)?.state))
}

fn collateral(stage: &Stage, at: usize) -> Option<CollateralParams> {
    Some(token(&stage.world.directory.collaterals.get(at)?.state).params)
}

fn instrument(stage: &Stage, at: usize) -> Option<InstrumentParams> {
    let stored = &stage.world.directory.instrument(u16::try_from(at).ok()?).ok()?.state;
    if let Some((lot_mantissa, lot_exponent)) = contracts::stored_lot(stored) {
        let listed = contracts::contract_of(0, 1, 0).instrument;
        let listed = InstrumentParams { lot_mantissa, lot_exponent, ..listed };
        if stored.expires_at != 0 {
            return Some(stored_instrument(stored, &listed));
        }
    }
    let all = listing::catalogue(stage, Kind::Instrument);
    let listed = all.into_iter().find_map(|step| match step {
        Step::Instrument { params, .. } if params.name == stored.name => Some(params),
        _ => None,
    });
    Some(stored_instrument(stored, listed?))
}

fn timelock(stage: &Stage) -> TimelockParams {
    let group = &stage.world.directory.group.state;
    TimelockParams {
        timelock_seconds: group.timelock_seconds,
        window_seconds: group.window_seconds,
    }
}

/// A source that reads the oracle account of a number.
fn source(stage: &Stage, number: i128) -> Option<SourceParams> {
    let Ok(number) = usize::try_from(number) else {
        let kind = if number == -1 { 1 } else { 7 };
        return Some(SourceParams { kind, address: Address::default(), feed_id: [0; 32] });
    };
    let feed = &stage.world.feeds[stage.oracles.get(number)?];
    let StoredSource { kind, address, feed_id } = match feed.kind {
        FeedKind::Push => StoredSource { kind: 1, address: feed.address, feed_id: [0; 32] },
        FeedKind::Pull(feed_id) => StoredSource { kind: 2, address: feed.address, feed_id },
    };
    Some(SourceParams { kind: u8::try_from(kind).ok()?, address, feed_id })
}

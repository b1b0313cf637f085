//! Listings, at once by the owner of a group that is being set up, and by proposals afterwards;
//! and groups that people create besides.

use plimsoll_client::instruction as ix;
use plimsoll_client::{
    Address, Change, GroupParams, Instruction, RoleParams, TimelockParams, UnderlyingParams,
};
use plimsoll_migrations::Step;
use plimsoll_model::{Action, Deed, Founded, Governance, ProposalState};

use super::calendar;
use super::edits;
use super::entry::{any_of, signer, word, Act, Entry, Play};
use super::rng::Rng;
use super::stage::{Stage, FOUNDED, OWNER, PAYER, PEOPLE, PERSONS};
use super::terms::group_terms;
use crate::tokens::SPL_TOKEN;
use crate::vm::address;

/// Which kind of listing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Underlying,
    Token,
    Instrument,
    Expiry,
    Contract,
}

/// Steps that list.
pub(crate) fn entries() -> Vec<Entry> {
    let play = Act::Play;
    vec![
        Entry { name: "create_group", weight: 2, draw: draw_group, act: play(group) },
        Entry {
            name: "create_underlying",
            weight: 8,
            draw: |stage, rng| draw_listing(stage, rng, Kind::Underlying),
            act: play(|stage, words| list(stage, words, Kind::Underlying)),
        },
        Entry {
            name: "create_collateral",
            weight: 8,
            draw: |stage, rng| draw_listing(stage, rng, Kind::Token),
            act: play(|stage, words| list(stage, words, Kind::Token)),
        },
        Entry {
            name: "create_instrument",
            weight: 8,
            draw: |stage, rng| draw_listing(stage, rng, Kind::Instrument),
            act: play(|stage, words| list(stage, words, Kind::Instrument)),
        },
        Entry {
            name: "create_expiry",
            weight: 50,
            draw: |stage, rng| draw_listing(stage, rng, Kind::Expiry),
            act: play(|stage, words| list(stage, words, Kind::Expiry)),
        },
        Entry {
            name: "create_contract",
            weight: 80,
            draw: |stage, rng| draw_listing(stage, rng, Kind::Contract),
            act: play(|stage, words| list(stage, words, Kind::Contract)),
        },
    ]
}

/// Everything of a kind that could be listed, in the order of the file.
pub(crate) fn catalogue(stage: &Stage, kind: Kind) -> Vec<&Step> {
    let steps = stage.world.steps.iter();
    let own = steps.filter(|step| match step {
        Step::Underlying { .. } => kind == Kind::Underlying,
        Step::Token { .. } => kind == Kind::Token,
        Step::Instrument { .. } => kind == Kind::Instrument,
        _ => false,
    });
    own.collect()
}

/// How much of a kind is listed.
pub(crate) fn count(stage: &Stage, kind: Kind) -> usize {
    let expires = |one: &&plimsoll_model::Instrument| one.contract.is_some();
    let contracts = || stage.group.instruments.iter().filter(expires).count();
    match kind {
        Kind::Underlying => stage.group.underlyings.len(),
        Kind::Token => stage.group.collaterals.len(),
        Kind::Instrument => stage.group.instruments.iter().count() - contracts(),
        Kind::Expiry => stage.group.underlyings.iter().map(|one| one.expiries.len()).sum(),
        Kind::Contract => contracts(),
    }
}

/// The kind of a change, if it is a listing.
pub(crate) fn kind(change: &Change) -> Option<Kind> {
    match change {
        Change::ListUnderlying { .. } => Some(Kind::Underlying),
        Change::ListCollateral { .. } => Some(Kind::Token),
        Change::ListInstrument { .. } => Some(Kind::Instrument),
        Change::ListExpiry { .. } => Some(Kind::Expiry),
        Change::ListContract { .. } => Some(Kind::Contract),
        _ => None,
    }
}

/// Place in the catalogue, index and underlying of a listing that makes sense now, and its edits.
pub(crate) fn draw_terms(stage: &Stage, rng: &mut Rng, kind: Kind) -> Option<Vec<i128>> {
    match kind {
        Kind::Expiry => return calendar::draw_expiry(stage, rng),
        Kind::Contract => return calendar::draw_contract(stage, rng),
        _ => {}
    }
    let (all, listed) = (catalogue(stage, kind).len(), count(stage, kind));
    let place = if listed < all && rng.chance(90) { listed } else { rng.index(all) };
    let listed = match kind {
        Kind::Instrument => stage.group.instruments.next_number(),
        _ => listed,
    };
    let index = if rng.chance(95) { listed } else { listed + 1 };
    let underlying = match catalogue(stage, kind)[place] {
        Step::Token { token, .. } => token.underlying,
        Step::Instrument { underlying, .. } => *underlying,
        _ => 0,
    };
    let known = stage.group.underlyings.len();
    let underlying = match usize::from(underlying) < known && rng.chance(90) {
        true => usize::from(underlying),
        false => any_of(rng, known)?,
    };
    let mut words = vec![place as i128, index as i128, underlying as i128];
    let change = terms(stage, &words, kind)?;
    if rng.chance(40) {
        words.extend(match change {
            Change::ListUnderlying { mut params, .. } => edits::draw(rng, &mut params),
            Change::ListCollateral { mut params, .. } => edits::draw(rng, &mut params),
            Change::ListInstrument { mut params, .. } => edits::draw(rng, &mut params),
            _ => return None,
        });
        // What only an address or a lot tells apart is not bent.
        terms(stage, &words, kind)?;
    }
    Some(words)
}

/// The listing that words stand for: place in the catalogue, index, underlying, edits.
pub(crate) fn terms(stage: &Stage, words: &[i128], kind: Kind) -> Option<Change> {
    match kind {
        Kind::Expiry => return calendar::expiry(stage, words),
        Kind::Contract => return calendar::contract(stage, words),
        _ => {}
    }
    let (place, index): (usize, u16) = (word(words, 0)?, word(words, 1)?);
    let underlying: u16 = word(words, 2)?;
    let edits = words.get(3..)?;
    stage.group.underlyings.get(usize::from(underlying))?;
    Some(match *catalogue(stage, kind).get(place)? {
        Step::Underlying { params, .. } => {
            let mut params: UnderlyingParams = (**params).clone();
            edits::bend(&mut params, edits)?;
            Change::ListUnderlying { index, params }
        }
        Step::Token { token, .. } => {
            // Later tokens go by their order.
            let (mut params, mint) = (token.params.clone(), token.mint);
            if stage.group.governance.launched_at != 0 {
                params.ramp_seconds = 7 * 86_400;
            }
            edits::bend(&mut params, edits)?;
            Change::ListCollateral { mint, underlying, params }
        }
        Step::Instrument { params, .. } => {
            let mut params = *params;
            if !edits::keeps_fixed(&mut params, edits) {
                return None;
            }
            edits::bend(&mut params, edits)?;
            Change::ListInstrument { index, underlying, params }
        }
        _ => return None,
    })
}

/// Who, the proposal or -1, and either edits of what it proposes, or a listing.
fn draw_listing(stage: &Stage, rng: &mut Rng, which: Kind) -> Option<Vec<i128>> {
    let owner = match rng.chance(90) {
        true => stage.group.governance.owner,
        false => rng.below(PERSONS.into()) as u16,
    };
    let mut words = vec![i128::from(owner)];
    let launched = stage.group.governance.launched_at != 0;
    if launched != rng.chance(2) {
        let proposals = stage.group.governance.proposals.iter();
        let (now, chance) = (stage.world.vm.now().time.get(), rng.chance(10));
        let open = proposals.filter(|(id, one)| {
            let listing = stage.proposal(**id).and_then(|one| one.state.change().ok());
            let own = listing.is_some_and(|change| kind(&change) == Some(which));
            let ripe =
                one.state == ProposalState::Open && (one.executable_at..one.dies_at).contains(&now);
            own && (ripe || chance)
        });
        let open: Vec<u64> = open.map(|(id, _)| *id).collect();
        words.push(open[any_of(rng, open.len())?].into());
        if rng.chance(10) {
            words.extend([rng.below(9), rng.below(1_000)].map(i128::from));
        }
        return Some(words);
    }
    if launched && !rng.chance(10) {
        return None;
    }
    words.push(-1);
    words.extend(draw_terms(stage, rng, which)?);
    Some(words)
}

fn list(stage: &Stage, words: &[i128], which: Kind) -> Option<Play> {
    let who: u16 = word(words, 0)?;
    let proposal = u64::try_from(word::<i64>(words, 1)?).ok();
    let change = match proposal {
        None => terms(stage, words.get(2..)?, which)?,
        Some(id) => {
            let mut change = stage.proposal(id)?.state.change().ok()?;
            let edits = words.get(2..)?;
            match &mut change {
                Change::ListUnderlying { params, .. } => edits::bend(params, edits)?,
                Change::ListCollateral { params, .. } => edits::bend(params, edits)?,
                Change::ListInstrument { params, .. } => edits::bend(params, edits)?,
                Change::ListExpiry { params, .. } => edits::bend(params, edits)?,
                Change::ListContract { params, .. } => edits::bend(params, edits)?,
                _ => return None,
            }
            change
        }
    };
    if kind(&change) != Some(which) || !is_next(stage, &change) {
        return None;
    }
    let mut instruction = instruction(stage, who, &change)?;
    if let Some(id) = proposal {
        // The last of the declared accounts; what follows are oracles.
        let oracles = match &change {
            Change::ListUnderlying { params, .. } => params.sources.len(),
            _ => 0,
        };
        let at = instruction.accounts.len() - oracles - 1;
        instruction.accounts[at].pubkey = stage.proposal(id)?.address;
        instruction.accounts[at].is_writable = true;
    }
    let deed = Deed::List(stage.numbers.change(&change), proposal);
    let signers = vec![signer(who)];
    let play = Play::new(instruction, signers, Action::Govern { signer: who, deed });
    // A slice between two others is checked thrice.
    Some(Play { units: (which == Kind::Expiry).then_some(400_000), ..play })
}

/// Wallets go by the order in which tokens are listed, so that no token may come before its turn.
fn is_next(stage: &Stage, change: &Change) -> bool {
    let Change::ListCollateral { mint, .. } = change else { return true };
    let (place, count) = (stage.numbers.mints[mint].0, stage.group.collaterals.len());
    // Anything but the quote token is refused as the first one.
    place <= count || count == 0
}

fn instruction(stage: &Stage, who: u16, change: &Change) -> Option<Instruction> {
    let (payer, owner) = (address("payer"), signer(who));
    let group = stage.world.directory.group.address;
    Some(match change {
        Change::ListUnderlying { index, params } => {
            let oracles: Vec<Address> = params.sources.iter().map(|one| one.address).collect();
            ix::create_underlying(&payer, &owner, &group, *index, params.clone(), &oracles)
        }
        Change::ListCollateral { mint, underlying, params } => {
            let token = ix::NewCollateral {
                mint: *mint,
                token_program: SPL_TOKEN,
                underlying: *underlying,
                params: params.clone(),
            };
            ix::create_collateral(&payer, &owner, &group, &token)
        }
        Change::ListInstrument { index, underlying, params } => {
            ix::create_instrument(&payer, &owner, &group, *underlying, *index, *params)
        }
        Change::ListExpiry { underlying, expires_at, params } => {
            let directory = &stage.world.directory;
            ix::create_expiry(directory, &payer, &owner, *underlying, *expires_at, *params).ok()?
        }
        Change::ListContract { index, underlying, expires_at, params } => {
            let (directory, at) = (&stage.world.directory, (*underlying, *expires_at));
            ix::create_contract(directory, &payer, &owner, at, *index, *params).ok()?
        }
        _ => return None,
    })
}

/// Creator, number, token, guardian, times, and edits of the group's own terms.
fn draw_group(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let (creator, id) = (rng.below(PEOPLE.into()), rng.below(FOUNDED.into()));
    let mut words: Vec<i128> = vec![creator.into(), id.into(), rng.below(4).into()];
    words.push(rng.between(-1, i64::from(PERSONS) - 1).into());
    let hours = 3_600 * (1 + rng.below(24));
    words.push(if rng.chance(90) { hours.into() } else { 3_599 });
    words.push(if rng.chance(90) { 86_400 } else { 30 * 86_400 + 1 });
    if rng.chance(40) {
        let mut terms = plimsoll_migrations::group_params(&stage.world.directory.group.state);
        words.extend(edits::draw(rng, &mut terms));
    }
    Some(words)
}

fn group(stage: &Stage, words: &[i128]) -> Option<Play> {
    let (creator, id, token): (u16, u16, usize) =
        (word(words, 0)?, word(words, 1)?, word(words, 2)?);
    if creator >= PEOPLE || id >= FOUNDED {
        return None;
    }
    let guardian = u16::try_from(word::<i64>(words, 3)?).ok();
    let (timelock_seconds, window_seconds) = (word(words, 4)?, word(words, 5)?);
    let mut params: GroupParams =
        plimsoll_migrations::group_params(&stage.world.directory.group.state);
    edits::bend(&mut params, words.get(6..)?)?;
    let (mint, (quote_mint, decimals)) =
        stage.numbers.mints.iter().find(|(_, (number, _))| *number == token)?;
    let roles = RoleParams {
        guardian: guardian.map_or(Address::default(), signer),
        lister: signer(OWNER),
        risk_manager: Address::default(),
        publisher: Address::default(),
        timelock: TimelockParams { timelock_seconds, window_seconds },
    };
    let (payer, by) = (signer(PAYER), signer(creator));
    let instruction = ix::create_group(&payer, &by, mint, id, params, roles);
    let mut terms = group_terms(&params);
    terms.quote_decimals = *decimals;
    let governance = Governance {
        guardian,
        lister: Some(OWNER),
        timelock_seconds,
        window_seconds,
        ..Governance::default()
    };
    let founded = Box::new(Founded { terms: *terms, governance, quote_mint: *quote_mint });
    let action = Action::Govern { signer: creator, deed: Deed::Found(id, founded) };
    Some(Play::new(instruction, vec![by], action))
}

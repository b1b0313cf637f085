//! Launching, offering, proposing, carrying out, refusing, halting, tightening.

use plimsoll_client::instruction as ix;
use plimsoll_client::{Address, PauseClass, Tightening};
use plimsoll_model as model;
use plimsoll_model::{Action, Deed, Paused, ProposalState};

use super::entry::{amount, any_instrument, any_of, signer, word, Act, Entry, Play};
use super::listing;
use super::proposals;
use super::rng::Rng;
use super::stage::{Stage, OWNER, PAYER, PERSONS};

/// Steps with the group itself.
pub(crate) fn entries() -> Vec<Entry> {
    let play = Act::Play;
    vec![
        Entry { name: "launch_group", weight: 3, draw: draw_launch, act: play(launch) },
        Entry { name: "propose_owner", weight: 3, draw: draw_offer, act: play(offer) },
        Entry { name: "accept_ownership", weight: 4, draw: draw_accept, act: play(accept) },
        Entry { name: "propose", weight: 48, draw: proposals::draw, act: play(propose) },
        Entry { name: "execute", weight: 60, draw: draw_execute, act: play(execute) },
        Entry { name: "veto", weight: 5, draw: draw_veto, act: play(veto) },
        Entry { name: "close_proposal", weight: 10, draw: draw_close, act: play(close) },
        Entry { name: "tighten", weight: 6, draw: draw_tighten, act: play(tighten) },
        Entry { name: "pause", weight: 2, draw: draw_pause, act: play(pause) },
        Entry { name: "unpause", weight: 4, draw: draw_unpause, act: play(unpause) },
    ]
}

/// The one, mostly, or anybody.
pub(crate) fn mostly(rng: &mut Rng, one: Option<u16>) -> u16 {
    let anybody = u16::try_from(rng.below(PERSONS.into())).unwrap();
    match one {
        Some(one) if !rng.chance(8) => one,
        _ => anybody,
    }
}

fn governed(instruction: plimsoll_client::Instruction, who: u16, deed: Deed) -> Option<Play> {
    let action = Action::Govern { signer: who, deed };
    Some(Play::new(instruction, vec![signer(who)], action))
}

fn group(stage: &Stage) -> Address {
    stage.world.directory.group.address
}

fn is_launched(stage: &Stage) -> bool {
    stage.group.governance.launched_at != 0
}

/// Rarely before everything is listed that is to be.
fn draw_launch(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let kinds = [listing::Kind::Underlying, listing::Kind::Token, listing::Kind::Instrument];
    let catalogue: usize = kinds.iter().map(|kind| listing::catalogue(stage, *kind).len()).sum();
    let group = &stage.group;
    let listed: usize = kinds.iter().map(|kind| listing::count(stage, *kind)).sum();
    let makes_sense = !is_launched(stage) && listed + 2 > catalogue;
    (makes_sense || rng.chance(4)).then(|| vec![mostly(rng, Some(group.governance.owner)).into()])
}

fn launch(stage: &Stage, words: &[i128]) -> Option<Play> {
    let who = word(words, 0)?;
    governed(ix::launch_group(&signer(who), &group(stage)), who, Deed::Launch)
}

/// Owner, and whom it offers the group, or -1.
fn draw_offer(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let owner = mostly(rng, Some(stage.group.governance.owner));
    let to = rng.between(-1, i64::from(PERSONS) - 1);
    (!is_launched(stage) || rng.chance(10)).then(|| vec![owner.into(), to.into()])
}

fn offer(stage: &Stage, words: &[i128]) -> Option<Play> {
    let who = word(words, 0)?;
    let to = u16::try_from(word::<i64>(words, 1)?).ok();
    let address = to.map_or(Address::default(), signer);
    let instruction = ix::propose_owner(&signer(who), &group(stage), &address);
    governed(instruction, who, Deed::OfferOwnership(to))
}

fn draw_accept(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let pending = stage.group.governance.pending_owner;
    (pending.is_some() || rng.chance(6)).then(|| vec![mostly(rng, pending).into()])
}

fn accept(stage: &Stage, words: &[i128]) -> Option<Play> {
    let who = word(words, 0)?;
    governed(ix::accept_ownership(&signer(who), &group(stage)), who, Deed::AcceptOwnership)
}

fn propose(stage: &Stage, words: &[i128]) -> Option<Play> {
    let (who, back): (u16, i64) = (word(words, 0)?, word(words, 1)?);
    let slot = stage.world.vm.now().slot.get().checked_add_signed(back.checked_neg()?)?;
    let directory = &stage.world.directory;
    let (payer, by) = (signer(PAYER), signer(who));
    let deed = |change| Deed::Propose { slot, change, payer: PAYER };
    let Some(change) = proposals::change(stage, words.get(2..)?)? else {
        let nobody = plimsoll_client::Change::Lister { address: Address::default() };
        let mut one = ix::propose(directory, &payer, &by, slot, nobody).ok()?;
        // The kind of change, behind the number of the instruction, the slot and a length.
        *one.data.iter_mut().rev().nth(32)? = 250;
        return governed(one, who, deed(None));
    };
    let seen = stage.numbers.change(&change);
    let one = ix::propose(directory, &payer, &by, slot, change).ok()?;
    governed(one, who, deed(Some(seen)))
}

/// Proposals that fit, by number; any where none does, now and then.
fn draw_proposal(
    stage: &Stage,
    rng: &mut Rng,
    fits: impl Fn(&model::Proposal) -> bool,
) -> Option<u64> {
    let all = &stage.group.governance.proposals;
    let good: Vec<u64> = all.iter().filter(|(_, one)| fits(one)).map(|(id, _)| *id).collect();
    match (good.is_empty(), rng.chance(5)) {
        (false, false) => Some(rng.pick(&good)),
        (_, true) => all.keys().nth(any_of(rng, all.len())?).copied(),
        (true, false) => None,
    }
}

fn draw_execute(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let now = stage.world.vm.now().time.get();
    let id = draw_proposal(stage, rng, |one| {
        let listing = matches!(
            one.change,
            model::Change::ListUnderlying { .. }
                | model::Change::ListCollateral { .. }
                | model::Change::ListInstrument { .. }
                | model::Change::ListExpiry { .. }
                | model::Change::ListContract { .. }
        );
        // Terms of what was closed since then change no more.
        let gone = match one.change {
            model::Change::Instrument { index, .. } => stage.group.instruments.get(index).is_none(),
            _ => false,
        };
        let open = one.state == ProposalState::Open;
        open && !listing && !gone && (one.executable_at..one.dies_at).contains(&now)
    })?;
    Some(vec![mostly(rng, None).into(), id.into()])
}

fn execute(stage: &Stage, words: &[i128]) -> Option<Play> {
    let (who, id) = (word(words, 0)?, word(words, 1)?);
    let proposal = stage.proposal(id)?;
    let one = ix::execute(&stage.world.directory, &signer(who), &proposal).ok()?;
    governed(one, who, Deed::Execute(id))
}

fn draw_veto(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let id = draw_proposal(stage, rng, |one| one.state == ProposalState::Open)?;
    let roles = &stage.group.governance;
    let proposer = roles.proposals[&id].proposer;
    let who = rng.pick(&[roles.guardian, roles.guardian, Some(roles.owner), Some(proposer)]);
    Some(vec![mostly(rng, who).into(), id.into()])
}

fn veto(stage: &Stage, words: &[i128]) -> Option<Play> {
    let (who, id) = (word(words, 0)?, word(words, 1)?);
    stage.proposal(id)?;
    governed(ix::veto(&signer(who), &group(stage), id), who, Deed::Veto(id))
}

fn draw_close(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let now = stage.world.vm.now().time.get();
    let over = |one: &model::Proposal| one.state != ProposalState::Open || now >= one.dies_at;
    let id = draw_proposal(stage, rng, over)?;
    let payer = if rng.chance(95) { PAYER } else { OWNER };
    Some(vec![id.into(), payer.into()])
}

fn close(stage: &Stage, words: &[i128]) -> Option<Play> {
    let (id, payer) = (word(words, 0)?, word(words, 1)?);
    let mut proposal = stage.proposal(id)?;
    proposal.state.payer = signer(payer);
    let instruction = ix::close_proposal(&proposal);
    let deed = Deed::CloseProposal(id, payer);
    Some(Play::new(instruction, vec![], Action::Govern { signer: payer, deed }))
}

/// Guardian, kind, target, value.
fn draw_tighten(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let who = mostly(rng, stage.group.governance.guardian);
    // A contract that may only shrink is of little use to the rest of a sequence.
    let kind = if rng.chance(4) { 4 } else { rng.index(4) };
    let (target, old) = match kind {
        0..=2 => {
            let target = any_of(rng, stage.group.collaterals.len())?;
            let one = &stage.group.collaterals[target];
            let ppm = one.outflow_ppm.into();
            (target, [one.deposit_cap_token_atoms, one.borrow_cap_token_atoms, ppm][kind])
        }
        _ => {
            let target = any_instrument(stage, rng)?;
            (target, stage.group.instruments[target].open_interest_cap_lots)
        }
    };
    let value = match rng.below(12) {
        0..9 => u128::from(old) * u128::from(80 + rng.below(20)) / 100,
        9 => u128::from(old),
        10 => u128::from(old) / u128::from(1 + rng.below(1_000)),
        _ => u128::from(old) + 1,
    };
    Some(vec![who.into(), kind as i128, target as i128, value as i128])
}

fn tighten(stage: &Stage, words: &[i128]) -> Option<Play> {
    let (who, kind, at): (u16, u8, u16) = (word(words, 0)?, word(words, 1)?, word(words, 2)?);
    let (token, value): (usize, u64) = (at.into(), word(words, 3)?);
    let (collateral, instrument) = (at, at);
    let (what, seen) = match kind {
        0 => (
            Tightening::DepositCap { collateral, cap_token_atoms: value },
            model::Tightening::DepositCap { token, atoms: value },
        ),
        1 => (
            Tightening::BorrowCap { collateral, cap_token_atoms: value },
            model::Tightening::BorrowCap { token, atoms: value },
        ),
        2 => {
            let ppm = value.try_into().ok()?;
            let what = Tightening::Outflow { collateral, outflow_ppm: ppm };
            (what, model::Tightening::Outflow { token, ppm })
        }
        3 => (
            Tightening::OpenInterestCap { instrument, cap_lots: value },
            model::Tightening::OpenInterestCap { instrument: token, lots: value },
        ),
        _ => (
            Tightening::ReduceOnly { instrument },
            model::Tightening::ReduceOnly { instrument: token },
        ),
    };
    let one = ix::tighten(&stage.world.directory, &signer(who), what).ok()?;
    governed(one, who, Deed::Tighten(seen))
}

fn class(words: &[i128]) -> Option<(PauseClass, Paused)> {
    Some(match word::<u8>(words, 1)? {
        0 => (PauseClass::Trade, Paused::Trade),
        1 => (PauseClass::Borrow, Paused::Borrow),
        2 => (PauseClass::Liquidate, Paused::Liquidate),
        _ => (PauseClass::SettleProfit, Paused::SettleProfit),
    })
}

fn draw_pause(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let who = mostly(rng, stage.group.governance.guardian);
    let seconds = match rng.below(20) {
        0..17 => 1 + rng.below(600),
        17 => 80_000,
        _ => 86_300 + rng.below(200),
    };
    Some(vec![who.into(), rng.below(4).into(), amount(rng, seconds)])
}

fn pause(stage: &Stage, words: &[i128]) -> Option<Play> {
    let (who, (stored, class)) = (word(words, 0)?, class(words)?);
    let seconds = word(words, 2)?;
    let instruction = ix::pause(&signer(who), &group(stage), stored, seconds);
    governed(instruction, who, Deed::Pause(class, seconds))
}

fn draw_unpause(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let now = stage.world.vm.now().time.get();
    let paused = stage.group.terms.paused_until;
    let runs: Vec<usize> = (0..4).filter(|one| paused[*one] > now).collect();
    let class = match runs.is_empty() {
        true if rng.chance(80) => return None,
        true => rng.index(4),
        false => rng.pick(&runs),
    };
    let roles = &stage.group.governance;
    let who = rng.pick(&[roles.guardian, Some(roles.owner)]);
    Some(vec![mostly(rng, who).into(), class as i128])
}

fn unpause(stage: &Stage, words: &[i128]) -> Option<Play> {
    let (who, (stored, class)) = (word(words, 0)?, class(words)?);
    let instruction = ix::unpause(&signer(who), &group(stage), stored);
    governed(instruction, who, Deed::Unpause(class))
}

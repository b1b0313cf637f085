//! What an account is told about itself.

use plimsoll_client::instruction as ix;
use plimsoll_client::{decode_return, AccountReport, UnderlyingDetail};
use plimsoll_model::{untrue, untrue_detail, Action, Market, Told, ToldDetail};

use super::entry::{any_account, any_of, word, Act, Entry, Play};
use super::rng::Rng;
use super::stage::Stage;

/// Steps that only ask.
pub(crate) fn entries() -> Vec<Entry> {
    let play = Act::Play;
    vec![
        Entry { name: "view_account", weight: 4, draw: draw_report, act: play(report) },
        Entry { name: "view_withdrawable", weight: 4, draw: draw_most, act: play(most) },
        Entry { name: "view_underlying", weight: 12, draw: draw_detail, act: play(detail) },
    ]
}

fn draw_report(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    Some(vec![any_account(stage, rng)?.into()])
}

fn report(stage: &Stage, words: &[i128]) -> Option<Play> {
    let account = word(words, 0)?;
    let instruction = ix::view_account(&stage.world.directory, &stage.margin(account)?).ok()?;
    let play = Play::new(instruction, vec![], Action::View { account });
    Some(Play { answer: Some(report_is_wrong), ..play })
}

fn report_is_wrong(
    stage: &Stage,
    market: &Market,
    action: &Action,
    returned: &[u8],
) -> Option<String> {
    let Action::View { account } = action else { return None };
    let Some(report) = decode_return::<AccountReport>(returned) else {
        return Some("no report was returned".into());
    };
    let told = Told {
        equity: report.equity_quote_atoms,
        equity_initial: report.equity_initial_quote_atoms,
        maintenance: report.maintenance_quote_atoms,
        initial: report.initial_quote_atoms,
    };
    untrue(&stage.group, market, *account, &told)
}

fn draw_most(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let account = any_account(stage, rng)?;
    let token = any_of(rng, stage.group.collaterals.len())?;
    Some(vec![account.into(), token as i128])
}

fn most(stage: &Stage, words: &[i128]) -> Option<Play> {
    let (account, token): (u16, usize) = (word(words, 0)?, word(words, 1)?);
    let directory = &stage.world.directory;
    let key = directory.collaterals.get(token)?.state.key();
    let one = ix::view_withdrawable(directory, &stage.margin(account)?, key).ok()?;
    // It looks for an amount, and judges the account for each that it tries.
    let play = Play::new(one, vec![], Action::ViewWithdrawable { account });
    Some(Play { units: Some(1_400_000), ..play })
}

/// An account, and an underlying on which it holds a contract that expires.
fn draw_detail(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let account = any_account(stage, rng)?;
    let held = stage.group.accounts[&account].positions.keys();
    let held = held.map(|index| &stage.group.instruments[*index]);
    let on: Vec<usize> =
        held.filter(|one| one.contract.is_some()).map(|one| one.underlying).collect();
    let underlying = match on.is_empty() {
        false => rng.pick(&on),
        true if rng.chance(5) => rng.index(stage.group.underlyings.len()),
        true => return None,
    };
    Some(vec![account.into(), underlying as i128])
}

fn detail(stage: &Stage, words: &[i128]) -> Option<Play> {
    let (account, underlying): (u16, u16) = (word(words, 0)?, word(words, 1)?);
    stage.group.underlyings.get(usize::from(underlying))?;
    let margin = stage.margin(account)?;
    let one = ix::view_underlying(&stage.world.directory, &margin, underlying).ok()?;
    let action = Action::ViewUnderlying { account, underlying: underlying.into() };
    Some(Play { answer: Some(detail_is_wrong), ..Play::new(one, vec![], action) })
}

fn detail_is_wrong(
    stage: &Stage,
    market: &Market,
    action: &Action,
    returned: &[u8],
) -> Option<String> {
    let Action::ViewUnderlying { account, underlying } = action else { return None };
    let Some(one) = decode_return::<UnderlyingDetail>(returned) else {
        return Some("no detail was returned".into());
    };
    let told = ToldDetail {
        worst_scenario: one.worst_scenario.into(),
        outcomes: one.outcomes_quote_atoms,
        scenario: one.scenario_quote_atoms,
        concentration: one.concentration_quote_atoms,
        bound: one.bound_quote_atoms,
        basis: one.basis_quote_atoms,
        floor: one.floor_quote_atoms,
        requirement: one.requirement_quote_atoms,
        delta: one.delta_quote_atoms,
        gamma: one.gamma_quote_atoms,
        vega: one.vega_quote_atoms,
        theta: one.theta_quote_atoms,
    };
    untrue_detail(&stage.group, market, (*account, *underlying), &told)
}

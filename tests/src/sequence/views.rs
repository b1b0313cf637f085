//! What an account is told about itself.

use plimsoll_client::instruction as ix;
use plimsoll_client::{decode_return, AccountReport};
use plimsoll_model::{untrue, Action, Market, Told};

use super::entry::{any_account, any_of, word, Act, Entry, Play};
use super::rng::Rng;
use super::stage::Stage;

/// Steps that only ask.
pub(crate) fn entries() -> Vec<Entry> {
    let play = Act::Play;
    vec![
        Entry { name: "view_account", weight: 4, draw: draw_report, act: play(report) },
        Entry { name: "view_withdrawable", weight: 4, draw: draw_most, act: play(most) },
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
    Some(Play::new(one, vec![], Action::ViewWithdrawable { account }))
}

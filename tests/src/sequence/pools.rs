//! What anybody may do with profit and loss, interest, fees and debts; and stakes.

use plimsoll_client::instruction as ix;
use plimsoll_client::state::ROW_WEIGHT;
use plimsoll_client::Instruction;
use plimsoll_model::number::{value, whole, zero};
use plimsoll_model::{Action, Grade, Instrument, Position};

use super::debts::bare;
use super::entry::{
    amount, any_account, any_instrument, any_number, any_of, signer, word, Act, Entry, Play,
};
use super::last_resort::lost;
use super::rng::Rng;
use super::stage::{Stage, PEOPLE};
use crate::vm::address;

/// Steps with pools and the insurance fund.
pub(crate) fn entries() -> Vec<Entry> {
    let play = Act::Play;
    vec![
        Entry { name: "refresh_collateral", weight: 12, draw: draw_token, act: play(interest) },
        Entry { name: "settle_position", weight: 70, draw: draw_settle, act: play(settle) },
        Entry { name: "renew_position", weight: 20, draw: draw_renewal, act: play(renew) },
        Entry { name: "collect_fees", weight: 12, draw: draw_contract, act: play(fees) },
        Entry { name: "repay_debt", weight: 220, draw: draw_debt, act: play(repay) },
        Entry { name: "share_loss", weight: 150, draw: draw_loss, act: play(share) },
        Entry { name: "write_off_debt", weight: 80, draw: draw_bankrupt, act: play(write_off) },
        Entry { name: "stake_insurance", weight: 10, draw: draw_stake, act: play(stake) },
        Entry { name: "request_unstake", weight: 8, draw: draw_request, act: play(request) },
        Entry { name: "close_stake", weight: 6, draw: draw_closing, act: play(close_stake) },
        Entry { name: "unstake", weight: 10, draw: draw_owner, act: play(unstake) },
    ]
}

/// A transaction that nobody signs.
fn open_play(instruction: Instruction, action: Action) -> Option<Play> {
    Some(Play::new(instruction, vec![], action))
}

fn draw_token(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    Some(vec![any_of(rng, stage.group.collaterals.len())? as i128])
}

fn interest(stage: &Stage, words: &[i128]) -> Option<Play> {
    let instruction = ix::refresh_collateral(&stage.world.directory, word(words, 0)?).ok()?;
    open_play(instruction, Action::RefreshCollateral { token: word(words, 0)? })
}

fn draw_settle(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let over = payable(stage);
    let (account, instrument) = match over.is_empty() || rng.chance(40) {
        false => rng.pick(&over),
        true => draw_row(stage, rng)?,
    };
    let settler = if rng.chance(40) { any_number(rng).into() } else { -1 };
    let known = u16::try_from(settler).is_ok_and(|one| stage.group.accounts.contains_key(&one));
    let settler = if known { settler } else { -1 };
    Some(vec![account.into(), instrument as i128, settler])
}

/// A row of any account, mostly one of which something may be settled.
fn draw_row(stage: &Stage, rng: &mut Rng) -> Option<(u16, usize)> {
    let account = any_account(stage, rng)?;
    let positions = &stage.group.accounts[&account].positions;
    let fits = |one: &usize| rng.chance(15) || may_settle(stage, *one, &positions[one]);
    let held: Vec<usize> = positions.keys().copied().filter(fits).collect();
    let instrument = match held.is_empty() {
        true if rng.chance(90) => return None,
        true => any_instrument(stage, rng)?,
        false => rng.pick(&held),
    };
    Some((account, instrument))
}

/// Rows of settled contracts that can be paid out now, or of which more can be: a contract is closed
/// only when the last one is gone.
fn payable(stage: &Stage) -> Vec<(u16, usize)> {
    let (mut all, now) = (Vec::new(), stage.world.vm.now().time.get());
    for (id, account) in &stage.group.accounts {
        let due = account.positions.iter().filter(|(index, one)| {
            let instrument = &stage.group.instruments[**index];
            let waits = instrument.losses_pending_quote_atoms > 0
                || instrument.is_outdated(one)
                || (one.lots != 0 && instrument.payable_at().is_none_or(|at| now < at));
            instrument.is_settled() && !waits && may_settle(stage, **index, one)
        });
        all.extend(due.map(|(index, _)| (*id, *index)));
    }
    all
}

/// Is there a loss, or a profit and cash to pay it?
fn may_settle(stage: &Stage, index: usize, position: &Position) -> bool {
    let instrument = &stage.group.instruments[index];
    let (market, flow) = (stage.market(), instrument.flow(position, stage.market().now.seconds));
    let cash = instrument.pool.cash_quote_atoms > 0;
    if instrument.is_settled() {
        return position.lots != 0 || flow < 0 || (flow > 0 && cash);
    }
    if market.grade(instrument.underlying) != Grade::Valid {
        return false;
    }
    let worth = instrument.fair(market).exact * whole(position.lots);
    let gains = worth + value(flow) > zero();
    !gains || (cash && instrument.losses_pending_quote_atoms == 0)
}

fn settle(stage: &Stage, words: &[i128]) -> Option<Play> {
    let (account, instrument) = (word(words, 0)?, word(words, 1)?);
    let settler = u16::try_from(word::<i64>(words, 2)?).ok();
    stage.margin(account)?;
    let at = match settler {
        Some(settler) => {
            stage.margin(settler)?;
            Some(stage.margin_address(settler))
        }
        None => None,
    };
    let target = stage.margin_address(account);
    let directory = &stage.world.directory;
    let one = ix::settle_position(directory, &target, instrument, at.as_ref()).ok()?;
    open_play(one, Action::Settle { account, instrument: instrument.into(), settler })
}

/// Mostly rows that do not weigh what they should: bids leave some. Rows of nothing come first, since
/// they keep a contract from being closed.
fn draw_renewal(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let (mut empty, mut due) = (Vec::new(), Vec::new());
    for (id, account) in &stage.group.accounts {
        for (index, one) in &account.positions {
            if one.holds_nothing() {
                empty.push((*id, *index));
            } else if one.weight != ROW_WEIGHT {
                due.push((*id, *index));
            }
        }
    }
    if !empty.is_empty() && rng.chance(60) {
        due = empty;
    }
    let (account, index) = match due.is_empty() || rng.chance(20) {
        false => rng.pick(&due),
        true => (any_account(stage, rng)?, any_instrument(stage, rng)?),
    };
    Some(vec![account.into(), index as i128])
}

fn renew(stage: &Stage, words: &[i128]) -> Option<Play> {
    let (account, instrument): (u16, u16) = (word(words, 0)?, word(words, 1)?);
    stage.margin(account)?;
    let target = stage.margin_address(account);
    let one = ix::renew_position(&stage.world.directory, &target, instrument).ok()?;
    open_play(one, Action::Renew { account, instrument: instrument.into() })
}

fn draw_contract(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    Some(vec![any_instrument(stage, rng)? as i128])
}

fn fees(stage: &Stage, words: &[i128]) -> Option<Play> {
    let instruction = ix::collect_fees(&stage.world.directory, word(words, 0)?).ok()?;
    open_play(instruction, Action::CollectFees { instrument: word(words, 0)? })
}

fn draw_debt(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let all = stage.group.instruments.numbered();
    let owing: Vec<usize> = all.filter(|(_, one)| owes(one)).map(|(index, _)| index).collect();
    let index = match owing.is_empty() {
        false => rng.pick(&owing),
        true if rng.chance(2) => any_instrument(stage, rng)?,
        true => return None,
    };
    (!lacks_income(stage, index) || rng.chance(20)).then(|| vec![index as i128])
}

fn owes(one: &Instrument) -> bool {
    one.pool.debt >= 1 << 48
}

/// Has the fund received nothing, since an instrument has a debt, that would repay it?
fn lacks_income(stage: &Stage, index: usize) -> bool {
    let (fund, pool) = (&stage.group.insurance, &stage.group.instruments[index].pool);
    let received = fund.received_quote_atoms;
    let is_spent = received.saturating_sub(fund.repaid_quote_atoms) <= fund.spent_quote_atoms;
    owes(&stage.group.instruments[index]) && (received <= pool.debt_mark_quote_atoms || is_spent)
}

/// What brings the fund an income before a debt is repaid: fees that can be collected, or interest.
pub(crate) fn income(stage: &Stage, index: usize, rng: &mut Rng) -> Option<(&'static str, usize)> {
    if !lacks_income(stage, index) {
        return None;
    }
    let all = stage.group.instruments.numbered();
    let pays = |one: &Instrument| one.pool.fees_quote_atoms > 0 && one.pool.cash_quote_atoms > 0;
    let paying: Vec<usize> =
        all.filter(|(_, one)| pays(one) && !owes(one)).map(|(index, _)| index).collect();
    match any_of(rng, paying.len()) {
        Some(at) => Some(("collect_fees", paying[at])),
        None => Some(("refresh_collateral", 0)),
    }
}

fn repay(stage: &Stage, words: &[i128]) -> Option<Play> {
    let instruction = ix::repay_debt(&stage.world.directory, word(words, 0)?).ok()?;
    open_play(instruction, Action::RepayDebt { instrument: word(words, 0)? })
}

fn draw_loss(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let mut due = Vec::new();
    for (id, account) in &stage.group.accounts {
        let owed = account.positions.iter().filter(|(_, one)| one.owed_quote_atoms != 0);
        due.extend(owed.map(|(index, _)| (*id, *index)));
    }
    let (account, index) = match (due.is_empty(), rng.chance(1)) {
        (false, false) => rng.pick(&due),
        (_, true) => (any_account(stage, rng)?, any_instrument(stage, rng)?),
        (true, false) => return None,
    };
    Some(vec![account.into(), index as i128])
}

fn share(stage: &Stage, words: &[i128]) -> Option<Play> {
    let (account, instrument): (u16, u16) = (word(words, 0)?, word(words, 1)?);
    stage.margin(account)?;
    let target = stage.margin_address(account);
    let instruction = ix::share_loss(&stage.world.directory, &target, instrument).ok()?;
    open_play(instruction, Action::ShareLoss { account, instrument: instrument.into() })
}

fn draw_bankrupt(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let open = stage.group.accounts.iter();
    let due: Vec<u16> = open
        .filter(|(_, one)| {
            let held = one.positions.values().any(|row| !row.holds_nothing());
            let alone = !held && one.tokens.len() == 1;
            alone && one.tokens.get(&0).is_some_and(|shares| *shares < 0)
        })
        .map(|(id, _)| *id)
        .collect();
    // What has to be done first is done before the step, or is planned.
    let due = if due.is_empty() { lost(stage) } else { due };
    let due = if due.is_empty() && rng.chance(2) { bare(stage) } else { due };
    match (due.is_empty(), rng.chance(1)) {
        (false, false) => Some(vec![rng.pick(&due).into()]),
        (_, true) => Some(vec![any_account(stage, rng)?.into()]),
        (true, false) => None,
    }
}

fn write_off(stage: &Stage, words: &[i128]) -> Option<Play> {
    let account = word(words, 0)?;
    stage.margin(account)?;
    let target = stage.margin_address(account);
    let instruction = ix::write_off_debt(&stage.world.directory, &target).ok()?;
    open_play(instruction, Action::WriteOff { account })
}

fn any_person(rng: &mut Rng) -> u16 {
    u16::try_from(rng.below(PEOPLE.into())).unwrap()
}

fn draw_stake(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let owner = any_person(rng);
    let held = stage.group.wallets[&(owner, 0)];
    let usual = rng.log((held / 200).max(1));
    Some(vec![owner.into(), amount(rng, usual)])
}

fn stake(stage: &Stage, words: &[i128]) -> Option<Play> {
    let (owner, amount) = (word(words, 0)?, word(words, 1)?);
    let (source, payer) = (stage.wallet(owner, 0), address("payer"));
    let directory = &stage.world.directory;
    let one = ix::stake_insurance(directory, &payer, &signer(owner), &source, amount).ok()?;
    let action = Action::Stake { owner, amount };
    Some(Play::new(one, vec![signer(owner)], action))
}

fn draw_request(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let owner = any_person(rng);
    let Some(stake) = stage.group.stakes.get(&owner) else {
        return rng.chance(5).then(|| vec![owner.into(), 1]);
    };
    let all = stake.shares + stake.exiting_shares;
    let part = i128::from(rng.below(101)) * all / 100;
    Some(vec![owner.into(), if rng.chance(5) { all + 1 } else { part }])
}

fn request(stage: &Stage, words: &[i128]) -> Option<Play> {
    let (owner, shares) = (word(words, 0)?, word(words, 1)?);
    let instruction = ix::request_unstake(&stage.world.directory, &signer(owner), shares);
    let action = Action::RequestUnstake { owner, shares };
    Some(Play::new(instruction, vec![signer(owner)], action))
}

fn draw_closing(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let epoch = stage.group.insurance.epoch;
    let over = |one: &u16| {
        let stake = stage.group.stakes.get(one);
        stake.is_some_and(|one| one.epoch != epoch || one.shares + one.exiting_shares == 0)
    };
    let over: Vec<u16> = (0..PEOPLE).filter(over).collect();
    match over.is_empty() || rng.chance(10) {
        true => rng.chance(10).then(|| vec![any_person(rng).into()]),
        false => Some(vec![rng.pick(&over).into()]),
    }
}

fn close_stake(stage: &Stage, words: &[i128]) -> Option<Play> {
    let owner = word(words, 0)?;
    let instruction = ix::close_stake(&stage.world.directory, &signer(owner));
    let action = Action::CloseStake { owner };
    Some(Play::new(instruction, vec![signer(owner)], action))
}

fn draw_owner(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let leaves = |one: &u16| stage.group.stakes.get(one).is_some_and(|stake| stake.exit_at != 0);
    let leaving: Vec<u16> = (0..PEOPLE).filter(leaves).collect();
    match leaving.is_empty() || rng.chance(10) {
        true => rng.chance(10).then(|| vec![any_person(rng).into()]),
        false => Some(vec![rng.pick(&leaving).into()]),
    }
}

fn unstake(stage: &Stage, words: &[i128]) -> Option<Play> {
    let owner = word(words, 0)?;
    let destination = stage.wallet(owner, 0);
    let one = ix::unstake(&stage.world.directory, &signer(owner), &destination).ok()?;
    let action = Action::Unstake { owner };
    Some(Play::new(one, vec![signer(owner)], action))
}

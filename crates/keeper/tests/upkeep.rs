//! Which upkeep is due, on a group small enough to write by hand.

mod support;

use plimsoll_client::state::{InstrumentStatus, MarginAccount};
use plimsoll_client::{Address, GroupDirectory, Keyed, PauseClass};
use plimsoll_keeper::{flawed, upkeep, Chore, Config};
use plimsoll_risk::Grade;
use plimsoll_units::QuoteAtoms;
use support::group::{
    account, at, group, held, seen, value, CALL, EXPIRED_AT, PAYING_AT, PERP, SETTLED_AT,
};
use support::DOLLAR;

const VALID: [Grade; 2] = [Grade::Valid; 2];
const OWN: u8 = 99;
const NOTHING: [Chore; 0] = [];

/// What is due at a time, but for the removal of the expiry.
fn due_at(directory: &GroupDirectory, accounts: &[Keyed<MarginAccount>], time: i64) -> Vec<Chore> {
    due_by(directory, accounts, time, VALID)
}

fn due_by(
    directory: &GroupDirectory,
    accounts: &[Keyed<MarginAccount>],
    time: i64,
    grades: [Grade; 2],
) -> Vec<Chore> {
    let snapshot = seen(directory, time, grades);
    let mut due = upkeep(&snapshot, accounts, &at(OWN), &Config::DEFAULT).unwrap();
    due.retain(|one| !matches!(one, Chore::CloseExpiry { .. }));
    for one in &due {
        // Where oracles have no address, and nobody asks for any.
        assert!(!one.instructions(directory, &at(OWN)).unwrap().is_empty());
    }
    due
}

fn settle(account: u8) -> Chore {
    Chore::Settle { account: at(account), instrument: CALL, rewarded: false }
}

/// Ten lots of the call, which pay 30 dollars, bought for 10 by 11 of 12.
fn holders() -> (GroupDirectory, Vec<Keyed<MarginAccount>>) {
    let mut directory = group();
    let pool = &mut directory.pools[0].state;
    (pool.open_interest_lots, pool.row_weight) =
        (10, plimsoll_client::state::Word128::from_u128(2 << 56));
    let key = directory.instruments[0].state.key();
    let accounts =
        vec![account(11, 100, &[held(key, 10, -10)]), account(12, 100, &[held(key, -10, 10)])];
    (directory, accounts)
}

/// The call's row of an account, to be bent.
fn row(account: &mut Keyed<MarginAccount>) -> &mut plimsoll_client::state::Row {
    &mut account.state.rows[1]
}

#[test]
fn where_nothing_waits_nothing_is_due() {
    let mut directory = group();
    directory.instruments.remove(0);
    directory.pools.remove(0);
    directory.expiries.clear();
    let accounts = [
        account(11, 100, &[]),
        account(12, -5, &[held(directory.instruments[0].state.key(), 10, -50)]),
    ];
    let snapshot = seen(&directory, PAYING_AT, VALID);
    assert_eq!(upkeep(&snapshot, &accounts, &at(OWN), &Config::DEFAULT).unwrap(), NOTHING);
}

#[test]
fn positions_are_settled_from_the_hour_on_and_losses_first() {
    let (directory, accounts) = holders();
    assert_eq!(due_at(&directory, &accounts, SETTLED_AT), NOTHING);
    assert_eq!(due_at(&directory, &accounts, PAYING_AT - 1), NOTHING);
    assert_eq!(due_at(&directory, &accounts, PAYING_AT), [settle(12), settle(11)]);
    // What settles is known, whatever the oracle says by then.
    let dead = [Grade::Valid, Grade::Stale];
    assert_eq!(due_by(&directory, &accounts, PAYING_AT, dead), [settle(12), settle(11)]);
}

#[test]
fn a_profit_waits_for_the_cash_that_pays_it() {
    let (mut directory, mut accounts) = holders();
    // The loser has a deleveraging to go through first.
    directory.instruments[0].state.short_deleveragings = 1;
    assert_eq!(due_at(&directory, &accounts, PAYING_AT), NOTHING);
    // Less than a dollar is not worth it, unless it is all.
    directory.pools[0].state.cash_quote_atoms = DOLLAR - 1;
    assert_eq!(due_at(&directory, &accounts, PAYING_AT), NOTHING);
    directory.pools[0].state.cash_quote_atoms = DOLLAR;
    assert_eq!(due_at(&directory, &accounts, PAYING_AT), [settle(11)]);
    // What was paid out before waits no longer than for that.
    *row(&mut accounts[0]) = held(directory.instruments[0].state.key(), 0, 20);
    assert_eq!(due_at(&directory, &accounts, SETTLED_AT), [settle(11)]);
    directory.pools[0].state.cash_quote_atoms = 0;
    assert_eq!(due_at(&directory, &accounts, PAYING_AT), NOTHING);
}

#[test]
fn what_came_to_nothing_is_paid_out_and_a_fraction_of_an_atom_goes() {
    let (directory, mut accounts) = holders();
    accounts.truncate(1);
    *row(&mut accounts[0]) = held(directory.instruments[0].state.key(), 10, -30);
    assert_eq!(due_at(&directory, &accounts, PAYING_AT), [settle(11)]);
    *row(&mut accounts[0]) = held(directory.instruments[0].state.key(), 0, 0);
    // It holds nothing: counting it anew removes it.
    assert_eq!(due_at(&directory, &accounts, PAYING_AT), NOTHING);
    row(&mut accounts[0]).quote = plimsoll_client::state::Word128::from_i128(1);
    assert_eq!(due_at(&directory, &accounts, PAYING_AT), [settle(11)]);
}

#[test]
fn nobody_is_settled_while_a_loss_waits_or_a_holder_is_bankrupt() {
    let (directory, mut accounts) = holders();
    let mut pending = directory.clone();
    pending.instruments[0].state.losses_pending_quote_atoms = 1;
    assert_eq!(due_at(&pending, &accounts, PAYING_AT), NOTHING);
    // 19 dollars against a loss of 20.
    let key = directory.instruments[0].state.key();
    accounts[1] = account(12, 19, &[held(key, -10, 10)]);
    assert_eq!(due_at(&directory, &accounts, PAYING_AT), NOTHING);
    accounts[1] = account(12, 20, &[held(key, -10, 10)]);
    assert_eq!(due_at(&directory, &accounts, PAYING_AT), [settle(12), settle(11)]);
}

#[test]
fn profits_wait_while_they_are_paused() {
    let (mut directory, accounts) = holders();
    let paused = &mut directory.group.state.paused_until;
    paused[usize::from(PauseClass::SettleProfit.place())] = PAYING_AT + 1;
    assert_eq!(due_at(&directory, &accounts, PAYING_AT), [settle(12)]);
    assert_eq!(due_at(&directory, &accounts, PAYING_AT + 1), [settle(12), settle(11)]);
}

#[test]
fn nobody_is_paid_out_until_there_was_time_for_bids() {
    let (directory, accounts) = holders();
    let mut paused = directory.clone();
    paused.group.state.paused_until[usize::from(PauseClass::Liquidate.place())] = PAYING_AT;
    let mut reserved = directory;
    reserved.underlyings[1].state.owner_first_until = PAYING_AT;
    for directory in [paused, reserved] {
        // A quarter of an hour behind it.
        assert_eq!(due_at(&directory, &accounts, PAYING_AT + 899), NOTHING);
        assert_eq!(due_at(&directory, &accounts, PAYING_AT + 900), [settle(12), settle(11)]);
    }
}

#[test]
fn whoever_settles_a_loss_is_named_where_there_are_fees_to_reward_it() {
    let (mut directory, mut accounts) = holders();
    directory.pools[0].state.fees_quote_atoms = 10;
    assert_eq!(due_at(&directory, &accounts, PAYING_AT), [settle(12), settle(11)]);
    accounts.push(account(OWN, 5, &[]));
    let rewarded = Chore::Settle { account: at(12), instrument: CALL, rewarded: true };
    assert_eq!(due_at(&directory, &accounts, PAYING_AT), [rewarded, settle(11)]);
    // Nobody is rewarded for a loss of its own.
    accounts[1].address = at(OWN);
    assert_eq!(due_at(&directory, &accounts, PAYING_AT), [settle(OWN), settle(11)]);
    let names = |account: &Address, one: &Chore| {
        let all = one.instructions(&directory, account).unwrap();
        all[0].accounts.iter().any(|meta| meta.pubkey == *account)
    };
    assert!(names(&at(OWN), &rewarded) && !names(&at(OWN), &settle(12)));
}

#[test]
fn a_contract_is_closed_when_nobody_has_a_row_and_its_open_interest_goes_before() {
    let mut directory = group();
    let close = |counted| Chore::CloseContract { instrument: CALL, counted };
    assert_eq!(due_at(&directory, &[], SETTLED_AT), [close(false)]);
    directory.instruments[0].state.open_interest_quote_atoms = 1;
    assert_eq!(due_at(&directory, &[], SETTLED_AT), [close(true)]);
    assert_eq!(close(true).instructions(&directory, &at(OWN)).unwrap().len(), 2);

    // What cannot be closed yet widens nothing all the same.
    let (mut used, accounts) = holders();
    used.instruments[0].state.open_interest_quote_atoms = 1;
    assert_eq!(due_at(&used, &accounts, SETTLED_AT), [Chore::Uncount { instrument: CALL }]);

    let mut owing = group();
    owing.pools[0].state.cash_quote_atoms = -1;
    owing.pools[0].state.debt = value(1).into();
    assert_eq!(due_at(&owing, &[], SETTLED_AT), NOTHING);
    let mut waiting = group();
    waiting.instruments[0].state.losses_pending_quote_atoms = 1;
    assert_eq!(due_at(&waiting, &[], SETTLED_AT), NOTHING);
}

#[test]
fn a_contract_that_nobody_holds_takes_over_the_price_once_it_is_known() {
    let mut directory = group();
    directory.instruments[0].state.status = InstrumentStatus::Active.into();
    let over = [Chore::TakeOver { instrument: CALL }];
    assert_eq!(due_at(&directory, &[], SETTLED_AT), over);
    let dead = [Grade::Valid, Grade::Halted];
    assert_eq!(due_by(&directory, &[], SETTLED_AT, dead), over);
    directory.expiries[0].state.settled_at = 0;
    assert_eq!(due_at(&directory, &[], SETTLED_AT), NOTHING);
}

#[test]
fn an_expiry_is_closed_when_all_have_taken_over_its_price_and_one_at_a_time() {
    let mut directory = group();
    directory.instruments.remove(0);
    directory.pools.remove(0);
    let all = |directory: &GroupDirectory| {
        let snapshot = seen(directory, PAYING_AT, VALID);
        upkeep(&snapshot, &[], &at(OWN), &Config::DEFAULT).unwrap()
    };
    let first = [Chore::CloseExpiry { underlying: 1, expires_at: EXPIRED_AT }];
    assert_eq!(all(&directory), first);
    // Its neighbour names another one behind it by then.
    let mut next = directory.expiries[0];
    next.state.expires_at += 10;
    directory.expiries.push(next);
    assert_eq!(all(&directory), first);
    directory.expiries[0].state.open_count = 1;
    assert_eq!(
        all(&directory),
        [Chore::CloseExpiry { underlying: 1, expires_at: EXPIRED_AT + 10 }]
    );
    directory.expiries[1].state.settled_at = 0;
    assert_eq!(all(&directory), NOTHING);
}

#[test]
fn losses_are_shared_before_anything_else() {
    let (mut directory, mut accounts) = holders();
    row(&mut accounts[0]).owed_quote_atoms = -5;
    directory.instruments[0].state.losses_pending_quote_atoms = 5;
    let share = Chore::ShareLoss { account: at(11), instrument: CALL };
    assert_eq!(due_at(&directory, &accounts, PAYING_AT), [share]);
}

#[test]
fn fees_are_collected_as_far_as_there_is_cash_and_it_is_worth_it() {
    let (mut directory, _) = holders();
    let collect = [Chore::CollectFees { instrument: PERP }];
    let mut with = |fees: u64, cash: i64, debt: i64| {
        let pool = &mut directory.pools[1].state;
        (pool.fees_quote_atoms, pool.cash_quote_atoms) = (fees, cash);
        pool.debt = plimsoll_units::Value::from_quote(QuoteAtoms::new(debt)).into();
        due_at(&directory, &[], SETTLED_AT)
    };
    let dollar = DOLLAR.unsigned_abs();
    assert_eq!(with(dollar, DOLLAR, 0), collect);
    assert_eq!(with(dollar, DOLLAR - 1, 0), NOTHING);
    assert_eq!(with(dollar - 1, DOLLAR, 0), NOTHING);
    assert_eq!(with(dollar, -DOLLAR, 0), NOTHING);
    // A debt is repaid out of them without any cash.
    assert_eq!(with(dollar, -DOLLAR, 2 * DOLLAR), collect);
    assert_eq!(with(dollar - 1, -DOLLAR, 2 * DOLLAR), NOTHING);
    // The last of it whatever it is: it lets positions grow again.
    assert_eq!(with(5, 0, 5), collect);
    assert_eq!(with(5, 0, 6), NOTHING);
}

#[test]
fn debts_are_repaid_out_of_income_that_came_since_and_is_there() {
    let (mut directory, _) = holders();
    directory.pools[1].state.debt = value(10).into();
    directory.pools[1].state.debt_mark_quote_atoms = 7;
    let repay = [Chore::RepayDebt { instrument: PERP }];
    let dollar = DOLLAR.unsigned_abs();
    let with = |change: &dyn Fn(&mut plimsoll_client::state::Insurance)| {
        let mut directory = directory.clone();
        let fund = &mut directory.insurance.state;
        (fund.received_quote_atoms, fund.balance_quote_atoms) = (dollar + 7, 50 * dollar);
        change(fund);
        due_at(&directory, &[], SETTLED_AT)
    };
    assert_eq!(with(&|_| ()), repay);
    // Income from before the debt, income that has repaid another, that was spent, and none at all.
    assert_eq!(with(&|fund| fund.received_quote_atoms -= 1), NOTHING);
    // The seven of before may have repaid another.
    assert_eq!(with(&|fund| fund.repaid_quote_atoms = 7), repay);
    assert_eq!(with(&|fund| fund.repaid_quote_atoms = 8), NOTHING);
    assert_eq!(with(&|fund| fund.spent_quote_atoms = 8), NOTHING);
    assert_eq!(with(&|fund| fund.received_quote_atoms = 0), NOTHING);
    assert_eq!(with(&|fund| fund.balance_quote_atoms = dollar - 1), NOTHING);
}

#[test]
fn income_repays_once_whichever_debt_it_repays() {
    let (mut directory, _) = holders();
    for pool in &mut directory.pools {
        pool.state.debt = value(3).into();
    }
    let mut with = |income, balance| {
        let fund = &mut directory.insurance.state;
        (fund.received_quote_atoms, fund.balance_quote_atoms) = (income, balance);
        due_at(&directory, &[], SETTLED_AT)
    };
    let [first, second] = [CALL, PERP].map(|instrument| Chore::RepayDebt { instrument });
    // Half a dollar is left for the other one, of the income or of what the fund holds.
    assert_eq!(with(3_500_000, 9_000_000), [first]);
    assert_eq!(with(9_000_000, 3_500_000), [first]);
    assert_eq!(with(4_000_000, 4_000_000), [first, second]);
}

#[test]
fn what_fees_or_a_closing_settle_is_not_done_twice() {
    let dollar = DOLLAR.unsigned_abs();
    let (mut directory, _) = holders();
    let pool = &mut directory.pools[1].state;
    (pool.fees_quote_atoms, pool.debt) = (dollar, value(1).into());
    let fund = &mut directory.insurance.state;
    (fund.received_quote_atoms, fund.balance_quote_atoms) = (9 * dollar, 9 * dollar);
    assert_eq!(due_at(&directory, &[], SETTLED_AT), [Chore::CollectFees { instrument: PERP }]);

    let mut closing = group();
    let pool = &mut closing.pools[0].state;
    (pool.fees_quote_atoms, pool.cash_quote_atoms) = (dollar, DOLLAR);
    let close = Chore::CloseContract { instrument: CALL, counted: false };
    assert_eq!(due_at(&closing, &[], SETTLED_AT), [close]);
}

#[test]
fn a_lone_debt_is_written_off() {
    let (directory, _) = holders();
    let perp = directory.instruments[1].state.key();
    let off = [Chore::WriteOff { account: at(12) }];
    assert_eq!(due_at(&directory, &[account(11, 5, &[]), account(12, -5, &[])], PAYING_AT), off);
    let cents = plimsoll_units::Shares::new(i128::from(1 - DOLLAR) << 48);
    let mut little = account(12, 0, &[]);
    little.state.rows[0].shares = cents.into();
    assert_eq!(due_at(&directory, &[little], PAYING_AT), NOTHING);
    // Whatever else it has is for bids.
    let more = account(12, -5, &[held(perp, 1, 0)]);
    assert_eq!(due_at(&directory, &[more], PAYING_AT), NOTHING);
}

#[test]
fn flawed_prices_are_seen_by_underlying_and_grade() {
    let directory = group();
    let found = |grades| flawed(&seen(&directory, PAYING_AT, grades)).unwrap();
    assert_eq!(found(VALID), []);
    assert_eq!(found([Grade::Valid, Grade::Jumping]), [(1, Grade::Jumping)]);
    // The quote token's flaw makes every price unusable, and is one.
    assert_eq!(found([Grade::Stale, Grade::Valid]), [(0, Grade::Stale)]);
}

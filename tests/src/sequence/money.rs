//! Accounts, and tokens in and out.

use plimsoll_client::instruction as ix;
use plimsoll_client::{Address, Keyed};
use plimsoll_model::{Action, Position};

use super::entry::{
    amount, any_account, any_number, any_of, any_token, mostly, signer, spare, word, Act, Entry,
    Play,
};
use super::rng::Rng;
use super::stage::{Stage, PEOPLE};
use crate::vm::address;

/// Steps with accounts and tokens.
pub(crate) fn entries() -> Vec<Entry> {
    vec![
        Entry { name: "open_account", weight: 12, draw: draw_open, act: Act::Play(open) },
        Entry { name: "close_account", weight: 6, draw: draw_close, act: Act::Play(close) },
        Entry { name: "set_delegate", weight: 6, draw: draw_delegate, act: Act::Play(delegate) },
        Entry { name: "deposit", weight: 70, draw: draw_deposit, act: Act::Play(deposit) },
        Entry { name: "withdraw", weight: 104, draw: draw_withdraw, act: Act::Play(withdraw) },
        Entry { name: "add_to_insurance", weight: 9, draw: draw_insure, act: Act::Play(insure) },
    ]
}

fn draw_open(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let number = any_number(rng);
    let known = stage.group.accounts.contains_key(&number);
    (!known || rng.chance(5)).then(|| vec![number.into()])
}

fn open(stage: &Stage, words: &[i128]) -> Option<Play> {
    let number: u16 = word(words, 0)?;
    let owner = number / 2;
    let group = stage.world.directory.group.address;
    let instruction = ix::open_account(&address("payer"), &signer(owner), &group, number % 2);
    let action = Action::Open { account: number, owner };
    Some(Play::new(instruction, vec![signer(owner)], action))
}

fn draw_close(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let number = any_account(stage, rng)?;
    let account = &stage.group.accounts[&number];
    let empty = account.tokens.is_empty() && account.positions.is_empty();
    let owner = mostly(rng, account.owner);
    (empty || rng.chance(20)).then(|| vec![number.into(), owner.into()])
}

fn close(stage: &Stage, words: &[i128]) -> Option<Play> {
    let (account, person) = (word(words, 0)?, word(words, 1)?);
    stage.margin(account)?;
    let instruction = ix::close_account(&signer(person), &stage.margin_address(account));
    let action = Action::Close { account, signer: person };
    Some(Play::new(instruction, vec![signer(person)], action))
}

fn draw_delegate(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let number = any_account(stage, rng)?;
    let owner = mostly(rng, stage.group.accounts[&number].owner);
    let delegate = if rng.chance(80) { rng.between(0, PEOPLE as i64 - 1) } else { -1 };
    let ahead = rng.between(-100, 100_000);
    let now = stage.world.vm.now().time.get();
    Some(vec![number.into(), owner.into(), delegate.into(), (now + ahead).into()])
}

fn delegate(stage: &Stage, words: &[i128]) -> Option<Play> {
    let (account, person) = (word(words, 0)?, word(words, 1)?);
    let delegate = u16::try_from(word::<i64>(words, 2)?).ok();
    let expires_at = word(words, 3)?;
    stage.margin(account)?;
    let at = stage.margin_address(account);
    let to = delegate.map_or(Address::default(), signer);
    let instruction = ix::set_delegate(&signer(person), &at, &to, expires_at);
    let action = Action::Delegate { account, signer: person, delegate, expires_at };
    Some(Play::new(instruction, vec![signer(person)], action))
}

fn draw_deposit(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    if rng.chance(12) {
        if let Some(words) = draw_repayment(stage, rng) {
            return Some(words);
        }
    }
    let number = any_account(stage, rng)?;
    let owner = stage.group.accounts[&number].owner;
    let depositor = if rng.chance(15) { rng.between(0, PEOPLE as i64 - 1) as u16 } else { owner };
    let token = match number % 3 == 0 && rng.chance(97) {
        true => 0,
        false => any_token(stage, rng)?,
    };
    let held = stage.group.wallets[&(depositor, token)];
    let usual = match rng.chance(90) {
        true => rng.log((held / 20).max(1)),
        false => held,
    };
    Some(vec![depositor.into(), number.into(), token as i128, amount(rng, usual)])
}

/// Has an account no token but quote tokens, if any? A third of them mostly stays like that: what such an
/// account cannot pay is left as a debt that nothing stands against.
fn holds_quote_alone(stage: &Stage, number: u16) -> bool {
    let account = stage.group.accounts.get(&number);
    account.is_some_and(|one| one.tokens.keys().all(|token| *token == 0))
}

/// All of a quote debt that a settled contract's loss has caused: until then the row stays, and with it
/// the contract.
fn draw_repayment(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let group = &stage.group;
    let keeps = |(index, row): (&usize, &Position)| {
        row.settled_debt_quote_atoms != 0 && group.instruments[*index].is_settled()
    };
    let owing = group.accounts.iter().filter(|(_, one)| one.positions.iter().any(keeps));
    let owing: Vec<u16> = owing.map(|(id, _)| *id).collect();
    let number = owing.get(any_of(rng, owing.len())?).copied()?;
    let account = &group.accounts[&number];
    let shares = account.tokens.get(&0).copied().unwrap_or(0);
    let now = stage.market().now.seconds;
    let debt = -plimsoll_model::margin::atoms(group, 0, shares, now);
    let debt = u64::try_from(debt).ok()?.saturating_add(rng.below(1_000));
    Some(vec![account.owner.into(), number.into(), 0, debt.into()])
}

fn deposit(stage: &Stage, words: &[i128]) -> Option<Play> {
    let (depositor, account) = (word(words, 0)?, word(words, 1)?);
    let (token, amount) = (word::<usize>(words, 2)?, word(words, 3)?);
    stage.margin(account)?;
    let directory = &stage.world.directory;
    let mint = directory.collaterals.get(token)?.state.mint;
    let (source, at) = (stage.wallet(depositor, token), stage.margin_address(account));
    let instruction =
        ix::deposit(directory, &signer(depositor), &source, &at, &mint, amount).ok()?;
    let action = Action::Deposit { depositor, account, token, amount };
    Some(Play::new(instruction, vec![signer(depositor)], action))
}

fn draw_withdraw(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let number = any_account(stage, rng)?;
    let account = &stage.group.accounts[&number];
    let owner = mostly(rng, account.owner);
    // What is borrowed against a profit that turns is lost to lenders.
    let turns = holds_quote_alone(stage, number) && !account.positions.is_empty() && rng.chance(50);
    let borrows = turns || rng.chance(35);
    let tokens: Vec<usize> = account.tokens.keys().copied().collect();
    let token = match tokens.is_empty() || borrows {
        _ if turns => 0,
        true => any_token(stage, rng)?,
        false => rng.pick(&tokens),
    };
    let market = stage.market();
    let shares = account.tokens.get(&token).copied().unwrap_or(0);
    let held =
        plimsoll_model::margin::atoms(&stage.group, token, shares, market.now.seconds).max(0);
    let held = u64::try_from(held).unwrap_or(u64::MAX);
    let usual = match (borrows, rng.below(4)) {
        // About what initial margin allows, of a token that is worth as much.
        (true, _) => {
            let one = &stage.group.collaterals[token];
            let price = market.stable(one.underlying) * plimsoll_model::number::ten(-one.decimals);
            let spare = plimsoll_model::number::whole(spare(stage, number)) / price;
            held.saturating_add(rng.log(super::entry::atoms(&spare).clamp(1, 1 << 62)))
        }
        (false, 0) => held,
        (false, _) => rng.log(held.max(1)),
    };
    let most = match (borrows, rng.below(6)) {
        (true, 0) => rng.log(usual.max(1)),
        (true, _) => u64::MAX,
        (false, _) => 0,
    };
    Some(vec![owner.into(), number.into(), token as i128, amount(rng, usual), most.into()])
}

fn withdraw(stage: &Stage, words: &[i128]) -> Option<Play> {
    let (person, account) = (word(words, 0)?, word(words, 1)?);
    let token = word::<usize>(words, 2)?;
    let (amount, borrow_max) = (word(words, 3)?, word(words, 4)?);
    let Keyed { address, mut state } = stage.margin(account)?;
    // Whoever signs says that the account is theirs.
    state.owner = signer(person);
    let directory = &stage.world.directory;
    let withdrawal = ix::Withdrawal {
        mint: directory.collaterals.get(token)?.state.mint,
        destination: stage.wallet(person, token),
        amount_token_atoms: amount,
        borrow_token_atoms_max: borrow_max,
    };
    let instruction = ix::withdraw(directory, &Keyed { address, state }, &withdrawal).ok()?;
    let action = Action::Withdraw { signer: person, account, token, amount, borrow_max };
    Some(Play::new(instruction, vec![signer(person)], action))
}

fn draw_insure(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let donor = rng.between(0, PEOPLE as i64 - 1) as u16;
    let held = stage.group.wallets[&(donor, 0)];
    let usual = rng.log((held / 500).max(1));
    Some(vec![donor.into(), amount(rng, usual)])
}

fn insure(stage: &Stage, words: &[i128]) -> Option<Play> {
    let (depositor, amount) = (word(words, 0)?, word(words, 1)?);
    let source = stage.wallet(depositor, 0);
    let directory = &stage.world.directory;
    let instruction = ix::add_to_insurance(directory, &signer(depositor), &source, amount).ok()?;
    let action = Action::Insure { depositor, amount };
    Some(Play::new(instruction, vec![signer(depositor)], action))
}

//! What expires: surfaces that are published, arrays that are refreshed, prices that are sampled.

use plimsoll_client::instruction as ix;
use plimsoll_model::{Action, Expiry, Grade, Instrument, Market, Slice};

use super::contracts::published;
use super::entry::{any_instrument, any_of, signer, word, Act, Entry, Play};
use super::governance::mostly;
use super::rng::Rng;
use super::stage::{Stage, PAYER, PERSONS};
use super::worth;

/// How long before an expiry samples are taken (seconds).
const SAMPLED_SECONDS: i64 = 2_100;
/// All oracles publish.
const ALL: i128 = 63;

/// Steps with what expires.
pub(crate) fn entries() -> Vec<Entry> {
    let play = Act::Play;
    vec![
        Entry { name: "near", weight: 3, draw: draw_near, act: Act::Nature(super::nature::wait) },
        Entry {
            name: "sit_out",
            weight: 20,
            draw: draw_hour,
            act: Act::Nature(super::nature::wait),
        },
        Entry { name: "pass", weight: 60, draw: draw_pass, act: Act::Nature(super::nature::pass) },
        Entry { name: "publish_surface", weight: 14, draw: draw_slice, act: play(publish) },
        Entry { name: "sample_settlement", weight: 40, draw: draw_sample, act: play(sample) },
        Entry { name: "refresh_risk_array", weight: 60, draw: draw_refresh, act: play(refresh) },
        Entry { name: "close_expiry", weight: 10, draw: draw_close, act: play(close) },
        Entry { name: "close_contract", weight: 20, draw: draw_removal, act: play(remove) },
    ]
}

/// Every expiry by its underlying and time.
fn all(stage: &Stage) -> impl Iterator<Item = (usize, i64, &Expiry)> {
    let underlyings = stage.group.underlyings.iter().enumerate();
    underlyings.flat_map(|(on, one)| one.expiries.iter().map(move |(at, one)| (on, *at, one)))
}

/// Those whose settlement price is being sampled.
pub(crate) fn sampled(stage: &Stage) -> Vec<(usize, i64)> {
    let now = stage.world.vm.now().time.get();
    let due = all(stage).filter(|(_, at, one)| one.settled_at == 0 && at - now <= SAMPLED_SECONDS);
    due.map(|(on, at, _)| (on, at)).collect()
}

/// Until shortly before a window begins.
fn draw_near(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let now = stage.world.vm.now().time.get();
    let ahead = all(stage).map(|(_, at, _)| at - now).filter(|left| *left > SAMPLED_SECONDS);
    let seconds = ahead.min()? - 1_800 - rng.between(-100, 500);
    Some(vec![i128::from(seconds.max(0)) * 1_000, ALL])
}

/// Some minutes of a window.
fn draw_pass(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    if sampled(stage).is_empty() {
        return None;
    }
    let seconds = if rng.chance(93) { rng.between(170, 299) } else { rng.between(299, 900) };
    let published = if rng.chance(96) { ALL } else { rng.below(64).into() };
    Some(vec![i128::from(seconds) * 1_000, published, rng.chance(85).into()])
}

/// Until about the moment from which on positions of a settled contract are paid out.
fn draw_hour(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let now = stage.world.vm.now().time.get();
    let held = stage.group.accounts.values().flat_map(|one| &one.positions);
    let held = held.filter(|(_, row)| row.lots != 0);
    let ahead = held.filter_map(|(index, _)| stage.group.instruments[*index].payable_at());
    let at = ahead.filter(|at| *at > now).min()?;
    let seconds = at - now + rng.pick(&[-1, 0, 0, 1, 60]);
    Some(vec![i128::from(seconds) * 1_000, ALL])
}

/// An expiry: one that fits, or any now and then.
fn pick(
    stage: &Stage,
    rng: &mut Rng,
    percent: u64,
    fits: impl Fn(i64, &Expiry) -> bool,
) -> Option<(usize, i64)> {
    let own = all(stage).filter(|(_, at, one)| fits(*at, one)).map(|(on, at, _)| (on, at));
    let own: Vec<_> = own.collect();
    if !own.is_empty() && !rng.chance(percent) {
        return Some(rng.pick(&own));
    }
    let any: Vec<_> = all(stage).map(|(on, at, _)| (on, at)).collect();
    (rng.chance(percent) && !any.is_empty()).then(|| rng.pick(&any))
}

fn expiry<'a>(stage: &'a Stage, words: &[i128], place: usize) -> Option<(u16, i64, &'a Expiry)> {
    let (underlying, at): (u16, i64) = (word(words, place)?, word(words, place + 1)?);
    let one = stage.group.underlyings.get(usize::from(underlying))?;
    Some((underlying, at, one.expiries.get(&at)?))
}

/// Who, which expiry, the slice, basis, confidence.
fn draw_slice(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let now = stage.world.vm.now().time.get();
    let (on, at) = pick(stage, rng, 4, |at, _| at > now)?;
    let old = &stage.group.underlyings[on].expiries[&at];
    let who = mostly(rng, stage.group.governance.publisher);
    let Slice { mut a, mut b, mut rho, mut m, mut sigma } = old.slice;
    match rng.below(24) {
        0 => b = -1,
        1 => rho = 1 << 32,
        2 => sigma = 1,
        3 => a = 4_294,
        4 => b = 3 << 32,
        5 => (a, b) = (a * 2, b * 2),
        6 => b += 1 << 28,
        7 => rho += rng.between(-200_000_000, 200_000_000),
        8 => m += rng.between(-100_000_000, 100_000_000),
        // All volatilities by as much, or to where they are.
        kind => {
            let parts = if kind < 12 { 0 } else { rng.between(-90_000, 90_000) };
            let part = |word: i64| (i128::from(word) * i128::from(1_000_000 + parts)) / 1_000_000;
            (a, b) = (i64::try_from(part(a)).ok()?, i64::try_from(part(b)).ok()?);
        }
    }
    let basis = match rng.below(10) {
        0 => rng.pick(&[i64::from(i32::MIN), 100_001, -100_000, 999_999]),
        1..6 => i64::from(old.basis_ppm) + rng.between(-12_000, 12_000),
        _ => old.basis_ppm.into(),
    };
    let confidence = match rng.below(12) {
        0 => rng.pick(&[0, 1_000_001, u64::from(u32::MAX), 1_000_000]),
        _ => u64::from(old.confidence_ppm_min) + rng.below(60_000),
    };
    let mut words = vec![i128::from(who), on as i128, at.into()];
    words.extend([a, b, rho, m, sigma].map(i128::from));
    words.extend([i128::from(basis), i128::from(confidence)]);
    Some(words)
}

fn publish(stage: &Stage, words: &[i128]) -> Option<Play> {
    let who: u16 = word(words, 0)?;
    let (underlying, at, _) = expiry(stage, words, 1)?;
    let number = |place: usize| word::<i64>(words, place);
    let (a, b, rho) = (number(3)?, number(4)?, number(5)?);
    let slice = Slice { a, b, rho, m: number(6)?, sigma: number(7)? };
    let (basis_ppm, confidence_ppm) = (word(words, 8)?, word(words, 9)?);
    let (directory, on) = (&stage.world.directory, (underlying, at));
    let by = signer(who);
    let stored = published(&slice);
    let one = ix::publish_surface(directory, &by, on, stored, basis_ppm, confidence_ppm).ok()?;
    let action = Action::Publish {
        signer: who,
        underlying: underlying.into(),
        expires_at: at,
        slice,
        basis_ppm,
        confidence_ppm,
    };
    Some(Play { units: Some(400_000), ..Play::new(one, vec![by], action) })
}

fn draw_sample(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let due = sampled(stage);
    let any: Vec<_> = all(stage).map(|(on, at, _)| (on, at)).collect();
    let (on, at) = match due.is_empty() {
        false if !rng.chance(3) => rng.pick(&due),
        _ if rng.chance(3) => any.get(any_of(rng, any.len())?).copied()?,
        _ => return None,
    };
    Some(vec![on as i128, at.into()])
}

fn sample(stage: &Stage, words: &[i128]) -> Option<Play> {
    let (underlying, expires_at, _) = expiry(stage, words, 0)?;
    let one = ix::sample_settlement(&stage.world.directory, underlying, expires_at).ok()?;
    let action = Action::SampleSettlement { underlying: underlying.into(), expires_at };
    Some(Play::new(one, vec![], action))
}

/// Mostly of what has a price to take over, or is too old.
fn draw_refresh(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let due = |index: &usize| {
        let one = &stage.group.instruments[*index];
        let Some(contract) = one.contract.as_ref().filter(|one| !one.settled) else {
            return false;
        };
        let expiry = stage.group.underlyings[one.underlying].expiries.get(&contract.expires_at);
        expiry.is_some_and(|one| one.settled_at != 0)
    };
    let all = stage.group.instruments.numbers();
    let settling: Vec<usize> = all.clone().filter(due).collect();
    if !settling.is_empty() && !rng.chance(10) {
        return Some(vec![rng.pick(&settling) as i128]);
    }
    let known = |index: &usize| {
        let one = &stage.group.instruments[*index];
        let at = one.expires_at();
        at.is_some_and(|at| stage.group.underlyings[one.underlying].expiries.contains_key(&at))
    };
    let contracts: Vec<usize> = all.filter(known).collect();
    let percent = if contracts.is_empty() { 0 } else { 20 };
    rng.chance(percent).then(|| vec![rng.pick(&contracts) as i128])
}

fn refresh(stage: &Stage, words: &[i128]) -> Option<Play> {
    let index: u16 = word(words, 0)?;
    let one = ix::refresh_risk_array(&stage.world.directory, index).ok()?;
    let action = Action::RefreshArray { instrument: index.into() };
    Some(Play { answer: Some(is_mispriced), ..Play::new(one, vec![], action) })
}

/// What is wrong with an array that was just made, beside what fractions tell.
fn is_mispriced(stage: &Stage, market: &Market, action: &Action, _: &[u8]) -> Option<String> {
    let Action::RefreshArray { instrument } = action else { return None };
    let now = stage.read();
    worth::wrong(&stage.group, &now.instruments[*instrument], market)
}

fn draw_close(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let (on, at) = pick(stage, rng, 5, |_, one| one.settled_at != 0 && one.open_count == 0)?;
    Some(vec![on as i128, at.into(), draw_payer(rng).into()])
}

/// Whose the rent is, and now and then another.
fn draw_payer(rng: &mut Rng) -> u16 {
    match rng.chance(92) {
        true => PAYER,
        false => u16::try_from(rng.below(PERSONS.into())).unwrap(),
    }
}

fn close(stage: &Stage, words: &[i128]) -> Option<Play> {
    let (underlying, expires_at, _) = expiry(stage, words, 0)?;
    let payer: u16 = word(words, 2)?;
    let mut one = ix::close_expiry(&stage.world.directory, underlying, expires_at).ok()?;
    // Who is paid comes first.
    one.accounts.first_mut()?.pubkey = signer(payer);
    let action = Action::CloseExpiry { underlying: underlying.into(), expires_at, payer };
    Some(Play::new(one, vec![], action))
}

/// Mostly a contract that has settled, of which nobody has a row and no open interest is counted; now and
/// then one that is still in use, or any instrument.
fn draw_removal(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let settled = stage.group.instruments.numbered().filter(|(_, one)| one.is_settled());
    let is_empty =
        |one: &Instrument| one.pool.row_weight == 0 && one.open_interest_quote_atoms == 0;
    let (empty, used): (Vec<_>, Vec<_>) = settled.partition(|(_, one)| is_empty(one));
    let index = match rng.below(100) {
        0..2 => any_instrument(stage, rng)?,
        2..8 if !used.is_empty() => rng.pick(&used).0,
        8.. if !empty.is_empty() => rng.pick(&empty).0,
        _ => return None,
    };
    Some(vec![index as i128, draw_payer(rng).into()])
}

fn remove(stage: &Stage, words: &[i128]) -> Option<Play> {
    let (index, payer): (u16, u16) = (word(words, 0)?, word(words, 1)?);
    let mut one = ix::close_contract(&stage.world.directory, index).ok()?;
    // Who is paid comes first.
    one.accounts.first_mut()?.pubkey = signer(payer);
    let action = Action::CloseContract { instrument: index.into(), payer };
    Some(Play::new(one, vec![], action))
}

/// Accounts that an action judges, and instruments that it reads besides.
pub(crate) fn judged(action: &Action) -> (Vec<u16>, Vec<usize>) {
    match action {
        Action::Trade { accounts, instrument, .. } => (accounts.to_vec(), vec![*instrument]),
        Action::Settle { instrument, .. } => (vec![], vec![*instrument]),
        Action::Bid { account, bidder, .. } => (vec![*account, *bidder], vec![]),
        Action::Withdraw { account, .. }
        | Action::Mark { account }
        | Action::View { account }
        | Action::ViewUnderlying { account, .. }
        | Action::ViewWithdrawable { account }
        | Action::Deleverage { account, .. } => (vec![*account], vec![]),
        _ => (vec![], vec![]),
    }
}

/// Instruments that must be refreshed before an action, and can be.
pub(crate) fn stale(stage: &Stage, action: &Action) -> Vec<usize> {
    let (accounts, others) = judged(action);
    let market = stage.market();
    let all = stage.group.stale(market, &accounts, &others).into_iter();
    let on = |index: &usize| stage.group.instruments[*index].underlying;
    all.filter(|index| market.grade(on(index)) == Grade::Valid).collect()
}

//! What anybody may do: refreshing, marking, bidding.

use plimsoll_client::instruction as ix;
use plimsoll_client::state::{MarginAccount, Row};
use plimsoll_client::{BidLimits, BidRequest, BidRow};
use plimsoll_model::bid::{Asset, Wanted};
use plimsoll_model::margin::{atoms, Check};
use plimsoll_model::number::{ppm, zero};
use plimsoll_model::{Action, Grade, Market};
use plimsoll_risk::RowKind;

use super::entry::{
    any_account, any_instrument, any_of, atoms as atoms_of, is_below, mostly, signed_amount,
    signer, spare, word, Act, Entry, Play,
};
use super::rng::Rng;
use super::stage::Stage;

/// Steps of keepers.
pub(crate) fn entries() -> Vec<Entry> {
    let play = Act::Play;
    vec![
        Entry { name: "refresh_underlying", weight: 90, draw: draw_price, act: play(underlying) },
        Entry {
            name: "refresh_instrument",
            weight: 15,
            draw: draw_contract,
            act: play(instrument),
        },
        Entry { name: "mark_account", weight: 30, draw: draw_mark, act: play(mark) },
        Entry { name: "liquidate_slice", weight: 480, draw: draw_slice, act: play(slice) },
        Entry { name: "liquidate_rows", weight: 640, draw: draw_rows, act: play(rows) },
    ]
}

fn draw_price(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    Some(vec![any_of(rng, stage.group.underlyings.len())? as i128])
}

fn underlying(stage: &Stage, words: &[i128]) -> Option<Play> {
    let instruction = ix::refresh_underlying(&stage.world.directory, word(words, 0)?).ok()?;
    let action = Action::RefreshUnderlying { underlying: word(words, 0)? };
    Some(Play::new(instruction, vec![], action))
}

fn draw_contract(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    Some(vec![any_instrument(stage, rng)? as i128])
}

fn instrument(stage: &Stage, words: &[i128]) -> Option<Play> {
    let instruction = ix::refresh_instrument(&stage.world.directory, word(words, 0)?).ok()?;
    let action = Action::RefreshInstrument { instrument: word(words, 0)? };
    Some(Play::new(instruction, vec![], action))
}

/// An account that is below its line, or in an episode; now and then any.
fn target(stage: &Stage, rng: &mut Rng, fits: fn(&Stage, u16) -> bool) -> Option<u16> {
    let open = stage.group.accounts.iter();
    let low: Vec<u16> = open
        .filter(|(id, one)| one.episode_slot != 0 || is_below(stage, **id))
        .map(|(id, _)| *id)
        .filter(|id| fits(stage, *id))
        .collect();
    match (low.is_empty(), rng.chance(6)) {
        (false, _) => Some(rng.pick(&low)),
        (true, true) => any_account(stage, rng),
        (true, false) => None,
    }
}

fn draw_mark(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    Some(vec![target(stage, rng, |_, _| true)?.into()])
}

fn mark(stage: &Stage, words: &[i128]) -> Option<Play> {
    let account = word(words, 0)?;
    let instruction = ix::mark_account(&stage.world.directory, &stage.margin(account)?).ok()?;
    Some(Play::new(instruction, vec![], Action::Mark { account }))
}

/// Signer, account and bidder: mostly the one that can carry most. While only owners may act,
/// rarely anything.
fn parties(stage: &Stage, rng: &mut Rng, fits: fn(&Stage, u16) -> bool) -> Option<[i128; 3]> {
    let market = stage.market();
    let account = target(stage, rng, fits)?;
    // A debt that nothing stands against is written off rather.
    let one = &stage.group.accounts[&account];
    let bare = one.tokens.keys().all(|token| *token == 0)
        && one.positions.values().all(|row| row.holds_nothing());
    if bare && !rng.chance(4) {
        return None;
    }
    let refused = owners_first(stage, market, account) || !is_open(stage, market, account);
    if refused && !rng.chance(6) {
        return None;
    }
    let others = stage.group.accounts.keys().copied().filter(|one| *one != account);
    let bidder = match rng.chance(85) {
        true => others.max_by_key(|one| (suits(stage, account, *one), spare(stage, *one))),
        false => any_account(stage, rng),
    }?;
    if spare(stage, bidder) == 0 && !rng.chance(6) {
        return None;
    }
    let person = mostly(rng, stage.group.accounts[&bidder].owner);
    (account != bidder || rng.chance(3)).then(|| [person.into(), account.into(), bidder.into()])
}

/// Would a bidder take nothing over that it holds the other side of? It may not net out of a loss.
pub(crate) fn suits(stage: &Stage, account: u16, bidder: u16) -> bool {
    let lots = |account: u16, index: &usize| {
        stage.group.accounts[&account].positions.get(index).map_or(0, |one| one.lots.signum())
    };
    let held = stage.group.accounts[&account].positions.keys();
    held.into_iter().all(|index| lots(account, index) * lots(bidder, index) >= 0)
}

/// Is an account where it may be bid on, and does one of its rows have a price?
fn is_open(stage: &Stage, market: &Market, account: u16) -> bool {
    let Some(stands) = stage.stands(account, Check::Maintenance) else { return false };
    let held = &stage.group.accounts[&account];
    let buffer = ppm(1_000_000 + stage.group.terms.buffer_ppm);
    let line = match held.episode_slot {
        0 => stands.requirement.exact.clone(),
        _ => &stands.requirement.exact * buffer,
    };
    let tokens = held.tokens.keys().filter(|one| **one != 0);
    let tokens = tokens.map(|one| stage.group.collaterals[*one].underlying);
    let positions = held.positions.keys().map(|one| stage.group.instruments[*one].underlying);
    let priced = tokens.chain(positions).any(|one| market.grade(one) == Grade::Valid);
    priced && stands.equity.exact < line
}

/// Would a bid be refused for now, as far as is seen at once?
pub(crate) fn owners_first(stage: &Stage, market: &Market, account: u16) -> bool {
    let (terms, now) = (&stage.group.terms, market.now.seconds);
    let first = i64::try_from(terms.owner_first_seconds).unwrap_or(i64::MAX);
    let halted = [0, 2].iter().any(|class| now < terms.paused_until[*class].saturating_add(first));
    let until = |at: usize| stage.group.underlyings[at].owner_first_until;
    let account = &stage.group.accounts[&account];
    let tokens = account.tokens.keys().map(|one| stage.group.collaterals[*one].underlying);
    let positions = account.positions.keys().map(|one| stage.group.instruments[*one].underlying);
    halted || tokens.chain(positions).chain([0]).any(|one| now < until(one))
}

/// Is an account worth less than nothing?
pub(crate) fn is_bankrupt(stage: &Stage, account: u16) -> bool {
    let health = stage.stands(account, Check::Maintenance);
    health.is_some_and(|health| health.equity.surely_negative())
}

fn draw_slice(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let mut words = parties(stage, rng, |_, _| true)?.to_vec();
    // What carries no requirement is taken whole or not at all.
    let account = u16::try_from(words[1]).ok()?;
    let stands = stage.stands(account, Check::Maintenance);
    let whole = stands.is_some_and(|one| one.requirement.exact == zero()) && rng.chance(80);
    words.push(match rng.below(30) {
        _ if whole => u64::MAX.into(),
        0 => 0,
        1..4 => u64::MAX.into(),
        4..10 => i128::from(rng.log(1 << 63)),
        // Of options opening takes more yet.
        _ => i128::from(bearable(stage, words[1], words[2]) >> (1 + rng.below(3))),
    });
    Some(words)
}

/// The part of an account that a bidder can bear, about (2^-64).
fn bearable(stage: &Stage, account: i128, bidder: i128) -> u64 {
    let most = || {
        let (account, bidder) = (u16::try_from(account).ok()?, u16::try_from(bidder).ok()?);
        let needed = atoms_of(&stage.stands(account, Check::Maintenance)?.requirement.exact);
        // Opening takes more than keeping, and strict prices count for less.
        let part = (u128::from(spare(stage, bidder)) << 62) / u128::from(needed.max(1));
        u64::try_from(part).ok()
    };
    most().unwrap_or(u64::MAX)
}

fn slice(stage: &Stage, words: &[i128]) -> Option<Play> {
    let share_max = word(words, 3)?;
    // More than the whole is the whole.
    let wanted = Wanted::Slice(share_max);
    bid(stage, words, BidRequest::Slice { share_max }, wanted)
}

fn draw_rows(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    // Of a bankrupt account only slices are taken.
    let fits: fn(&Stage, u16) -> bool = match rng.chance(8) {
        true => |_, _| true,
        false => |stage, account| !is_bankrupt(stage, account),
    };
    let mut words = parties(stage, rng, fits)?.to_vec();
    let number = u16::try_from(words[1]).ok()?;
    let margin = stage.margin(number)?;
    let rows = margin.state.rows().ok()?;
    let market = stage.market();
    let fits = |row: &&Row| {
        let key = row.key().ok();
        key.is_some_and(|key| {
            let priced = market.grade(key.underlying().into()) == Grade::Valid;
            key != plimsoll_client::state::QUOTE_KEY && priced
        })
    };
    let fitting: Vec<&Row> = rows.iter().filter(fits).collect();
    if fitting.is_empty() && !rng.chance(4) {
        return None;
    }
    let one = fitting.get(any_of(rng, fitting.len()).unwrap_or(0)).map(|row| row.key);
    for row in rows {
        let odd = fitting.iter().all(|fits| fits.key != row.key) && !rng.chance(2);
        if odd || one.is_some_and(|one| one != row.key) && rng.chance(70) {
            continue;
        }
        let held = held(stage, number, asset(&margin.state, row.key)?)?;
        let held = i64::try_from(held).ok()?;
        let part = rng.log(held.unsigned_abs().max(1)).min(held.unsigned_abs());
        let part = i64::try_from(part).ok()? * held.signum();
        let bearable = bearable(stage, words[1], words[2]) >> rng.below(2);
        let most = (i128::from(held) * i128::from(bearable >> 1)) >> 63;
        let most = i64::try_from(most).ok()?;
        let part = if rng.chance(60) && most != 0 { most } else { part };
        words.push(row.key.into());
        words.push(signed_amount(rng, part));
    }
    Some(words)
}

fn rows(stage: &Stage, words: &[i128]) -> Option<Play> {
    let margin = stage.margin(word(words, 1)?)?;
    let (mut request, mut wanted) = (Vec::new(), Vec::new());
    for pair in words.get(3..)?.chunks_exact(2) {
        let (key, amount) = (word(pair, 0)?, word(pair, 1)?);
        request.push(BidRow { key, amount });
        wanted.push((asset(&margin.state, key)?, amount));
    }
    bid(stage, words, BidRequest::Rows { rows: request }, Wanted::Rows(wanted))
}

/// Which row a key stands for; `None` if it is no key of a row that is there.
fn asset(account: &MarginAccount, key: u64) -> Option<Asset> {
    let row = account.rows().ok()?.iter().find(|row| row.key == key)?;
    let key = row.key().ok()?;
    let index = usize::from(key.index());
    Some(match key.kind() {
        RowKind::Token => Asset::Token(index),
        RowKind::Position => Asset::Position(index),
    })
}

fn held(stage: &Stage, number: u16, asset: Asset) -> Option<i128> {
    let account = stage.group.accounts.get(&number)?;
    match asset {
        Asset::Token(token) => {
            let now = stage.market().now.seconds;
            Some(atoms(&stage.group, token, *account.tokens.get(&token)?, now))
        }
        Asset::Position(index) => Some(account.positions.get(&index)?.lots.into()),
    }
}

fn bid(stage: &Stage, words: &[i128], request: BidRequest, wanted: Wanted) -> Option<Play> {
    let (person, account, bidder) = (word(words, 0)?, word(words, 1)?, word(words, 2)?);
    let limits =
        BidLimits { payment_quote_atoms_max: i64::MAX, discount_quote_atoms_min: i64::MIN };
    let bid = ix::Bid { request, limits };
    let (target, own) = (stage.margin(account)?, stage.margin(bidder)?);
    let directory = &stage.world.directory;
    // A bankrupt account's instruments are written too; asking for that never harms.
    let instruction = ix::liquidate(directory, &signer(person), &target, &own, &bid, true).ok()?;
    let action = Action::Bid { signer: person, account, bidder, wanted };
    Some(Play::new(instruction, vec![signer(person)], action))
}

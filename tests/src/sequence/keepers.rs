//! What anybody may do: refreshing, marking, bidding.

use plimsoll_client::instruction as ix;
use plimsoll_client::state::MarginAccount;
use plimsoll_client::{BidLimits, BidRequest, BidRow};
use plimsoll_model::bid::{Asset, Wanted};
use plimsoll_model::margin::atoms;
use plimsoll_model::{Action, Market};
use plimsoll_risk::RowKind;

use super::entry::{
    any_account, is_below, mostly, signed_amount, signer, spare, word, Act, Entry, Play,
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
        Entry { name: "mark_account", weight: 20, draw: draw_mark, act: play(mark) },
        Entry { name: "liquidate_slice", weight: 60, draw: draw_slice, act: play(slice) },
        Entry { name: "liquidate_rows", weight: 40, draw: draw_rows, act: play(rows) },
    ]
}

fn draw_price(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    Some(vec![rng.index(stage.group.underlyings.len()) as i128])
}

fn underlying(stage: &Stage, words: &[i128]) -> Option<Play> {
    let instruction = ix::refresh_underlying(&stage.world.directory, word(words, 0)?).ok()?;
    let action = Action::RefreshUnderlying { underlying: word(words, 0)? };
    Some(Play { instruction, signers: vec![], action })
}

fn draw_contract(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    Some(vec![rng.index(stage.group.instruments.len()) as i128])
}

fn instrument(stage: &Stage, words: &[i128]) -> Option<Play> {
    let instruction = ix::refresh_instrument(&stage.world.directory, word(words, 0)?).ok()?;
    let action = Action::RefreshInstrument { instrument: word(words, 0)? };
    Some(Play { instruction, signers: vec![], action })
}

/// An account that is below its line, or in an episode; now and then any.
fn target(stage: &Stage, market: &Market, rng: &mut Rng) -> Option<u16> {
    let open = stage.group.accounts.iter();
    let low: Vec<u16> = open
        .filter(|(id, one)| one.episode_slot != 0 || is_below(stage, market, **id))
        .map(|(id, _)| *id)
        .collect();
    match (low.is_empty(), rng.chance(6)) {
        (false, _) => Some(rng.pick(&low)),
        (true, true) => any_account(stage, rng),
        (true, false) => None,
    }
}

fn draw_mark(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    Some(vec![target(stage, &stage.market(), rng)?.into()])
}

fn mark(stage: &Stage, words: &[i128]) -> Option<Play> {
    let account = word(words, 0)?;
    let instruction = ix::mark_account(&stage.world.directory, &stage.margin(account)?).ok()?;
    Some(Play { instruction, signers: vec![], action: Action::Mark { account } })
}

/// Signer, account and bidder: mostly the best off of a few.
fn parties(stage: &Stage, rng: &mut Rng) -> Option<[i128; 3]> {
    let market = stage.market();
    let account = target(stage, &market, rng)?;
    let few = [any_account(stage, rng)?, any_account(stage, rng)?, any_account(stage, rng)?];
    let bidder = few.into_iter().max_by_key(|one| spare(stage, &market, *one))?;
    let person = mostly(rng, stage.group.accounts[&bidder].owner);
    (account != bidder || rng.chance(3)).then(|| [person.into(), account.into(), bidder.into()])
}

fn draw_slice(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let mut words = parties(stage, rng)?.to_vec();
    words.push(match rng.below(10) {
        0 => 0,
        1 => u64::MAX.into(),
        2..6 => i128::from(rng.log(1 << 63)),
        _ => 1 << 63,
    });
    Some(words)
}

fn slice(stage: &Stage, words: &[i128]) -> Option<Play> {
    let share_max = word(words, 3)?;
    // More than the whole is the whole.
    let wanted = Wanted::Slice(share_max);
    bid(stage, words, BidRequest::Slice { share_max }, wanted)
}

fn draw_rows(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let mut words = parties(stage, rng)?.to_vec();
    let number = u16::try_from(words[1]).ok()?;
    let margin = stage.margin(number)?;
    for row in margin.state.rows().ok()? {
        let quote = row.key().ok()? == plimsoll_client::state::QUOTE_KEY;
        if quote && rng.chance(98) || rng.chance(30) {
            continue;
        }
        let held = held(stage, number, asset(&margin.state, row.key)?)?;
        let held = i64::try_from(held).ok()?;
        let part = rng.log(held.unsigned_abs().max(1)).min(held.unsigned_abs());
        let part = i64::try_from(part).ok()? * held.signum();
        let part = if rng.chance(30) { held } else { part };
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
        RowKind::Linear => Asset::Position(index),
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
    Some(Play { instruction, signers: vec![signer(person)], action })
}

//! Time and prices. Oracles go by their numbers, whoever they price.

use plimsoll_model::margin::Check;
use plimsoll_model::number::{clamp, most, ppm, ten, whole, zero, Exact};
use plimsoll_model::ProposalState;

use super::entry::{atoms, word, Act, Entry};
use super::rng::Rng;
use super::stage::Stage;

/// USD of each oracle when a sequence begins, times 10^8; the last one is a second for SOL.
const BASES: [i64; 6] = [
    100_000_000,
    15_000_000_000,
    10_000_000_000_000,
    400_000_000_000,
    1_000_000_000,
    15_000_000_000,
];
/// SOL, and its second oracle.
const SOL: [usize; 2] = [1, 5];
/// All of them publish.
const ALL: u64 = 63;

/// What no transaction does.
pub(crate) fn entries() -> Vec<Entry> {
    let nature = Act::Nature;
    vec![
        Entry { name: "wait", weight: 60, draw: draw_wait, act: nature(wait) },
        Entry { name: "ripen", weight: 18, draw: draw_ripen, act: nature(wait) },
        Entry { name: "price", weight: 45, draw: draw_price, act: nature(price) },
        Entry { name: "stress", weight: 150, draw: draw_stress, act: nature(stress) },
        Entry { name: "doubt", weight: 4, draw: draw_doubt, act: nature(doubt) },
    ]
}

fn draw_wait(_: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let milliseconds = match rng.below(100) {
        0..60 => rng.below(4_000),
        60..85 => rng.below(60_000),
        85..98 => rng.below(230_000),
        98 => rng.below(86_400_000),
        _ => rng.below(8 * 86_400_000),
    };
    // Who publishes afterwards: all, or some.
    let published = if rng.chance(92) { ALL } else { rng.below(ALL + 1) };
    Some(vec![milliseconds.into(), published.into()])
}

/// Until about the moment at which a proposal ripens or dies, or a stake may leave.
fn draw_ripen(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let now = stage.world.vm.now().time.get();
    let proposals = stage.group.governance.proposals.values();
    let open = proposals.filter(|one| one.state == ProposalState::Open);
    let times = open.flat_map(|one| [one.executable_at, one.executable_at, one.dies_at]);
    let exits = stage.group.stakes.values().map(|one| one.exit_at);
    let ahead: Vec<i64> = times.chain(exits).filter(|time| *time > now).collect();
    if ahead.is_empty() {
        return None;
    }
    let seconds = rng.pick(&ahead) - now + rng.pick(&[-1, 0, 0, 0, 1, 60]);
    Some(vec![i128::from(seconds.max(0)) * 1_000, ALL.into()])
}

pub(crate) fn wait(stage: &mut Stage, words: &[i128]) -> Option<()> {
    let (milliseconds, published): (u64, u32) = (word(words, 0)?, word(words, 1)?);
    stage.world.vm.move_clock(milliseconds.min(30 * 86_400_000));
    let now = stage.world.vm.now().time.get();
    for oracle in 0..BASES.len() {
        if published >> oracle & 1 == 1 {
            edit(stage, oracle, |feed| feed.published = now)?;
        }
    }
    Some(())
}

/// Time passes, and oracles may be sure again of what they say.
pub(crate) fn pass(stage: &mut Stage, words: &[i128]) -> Option<()> {
    wait(stage, words)?;
    if word::<u8>(words, 2)? != 0 {
        make_sure(stage)?;
    }
    Some(())
}

/// All oracles work.
fn make_sure(stage: &mut Stage) -> Option<()> {
    let now = stage.world.vm.now().time.get();
    for oracle in 0..BASES.len() {
        let usual = current(stage, oracle)?;
        edit(stage, oracle, |feed| {
            (feed.price, feed.confidence) =
                (usual, feed.confidence.min(feed.price.unsigned_abs() / 500));
            (feed.published, feed.trading) = (now, true);
        })?;
    }
    Some(())
}

fn draw_price(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let oracle = match rng.below(100) {
        0..4 => 0,
        4..10 => 4 + rng.index(2),
        _ => 1 + rng.index(3),
    };
    let now = current(stage, oracle)?;
    let reach = match (oracle, rng.below(100)) {
        (0, 0..98) => 2_000,
        (0, _) => 80_000,
        (_, 0..50) => 5_000,
        (_, 50..85) => 40_000,
        (_, 85..97) => 95_000,
        _ => 500_000,
    };
    let moved = i128::from(now) * i128::from(1_000_000 + rng.between(-reach, reach)) / 1_000_000;
    let price = within(oracle, moved);
    let confidence = price * i128::from(rng.below(2_500)) / 1_000_000;
    Some(vec![oracle as i128, price, confidence])
}

/// Odd, so that no price lies on a bound; and never far from where it began.
pub(crate) fn within(oracle: usize, price: i128) -> i128 {
    let base = i128::from(BASES[oracle]);
    price.clamp(base / 6, base * 6) | 1
}

fn price(stage: &mut Stage, words: &[i128]) -> Option<()> {
    let (oracle, price, confidence) = (word(words, 0)?, word(words, 1)?, word(words, 2)?);
    let now = stage.world.vm.now().time.get();
    // Both of SOL's move together, but for what is said of the second alone.
    let all = if oracle == SOL[0] { &SOL[..] } else { &[oracle][..] };
    for one in all {
        edit(stage, *one, |feed| {
            (feed.price, feed.confidence) = (price, confidence);
            (feed.published, feed.trading) = (now, true);
        })?;
    }
    Some(())
}

/// A market turns against one of the accounts that have the least to spare, by about as much as it
/// can bear.
fn draw_stress(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let market = stage.market();
    let mut worst: Option<(Exact, u16)> = None;
    for id in stage.group.accounts.keys() {
        let stands = stage.stands(*id, Check::Maintenance);
        let Some(stands) = stands.filter(|one| one.requirement.exact > zero()) else { continue };
        let ratio = &stands.equity.exact / &stands.requirement.exact;
        // The next ones have their turn as well.
        if ratio > whole(1)
            && worst.as_ref().is_none_or(|(least, _)| ratio < *least || rng.chance(20))
        {
            worst = Some((ratio, *id));
        }
    }
    let (_, id) = worst?;
    let stands = stage.stands(id, Check::Maintenance)?.clone();
    let account = &stage.group.accounts[&id];
    let mut net = vec![zero(); stage.group.underlyings.len()];
    for (token, shares) in &account.tokens {
        let one = &stage.group.collaterals[*token];
        net[one.underlying] += one.balance(*shares) * ten(-one.decimals);
    }
    for (index, position) in &account.positions {
        let one = &stage.group.instruments[*index];
        net[one.underlying] += whole(position.lots) * one.moves_with(market);
    }
    let worth = |at: usize| &net[at] * market.stable(at);
    let size = |at: &usize| worth(*at).max(-worth(*at));
    let largest = (1..net.len()).max_by_key(|at| atoms(&size(at)))?;
    let oracle = (*stage.group.underlyings[largest].sources.first()?)?;
    // From the line to bankruptcy, and beyond.
    let (line, all) = (stands.surplus().exact, stands.equity.exact);
    let part = whole(rng.below(200)) / whole(100);
    let lost = &line + (all - &line) * part;
    let down = if net[largest] > zero() { whole(-1) } else { whole(1) };
    let shock = lost / most(size(&largest), whole(1)) * &down;
    let moved = whole(current(stage, oracle)?) * (whole(1) + shock);
    // Beyond this it would be a jump.
    let one = &stage.group.underlyings[largest];
    let reference = &one.reference.usd * ten(8);
    let reach = &reference * ppm(one.jump_ppm_max) * whole(98) / whole(100);
    let moved = clamp(moved, &reference - &reach, &reference + reach);
    Some(vec![oracle as i128, within(oracle, atoms(&moved).into())])
}

/// A price, at a moment in which all oracles work.
fn stress(stage: &mut Stage, words: &[i128]) -> Option<()> {
    make_sure(stage)?;
    price(stage, &[word(words, 0)?, word(words, 1)?, 0])
}

fn draw_doubt(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let oracle = rng.index(BASES.len());
    let price = current(stage, oracle)?;
    // A wide interval, a halt, a price of nothing, a publisher of yesterday or of tomorrow.
    let kind = rng.below(5);
    Some(vec![oracle as i128, kind.into(), price.into()])
}

fn doubt(stage: &mut Stage, words: &[i128]) -> Option<()> {
    let (oracle, kind, price): (usize, u8, i64) =
        (word(words, 0)?, word(words, 1)?, word(words, 2)?);
    edit(stage, oracle, |feed| match kind {
        0 => feed.confidence = price.unsigned_abs() / 20,
        // Only a push feed says whether it trades.
        1 => feed.trading = feed.kind != crate::FeedKind::Push,
        2 => feed.price = -1,
        3 => feed.published -= 3_600,
        _ => feed.published += 3_600,
    })
}

pub(crate) fn current(stage: &Stage, oracle: usize) -> Option<i64> {
    let price = stage.world.feeds[stage.oracles.get(oracle)?].price;
    Some(if price > 0 { price } else { BASES[oracle] })
}

fn edit(stage: &mut Stage, oracle: usize, edit: impl FnOnce(&mut crate::Feed)) -> Option<()> {
    let name = stage.oracles.get(oracle)?.clone();
    stage.world.edit_feed(&name, edit);
    Some(())
}

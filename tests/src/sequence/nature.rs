//! Time and prices.

use super::entry::{word, Act, Entry};
use super::rng::Rng;
use super::stage::Stage;

/// USD per unit of each underlying when a sequence begins, times 10^8.
const BASES: [i64; 4] = [100_000_000, 15_000_000_000, 10_000_000_000_000, 400_000_000_000];

/// What no transaction does.
pub(crate) fn entries() -> Vec<Entry> {
    vec![
        Entry { name: "wait", weight: 60, draw: draw_wait, act: Act::Nature(wait) },
        Entry { name: "price", weight: 60, draw: draw_price, act: Act::Nature(price) },
        Entry { name: "doubt", weight: 4, draw: draw_doubt, act: Act::Nature(doubt) },
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
    let published = if rng.chance(92) { 15 } else { rng.below(16) };
    Some(vec![milliseconds.into(), published.into()])
}

fn wait(stage: &mut Stage, words: &[i128]) -> Option<()> {
    let (milliseconds, published): (u64, u32) = (word(words, 0)?, word(words, 1)?);
    stage.world.vm.move_clock(milliseconds.min(30 * 86_400_000));
    let now = stage.world.vm.now().time.get();
    for underlying in 0..BASES.len() {
        if published >> underlying & 1 == 1 {
            edit(stage, underlying, |feed| feed.published = now);
        }
    }
    Some(())
}

fn draw_price(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let underlying = match rng.chance(4) {
        true => 0,
        false => 1 + rng.index(3),
    };
    let base = BASES[underlying];
    let now = current(stage, underlying)?;
    let reach = match (underlying, rng.below(100)) {
        (0, 0..98) => 2_000,
        (0, _) => 80_000,
        (_, 0..50) => 5_000,
        (_, 50..85) => 40_000,
        (_, 85..97) => 95_000,
        _ => 500_000,
    };
    let moved = i128::from(now) * i128::from(1_000_000 + rng.between(-reach, reach)) / 1_000_000;
    // Odd, so that no price lies on a bound; and never far from where it began.
    let (low, high) = (i128::from(base / 6), i128::from(base) * 6);
    let price = moved.clamp(low, high) | 1;
    let confidence = price * i128::from(rng.below(2_500)) / 1_000_000;
    Some(vec![underlying as i128, price, confidence])
}

fn price(stage: &mut Stage, words: &[i128]) -> Option<()> {
    let (underlying, price, confidence) = (word(words, 0)?, word(words, 1)?, word(words, 2)?);
    let now = stage.world.vm.now().time.get();
    edit(stage, underlying, |feed| {
        (feed.price, feed.confidence) = (price, confidence);
        (feed.published, feed.trading) = (now, true);
    })
}

fn draw_doubt(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let underlying = rng.index(BASES.len());
    let price = current(stage, underlying)?;
    // A wide interval, a halt, a price of nothing, a publisher of yesterday or of tomorrow.
    let kind = rng.below(5);
    Some(vec![underlying as i128, kind.into(), price.into()])
}

fn doubt(stage: &mut Stage, words: &[i128]) -> Option<()> {
    let (underlying, kind, price): (usize, u8, i64) =
        (word(words, 0)?, word(words, 1)?, word(words, 2)?);
    edit(stage, underlying, |feed| match kind {
        0 => feed.confidence = price.unsigned_abs() / 20,
        // Only a push feed says whether it trades.
        1 => feed.trading = feed.kind != crate::FeedKind::Push,
        2 => feed.price = -1,
        3 => feed.published -= 3_600,
        _ => feed.published += 3_600,
    })
}

fn current(stage: &Stage, underlying: usize) -> Option<i64> {
    let name = feed_name(stage, underlying)?;
    let price = stage.world.feeds[&name].price;
    Some(if price > 0 { price } else { BASES[underlying] })
}

fn edit(stage: &mut Stage, underlying: usize, edit: impl FnOnce(&mut crate::Feed)) -> Option<()> {
    let name = feed_name(stage, underlying)?;
    stage.world.edit_feed(&name, edit);
    Some(())
}

fn feed_name(stage: &Stage, underlying: usize) -> Option<String> {
    let at = stage.world.directory.oracle_addresses(u16::try_from(underlying).ok()?).ok()?;
    let own = stage.world.feeds.iter().find(|(_, feed)| at.contains(&feed.address));
    own.map(|(name, _)| name.clone())
}

//! 10 October 2025, described by published figures, with seeded noise between them.
//!
//! Published (UTC): SOL perpetual 207.2 at 20:40, low 141.28; SOL spot low 168.79; BTC perpetual
//! 116,820 at 20:40, low 101,516.5, spot low 102,000; ETH perpetual low 3,400, spot low 3,435; the
//! perpetuals fell up to 16 % under spot for minutes. Everything between these is made up: the
//! shape is a few strokes, the rest noise. Ether's price at 20:40 is a round figure.

use super::{dollars, Bar, Coin, Feed, Path, Price8, Series, COINS, DOLLAR};
use crate::seed::{Rng, BELL_ONE};

/// 10 October 2025, 20:40 UTC.
pub const START: i64 = 1_760_128_800;
/// Minutes that are described.
pub const MINUTES: usize = 118;
/// Minute of the lows: 21:20.
const MINUTE_OF_LOW: usize = 40;

/// Strokes of the fall: minute, and how much of the way from the start to the low is gone
/// (thousandths), for a perpetual and for spot. Straight lines between.
const STROKES: [(usize, [i64; 2]); 10] = [
    (0, [0, 0]),
    (9, [0, 0]),
    (19, [160, 270]),
    (30, [160, 270]),
    (34, [400, 560]),
    (37, [720, 800]),
    (40, [1_000, 1_000]),
    (42, [560, 900]),
    (65, [230, 400]),
    (118, [300, 520]),
];

/// Standard deviation of a minute's noise (ppm) from a minute on.
const NOISE: [(usize, i64); 5] = [(0, 250), (10, 2_500), (31, 12_000), (46, 8_000), (66, 3_500)];

/// Parts of the whole.
const PPM: i64 = 1_000_000;

struct Figures {
    start: Price8,
    low: [Price8; 2],
}

fn figures(coin: Coin) -> Figures {
    let cents = |cents: u64| cents * (DOLLAR / 100);
    match coin {
        Coin::Sol => Figures { start: cents(20_720), low: [cents(14_128), cents(16_879)] },
        Coin::Btc => {
            Figures { start: cents(11_682_000), low: [cents(10_151_650), cents(10_200_000)] }
        }
        Coin::Eth => Figures { start: cents(401_000), low: [cents(340_000), cents(343_500)] },
    }
}

/// The described path of a seed.
pub fn described(seed: u64) -> Path {
    let series = COINS.map(|coin| {
        let figures = figures(coin);
        let [perpetual, spot] = [0, 1].map(|side| bars(seed, coin, &figures, side));
        Series { perpetual, spot, real: false }
    });
    let mut path = Path { start: START, bar_seconds: 60, series, account: Vec::new() };
    path.account = account(&path);
    path
}

/// What the reader should know.
pub fn account(path: &Path) -> Vec<String> {
    let mut lines = vec![
        "a described path: 10 October 2025, 20:40 to 22:38 UTC, through published figures,".into(),
        "with seeded noise between them; no recorded prices are used".into(),
    ];
    for coin in COINS.iter().filter(|coin| !path.series[coin.place()].real) {
        lines.push(format!(
            "{}: starts at {}, perpetual low {}, spot low {}",
            coin.name(),
            dollars(path.series[coin.place()].perpetual[0].open),
            dollars(path.low(*coin, Feed::Perpetual)),
            dollars(path.low(*coin, Feed::Spot)),
        ));
    }
    lines
}

/// Value of a piecewise linear function.
fn between(minute: usize, side: usize) -> i64 {
    let at = STROKES.partition_point(|(from, _)| *from <= minute).clamp(1, STROKES.len() - 1);
    let ((from, a), (to, b)) = (STROKES[at - 1], STROKES[at]);
    let (gone, length) = ((minute - from) as i64, (to - from) as i64);
    a[side] + (b[side] - a[side]) * gone / length
}

fn noise_at(minute: usize) -> i64 {
    let at = NOISE.partition_point(|(from, _)| *from <= minute);
    NOISE[at - 1].1
}

/// `price` moved by `ppm`.
fn moved(price: Price8, ppm: i64) -> Price8 {
    let ppm = (PPM + ppm).max(1) as u128;
    (u128::from(price) * ppm / PPM as u128) as u64
}

/// One side's bars: side 0 is the perpetual, side 1 spot. Both share most of their noise.
fn bars(seed: u64, coin: Coin, figures: &Figures, side: usize) -> Vec<Bar> {
    let mut shared = Rng::new(seed, &format!("path {}", coin.name()));
    let mut own = Rng::new(seed, &format!("path {} {side}", coin.name()));
    let low = figures.low[side];
    let fall = (figures.start - low) as i64;
    let mut drift = 0_i64;
    let mut open = figures.start;
    let mut bars = Vec::with_capacity(MINUTES);
    for minute in 0..MINUTES {
        let spread = noise_at(minute);
        let mut draw = |share: i64| {
            let both = shared.bell() * 9 + own.bell() * 3;
            both * spread * share / (BELL_ONE * 1_000)
        };
        // Noise fades by an eighth a minute, so that it stays about the strokes.
        drift = drift * 7 / 8 + draw(60);
        let (high_wick, low_wick) = (draw(50).abs(), draw(50).abs());
        let base = figures.start - (fall * between(minute + 1, side) / 1_000) as u64;
        let close = moved(base, drift).max(low + low / 500);
        let mut bar = Bar {
            open,
            high: moved(open.max(close), high_wick),
            low: moved(open.min(close), -low_wick).max(low + low / 1_000),
            close,
        };
        if minute == MINUTE_OF_LOW {
            bar.low = low;
        }
        open = close;
        bars.push(bar);
    }
    bars
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_goes_through_the_published_figures() {
        let path = described(1);
        let cents = |cents: u64| cents * (DOLLAR / 100);
        assert_eq!(path.series[0].perpetual[0].open, cents(20_720));
        assert_eq!(path.low(Coin::Sol, Feed::Perpetual), cents(14_128));
        assert_eq!(path.low(Coin::Sol, Feed::Spot), cents(16_879));
        assert_eq!(path.low(Coin::Btc, Feed::Perpetual), cents(10_151_650));
        assert_eq!(path.low(Coin::Btc, Feed::Spot), cents(10_200_000));
        assert_eq!(path.low(Coin::Eth, Feed::Perpetual), cents(340_000));
        assert_eq!(path.low(Coin::Eth, Feed::Spot), cents(343_500));
    }

    #[test]
    fn every_bar_is_sound_and_opens_where_the_last_one_closed() {
        for seed in 1..20 {
            for series in described(seed).series {
                for bars in [series.perpetual, series.spot] {
                    assert_eq!(bars.len(), MINUTES);
                    assert!(bars.iter().all(Bar::is_sound));
                    assert!(bars.windows(2).all(|pair| pair[0].close == pair[1].open));
                }
            }
        }
    }

    #[test]
    fn the_perpetual_falls_about_a_sixth_under_spot() {
        let path = described(1);
        let sol = &path.series[0];
        let gaps = sol.perpetual.iter().zip(&sol.spot).map(|(perpetual, spot)| {
            (spot.low as i64 - perpetual.low as i64) * 100 / spot.low as i64
        });
        let widest = gaps.max().unwrap();
        assert!((13..=18).contains(&widest), "{widest} %");
    }

    #[test]
    fn seeds_give_different_noise() {
        assert_eq!(described(3), described(3));
        assert_ne!(described(3).series, described(4).series);
    }
}

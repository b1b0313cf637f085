//! Which volatilities are published? A smile that rises with the distance that the price has gone,
//! as fast as the expiry allows.

use plimsoll_client::SliceParams;

use crate::prices::Price8;

/// The smile of a calm market (SVI, parts of 2^-32): 80.6 % at the money, steeper below it.
const CALM: SliceParams = SliceParams {
    a: 2_362_232_013,
    b: 1_717_986_918,
    rho: -858_993_459,
    m: 0,
    sigma: 1_073_741_824,
};
/// Volatility at the money of that smile (ppm).
const CALM_PPM: i64 = 806_226;
/// Relative move of the volatilities for each move of the price from its start, up or down
/// (per cent): a price a third away makes them half as high again.
pub const RESPONSE_PER_CENT: i64 = 150;
/// How far volatilities may move in a minute (ppm of themselves).
pub const STEP_PPM: u32 = 20_000;
/// See [`STEP_PPM`] (seconds).
pub const STEP_SECONDS: u32 = 60;
/// Parts of the whole.
const PPM: i64 = 1_000_000;
/// Left for rounding, of an allowed step (ppm).
const SPARE_PPM: i64 = 10;

/// How high volatilities are, as a part of the calm ones (ppm).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level(i64);

impl Level {
    /// A calm market.
    pub const CALM: Self = Self(PPM);

    /// The level that a price asks for.
    pub fn asked(price: Price8, opening: Price8) -> Self {
        let away = i128::from(price.abs_diff(opening)) * i128::from(PPM) / i128::from(opening);
        let away = i64::try_from(away).unwrap_or(PPM);
        Self(PPM + away * RESPONSE_PER_CENT / 100)
    }

    /// As near to `asked` as can be published so long after this one.
    pub fn towards(self, asked: Self, elapsed_seconds: i64) -> Self {
        let allowed = i64::from(STEP_PPM) * elapsed_seconds / i64::from(STEP_SECONDS) - SPARE_PPM;
        let allowed = allowed.max(0);
        let (low, high) = (self.0 * PPM / (PPM + allowed), self.0 * (PPM + allowed) / PPM);
        Self(asked.0.clamp(low + i64::from(low < self.0), high))
    }

    /// Volatility at the money (ppm).
    pub fn at_the_money_ppm(self) -> i64 {
        CALM_PPM * self.0 / PPM
    }

    /// The smile at this level: variances go by its square.
    pub fn slice(self) -> SliceParams {
        let square = i128::from(self.0) * i128::from(self.0);
        let scaled = |word: i64| {
            let product = i128::from(word) * square / i128::from(PPM).pow(2);
            i64::try_from(product).unwrap_or(word)
        };
        SliceParams { a: scaled(CALM.a), b: scaled(CALM.b), ..CALM }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prices::DOLLAR;

    #[test]
    fn a_third_off_asks_for_half_as_much_again() {
        let asked = Level::asked(200 * DOLLAR, 300 * DOLLAR);
        assert!((asked.0 - 1_500_000).abs() <= 2, "{asked:?}");
        // 80.6 % times one and a half.
        assert!((asked.at_the_money_ppm() - 1_209_338).abs() <= 3);
        assert_eq!(Level::asked(400 * DOLLAR, 300 * DOLLAR), asked);
    }

    #[test]
    fn a_minute_goes_two_per_cent_of_the_way_at_most() {
        let asked = Level(1_500_000);
        assert_eq!(Level::CALM.towards(asked, 60), Level(1_019_990));
        assert_eq!(Level::CALM.towards(Level(1_000_500), 60), Level(1_000_500));
        assert_eq!(Level(1_019_990).towards(Level::CALM, 60), Level(1_000_001));
        assert_eq!(Level::CALM.towards(asked, 0), Level::CALM);
    }

    #[test]
    fn the_calm_smile_is_published_as_it_is() {
        assert_eq!(Level::CALM.slice(), CALM);
        assert_eq!(Level(2_000_000).slice().a, 4 * CALM.a);
    }
}

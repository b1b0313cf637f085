//! Lots to be valued, by plain numbers.

use super::{surface, Random};
use plimsoll_options::{Basis, Fading, Kind, QuoteRequest, Settlement, Shock, Slice, SHOCKS_MAX};
use plimsoll_units::{Price, Ratio, UnixSeconds};

/// When the options of the tests expire.
pub const EXPIRY: UnixSeconds = UnixSeconds::new(1_764_921_600);

/// A price of this number.
pub fn price(number: f64) -> Price {
    let exponent = number.log2().floor() as i16;
    let mantissa = (number / 2_f64.powi(i32::from(exponent)) * 2_f64.powi(63)) as u64;
    Price::from_parts(mantissa, exponent - 63).unwrap()
}

/// The number of a price.
pub fn number(price: Price) -> f64 {
    let (mantissa, exponent) = price.parts();
    mantissa as f64 * 2_f64.powi(exponent.into())
}

/// The sixteen of SPAN, for a scan range of 15 % in price and 40 % in volatility.
pub fn span() -> [Shock; SHOCKS_MAX] {
    let thirds = [0, 50_000, -50_000, 100_000, -100_000, 150_000, -150_000];
    let mut shocks = [Shock::NONE; SHOCKS_MAX];
    for (pair, price) in shocks.chunks_mut(2).zip(thirds) {
        pair[0] = Shock { price, volatility: 400_000, weight: Ratio::ONE };
        pair[1] = Shock { price, volatility: -400_000, weight: Ratio::ONE };
    }
    let weight = Ratio::from_ppm(330_000);
    shocks[14] = Shock { price: 450_000, volatility: 0, weight };
    shocks[15] = Shock { price: -450_000, volatility: 0, weight };
    shocks
}

/// What a request refers to and says.
#[derive(Clone, Debug)]
pub struct Setting {
    pub kind: Kind,
    pub strike: Price,
    pub spot: Price,
    pub spot_low: Price,
    pub spot_high: Price,
    pub basis: Basis,
    pub slice: Slice,
    pub confidence: Ratio,
    pub fading: Fading,
    pub shocks: [Shock; SHOCKS_MAX],
}

impl Setting {
    /// A call on a lot of 150 million atoms, a week before its expiry, at 60 %.
    pub fn at_the_money() -> Self {
        let spot = price(150e6);
        let now = UnixSeconds::new(EXPIRY.get() - 7 * 86_400);
        Self {
            kind: Kind::Call,
            strike: spot,
            spot,
            spot_low: price(149.8e6),
            spot_high: price(150.2e6),
            basis: Basis::ZERO,
            slice: Slice::new(surface::terms([0.3, 0.2, -0.1, 0.0, 0.3])).unwrap(),
            confidence: Ratio::from_ppm(20_000),
            fading: Fading::of(&Settlement::default(), EXPIRY, now),
            shocks: span(),
        }
    }

    /// Any lot, before the window (two of three) or inside it, not far from the money.
    pub fn random(random: &mut Random) -> Self {
        let mut unit = || random.word() as f64 / 2_f64.powi(64);
        let spot = 2_f64.powf(56.0 * unit());
        let at = |factor: f64| price(spot * factor);
        let left =
            if unit() < 0.33 { 1_799.0 * unit() + 1.0 } else { 3e7_f64.powf(unit()) + 1_800.0 };
        let now = EXPIRY.get() - left as i64;
        let mut settlement = Settlement::default();
        for second in (EXPIRY.get() - 1_800..=now).step_by(60) {
            let price = at(0.99 + 0.02 * unit());
            settlement.sample(price, UnixSeconds::new(second), EXPIRY).unwrap();
        }
        let slice =
            [0.1 + unit(), 0.5 * unit(), unit() - 0.5, 0.2 * unit() - 0.1, 0.05 + 0.3 * unit()];
        let spread = 2.0 * (left / 31_536_000.0).sqrt();
        Self {
            kind: if unit() < 0.5 { Kind::Call } else { Kind::Put },
            strike: at((spread * (2.0 * unit() - 1.0)).exp().max(1.0 / spot)),
            spot: at(1.0),
            spot_low: at(1.0 - 0.01 * unit()),
            spot_high: at(1.0 + 0.01 * unit()),
            basis: Basis::new((20_000.0 * unit()) as i32).unwrap(),
            slice: Slice::new(surface::terms(slice)).unwrap(),
            confidence: Ratio::from_ppm((100_000.0 * unit()) as u32),
            fading: Fading::of(&settlement, EXPIRY, UnixSeconds::new(now)),
            shocks: span(),
        }
    }

    /// The request.
    pub fn request(&self) -> QuoteRequest<'_> {
        QuoteRequest {
            kind: self.kind,
            strike: self.strike,
            spot: self.spot,
            spot_low: self.spot_low,
            spot_high: self.spot_high,
            basis: self.basis,
            slice: &self.slice,
            confidence: self.confidence,
            fading: self.fading,
            shocks: &self.shocks,
        }
    }
}

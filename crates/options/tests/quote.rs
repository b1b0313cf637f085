//! Is a lot worth what the textbook says, outside the window and inside, and is its risk array
//! what its definition says?

mod support;

use plimsoll_options::{
    quote, quote_future, Basis, Fading, FutureRequest, Kind, OptionError, OptionQuote,
    QuoteRequest, Settlement, Shock, Slice, SHOCKS_MAX,
};
use plimsoll_units::{Price, Ratio, UnixSeconds, Value};
use support::lots::{number, price, span, Setting, EXPIRY};
use support::{for_each_row, surface, Random, Row};

const QUOTES: &str = include_str!("data/quotes.csv");

fn value(value: Value) -> f64 {
    value.get() as f64 / 2_f64.powi(48)
}

/// A settlement whose average so far is `A`, over this much time, at this moment.
fn settlement(covered: i64, average: Price, now: i64) -> Settlement {
    let mut settlement = Settlement::default();
    let mut at = now - covered;
    while at < now {
        settlement.sample(average, UnixSeconds::new(at), EXPIRY).unwrap();
        at = now.min(at + 300);
        settlement.sample(average, UnixSeconds::new(at), EXPIRY).unwrap();
    }
    settlement
}

fn setting_of(row: &Row) -> Setting {
    let price = |name: &str| {
        let (mantissa, exponent) = (row.get(&format!("{name}_m")), row.get(&format!("{name}_e")));
        Price::from_parts(mantissa, exponent).unwrap()
    };
    let fixed = |name: &str| plimsoll_options::Fixed::new(row.get(name));
    let terms = plimsoll_options::SliceTerms {
        a: fixed("a"),
        b: fixed("b"),
        rho: fixed("rho"),
        m: fixed("m"),
        sigma: fixed("sigma"),
    };
    let now = EXPIRY.get() - row.get::<i64>("left");
    let settlement = settlement(row.get("covered"), price("average"), now);
    Setting {
        kind: if row.get::<u8>("kind") == 0 { Kind::Call } else { Kind::Put },
        strike: price("strike"),
        spot: price("spot"),
        spot_low: price("low"),
        spot_high: price("high"),
        basis: Basis::new(row.get("basis")).unwrap(),
        slice: Slice::new(terms).unwrap(),
        confidence: Ratio::from_ppm(row.get("confidence")),
        fading: Fading::of(&settlement, EXPIRY, UnixSeconds::new(now)),
        shocks: span(),
    }
}

/// The largest distances from the reference, relative to the price of a lot.
#[derive(Clone, Copy, Default, Debug)]
struct Worst {
    values: f64,
    delta: f64,
    gamma: f64,
    vega: f64,
    theta: f64,
    array: f64,
}

impl Worst {
    fn note(&mut self, row: &Row, found: &OptionQuote, spot: f64) {
        let off = |name: &str, found: f64| (found / spot - row.get::<f64>(name) / 1e18).abs();
        let own = |name: &str, found: f64| {
            off(name, found) / (row.get::<f64>(name) / 1e18).abs().max(1.0)
        };
        let values = &found.values;
        for (name, price) in [("fair", values.fair), ("low", values.low), ("high", values.high)] {
            self.values = self.values.max(off(name, number(price)));
        }
        self.delta = self.delta.max(off("delta", value(found.greeks.delta)));
        self.gamma = self.gamma.max(own("gamma", value(found.greeks.gamma)));
        self.vega = self.vega.max(own("vega", value(found.greeks.vega)));
        self.theta = self.theta.max(own("theta", value(found.greeks.theta)));
        let unit = 2_f64.powi(i32::from(found.array.shift) - 48);
        for (index, outcome) in found.array.outcomes.iter().enumerate() {
            let outcome = f64::from(*outcome) * unit;
            self.array = self.array.max(off(&format!("r{index}"), outcome));
        }
        let delta = found.array.delta as f64 * unit;
        assert!(delta <= value(found.greeks.delta) && delta + unit > value(found.greeks.delta));
    }
}

#[test]
fn quotes_are_those_of_the_reference() {
    let [mut outside, mut inside] = [Worst::default(), Worst::default()];
    let rows = for_each_row(QUOTES, |row| {
        let setting = setting_of(row);
        let found = quote(&setting.request()).unwrap();
        let worst = if setting.fading.is_inside() { &mut inside } else { &mut outside };
        worst.note(row, &found, number(setting.spot));
        let values = found.values;
        assert!(values.low <= values.fair && values.fair <= values.high);
    });
    println!("outside {outside:?}\ninside {inside:?}");
    assert_eq!(rows, 480);
    // Half a part per million of the volatility is what moves a value most; inside, of a shock.
    for (worst, bounds) in [
        (outside, [2.5e-7, 2.3e-7, 5.4e-6, 1.3e-7, 5.3e-8, 1.6e-7]),
        (inside, [2.1e-9, 1.9e-7, 1.3e-5, 7.2e-10, 2.4e-7, 5.1e-7]),
    ] {
        let Worst { values, delta, gamma, vega, theta, array } = worst;
        for (found, bound) in [values, delta, gamma, vega, theta, array].into_iter().zip(bounds) {
            assert!(found <= bound, "{worst:?}");
        }
    }
}

#[test]
fn outcomes_are_away_from_zero_and_as_fine_as_they_fit() {
    let mut random = Random(5);
    for _ in 0..2_000 {
        let setting = Setting::random(&mut random);
        let array = quote(&setting.request()).unwrap().array;
        let largest = array.outcomes.iter().map(|one| one.unsigned_abs()).max().unwrap();
        let needs_shift = array.shift != 0;
        assert!(largest < 1 << 31);
        if needs_shift && array.delta.unsigned_abs() < 1 << 62 {
            assert!(largest >= (1 << 30) - 1, "{array:?}");
        }
    }
}

#[test]
fn call_less_put_is_forward_less_strike() {
    let mut random = Random(6);
    for _ in 0..1_000 {
        let mut setting = Setting::random(&mut random);
        setting.kind = Kind::Call;
        let call = quote(&setting.request()).unwrap();
        setting.kind = Kind::Put;
        let put = quote(&setting.request()).unwrap();
        // What a dated future with the same basis and fading is worth, and moves with.
        let QuoteRequest { spot, spot_low, spot_high, basis, fading, shocks, .. } =
            setting.request();
        let future = FutureRequest { spot, spot_low, spot_high, basis, fading, shocks };
        let future = quote_future(&future).unwrap();
        let forward = number(future.values.fair);
        let off =
            number(call.values.fair) - number(put.values.fair) - forward + number(setting.strike);
        // Cuts of 43 bits.
        assert!(off.abs() <= forward.max(number(setting.strike)) * 2_f64.powi(-40), "{off}");
        let carried = value(future.carried);
        let deltas = value(call.greeks.delta) - value(put.greeks.delta);
        assert!((deltas - carried).abs() <= carried * 1e-9 + 1e-9);
    }
}

#[test]
fn uncertainty_widens_the_values_and_certainty_does_not() {
    let mut random = Random(7);
    for _ in 0..1_000 {
        let mut setting = Setting::random(&mut random);
        let wide = quote(&setting.request()).unwrap().values;
        (setting.spot_low, setting.spot_high) = (setting.spot, setting.spot);
        let less = quote(&setting.request()).unwrap().values;
        setting.confidence = Ratio::ZERO;
        let point = quote(&setting.request()).unwrap().values;
        assert_eq!((point.low, point.high), (point.fair, point.fair));
        assert!(wide.low <= less.low && less.low <= point.fair);
        assert!(wide.high >= less.high && less.high >= point.fair);
        assert_eq!(wide.fair, point.fair);
    }
}

#[test]
fn lots_of_any_size_have_the_same_bits() {
    let mut setting = Setting::at_the_money();
    (setting.spot_low, setting.spot_high) = (setting.spot, setting.spot);
    let unit = price(1.0);
    (setting.spot, setting.strike) = (unit, price(1.25));
    (setting.spot_low, setting.spot_high) = (unit, unit);
    let small = quote(&setting.request()).unwrap();
    let (mantissa, exponent) = small.values.fair.parts();
    for power in [1, 20, 40, 60] {
        let scaled = |price: Price| {
            let (mantissa, exponent) = price.parts();
            Price::from_parts(mantissa, exponent + power).unwrap()
        };
        let mut setting = setting.clone();
        for price in [&mut setting.spot, &mut setting.strike] {
            *price = scaled(*price);
        }
        (setting.spot_low, setting.spot_high) = (setting.spot, setting.spot);
        let found = quote(&setting.request()).unwrap();
        assert_eq!(found.values.fair.parts(), (mantissa, exponent + power));
        assert_eq!(found.volatility, small.volatility);
    }
}

#[test]
fn nothing_is_worth_one_step_and_no_more() {
    let mut setting = Setting::at_the_money();
    setting.strike = price(number(setting.spot) * 100.0);
    let found = quote(&setting.request()).unwrap();
    let step = number(setting.strike) * 2_f64.powi(-58);
    assert!(number(found.values.fair) <= step && number(found.values.high) <= step);
    assert_eq!(found.array.outcomes, [0; SHOCKS_MAX]);
    assert_eq!((found.array.delta, found.array.shift), (0, 0));
}

#[test]
fn what_crashed_is_valued_while_band_and_average_are_far_above() {
    let mut setting = Setting::at_the_money();
    (setting.kind, setting.strike) = (Kind::Call, setting.spot);
    let near = quote(&setting.request()).unwrap();
    let far = |times: f64| price(number(setting.spot) * times);
    for times in [4.1, 7.9, 8.1, 20.0, 1e6] {
        let mut setting = setting.clone();
        setting.spot_high = far(times);
        let found = quote(&setting.request()).unwrap();
        let fair = [near, found].map(|one| number(one.values.fair));
        assert!((fair[0] / fair[1] - 1.0).abs() < 1e-4, "{fair:?}");
        // Deep in the money.
        let high = number(found.values.high) / number(setting.spot) / (times - 1.0);
        assert!((0.99..1.2).contains(&high), "{high}");
        // Half of an average is fixed at as much.
        setting.spot_high = setting.spot;
        let now = EXPIRY.get() - 900;
        let settlement = settlement(900, far(times), now);
        setting.fading = Fading::of(&settlement, EXPIRY, UnixSeconds::new(now));
        let found = number(quote(&setting.request()).unwrap().values.fair);
        let right = number(setting.spot) * (times - 1.0) / 2.0;
        assert!((found / right - 1.0).abs() < 0.02, "{found} {right}");
    }
}

#[test]
fn what_cannot_be_valued_is_refused_by_name() {
    let refused = |bend: &dyn Fn(&mut Setting)| {
        let mut setting = Setting::at_the_money();
        bend(&mut setting);
        quote(&setting.request()).map(|_| ()).unwrap_err()
    };
    let band = |setting: &mut Setting| {
        (setting.spot_low, setting.spot_high) = (setting.spot, setting.spot);
    };
    let inverted = OptionError::BandInverted;
    assert_eq!(refused(&|s| s.spot_low = price(number(s.spot) * 1.01)), inverted);
    assert_eq!(refused(&|s| s.spot_high = price(number(s.spot) * 0.99)), inverted);
    let uncertain = refused(&|s| s.confidence = Ratio::from_ppm(1_000_001));
    assert_eq!(uncertain, OptionError::ConfidenceOutOfRange);
    let notional = OptionError::NotionalOutOfRange;
    for spot in [0.99, 2_f64.powi(61)] {
        let found = refused(&|s| {
            (s.spot, s.strike) = (price(spot), price(spot));
            band(s);
        });
        assert_eq!(found, notional);
    }
    let largest = Price::from_parts(u64::MAX, 1_024).unwrap();
    let found = refused(&|s| {
        (s.spot_high, s.spot) = (largest, largest);
        s.basis = Basis::new(10).unwrap();
    });
    assert_eq!(found, notional);
    let level = OptionError::LevelOutOfRange;
    assert_eq!(refused(&|s| s.strike = price(number(s.spot) * 2_f64.powi(-44))), level);
    assert_eq!(refused(&|s| s.spot_high = price(number(s.spot) * 2_f64.powi(40))), notional);
    let shock = Shock { price: 15_000_000, volatility: 0, weight: Ratio::ONE };
    assert_eq!(refused(&|s| s.shocks[3] = shock), level);
    let shock = Shock { price: -1_000_001, ..shock };
    assert_eq!(refused(&|s| s.shocks[3] = shock), OptionError::ShockOutOfRange);
    let shock = Shock { price: 0, weight: Ratio::from_ppm(1_000_001), ..shock };
    assert_eq!(refused(&|s| s.shocks[3] = shock), OptionError::WeightOutOfRange);
}

#[test]
fn largest_inputs_do_not_wrap() {
    let mut setting = Setting::at_the_money();
    let most = Price::from_parts(u64::MAX, -3).unwrap();
    (setting.spot, setting.strike) = (most, most);
    (setting.spot_low, setting.spot_high) = (most, most);
    let wild =
        plimsoll_options::SliceTerms { b: plimsoll_options::Fixed::ZERO, ..setting.slice.terms() };
    for a in [1e-4, 30_000.0] {
        let terms = plimsoll_options::SliceTerms { a: surface::fixed(a * 1.000_001), ..wild };
        setting.slice = Slice::new(terms).unwrap();
        for left in [1, 10_000, 1 << 50] {
            let now = UnixSeconds::new(EXPIRY.get() - left);
            setting.fading = Fading::of(&Settlement::default(), EXPIRY, now);
            let found = quote(&setting.request()).unwrap();
            assert!(found.values.high <= most, "{found:?}");
            assert!(found.greeks.gamma >= Value::ZERO && found.greeks.vega >= Value::ZERO);
            assert!(found.greeks.theta <= Value::ZERO);
            assert!(found.array.shift >= 40, "{}", found.array.shift);
        }
    }
    let request = QuoteRequest { confidence: Ratio::ONE, ..setting.request() };
    assert!(quote(&request).is_ok());
}

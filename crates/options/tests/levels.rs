//! Do prices become levels, and premiums values, with the rounding that their names say?

mod support;

use plimsoll_options::{Level, OptionError, Premium};
use plimsoll_units::{Price, Value};
use support::level;

#[test]
fn levels_have_one_to_46_bits() {
    assert_eq!(Level::new(0), Err(OptionError::LevelOutOfRange));
    assert_eq!(Level::new(1), Ok(Level::MIN));
    assert_eq!(Level::new((1 << 46) - 1), Ok(Level::MAX));
    assert_eq!(Level::new(1 << 46), Err(OptionError::LevelOutOfRange));
    assert_eq!(Level::new(u64::MAX), Err(OptionError::LevelOutOfRange));
}

#[test]
fn price_becomes_the_level_below_it() {
    // 150.75 quote atoms, in steps of a quarter, a half, one, two.
    let price = Price::from_decimal(15_075, -2).unwrap();
    assert_eq!(Level::from_price_floor(price, -2), Ok(level(603)));
    assert_eq!(Level::from_price_floor(price, -1), Ok(level(301)));
    assert_eq!(Level::from_price_floor(price, 0), Ok(level(150)));
    assert_eq!(Level::from_price_floor(price, 1), Ok(level(75)));
    // 46 bits of it, and one more; one step, and less.
    assert!(Level::from_price_floor(price, -38).is_ok());
    assert_eq!(Level::from_price_floor(price, -39), Err(OptionError::LevelOutOfRange));
    assert_eq!(Level::from_price_floor(price, 7), Ok(level(1)));
    assert_eq!(Level::from_price_floor(price, 8), Err(OptionError::LevelOutOfRange));
    for exponent in [i16::MIN, -1024, 1024, i16::MAX] {
        assert_eq!(Level::from_price_floor(price, exponent), Err(OptionError::LevelOutOfRange));
    }
}

#[test]
fn premium_becomes_the_value_below_it() {
    let atom = 1_i128 << 48;
    let worth = |raw: i64, exponent: i16| Premium::new(raw).to_value_floor(exponent);
    assert_eq!(worth(3 << 16, 0), Some(Value::new(3 * atom)));
    assert_eq!(worth(-3 << 16, 0), Some(Value::new(-3 * atom)));
    assert_eq!(worth(1, 0), Some(Value::new(atom >> 16)));
    assert_eq!(worth(3 << 16, -2), Some(Value::new(3 * atom / 4)));
    assert_eq!(worth(5, -32), Some(Value::new(5)));
    assert_eq!(worth(5, -34), Some(Value::new(1)));
    assert_eq!(worth(-5, -34), Some(Value::new(-2)));
    assert_eq!(worth(1, i16::MIN), Some(Value::new(0)));
    assert_eq!(worth(1 << 62, 40), None);
    assert_eq!(worth(1, i16::MAX), None);
}

#[test]
fn errors_say_what_failed() {
    use OptionError::*;
    let all = [
        LevelOutOfRange,
        ShockOutOfRange,
        WeightOutOfRange,
        Expired,
        BelowIntrinsic,
        AboveBound,
        VolatilityOutOfRange,
        VegaNegligible,
        NotionalOutOfRange,
        BandInverted,
        ConfidenceOutOfRange,
    ];
    let texts: std::collections::BTreeSet<String> = all.iter().map(ToString::to_string).collect();
    assert_eq!(texts.len(), all.len());
}

//! What exact number does a decimal in the file stand for? No floats: a share is a whole number
//! of parts per million, an amount a whole number of atoms, or the file is wrong.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

use std::fmt;
use std::str::FromStr;

use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// A decimal number at least zero, `mantissa · 10^-places`, as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    /// All digits.
    pub mantissa: u64,
    /// How many of them stand behind the point.
    pub places: u32,
}

impl Decimal {
    /// The number times `10^places`; an error unless that is a whole number below 2^64.
    pub fn scaled(&self, places: u32) -> Result<u64, String> {
        let ten = |power: u32| 10_u64.checked_pow(power);
        let scaled = match places.checked_sub(self.places) {
            Some(more) => ten(more).and_then(|factor| self.mantissa.checked_mul(factor)),
            None => {
                let less = self.places.saturating_sub(places);
                let divisor = ten(less).filter(|divisor| self.mantissa.is_multiple_of(*divisor));
                divisor.map(|divisor| self.mantissa / divisor)
            }
        };
        scaled.ok_or_else(|| format!("{self} is no whole number of units of 10^-{places}"))
    }

    /// The same number without zeros at its end: `1.50` becomes `1.5`, and `100` stays.
    pub fn shortest(self) -> Self {
        let Self { mut mantissa, mut places } = self;
        while places > 0 && mantissa.is_multiple_of(10) {
            mantissa /= 10;
            places -= 1;
        }
        Self { mantissa, places }
    }

    /// So many times the number; `None` beyond 64 bits.
    pub fn times(self, count: u64) -> Option<Self> {
        let mantissa = self.mantissa.checked_mul(count)?;
        Some(Self { mantissa, ..self })
    }

    /// The product of both times `10^places`; `None` unless that is a whole number below 2^64.
    pub fn product_scaled(self, other: Self, places: u32) -> Option<u64> {
        // Shortest first, so that what fits is found to fit.
        let (one, other) = (self.shortest(), other.shortest());
        let mantissa = one.mantissa.checked_mul(other.mantissa)?;
        let product = Self { mantissa, places: one.places.checked_add(other.places)? };
        product.scaled(places).ok()
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = self.places as usize;
        let digits = format!("{:0width$}", self.mantissa, width = places + 1);
        let (whole, fraction) = digits.split_at(digits.len() - places);
        match fraction.is_empty() {
            true => f.write_str(whole),
            false => write!(f, "{whole}.{fraction}"),
        }
    }
}

impl FromStr for Decimal {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits: String = [whole, fraction].concat().replace('_', "");
        let plain = !whole.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let mantissa = digits.parse().ok().filter(|_| plain);
        let places = fraction.replace('_', "").len() as u32;
        let mantissa = mantissa.ok_or_else(|| format!("{text:?} is no decimal number"))?;
        Ok(Self { mantissa, places })
    }
}

/// A share: `"2.5%"`, or a plain decimal such as `"1.5"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share {
    /// Parts per million.
    pub ppm: u32,
}

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (number, places) = match text.strip_suffix('%') {
            Some(number) => (number, 4),
            None => (text, 6),
        };
        let ppm = number.trim().parse::<Decimal>()?.scaled(places);
        let ppm = ppm.ok().and_then(|ppm| u32::try_from(ppm).ok());
        let ppm = ppm.ok_or_else(|| format!("{text:?} is no whole number of millionths"))?;
        Ok(Self { ppm })
    }
}

/// Reads what is written as text, for the `Deserialize` of such a type. Errors: its own.
pub fn from_text<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: FromStr<Err = String>,
    D: Deserializer<'de>,
{
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer)
    }
}

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_exact_parts_per_million() {
        assert_eq!("2.5%".parse(), Ok(Share { ppm: 25_000 }));
        assert_eq!("1.5".parse(), Ok(Share { ppm: 1_500_000 }));
        assert_eq!("0.0001 %".parse(), Ok(Share { ppm: 1 }));
        assert!("0.00001%".parse::<Share>().is_err());
        assert!("-1%".parse::<Share>().is_err());
        assert!("5 percent".parse::<Share>().is_err());
    }

    #[test]
    fn amounts_are_exact_atoms() {
        let amount: Decimal = "1_000.25".parse().unwrap();

        assert_eq!(amount.to_string(), "1000.25");
        assert_eq!(amount.scaled(6), Ok(1_000_250_000));
        assert_eq!(amount.scaled(2), Ok(100_025));
        assert!(amount.scaled(1).is_err());
        assert!(amount.scaled(30).is_err());
        assert_eq!("10.50".parse::<Decimal>().unwrap().scaled(1), Ok(105));
        assert!(".5".parse::<Decimal>().is_err());
    }

    #[test]
    fn products_are_exact() {
        let number = |text: &str| text.parse::<Decimal>().unwrap();

        assert_eq!(number("1.500").shortest().to_string(), "1.5");
        assert_eq!(number("100").shortest().to_string(), "100");
        assert_eq!(number("0.00").shortest(), number("0"));
        assert_eq!(number("2.5").times(61).map(|one| one.to_string()), Some("152.5".into()));
        assert_eq!(number("2").times(u64::MAX), None);
        assert_eq!(number("100_000").product_scaled(number("0.0001"), 6), Some(10_000_000));
        assert_eq!(number("0.01").product_scaled(number("0.01"), 3), None);
        // 64 bits hold it once the zeros are gone.
        let long = number("1.000000000000000000");
        assert_eq!(long.product_scaled(long, 6), Some(1_000_000));
    }
}

//! What did the program say that it did? Its events and costs, read from the logs.

use std::collections::BTreeMap;

use anchor_lang::Discriminator;
use plimsoll::events::{Liquidated, LossAssigned, LossShared};
use plimsoll_client::{decode_event, Address, PROGRAM_ID};

/// A `Liquidated` event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The account that was unloaded.
    pub margin_account: Address,
    /// The account that took the rows.
    pub bidder: Address,
    /// When.
    pub slot: u64,
    /// Equity before (quote atoms).
    pub equity_before: i64,
    /// Requirement before (quote atoms).
    pub requirement_before: i64,
    /// Requirement released (quote atoms).
    pub released: i64,
    /// β (ppm).
    pub beta_ppm: u32,
    /// Discount, insurance cut included (quote atoms).
    pub discount: i64,
    /// Cut that the insurance fund got (quote atoms).
    pub insurance_cut: i64,
    /// What the insurance fund paid (quote atoms).
    pub insurance_paid: i64,
    /// What the bidder's quote balance changed by (quote atoms).
    pub bidder_delta: i64,
    /// What the account could not pay, and others bear (quote atoms).
    pub shortfall: i64,
}

impl Receipt {
    /// A loss that equity did not cover, whoever bore it.
    pub fn bad_debt(&self) -> i64 {
        self.shortfall
    }
}

/// The `Liquidated` events in a transaction's logs.
pub fn receipts(logs: &[String]) -> Vec<Receipt> {
    let data = logs.iter().filter_map(|line| line.strip_prefix("Program data: "));
    data.filter_map(|text| receipt(&base64(text)?)).collect()
}

/// Losses of bankrupt accounts by who bore them (quote atoms).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// By the insurance fund.
    pub insured: i64,
    /// By the opposite side of an instrument.
    pub charged: i64,
    /// By nobody yet: instruments owe it.
    pub debt: i64,
}

impl Losses {
    /// Adds what a transaction's logs say.
    pub fn add(&mut self, logs: &[String]) {
        let data = logs.iter().filter_map(|line| line.strip_prefix("Program data: "));
        for bytes in data.filter_map(base64) {
            if let Some(one) = decode_event::<LossAssigned>(&bytes) {
                self.insured += one.insurance_paid_quote_atoms;
            } else if let Some(one) = decode_event::<LossShared>(&bytes) {
                self.insured += one.insurance_paid_quote_atoms;
                self.charged += one.charged_quote_atoms;
                self.debt += one.debt_quote_atoms;
            }
        }
    }
}

fn receipt(bytes: &[u8]) -> Option<Receipt> {
    let mut rest = bytes.strip_prefix(Liquidated::DISCRIMINATOR)?;
    let receipt = Receipt {
        margin_account: Address::new_from_array(take(&mut rest)?),
        bidder: Address::new_from_array(take(&mut rest)?),
        slot: u64::from_le_bytes(take(&mut rest)?),
        equity_before: i64::from_le_bytes(take(&mut rest)?),
        requirement_before: i64::from_le_bytes(take(&mut rest)?),
        released: i64::from_le_bytes(take(&mut rest)?),
        beta_ppm: u32::from_le_bytes(take(&mut rest)?),
        discount: i64::from_le_bytes(take(&mut rest)?),
        insurance_cut: i64::from_le_bytes(take(&mut rest)?),
        insurance_paid: i64::from_le_bytes(take(&mut rest)?),
        bidder_delta: i64::from_le_bytes(take(&mut rest)?),
        shortfall: i64::from_le_bytes(take(&mut rest)?),
    };
    rest.is_empty().then_some(receipt)
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk::<N>()?;
    *rest = tail;
    Some(*head)
}

fn base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut word, mut bits) = (0_u32, 0);
    for letter in text.bytes().filter(|letter| *letter != b'=') {
        let six = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        word = (word << 6) | u32::from(six);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((word >> bits) as u8);
        }
    }
    Some(bytes)
}

/// Compute units that each instruction of the program took, by its name.
#[derive(Clone, Debug, Default)]
pub struct Costs {
    units: BTreeMap<String, Vec<u64>>,
}

/// Smallest, middle and largest of some costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spread {
    /// How many there were.
    pub count: usize,
    /// The smallest.
    pub least: u64,
    /// The middle.
    pub median: u64,
    /// The largest.
    pub most: u64,
}

impl Costs {
    /// Adds what the logs of one transaction say; `names` are those of the program's
    /// instructions in it, in their order.
    pub fn add(&mut self, logs: &[String], names: &[&str]) {
        let prefix = format!("Program {PROGRAM_ID} consumed ");
        let units = logs.iter().filter_map(|line| line.strip_prefix(&prefix)?.split(' ').next());
        for (units, name) in units.zip(names) {
            if let Ok(units) = units.parse() {
                self.units.entry((*name).to_owned()).or_default().push(units);
            }
        }
    }

    /// The spread of each instruction's costs, by name.
    pub fn spreads(&self) -> Vec<(String, Spread)> {
        let spreads = self.units.iter().map(|(name, units)| {
            let mut units = units.clone();
            units.sort_unstable();
            let at = |index: usize| units.get(index).copied().unwrap_or(0);
            let last = units.len().saturating_sub(1);
            let (least, median, most) = (at(0), at(last / 2), at(last));
            (name.clone(), Spread { count: units.len(), least, median, most })
        });
        spreads.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anchor_lang::Event;

    #[test]
    fn an_event_is_read_as_it_was_written() {
        let event = Liquidated {
            margin_account: Address::new_from_array([1; 32]),
            bidder: Address::new_from_array([2; 32]),
            slot: 3,
            equity_before_quote_atoms: -4,
            requirement_before_quote_atoms: 5,
            released_quote_atoms: 6,
            beta_ppm: 7,
            discount_quote_atoms: 8,
            insurance_cut_quote_atoms: 9,
            insurance_paid_quote_atoms: 10,
            bidder_delta_quote_atoms: 11,
            shortfall_quote_atoms: 12,
        };
        let receipt = receipt(&event.data()).unwrap();
        assert_eq!((receipt.slot, receipt.equity_before, receipt.released), (3, -4, 6));
        assert_eq!((receipt.beta_ppm, receipt.insurance_cut), (7, 9));
        assert_eq!(receipt.bad_debt(), 12);
    }

    #[test]
    fn base64_of_every_length_is_read() {
        assert_eq!(base64("TQ==").unwrap(), b"M");
        assert_eq!(base64("TWE=").unwrap(), b"Ma");
        assert_eq!(base64("TWFu").unwrap(), b"Man");
        assert_eq!(base64("?"), None);
    }

    #[test]
    fn costs_are_sorted_into_least_median_and_most() {
        let mut costs = Costs::default();
        for units in [30, 10, 20] {
            let line = format!("Program {PROGRAM_ID} consumed {units} of 200000 compute units");
            costs.add(&[line], &["trade"]);
        }
        let spread = Spread { count: 3, least: 10, median: 20, most: 30 };
        assert_eq!(costs.spreads(), vec![("trade".to_owned(), spread)]);
    }
}

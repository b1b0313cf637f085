//! Which option books go through the crash?

use plimsoll_client::ContractKind;

use crate::prices::{Price8, DOLLAR};

/// What each book is about (SOL), so that their numbers can be compared.
pub const UNITS: u64 = 1_000;
/// Lots of a tenth of a SOL, of perpetual and contracts alike.
pub const LOTS: i64 = 10_000;
/// Decimal exponent of a lot.
pub(super) const LOT_EXPONENT: i32 = -1;
/// Strikes are whole multiples of this (dollars).
const STRIKE_DOLLARS: u64 = 5;

/// What a leg is of. Strikes are named by their part of the opening price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leg {
    /// The perpetual.
    Perpetual,
    /// The put at 95 %.
    NearPut,
    /// The put at 85 %.
    FarPut,
    /// The call at 110 %.
    Call,
}

/// The contracts in the order in which they are listed, behind the perpetuals.
pub const CONTRACTS: [Leg; 3] = [Leg::NearPut, Leg::FarPut, Leg::Call];

impl Leg {
    /// Strike in whole dollars at an opening price; of a perpetual, none.
    pub fn strike_dollars(self, opening: Price8) -> Option<u64> {
        let per_cent = match self {
            Self::Perpetual => return None,
            Self::NearPut => 95,
            Self::FarPut => 85,
            Self::Call => 110,
        };
        let exact = opening * per_cent / 100;
        let step = STRIKE_DOLLARS * DOLLAR;
        Some(((exact + step / 2) / step).max(1) * STRIKE_DOLLARS)
    }

    /// What it pays at expiry; of a perpetual, nothing.
    pub(super) fn kind(self, opening: Price8) -> Option<ContractKind> {
        // Quote atoms of a tenth of a SOL.
        let strike_quote_atoms_per_lot = self.strike_dollars(opening)? * 100_000;
        Some(match self {
            Self::Call => ContractKind::Call { strike_quote_atoms_per_lot },
            _ => ContractKind::Put { strike_quote_atoms_per_lot },
        })
    }
}

/// A book, in parts of what [`UNITS`] are worth at the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptionBook {
    /// Its name.
    pub name: &'static str,
    /// What it holds, in words.
    pub holds: &'static str,
    /// Dollars brought in (per cent).
    pub dollars_per_cent: u64,
    /// Whether it brings in the tokens themselves.
    pub has_tokens: bool,
    /// Dollars borrowed and taken out (per cent).
    pub borrows_per_cent: u64,
    /// What it buys, or sells if negative, in [`LOTS`].
    pub legs: &'static [(Leg, i64)],
}

/// All books. The first one has no options, to compare the second one with.
pub const BOOKS: [OptionBook; 5] = [
    OptionBook {
        name: "unhedged",
        holds: "long perpetual on dollars",
        dollars_per_cent: 14,
        has_tokens: false,
        borrows_per_cent: 0,
        legs: &[(Leg::Perpetual, 1)],
    },
    OptionBook {
        name: "protected",
        holds: "the same, and the 95 % put",
        dollars_per_cent: 14,
        has_tokens: false,
        borrows_per_cent: 0,
        legs: &[(Leg::NearPut, 1), (Leg::Perpetual, 1)],
    },
    OptionBook {
        name: "collar",
        holds: "tokens on 65 % borrowed, 95 % put, short 110 % call",
        dollars_per_cent: 0,
        has_tokens: true,
        borrows_per_cent: 65,
        legs: &[(Leg::NearPut, 1), (Leg::Call, -1)],
    },
    OptionBook {
        name: "strangle",
        holds: "short the 85 % put and the 110 % call",
        dollars_per_cent: 15,
        has_tokens: false,
        borrows_per_cent: 0,
        legs: &[(Leg::FarPut, -1), (Leg::Call, -1)],
    },
    OptionBook {
        name: "spread",
        holds: "short the 95 % put, long the 85 % put",
        dollars_per_cent: 10,
        has_tokens: false,
        borrows_per_cent: 0,
        legs: &[(Leg::FarPut, 1), (Leg::NearPut, -1)],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strikes_are_round() {
        assert_eq!(Leg::NearPut.strike_dollars(221 * DOLLAR), Some(210));
        assert_eq!(Leg::FarPut.strike_dollars(221 * DOLLAR), Some(190));
        assert_eq!(Leg::Call.strike_dollars(221 * DOLLAR), Some(245));
        assert_eq!(Leg::Perpetual.strike_dollars(221 * DOLLAR), None);
    }
}

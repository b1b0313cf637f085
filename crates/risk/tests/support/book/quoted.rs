//! The market of the worked examples: SOL at 150 dollars, options of one SOL each, valued to fifty
//! digits by `scripts/options.py --arrays`.

use super::{risk_array, Array, Pay, DOLLAR};
use crate::support::{decimal, linear, position_key, ppm, token, underlying, Terms};
use plimsoll_risk::{Holding, LinearShocks, Place, RowTerms, ScenarioSet};
use plimsoll_units::{QuoteAtoms, Ratio};

/// An option in dollars a lot.
pub struct Quoted {
    pub call: bool,
    pub strike: f64,
    pub days: i64,
    pub price: f64,
    pub delta: f64,
    pub outcomes: [f64; 16],
}

/// Which row of the market is which option?
pub const C150: u16 = 2;
pub const P150: u16 = 3;
pub const C165: u16 = 4;
pub const P165: u16 = 5;
pub const P135: u16 = 6;
pub const LATER: u16 = 7;

/// The options at 150 dollars, 60 % and 30 or 60 days, for a scan range of 10 % in price and 25 %
/// in volatility.
pub const OPTIONS: [Quoted; 6] = [
    Quoted {
        call: true,
        strike: 150.0,
        days: 30,
        price: 10.2809110774,
        delta: 80.1404555387,
        outcomes: [
            2.5613299315,
            -2.5660708372,
            5.4262866424,
            0.3141121734,
            0.0033132979,
            -4.9346095305,
            8.5801974458,
            3.6665443187,
            -2.2358588495,
            -6.7834778747,
            12.0006620318,
            7.4300461339,
            -4.1519039758,
            -8.140854894,
            11.7251200091,
            -3.3432835826,
        ],
    },
    Quoted {
        call: false,
        strike: 150.0,
        days: 30,
        price: 10.2809110774,
        delta: -69.8595444613,
        outcomes: [
            2.5613299315,
            -2.5660708372,
            0.4262916424,
            -4.6858828266,
            5.0033082979,
            0.0653854695,
            -1.4198075542,
            -6.3334606813,
            7.7641461505,
            3.2165271253,
            -2.9993379682,
            -7.5699538661,
            10.8480960242,
            6.859145106,
            -3.1248799909,
            11.5067164174,
        ],
    },
    Quoted {
        call: true,
        strike: 165.0,
        days: 30,
        price: 4.9053907571,
        delta: 47.9798528543,
        outcomes: [
            2.3761823521,
            -2.1944335458,
            4.3655775804,
            -0.7300971165,
            0.6784790578,
            -3.2499350191,
            6.6487058066,
            1.1886257766,
            -0.7365939631,
            -3.9626526121,
            9.2210743527,
            3.5809335071,
            -1.8851457175,
            -4.4094579244,
            9.1750902205,
            -1.6087958484,
        ],
    },
    Quoted {
        call: false,
        strike: 165.0,
        days: 30,
        price: 19.9053907571,
        delta: -102.0201471457,
        outcomes: [
            2.3761823521,
            -2.1944335458,
            -0.6344174196,
            -5.7300921165,
            5.6784740578,
            1.7500599809,
            -3.3512991934,
            -8.8113792234,
            9.2634110369,
            6.0373523879,
            -5.7789256473,
            -11.4190664929,
            13.1148542825,
            10.5905420756,
            -5.6749097795,
            13.2412041516,
        ],
    },
    Quoted {
        call: false,
        strike: 135.0,
        days: 30,
        price: 4.0373527399,
        delta: -36.3640784708,
        outcomes: [
            2.0916543616,
            -1.8972965565,
            0.8401291128,
            -2.6830311846,
            3.6017683273,
            -0.761725884,
            -0.1854539676,
            -3.2059335665,
            5.4020182842,
            0.8133010145,
            -1.0171077003,
            -3.5414199073,
            7.520664168,
            2.9060034762,
            -1.278841634,
            8.7834507871,
        ],
    },
    Quoted {
        call: true,
        strike: 150.0,
        days: 60,
        price: 14.5215161045,
        delta: 82.2607580522,
        outcomes: [
            3.6052835322,
            -3.6186418016,
            6.5135997746,
            -0.7589122759,
            0.9129720966,
            -6.1163347384,
            9.6264071199,
            2.4401626323,
            -1.5535213704,
            -8.2398054677,
            12.9309790361,
            5.9483085176,
            -3.7866204991,
            -9.9897546822,
            11.0360225699,
            -4.4750195459,
        ],
    },
];

/// Token 1 is SOL, position 1 its perpetual in lots of one SOL, and then come the options. Terms:
/// scan range 10 %, basis 1 %, floor 1 %, half as much again for opening, ample depth.
pub fn options_market() -> Terms {
    let mut sol = underlying(1, 150);
    sol.shocks = Place::new(0);
    let mut terms = Terms { underlyings: vec![sol], ..Terms::default() };
    terms.shocks.push(LinearShocks::new(&ScenarioSet::SPAN, ppm(100_000)).unwrap());
    let row = |key, notional, array| RowTerms { key, notional, weight: Ratio::ONE, array };
    terms.rows.push(row(crate::support::token_key(1, 1), decimal(150, -3), Place::NONE));
    terms.rows.push(row(position_key(1, 1), decimal(150, 6), Place::NONE));
    for (index, option) in (0u16..).zip(&OPTIONS) {
        terms.rows.push(row(position_key(1, index + 2), decimal(150, 6), Place::new(index)));
        let fair = option.price * DOLLAR;
        terms.arrays.push(risk_array(fair, &option.array(), ppm(10_000)));
    }
    terms
}

impl Quoted {
    fn array(&self) -> Array {
        let strike = self.strike * DOLLAR;
        Array {
            outcomes: self.outcomes.map(|outcome| outcome * DOLLAR),
            delta: self.delta * DOLLAR,
            low: self.price * DOLLAR,
            high: self.price * DOLLAR,
            notional: 150.0 * DOLLAR,
            pay: if self.call { Pay::Call(strike) } else { Pay::Put(strike) },
            expires_at: self.days * 86_400,
            fading: false,
        }
    }
}

/// `sol` whole SOL, or that many lots of perpetual where they are short, and lots of options.
pub fn options_book(sol: i64, options: &[(u16, i64)]) -> Vec<Holding> {
    let mut account = Vec::new();
    match sol {
        0 => (),
        1.. => account.push(token(1, 1, sol * 1_000_000_000)),
        _ => account.push(linear(1, 1, sol, QuoteAtoms::ZERO)),
    }
    for (index, lots) in options {
        account.push(linear(1, *index, *lots, QuoteAtoms::ZERO));
    }
    account
}

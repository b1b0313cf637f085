//! What does a keeper insist on?

use plimsoll_units::{QuoteAtoms, Ratio, Seconds};

/// The terms on which a keeper works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// What getting rid of a row costs, as a part of its value: spread, impact, and the risk of
    /// holding it until then.
    pub ask: Ratio,
    /// What sending one transaction costs (quote atoms).
    pub fee: QuoteAtoms,
    /// Profit after all costs below which a bid is not worth the trouble (quote atoms).
    pub profit_min: QuoteAtoms,
    /// How far above its own initial requirement the keeper stays, as a part of it.
    pub margin_kept: Ratio,
    /// How much more than planned a bid may cost where the price moves before it lands, as a part
    /// of the value of the rows.
    pub slippage: Ratio,
    /// Whether it bears witness where no bid pays, and closes positions against the other side in the
    /// end. It costs fees and brings nothing, but to whoever holds the other side.
    pub last_resort: bool,
    /// Whether it does what a group needs and hardly anybody is paid for: sharing losses that wait, paying
    /// out and closing what has settled, bringing fees to the insurance fund, repaying debts. It costs a
    /// fee each; whatever it settles of a loss brings the instrument's reward. What has settled waits while
    /// one of its holders is bankrupt: a keeper of last resort takes those.
    pub upkeep: bool,
    /// What a piece of upkeep that only moves money must move at least, unless it is all that is left
    /// (quote atoms).
    pub upkeep_min: QuoteAtoms,
    /// Whether it refreshes prices, funding and interest that stand still until somebody does, and how long
    /// after the last refresh, whoever's that was. It costs a fee for each transaction and brings nothing.
    pub crank: Option<Seconds>,
}

impl Config {
    /// 0.2 % for each row, a cent for each transaction and for the trouble, a tenth of margin to
    /// spare, half a percent of slippage, no last resort, no upkeep, which would have to move a dollar, no
    /// refreshes; quote atoms as of a dollar token of six decimals.
    pub const DEFAULT: Self = Self {
        ask: Ratio::from_ppm(2_000),
        fee: QuoteAtoms::new(10_000),
        profit_min: QuoteAtoms::new(10_000),
        margin_kept: Ratio::from_ppm(100_000),
        slippage: Ratio::from_ppm(5_000),
        last_resort: false,
        upkeep: false,
        upkeep_min: QuoteAtoms::new(1_000_000),
        crank: None,
    };
}

//! Every step as a line, for whoever wants to draw another picture.

use std::fmt::Write as _;

use crate::run::Outcome;

/// The steps as CSV. Prices in dollars times 10^8, amounts in quote atoms.
pub fn steps(outcome: &Outcome) -> String {
    let mut text = String::from(
        "unix_seconds,sol_perp,btc_perp,eth_perp,sol_spot,btc_spot,eth_spot,flat,comfortable,thin,\
         at_the_line,below,bankrupt,bids,released,discount,bad_debt,insurance,negative,equity\n",
    );
    for one in &outcome.samples {
        let numbers = |list: &[u64]| list.iter().map(u64::to_string).collect::<Vec<_>>().join(",");
        let classes: Vec<u64> = one.classes.iter().map(|count| u64::from(*count)).collect();
        let _ = writeln!(
            text,
            "{},{},{},{},{},{},{},{},{},{},{}",
            one.time,
            numbers(&one.perpetual),
            numbers(&one.spot),
            numbers(&classes),
            one.bids,
            one.released,
            one.discount,
            one.bad_debt,
            one.insurance,
            one.negative,
            one.equity,
        );
    }
    text
}

//! How does an account stand? The margin rule, written out once more from its page.

use num_traits::{Signed, Zero};

use crate::arrays::{self, Held, Parts};
use crate::group::{Account, Group, Underlying};
use crate::market::{Grade, Market};
use crate::number::{ceil, floor, least, most, ppm, slack, ten, value, whole, zero, Exact, Near};

/// The quote token.
pub const QUOTE: usize = 0;

/// What health is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// May it be kept?
    Maintenance,
    /// May it be opened?
    Initial,
    /// May money leave? As opening, with no open profit counted.
    Withdrawal,
}

/// Equity and requirement (quote atoms).
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub struct Health {
    pub equity: Near,
    pub requirement: Near,
}

impl Health {
    /// Equity less requirement.
    pub fn surplus(&self) -> Near {
        self.equity.minus(&self.requirement)
    }

    /// `(MM − E) / MM`, zero for what requires nothing and is not below, beyond any measure for a
    /// debt that stands against no requirement; exact numbers only.
    pub fn depth(&self) -> Exact {
        let missing = &self.requirement.exact - &self.equity.exact;
        match (self.requirement.exact.is_zero(), missing.is_positive()) {
            (true, true) => whole(u32::MAX),
            (true, false) => zero(),
            (false, _) => missing / &self.requirement.exact,
        }
    }
}

impl Health {
    /// The depth at least and at most.
    pub fn depths(&self) -> (Exact, Exact) {
        let of = |equity: Exact, requirement: Exact| match requirement.is_positive() {
            true => whole(1) - equity / requirement,
            false => zero(),
        };
        let (equity, requirement) = (&self.equity, &self.requirement);
        let (low, high) = (requirement.low(), requirement.high());
        // A larger requirement makes it deeper while there is equity, and less deep without.
        let all = [
            of(equity.high(), low.clone()),
            of(equity.high(), high.clone()),
            of(equity.low(), low),
            of(equity.low(), high),
        ];
        let (mut low, mut high) = (all[0].clone(), all[0].clone());
        for one in all {
            low = least(low, one.clone());
            high = most(high, one);
        }
        (low, high)
    }
}

/// Something with a price in an account.
struct Row {
    /// Whole units, signed.
    units: Exact,
    /// Quote flow and what is owed (quote atoms); zero for tokens.
    flow: Exact,
    /// Share of positive value that counts for opening.
    weight: Exact,
    is_token: bool,
}

impl Row {
    /// What of a strict value counts for opening.
    fn counted(&self, strict: Exact, check: Check) -> Exact {
        let weight = match (self.is_token, check) {
            (false, Check::Withdrawal) => zero(),
            _ => self.weight.clone(),
        };
        if strict.is_positive() {
            strict * weight
        } else {
            strict
        }
    }
}

/// Sums over the rows of one underlying that move one to one with its price.
#[derive(Default)]
pub(crate) struct Sums {
    equity: Exact,
    pub(crate) long: Exact,
    pub(crate) short: Exact,
    /// Whole units, long less short.
    pub(crate) net_units: Exact,
    size: Exact,
}

/// Health of an account; the error is an underlying of a row that may not be judged.
pub fn health(
    group: &Group,
    market: &Market,
    account: &Account,
    check: Check,
) -> Result<Health, usize> {
    let quote = account.tokens.get(&QUOTE).copied().unwrap_or(0);
    let mut equity = whole(atoms(group, QUOTE, quote, market.now.seconds));
    let mut size = equity.abs();
    let (mut requirement, mut loose, mut unsure_equity) = (zero(), zero(), zero());
    for (index, underlying) in group.underlyings.iter().enumerate() {
        let rows = rows(group, market, account, index);
        let arrays = group.arrays(market, account, index);
        if rows.is_empty() && arrays.is_empty() {
            continue;
        }
        let sums = sum(&rows, market, index, check)?;
        equity += &sums.equity;
        size += &sums.size;
        if !arrays.is_empty() {
            let part = with_arrays(group, market, index, (&sums, &arrays), check)?;
            equity += &part.equity.exact;
            unsure_equity += &part.equity.slack;
            requirement += &part.requirement.exact;
            loose += &part.requirement.slack;
            size += arrays.iter().map(Held::size).sum::<Exact>();
            continue;
        }
        let (required, unsure) = required(underlying, &sums);
        let factor = factor(underlying, check);
        requirement += required * &factor;
        loose += unsure * factor;
    }
    Ok(Health {
        equity: Near { exact: equity, slack: slack(&size) + unsure_equity },
        requirement: Near { exact: requirement, slack: slack(&(size * whole(8))) + loose },
    })
}

/// Equity of the array rows of an underlying, and the requirement of all of its rows.
fn with_arrays(
    group: &Group,
    market: &Market,
    index: usize,
    (sums, arrays): (&Sums, &[Held<'_>]),
    check: Check,
) -> Result<Health, usize> {
    let nothing = Near::certain(zero());
    let mut part = Health { equity: nothing.clone(), requirement: nothing };
    if market.grade(index) != Grade::Valid {
        for row in arrays {
            // Without a price they count generously for keeping, and require nothing.
            part.equity = match (row.contract.settled, check) {
                (true, _) => part.equity.plus(&row.counted(check)),
                (false, Check::Maintenance) => part.equity.plus(&Near::certain(row.generous())),
                (false, _) => return Err(index),
            };
        }
        return Ok(part);
    }
    for row in arrays {
        part.equity = part.equity.plus(&row.counted(check));
    }
    let underlying = &group.underlyings[index];
    let parts = arrays::parts(underlying, sums, arrays, market, index);
    part.requirement = parts.required(underlying, check);
    Ok(part)
}

/// The parts of what an account requires for an underlying, where it holds array rows there; its price
/// must be valid.
pub fn detail(group: &Group, market: &Market, account: &Account, index: usize) -> Option<Parts> {
    let held = group.arrays(market, account, index);
    if held.is_empty() || market.grade(index) != Grade::Valid {
        return None;
    }
    let rows = rows(group, market, account, index);
    let sums = sum(&rows, market, index, Check::Maintenance).ok()?;
    Some(arrays::parts(&group.underlyings[index], &sums, &held, market, index))
}

/// What a balance is worth in whole atoms, rounded against the account.
pub fn atoms(group: &Group, collateral: usize, shares: i128, now: i64) -> i128 {
    floor(&group.collaterals[collateral].balance_at(shares, now))
}

/// Initial over maintenance requirement.
pub(crate) fn factor(underlying: &Underlying, check: Check) -> Exact {
    match check {
        Check::Maintenance => whole(1),
        // A product of ratios is a ratio again, rounded up.
        Check::Initial | Check::Withdrawal => {
            let widening = ppm(underlying.widening_ppm.max(1_000_000));
            let product = ppm(underlying.initial_multiplier_ppm) * widening;
            ppm(ceil(&(product * whole(1_000_000))))
        }
    }
}

fn rows(group: &Group, market: &Market, account: &Account, underlying: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    for (index, shares) in &account.tokens {
        let token = &group.collaterals[*index];
        if *index != QUOTE && token.underlying == underlying {
            rows.push(Row {
                units: whole(atoms(group, *index, *shares, market.now.seconds))
                    * ten(-token.decimals),
                flow: zero(),
                weight: ppm(weight(group, *index, market.now.seconds)),
                is_token: true,
            });
        }
    }
    for (index, position) in &account.positions {
        let instrument = &group.instruments[*index];
        let linear = position.lots == 0 || instrument.reads_array(market).is_none();
        if instrument.underlying == underlying && linear && !position.holds_nothing() {
            let owed = whole(position.owed_quote_atoms.unsigned_abs());
            rows.push(Row {
                units: whole(position.lots) * &instrument.lot,
                flow: value(instrument.flow(position, market.now.seconds)) + owed,
                weight: ppm(instrument.pnl_weight_ppm),
                is_token: false,
            });
        }
    }
    rows
}

/// Part of a token's value that counts for opening now (ppm): it rises from nothing.
pub fn weight(group: &Group, collateral: usize, now: i64) -> u32 {
    let one = &group.collaterals[collateral];
    let elapsed = now.saturating_sub(one.ramp_from).max(0).unsigned_abs();
    match elapsed >= one.ramp_seconds {
        true => one.weight_ppm,
        false => {
            let part = u128::from(one.weight_ppm) * u128::from(elapsed);
            u32::try_from(part / u128::from(one.ramp_seconds)).unwrap_or(u32::MAX)
        }
    }
}

fn sum(rows: &[Row], market: &Market, underlying: usize, check: Check) -> Result<Sums, usize> {
    let mut sums = Sums::default();
    let grade = market.grade(underlying);
    if grade == Grade::Valid {
        for row in rows {
            add_priced(&mut sums, row, market, underlying, check);
        }
        return Ok(sums);
    }
    for row in rows {
        let owned = row.units.is_positive();
        match check {
            // Counts generously, requires nothing.
            Check::Maintenance => {
                let worth = market.generous(underlying) * &row.units;
                sums.equity += if owned { worth.clone() } else { zero() } + &row.flow;
                sums.size += worth.abs() + row.flow.abs();
            }
            Check::Initial | Check::Withdrawal if row.is_token && owned => {}
            // A closed position's flow needs no price.
            Check::Initial | Check::Withdrawal if row.units.is_zero() => {
                sums.equity += row.counted(row.flow.clone(), check);
                sums.size += row.flow.abs();
            }
            Check::Initial | Check::Withdrawal => return Err(underlying),
        }
    }
    Ok(sums)
}

fn add_priced(sums: &mut Sums, row: &Row, market: &Market, underlying: usize, check: Check) {
    let worth = market.mid(underlying) * &row.units;
    sums.size += worth.abs() + row.flow.abs();
    sums.net_units += &row.units;
    match row.units.is_negative() {
        true => sums.short += worth.abs(),
        false => sums.long += &worth,
    }
    if check == Check::Maintenance {
        sums.equity += worth + &row.flow;
        return;
    }
    let price = match row.units.is_negative() {
        true => market.high(underlying),
        false => market.low(underlying),
    };
    let strict = price * &row.units + &row.flow;
    sums.equity += row.counted(strict, check);
}

/// The requirement of an underlying, and how far above it the program may be since it keeps the
/// share of concentration in whole parts per million.
fn required(underlying: &Underlying, sums: &Sums) -> (Exact, Exact) {
    let net = (&sums.long - &sums.short).abs();
    let (loss_long, loss_short) = losses(underlying);
    let loss = if sums.long >= sums.short { loss_long } else { loss_short };
    let hedged = least(sums.long.clone(), sums.short.clone());
    let mut required = &net * ppm(loss) + hedged * ppm(underlying.basis_ppm);
    let depth = whole(underlying.depth_quote_atoms);
    let mut unsure = zero();
    if net > depth {
        let highest = ppm(underlying.concentration_max_ppm);
        // Beyond a market without depth everything is concentrated.
        let share = match depth.is_zero() {
            true => highest.clone(),
            false => ppm(underlying.concentration_slope_ppm) * (&net / depth - whole(1)),
        };
        required += &net * least(highest, share);
        unsure = net * ppm(2);
    }
    (required, unsure)
}

/// Worst loss of a net long and of a net short per notional (ppm, rounded up): the scan range times
/// the worst damped shock of the scenarios.
pub fn losses(underlying: &Underlying) -> (i128, i128) {
    let (mut down, mut up) = (zero(), zero());
    for (shock, _, weight) in &underlying.scenarios {
        // Kept in whole parts per million of the scan range, rounded up.
        let damped = whole(ceil(&(whole(shock.unsigned_abs()) * ppm(*weight)))) * ppm(1);
        match *shock < 0 {
            true => down = most(down, damped),
            false => up = most(up, damped),
        }
    }
    let scan = ppm(underlying.scan_lower_ppm) * whole(1_000_000);
    (ceil(&(&scan * down)), ceil(&(scan * up)))
}

//! The rule for books with options once more, in floats, from the words of the design: written
//! without a look at the crate's own way of getting there.

use super::{Array, Pay, Row, Underlying};
use plimsoll_risk::{Check, Holding, RowKey};
use plimsoll_units::Value;

/// What an underlying comes to.
#[derive(Clone, Debug, Default)]
pub struct Judged {
    pub equity: f64,
    pub requirement: f64,
    pub scenario: f64,
    pub concentration: f64,
    /// The largest loss at expiry; infinite where it has no bound.
    pub bound: f64,
    pub basis: f64,
    pub floor: f64,
    /// Value of the long array rows.
    pub long_options: f64,
    /// Values and index notionals, regardless of sign: what errors are measured by.
    pub gross: f64,
    /// The larger of what is judged for its size, where that is about the depth or more.
    pub size: f64,
    /// A slope so near to zero that rounding may decide.
    pub doubtful: bool,
}

pub fn of_value(value: Value) -> f64 {
    value.get() as f64 / 2f64.powi(48)
}

/// All underlyings, and the quote balance with them.
pub fn judge(
    underlyings: &[Underlying],
    rows: &[Row],
    account: &[Holding],
    check: Check,
) -> (f64, f64, Vec<Judged>) {
    let mut equity = 0.0;
    for holding in account.iter().filter(|holding| holding.key == RowKey::QUOTE) {
        equity += holding.quantity as f64;
    }
    let judged: Vec<Judged> =
        underlyings.iter().map(|one| judge_one(one, rows, account, check)).collect();
    equity += judged.iter().map(|one| one.equity).sum::<f64>();
    let requirement = judged.iter().map(|one| one.requirement).sum();
    (equity, requirement, judged)
}

fn judge_one(u: &Underlying, rows: &[Row], account: &[Holding], check: Check) -> Judged {
    let mut judged = Judged::default();
    let (mut long, mut short) = (0.0, 0.0);
    let mut options: Vec<(f64, f64, &Array)> = Vec::new();
    for holding in account.iter().filter(|holding| holding.key.underlying() == u.index) {
        if holding.key == RowKey::QUOTE {
            continue;
        }
        let row = rows.iter().find(|row| row.key == holding.key).unwrap();
        let (quantity, flow) = (holding.quantity as f64, of_value(holding.quote));
        let value = quantity * row.price;
        judged.gross += value.abs();
        let strict = match &row.array {
            Some(array) if quantity > 0.0 => quantity * array.low,
            Some(array) => quantity * array.high,
            None if quantity > 0.0 => value * u.low / u.price,
            None => value * u.high / u.price,
        };
        judged.equity += match check {
            Check::Maintenance => value + flow,
            Check::Initial if strict + flow > 0.0 => (strict + flow) * f64::from(row.weight) / 1e6,
            Check::Initial => strict + flow,
        };
        match &row.array {
            Some(array) if quantity != 0.0 => {
                judged.gross += (quantity * array.notional).abs();
                options.push((quantity, value, array));
            }
            None if value > 0.0 => long += value,
            _ => short -= value,
        }
    }
    require(u, long, short, &options, check, &mut judged);
    judged
}

fn require(
    u: &Underlying,
    long: f64,
    short: f64,
    options: &[(f64, f64, &Array)],
    check: Check,
    judged: &mut Judged,
) {
    let net = long - short;
    for (k, scenario) in u.set.iter().enumerate() {
        let (factor, weight) = u.shocked(scenario);
        let mut gain = net * (factor - 1.0) * weight;
        gain += options.iter().map(|(q, _, array)| q * array.outcomes[k]).sum::<f64>();
        judged.scenario = judged.scenario.max(-gain);
    }
    let moved = |of: &dyn Fn(f64) -> bool| -> f64 {
        options.iter().filter(|(q, _, _)| of(*q)).map(|(q, _, array)| q * array.delta).sum()
    };
    let (delta, delta_short) = (moved(&|_| true), moved(&|q| q < 0.0));
    let positive = |(q, value, _): &(f64, f64, &Array)| if *q > 0.0 { *value } else { 0.0 };
    judged.long_options = options.iter().map(positive).sum();
    let all = (net + delta).abs();
    let left = net.abs() + delta_short.abs();
    let size = if options.is_empty() { all } else { all.max(left) };
    judged.size = if size < u.depth * 0.999 { 0.0 } else { size };
    let given_up = (judged.long_options - judged.scenario).max(0.0);
    judged.concentration = match options.is_empty() {
        true => concentration(u, all),
        false => concentration(u, all).min(concentration(u, left) + given_up),
    };
    judged.basis =
        f64::from(u.basis) / 1e6 * (long + delta.max(0.0)).min(short + (-delta).max(0.0));
    let notional: f64 = options
        .iter()
        .filter(|(q, _, array)| *q < 0.0 && array.pay != Pay::Linear)
        .map(|(q, _, array)| -q * array.notional)
        .sum();
    judged.floor = f64::from(u.floor) / 1e6 * notional;
    judged.bound = f64::INFINITY;
    if !options.is_empty() {
        bound(net, options, judged);
    }
    let ratio = match check {
        Check::Maintenance => 1.0,
        Check::Initial => f64::from(u.multiplier) / 1e6,
    };
    judged.requirement = (ratio * (judged.scenario + judged.concentration)).min(judged.bound)
        + ratio * (judged.basis + judged.floor);
}

fn concentration(u: &Underlying, size: f64) -> f64 {
    if size <= u.depth {
        return 0.0;
    }
    let rise = match u.depth > 0.0 {
        true => f64::from(u.slope) / 1e6 * (size / u.depth - 1.0),
        false => f64::INFINITY,
    };
    size * rise.min(f64::from(u.share_max) / 1e6)
}

/// Tries every expiry for the linear rows, and each price at which a line may be lowest.
fn bound(net: f64, options: &[(f64, f64, &Array)], judged: &mut Judged) {
    let value = net + options.iter().map(|(_, value, _)| value).sum::<f64>();
    let mut expiries: Vec<i64> = options.iter().map(|(_, _, array)| array.expires_at).collect();
    expiries.sort_unstable();
    expiries.dedup();
    let mut choices: Vec<Option<i64>> = vec![None];
    choices.extend(expiries.iter().map(|expiry| Some(*expiry)));
    for choice in choices {
        let mut pay =
            if choice.is_none() && net < -1e-9 * judged.gross { f64::NEG_INFINITY } else { 0.0 };
        for expiry in &expiries {
            let group: Vec<_> =
                options.iter().filter(|(_, _, array)| array.expires_at == *expiry).collect();
            let fades = group.iter().any(|(_, _, array)| array.fading);
            let joins = choice == Some(*expiry);
            if joins && fades {
                pay = f64::NEG_INFINITY;
            }
            pay += least_pay(if joins { net } else { 0.0 }, &group, judged);
        }
        judged.bound = judged.bound.min((value - pay).max(0.0));
    }
}

fn least_pay(net: f64, group: &[&(f64, f64, &Array)], judged: &mut Judged) -> f64 {
    let slope: f64 = net
        + group
            .iter()
            .filter(|(_, _, array)| !matches!(array.pay, Pay::Put(_)))
            .map(|(q, _, array)| q * array.notional)
            .sum::<f64>();
    let grain = 1e-9 * judged.gross;
    judged.doubtful |= slope < 0.0 && slope > -1e3 * grain && slope < -1e-6 * grain;
    if slope < -grain {
        return f64::NEG_INFINITY;
    }
    let pays = |x: f64| -> f64 {
        let one = |(q, _, array): &&(f64, f64, &Array)| {
            let level = x * array.notional;
            q * match array.pay {
                Pay::Call(strike) => (level - strike).max(0.0),
                Pay::Put(strike) => (strike - level).max(0.0),
                Pay::Linear => level,
            }
        };
        net * x + group.iter().map(one).sum::<f64>()
    };
    let mut least = pays(0.0);
    for (_, _, array) in group {
        if let Pay::Call(strike) | Pay::Put(strike) = array.pay {
            least = least.min(pays(strike / array.notional));
        }
    }
    least
}

//! What does a proposed change do to its target, and what keeps it from being done?
//!
//! Every reason is named, in no order. Terms come as a whole target of which only the terms are
//! read: what a market has become is never a term.

use crate::bounds;
use crate::expiry::Expiry;
use crate::group::{Collateral, Group, Instrument, Person, Terms, Underlying};
use crate::margin::losses;
use crate::market::{Grade, Market};
use crate::number::{ceil, ppm, whole};

/// What keeps a change from being done.
pub(crate) type Flaws = Vec<&'static str>;

/// Widest confidence, dispersion, jump and slope (ppm).
const DEVIATION_PPM_MAX: u32 = 500_000;
/// One (ppm).
const ONE_PPM: u32 = 1_000_000;
/// Shortest and longest timelock and window (seconds).
const TIMELOCK_SECONDS: std::ops::RangeInclusive<u64> = 3_600..=30 * 86_400;
/// Shortest ramp of a token that is listed after the launch (seconds).
const RAMP_SECONDS_MIN: u64 = 7 * 86_400;
/// Highest yearly rate of interest (ppm).
const RATE_PPM_MAX: u32 = 100_000_000;
/// Scenarios and kinks at most.
const SCENARIOS_MAX: usize = 16;
const KINKS_MAX: usize = 5;
/// Widest shock (ppm of the scan range).
const SHOCK_PPM_MAX: u32 = 10_000_000;

/// Oracle accounts by number; `None` is a source that cannot be one.
pub type Sources = Vec<Option<usize>>;

/// What may be proposed. Roles and offers are persons; `None` is nobody.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Change {
    Underlying {
        index: usize,
        terms: Box<Underlying>,
    },
    UnderlyingOracles {
        index: usize,
        sources: Sources,
    },
    Collateral {
        index: usize,
        terms: Box<Collateral>,
    },
    Instrument {
        index: usize,
        terms: Box<Instrument>,
    },
    Group(Box<Terms>),
    Timelock {
        timelock_seconds: u64,
        window_seconds: u64,
    },
    ListUnderlying {
        index: usize,
        terms: Box<Underlying>,
    },
    /// The token is the terms' mint.
    ListCollateral {
        underlying: usize,
        terms: Box<Collateral>,
    },
    ListInstrument {
        index: usize,
        underlying: usize,
        terms: Box<Instrument>,
    },
    ListExpiry {
        underlying: usize,
        expires_at: i64,
        terms: Box<Expiry>,
    },
    /// The contract's terms among the instrument's.
    ListContract {
        index: usize,
        underlying: usize,
        expires_at: i64,
        terms: Box<Instrument>,
    },
    Owner(Option<Person>),
    Guardian(Option<Person>),
    Lister(Option<Person>),
    RiskManager(Option<Person>),
    Publisher(Option<Person>),
}

impl Change {
    /// Is it done by an instruction that lists?
    pub(crate) fn is_listing(&self) -> bool {
        matches!(
            self,
            Self::ListUnderlying { .. }
                | Self::ListCollateral { .. }
                | Self::ListInstrument { .. }
                | Self::ListExpiry { .. }
                | Self::ListContract { .. }
        )
    }
}

/// Adds a name unless the fact holds.
pub(crate) fn unless(flaws: &mut Flaws, holds: bool, name: &'static str) {
    if !holds {
        flaws.push(name);
    }
}

/// The group after a change that is no listing, or why it cannot be.
pub(crate) fn carried(
    group: &Group,
    market: &Market,
    (change, proposed_at): (&Change, i64),
) -> Result<Group, Flaws> {
    let (mut next, mut flaws) = (group.clone(), Flaws::new());
    let now = market.now.seconds;
    // Whom the change of an underlying puts below the line may act first.
    let first = now.saturating_add_unsigned(group.terms.owner_first_seconds);
    match change {
        Change::Underlying { index, terms } => {
            let old = &group.underlyings[*index];
            let mut new = old.with(terms);
            flaws.extend(underlying_flaws(&new));
            let same = old.name == terms.name && old.sources == terms.sources;
            unless(&mut flaws, same, "ProposalMismatch");
            unless(&mut flaws, bounds::underlying(old, &new), "ChangeTooLarge");
            new.widening_ppm = widening(&new);
            new.owner_first_until = new.owner_first_until.max(first);
            new.scenarios_at = now;
            next.underlyings[*index] = new;
        }
        Change::UnderlyingOracles { index, sources } => {
            let new = &mut next.underlyings[*index];
            new.sources = sources.clone();
            new.owner_first_until = new.owner_first_until.max(first);
            flaws.extend(source_flaws(sources));
            if flaws.is_empty() {
                flaws.extend(switch_flaws(market, new));
            }
        }
        Change::Collateral { index, terms } => {
            let old = &group.collaterals[*index];
            let new = old.with(terms);
            flaws.extend(collateral_flaws(&new));
            // What was proposed before the guardian tightened it knew nothing of that.
            unless(&mut flaws, proposed_at >= old.tightened_at, "ProposalStale");
            unless(&mut flaws, old.ramp_seconds == new.ramp_seconds, "ProposalMismatch");
            let near = flaws.is_empty() && bounds::collateral(old, &new);
            unless(&mut flaws, near, "ChangeTooLarge");
            next.collaterals[*index] = new;
        }
        Change::Instrument { index, terms } => {
            let old = &group.instruments[*index];
            let mut due = old.clone();
            due.accrue(now);
            let new = due.with(terms);
            flaws.extend(instrument_flaws(terms));
            flaws.extend(old.contract.iter().flat_map(|one| one.change_flaws(terms)));
            unless(&mut flaws, proposed_at >= old.tightened_at, "ProposalStale");
            let tick = old.tick_quote_atoms_per_lot == terms.tick_quote_atoms_per_lot;
            let same = tick && old.name == terms.name && old.lot == terms.lot;
            unless(&mut flaws, same, "ProposalMismatch");
            // Another lot may be none at all.
            unless(&mut flaws, same, "OutOfRange");
            unless(&mut flaws, bounds::instrument(old, &new), "ChangeTooLarge");
            next.instruments[*index] = new;
        }
        Change::Group(terms) => {
            next.terms = group.terms.with(terms);
            flaws.extend(term_flaws(terms));
            unless(&mut flaws, bounds::terms(&group.terms, &next.terms), "ChangeTooLarge");
        }
        _ => flaws.extend(change_roles(&mut next, change)),
    }
    match flaws.is_empty() {
        true => Ok(next),
        false => Err(flaws),
    }
}

/// Roles, and how long proposals wait.
fn change_roles(next: &mut Group, change: &Change) -> Flaws {
    let roles = &mut next.governance;
    match change {
        Change::Timelock { timelock_seconds: lock, window_seconds: window } => {
            let mut flaws = timelock_flaws(*lock, *window);
            let old = [roles.timelock_seconds, roles.window_seconds];
            let near = bounds::near(old[0], *lock, 0) && bounds::near(old[1], *window, 0);
            unless(&mut flaws, near, "ChangeTooLarge");
            (roles.timelock_seconds, roles.window_seconds) = (*lock, *window);
            return flaws;
        }
        Change::Owner(who) => roles.pending_owner = *who,
        Change::Guardian(who) => roles.guardian = *who,
        Change::Lister(who) => roles.lister = *who,
        Change::RiskManager(who) => roles.risk_manager = *who,
        Change::Publisher(who) => roles.publisher = *who,
        _ => return vec!["ProposalMismatch"],
    }
    Flaws::new()
}

/// A new source must say something that can be used, or that is only far from the old one.
fn switch_flaws(market: &Market, new: &Underlying) -> Flaws {
    let quote = market.judged(new);
    match quote.grade {
        Grade::Valid | Grade::Jumping => Flaws::new(),
        flawed => vec![flawed.error()],
    }
}

/// One or two sources, each of which names its account.
pub(crate) fn source_flaws(sources: &Sources) -> Flaws {
    let mut flaws = Flaws::new();
    let sound = (1..=2).contains(&sources.len()) && sources.iter().all(Option::is_some);
    unless(&mut flaws, sound, "OracleSourceInvalid");
    flaws
}

/// What is wrong with the terms of an underlying.
pub(crate) fn underlying_flaws(one: &Underlying) -> Flaws {
    let mut flaws = source_flaws(&one.sources);
    let deviation = |ppm: u32| (1..=DEVIATION_PPM_MAX).contains(&ppm);
    let slopes = [&one.stable, &one.reference];
    let slopes =
        slopes.iter().all(|one| one.catch_up_seconds_max > 0 && deviation(one.ppm_per_second));
    let reference = &one.reference;
    let leap = u64::from(reference.ppm_per_second) * u64::from(reference.catch_up_seconds_max);
    let most = i64::MAX.unsigned_abs();
    let widest = u64::from(one.initial_multiplier_ppm) * u64::from(one.scan_upper_ppm);
    let sound = (1..=600).contains(&one.age_seconds_max)
        && deviation(one.confidence_ppm_max)
        && deviation(one.dispersion_ppm_max)
        && deviation(one.jump_ppm_max)
        && slopes
        // One refresh may not carry a leap.
        && leap <= u64::from(one.jump_ppm_max)
        && (1..=one.scan_upper_ppm).contains(&one.scan_lower_ppm)
        && one.open_interest_lower_quote_atoms < one.open_interest_upper_quote_atoms
        && one.open_interest_upper_quote_atoms <= most
        && one.depth_quote_atoms <= most
        && (ONE_PPM..=10 * ONE_PPM).contains(&one.initial_multiplier_ppm)
        // The multiplier is a ratio of 4,294 at most, however wide the scan range.
        && widest <= u64::from(one.scan_lower_ppm) * 4_000_000_000;
    unless(&mut flaws, sound, "ParameterOutOfBounds");
    let wild = |(shock, volatility, weight): &(i32, i32, u32)| {
        shock.unsigned_abs().max(volatility.unsigned_abs()) > SHOCK_PPM_MAX || *weight > ONE_PPM
    };
    // No scenario leads to more than eight times the price.
    let far = |(shock, _, _): &(i32, i32, u32)| {
        i128::from(*shock).abs() * i128::from(one.scan_lower_ppm)
            > 7 * i128::from(ONE_PPM) * i128::from(ONE_PPM)
    };
    let count = (1..=SCENARIOS_MAX).contains(&one.scenarios.len());
    let down = one.scenarios.iter().any(|(shock, _, weight)| *shock < 0 && *weight > 0);
    let up = one.scenarios.iter().any(|(shock, _, weight)| *shock > 0 && *weight > 0);
    let sound = count && down && up && !one.scenarios.iter().any(|set| wild(set) || far(set));
    unless(&mut flaws, sound, "ScenarioSetInvalid");
    // A hedge always pays, and no long loses more than all of it, however wide the scan range.
    let (long, short) = losses(one);
    let widest = Underlying { scan_lower_ppm: one.scan_upper_ppm, ..one.clone() };
    let (longest, shortest) = losses(&widest);
    let fits = [long, longest].iter().all(|loss| *loss <= i128::from(ONE_PPM))
        && [short, shortest].iter().all(|loss| *loss <= i128::from(u32::MAX))
        && i128::from(one.basis_ppm) <= long.min(short);
    unless(&mut flaws, fits, "ParameterOutOfBounds");
    if widening_of(one) > i128::from(u32::MAX) {
        flaws.extend(["MathOverflow", "OutOfRange"]);
    }
    flaws
}

/// Scan range over the least one, at the open interest of the last refreshes (ppm). Every quotient
/// and product is kept in whole parts per million, rounded up.
fn widening_of(one: &Underlying) -> i128 {
    let (lower, upper) = (one.open_interest_lower_quote_atoms, one.open_interest_upper_quote_atoms);
    let (least, most) = (i128::from(one.scan_lower_ppm), i128::from(one.scan_upper_ppm));
    let open = one.open_interest_quote_atoms;
    let million = whole(ONE_PPM);
    let scan = if open <= lower || most <= least {
        least
    } else if open >= upper {
        most
    } else {
        let part = whole(open - lower) / whole(upper - lower);
        let part = ceil(&(part * &million));
        most.min(least + ceil(&(whole(most - least) * ppm(part))))
    };
    match least {
        0 => 0,
        least => ceil(&(whole(scan) / whole(least) * million)),
    }
}

fn widening(one: &Underlying) -> u32 {
    u32::try_from(widening_of(one)).unwrap_or(u32::MAX)
}

/// What is wrong with the terms of a token.
pub(crate) fn collateral_flaws(one: &Collateral) -> Flaws {
    let mut flaws = Flaws::new();
    let kinks = &one.kinks;
    let ends = kinks.first().is_some_and(|one| one.0 == 0)
        && kinks.last().is_some_and(|one| one.0 == ONE_PPM && one.1 <= RATE_PPM_MAX);
    let ascends = kinks.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1);
    let sound = one.reserve_share_ppm <= ONE_PPM / 2
        && one.utilisation_ppm_max <= ONE_PPM
        && one.outflow_ppm >= 10_000
        && one.weight_ppm <= ONE_PPM
        && (2..=KINKS_MAX).contains(&kinks.len())
        && ends
        && ascends;
    unless(&mut flaws, sound, "ParameterOutOfBounds");
    flaws
}

/// A token that is listed after the launch begins with no weight.
pub(crate) fn ramp_flaws(one: &Collateral) -> Flaws {
    let mut flaws = Flaws::new();
    unless(&mut flaws, one.ramp_seconds >= RAMP_SECONDS_MIN, "ParameterOutOfBounds");
    flaws
}

/// What is wrong with the terms of an instrument.
pub(crate) fn instrument_flaws(one: &Instrument) -> Flaws {
    let mut flaws = Flaws::new();
    let sound = one.tick_quote_atoms_per_lot > 0
        && (1..=200_000).contains(&one.price_band_ppm)
        && one.pnl_weight_ppm <= ONE_PPM
        && one.trade_fee_ppm <= 10_000
        && one.funding_cap_ppm <= 40_000
        && one.funding_seconds_max <= 3_600
        && one.premium_band_ppm <= one.price_band_ppm
        && one.premium_seconds >= 60
        && i64::try_from(one.premium_impact_quote_atoms).is_ok_and(|impact| impact > 0)
        && one.loss_cap_ppm <= ONE_PPM / 2
        && one.settle_reward_ppm <= 10_000;
    unless(&mut flaws, sound, "ParameterOutOfBounds");
    flaws
}

/// What is wrong with the terms of liquidation.
pub(crate) fn term_flaws(one: &Terms) -> Flaws {
    let mut flaws = Flaws::new();
    let sound = one.owner_first_seconds <= 3_600
        && (86_400..=30 * 86_400).contains(&one.cool_down_seconds)
        && one.beta_min_ppm <= one.beta_max_ppm
        && one.beta_max_ppm < ONE_PPM
        && one.duration_slots > 0
        && one.depth_full_ppm > 0
        && one.buffer_ppm <= ONE_PPM
        && one.insurance_cut_ppm <= ONE_PPM
        && one.deleverage_slots > 0;
    unless(&mut flaws, sound, "ParameterOutOfBounds");
    unless(&mut flaws, i64::try_from(one.dust_quote_atoms).is_ok(), "OutOfRange");
    flaws
}

/// What is wrong with the times of proposals.
pub(crate) fn timelock_flaws(timelock: u64, window: u64) -> Flaws {
    let mut flaws = Flaws::new();
    let sound = TIMELOCK_SECONDS.contains(&timelock) && TIMELOCK_SECONDS.contains(&window);
    unless(&mut flaws, sound, "ParameterOutOfBounds");
    flaws
}

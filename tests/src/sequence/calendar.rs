//! Which expiries and contracts are there, and which are proposed?

use plimsoll_client::instruction as ix;
use plimsoll_client::{Address, Change, ContractParams, ExpiryParams, GroupDirectory, SliceParams};
use plimsoll_model::number::{ppm, ten, whole};

use super::contracts::{contract_of, expiry_of, LOTS};
use super::edits;
use super::entry::{atoms, word};
use super::rng::Rng;
use super::stage::Stage;
use crate::contracts::{flat, raised_limit, slice, smile};
use crate::vm::{address, Vm};

/// Contracts at most: a margin account has two dozen positions.
const CONTRACTS_MAX: usize = 16;
/// Expiries at most.
const EXPIRIES_MAX: usize = 6;
/// SOL and ETH, by their numbers.
const SOL: u16 = 1;
const ETH: u16 = 3;
const HOUR: i64 = 3_600;

/// A contract: its kind, its strike in quote tokens per unit, the number of its lot.
type Spec = (u8, u64, usize);

/// What is there when a sequence begins: underlying, hours, and contracts.
const BEGINNING: [(u16, i64, &[Spec]); 4] = [
    (SOL, 2, &[(1, 150, 0), (2, 140, 0), (0, 0, 0)]),
    (SOL, 30, &[(1, 160, 0), (2, 150, 1)]),
    (SOL, 24 * 24, &[(1, 170, 0)]),
    (ETH, 24 * 12, &[(2, 4_000, 2)]),
];

/// The slice of a calendar's number: one volatility, a smile, or a steep one.
fn slice_of(number: u64) -> SliceParams {
    match number % 3 {
        0 => flat(),
        1 => smile(),
        _ => slice(0.3, 0.5, -0.4, 0.02, 0.3),
    }
}

/// A strike per lot (quote atoms).
fn strike_of(usd: u64, lot: usize) -> u64 {
    let (mantissa, power) = LOTS[lot % LOTS.len()];
    atoms(&(whole(usd) * whole(mantissa) * ten(power + 6)))
}

/// Lists the beginning of a calendar in a group that somebody is setting up, and launches it.
pub(crate) fn list(vm: &mut Vm, directory: &mut GroupDirectory, by: &str, number: u64) {
    let (payer, owner) = (address("payer"), address(by));
    let start = vm.now().time.get();
    let mut send = |directory: &mut GroupDirectory, one| {
        vm.run_as(&[raised_limit(), one], &[owner]).unwrap();
        let mints: Vec<Address> = directory.collaterals.iter().map(|one| one.state.mint).collect();
        *directory = GroupDirectory::fetch(vm, &directory.group.address, &mints).unwrap();
    };
    for (underlying, hours, contracts) in BEGINNING {
        let later = i64::try_from(number).unwrap() * 600;
        let at = start + hours * HOUR + later + 1_200;
        let terms = expiry_of(slice_of(number));
        let one = ix::create_expiry(directory, &payer, &owner, underlying, at, terms).unwrap();
        send(directory, one);
        for (kind, usd, lot) in contracts {
            let terms = contract_of(*kind, strike_of(*usd, *lot), *lot);
            let index = u16::try_from(directory.instruments.len()).unwrap();
            let on = (underlying, at);
            let one = ix::create_contract(directory, &payer, &owner, on, index, terms).unwrap();
            send(directory, one);
        }
    }
    let one = ix::launch_group(&owner, &directory.group.address);
    send(directory, one);
}

/// Underlying, time, the slice, and edits of the other terms.
pub(crate) fn draw_expiry(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let group = &stage.group;
    let all: usize = group.underlyings.iter().map(|one| one.expiries.len()).sum();
    if all >= EXPIRIES_MAX && !rng.chance(5) {
        return None;
    }
    let underlying = match rng.chance(95) {
        true => rng.pick(&[SOL, SOL, ETH]),
        false => u16::try_from(rng.index(group.underlyings.len())).ok()?,
    };
    let own = group.underlyings.get(usize::from(underlying))?;
    let now = stage.world.vm.now().time.get();
    let mut at = match rng.below(30) {
        0 => now - rng.between(0, 5),
        1 => now + 2 * 365 * 86_400 + rng.between(-1, 5_000),
        2..12 => now + rng.between(2 * HOUR, 8 * HOUR),
        _ => now + rng.between(2 * HOUR, 96 * HOUR),
    };
    // Now and then one that is there.
    if rng.chance(3) {
        at = own.expiries.keys().next().copied().unwrap_or(at);
    }
    let SliceParams { a, b, rho, m, sigma } = draw_slice(rng);
    let mut words = vec![underlying.into(), at.into()];
    words.extend([a, b, rho, m, sigma].map(i128::from));
    if rng.chance(35) {
        words.extend(edits::draw(rng, &mut expiry_of(flat())));
    }
    Some(words)
}

/// A slice for a new expiry, mostly a sound one.
fn draw_slice(rng: &mut Rng) -> SliceParams {
    match rng.below(20) {
        0 => slice(0.000_05, 0.0, 0.0, 0.0, 0.1),
        1 => slice(0.64, -0.1, 0.0, 0.0, 0.1),
        2 => slice(0.64, 0.1, 1.0, 0.0, 0.1),
        3 => slice(0.3, 9.0, -0.9, 0.5, 0.02),
        4..9 => smile(),
        9..12 => slice_of(rng.below(3)),
        _ => slice(0.2 + 0.01 * (rng.below(80) as f64), 0.0, 0.0, 0.0, 0.1),
    }
}

/// The listing that words stand for.
pub(crate) fn expiry(stage: &Stage, words: &[i128]) -> Option<Change> {
    let (underlying, expires_at): (u16, i64) = (word(words, 0)?, word(words, 1)?);
    stage.group.underlyings.get(usize::from(underlying))?;
    let number = |at: usize| word::<i64>(words, at);
    let (a, b, rho) = (number(2)?, number(3)?, number(4)?);
    let slice = SliceParams { a, b, rho, m: number(5)?, sigma: number(6)? };
    let mut params: ExpiryParams = expiry_of(slice);
    edits::bend(&mut params, words.get(7..)?)?;
    Some(Change::ListExpiry { underlying, expires_at, params })
}

/// Index, underlying, time, kind, strike, the number of the lot, and edits of the other terms.
pub(crate) fn draw_contract(stage: &Stage, rng: &mut Rng) -> Option<Vec<i128>> {
    let group = &stage.group;
    let contracts = group.instruments.iter().filter(|one| one.contract.is_some()).count();
    if contracts >= CONTRACTS_MAX && !rng.chance(4) {
        return None;
    }
    let now = stage.world.vm.now().time.get();
    let mut all = Vec::new();
    for (underlying, one) in group.underlyings.iter().enumerate() {
        let open = one.expiries.iter().filter(|(at, _)| **at > now + HOUR || rng.chance(4));
        all.extend(open.map(|(at, _)| (underlying, *at)));
    }
    if all.is_empty() {
        return None;
    }
    let (underlying, at) = rng.pick(&all);
    let count = group.instruments.next_number();
    let index = match rng.below(25) {
        0 => count + 1,
        // Nothing lies there any more, and nothing may again.
        1 => (0..count).find(|one| group.instruments.get(*one).is_none()).unwrap_or(count),
        _ => count,
    };
    let (kind, lot) = (rng.below(3), rng.pick(&[0, 0, 0, 1, 2, 3]));
    let usd = stage.market().stable(underlying) * ppm(1);
    let around = usd * ppm(rng.between(800_000, 1_200_000));
    let strike = match rng.below(25) {
        0 => rng.pick(&[0, 1, 1 << 60, (1 << 60) - 1]),
        _ => strike_of(atoms(&around).max(1), lot),
    };
    let mut words = vec![index as i128, underlying as i128, at.into(), kind.into(), strike.into()];
    words.push(lot as i128);
    if rng.chance(35) {
        let edits = edits::draw(rng, &mut contract_of(0, 1, lot));
        if edits::keeps_fixed(&mut contract_of(0, 1, lot), &edits) {
            words.extend(edits);
        }
    }
    Some(words)
}

/// The listing that words stand for.
pub(crate) fn contract(stage: &Stage, words: &[i128]) -> Option<Change> {
    let (index, underlying): (u16, u16) = (word(words, 0)?, word(words, 1)?);
    let (expires_at, kind): (i64, u8) = (word(words, 2)?, word(words, 3)?);
    stage.group.underlyings.get(usize::from(underlying))?;
    let mut params: ContractParams = contract_of(kind, word(words, 4)?, word(words, 5)?);
    let edits = words.get(6..)?;
    if !edits::keeps_fixed(&mut params, edits) {
        return None;
    }
    edits::bend(&mut params, edits)?;
    Some(Change::ListContract { index, underlying, expires_at, params })
}

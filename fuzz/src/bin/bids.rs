//! Laws of slices and settlements, for any account below its line and any terms.

#![no_main]

use libfuzzer_sys::fuzz_target;
use num_bigint::BigInt;
use plimsoll_fuzz::{Bytes, Case};
use plimsoll_risk::{
    beta, closed_form_slice, depth, row_slice, settle, Bid, BidKind, Check, Health, Holding,
    LiquidationTerms, RiskError, Settlement,
};
use plimsoll_units::{Fraction, QuoteAtoms, Ratio, Slots, Value};

fuzz_target!(|data: &[u8]| {
    let bytes = &mut Bytes::new(data);
    let terms = terms(bytes);
    let fund = QuoteAtoms::new(bytes.amount(50));
    let elapsed = Slots::new(bytes.size(20));
    let pieces = [bytes.half(), bytes.half()];
    chain_gains_nothing(&terms, fund, bytes);
    let part = bytes.amount(22);
    let mut case = Case::read(bytes);
    let Some(before) = at_part(&mut case, part) else { return };
    let beta = beta(&terms, depth(&before), elapsed);
    assert!(terms.beta_min <= beta && beta <= terms.beta_max);
    let Ok(most) = closed_form_slice(&terms, &before, beta) else { return };
    let share = Fraction::new(most.get().min(u64::from(pieces[0]) << 31)).unwrap();
    let kept = without(&case.account, share);
    let Ok(moved) = case.health(&kept, Check::Maintenance) else { return };
    let bid = Bid { before, moved, beta, kind: BidKind::Slice };
    if let Some(settlement) = settled(&terms, &bid, fund) {
        bid_is_paid_for_risk(&bid, &settlement, fund);
    }
});

fn terms(bytes: &mut Bytes<'_>) -> LiquidationTerms {
    let beta_max = bytes.ratio(999_999);
    let terms = LiquidationTerms {
        beta_min: bytes.ratio(beta_max.ppm()),
        beta_max,
        duration: Slots::new(bytes.size(20).max(1)),
        depth_full: Ratio::from_ppm(bytes.half().max(1)),
        buffer: bytes.ratio(1_000_000),
        insurance_cut: bytes.ratio(1_000_000),
        dust: Value::from_quote(QuoteAtoms::new(i64::try_from(bytes.size(40)).unwrap())),
        deleverage_after: Slots::new(1),
    };
    terms.validate().unwrap();
    terms
}

/// Sets the quote balance so that equity is `part` parts per million of the requirement.
fn at_part(case: &mut Case, part: i64) -> Option<Health> {
    case.account[0].quantity = 0;
    let bare = case.health(&case.account, Check::Maintenance).ok()?;
    let size = Ratio::from_ppm(u32::try_from(part.unsigned_abs()).unwrap());
    let mut target = bare.requirement.mul_ratio_floor(size).ok()?;
    if part < 0 {
        target = target.checked_neg().ok()?;
    }
    case.account[0].quantity = target.checked_sub(bare.equity).ok()?.to_quote_floor().ok()?.get();
    case.health(&case.account, Check::Maintenance).ok()
}

/// What a slice leaves behind, and that nothing is lost between the two parts.
fn without(account: &[Holding], share: Fraction) -> Vec<Holding> {
    let keep = |row: &Holding| {
        if row.key == plimsoll_risk::RowKey::QUOTE {
            return *row;
        }
        let taken = row_slice(row, share);
        let quantity = row.quantity - taken.quantity;
        assert!(quantity.signum() * row.quantity.signum() >= 0, "a slice turned a row around");
        assert!(quantity.unsigned_abs() <= row.quantity.unsigned_abs());
        let quote = row.quote.checked_sub(taken.quote).unwrap();
        assert!(quote.get().unsigned_abs() <= row.quote.get().unsigned_abs());
        Holding { key: row.key, quantity, quote }
    };
    account.iter().map(keep).collect()
}

/// The settlement of a bid; the only errors are those that the rule names.
fn settled(terms: &LiquidationTerms, bid: &Bid, fund: QuoteAtoms) -> Option<Settlement> {
    match settle(terms, bid, fund) {
        Ok(settlement) => Some(settlement),
        Err(RiskError::HealthNotRaised) => panic!("a paid bid must raise health: {bid:?}"),
        Err(_) => None,
    }
}

fn bid_is_paid_for_risk(bid: &Bid, paid: &Settlement, fund: QuoteAtoms) {
    let parts = [paid.account_delta, paid.bidder_delta, paid.insurance_delta().unwrap()];
    assert_eq!(parts.iter().map(|part| i128::from(part.get())).sum::<i128>(), 0);
    assert!(!paid.discount.is_negative() && !paid.insurance_cut.is_negative());
    assert!(!paid.shortfall.is_negative());
    assert!(paid.insurance_paid >= QuoteAtoms::ZERO);
    assert!(paid.insurance_paid <= fund.max(QuoteAtoms::ZERO));
    let own = paid.discount.checked_sub(paid.insurance_paid).unwrap();
    assert!(paid.insurance_cut <= own, "the fund takes a cut of its own money");
    // The account pays no more than the share of its equity that goes with the requirement.
    let exact = |value: Value| BigInt::from(value.get());
    let due = exact(bid.before.equity.max(Value::ZERO)) * exact(paid.released);
    assert!(exact(Value::from_quote(own)) * exact(bid.before.requirement) <= due);
    // β is below one: less than the risk that was removed.
    assert!(Value::from_quote(paid.discount) < paid.released);
    let equity = bid.moved.equity;
    let received = paid.account_delta.checked_add(paid.shortfall).unwrap();
    let equity = equity.checked_add(Value::from_quote(received)).unwrap();
    let after = Health { equity, ..bid.moved };
    assert!(after.surplus().unwrap() > bid.before.surplus().unwrap());
    // Nobody who was solvent is bankrupt afterwards.
    assert!(bid.before.equity.is_negative() || !equity.is_negative());
}

/// An account whose rows are worth nothing and only cost requirement: bids one after the other
/// never earn more than one for all.
fn chain_gains_nothing(terms: &LiquidationTerms, fund: QuoteAtoms, bytes: &mut Bytes<'_>) {
    let total = Value::from_quote(QuoteAtoms::new(i64::try_from(bytes.size(46)).unwrap()));
    let equity = Value::from_quote(QuoteAtoms::new(bytes.amount(46)));
    let beta = bytes.ratio(terms.beta_max.ppm()).max(terms.beta_min);
    let mut stops = [1_000_000, bytes.half() % 1_000_001, bytes.half() % 1_000_001, 0];
    stops.sort_unstable_by(|a, b| b.cmp(a));
    let run = |stops: &[u32]| {
        let (mut equity, mut fund, mut earned) = (equity, fund.max(QuoteAtoms::ZERO), 0_i64);
        for pair in stops.windows(2) {
            let left = |ppm: u32| total.mul_ratio_floor(Ratio::from_ppm(ppm)).unwrap();
            let health =
                |ppm| Health { equity, requirement: left(ppm), requirement_slope: left(ppm) };
            let (before, moved) = (health(pair[0]), health(pair[1]));
            let bid = Bid { before, moved, beta, kind: BidKind::Slice };
            let Some(paid) = settled(terms, &bid, fund) else { continue };
            let received = paid.account_delta.checked_add(paid.shortfall).unwrap();
            equity = equity.checked_add(Value::from_quote(received)).unwrap();
            fund = fund.checked_sub(paid.insurance_paid).unwrap();
            earned += paid.discount.get();
        }
        earned
    };
    let (once, apart) = (run(&[1_000_000, 0]), run(&stops));
    // An atom for the roundings.
    assert!(apart <= once + 1, "{apart} in pieces, {once} at once");
}

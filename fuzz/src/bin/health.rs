//! Laws of the margin rule and its reports, for any market and any account.

#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_fuzz::{Bytes, Case};
use plimsoll_risk::{report, withdrawable, Check, Health, Holding, RowKey, RowKind, ScenarioSet};
use plimsoll_units::{QuoteAtoms, Ratio, Value};

fuzz_target!(|data: &[u8]| {
    let case = Case::read(&mut Bytes::new(data));
    let kept = case.health(&case.account, Check::Maintenance);
    let initial = case.health(&case.account, Check::Initial);
    if let Ok(kept) = kept {
        requirement_is_no_gift(&kept);
        atom_is_worth_an_atom(&case, &kept);
        report_agrees(&case, &kept);
        if let (Ok(initial), true) = (initial, case.is_priced()) {
            requirement_is_no_gift(&initial);
            assert!(initial.requirement >= kept.requirement, "opening asks for less");
            assert!(initial.equity <= kept.equity, "opening counts more");
        }
    }
    if initial.is_ok() {
        for at in 0..case.account.len() {
            what_may_leave_leaves_health(&case, at);
        }
    }
});

fn requirement_is_no_gift(health: &Health) {
    assert!(!health.requirement.is_negative());
    assert!(health.requirement_slope >= health.requirement);
}

/// A quote atom more is an atom more of equity, and changes no requirement.
fn atom_is_worth_an_atom(case: &Case, before: &Health) {
    let mut account = case.account.clone();
    let Some(more) = account[0].quantity.checked_add(1) else { return };
    account[0].quantity = more;
    let Ok(after) = case.health(&account, Check::Maintenance) else { return };
    let atom = Value::from_quote(QuoteAtoms::new(1));
    assert_eq!(after.equity, before.equity.checked_add(atom).unwrap());
    assert_eq!(after.requirement, before.requirement);
}

/// The report's totals are the check's.
fn report_agrees(case: &Case, kept: &Health) {
    let set = ScenarioSet::SPAN;
    let mut parts = Value::ZERO;
    let told = report(
        &case.market(),
        case.account.iter().copied(),
        |_| Some((&set, Ratio::from_ppm(50_000))),
        |one| parts = parts.checked_add(one.requirement).unwrap(),
    );
    if let Ok(told) = told {
        assert_eq!(told, *kept);
        assert_eq!(parts, kept.requirement);
    }
}

/// What may be withdrawn of a token can be withdrawn, and not an atom more.
fn what_may_leave_leaves_health(case: &Case, at: usize) {
    let Holding { key, quantity, .. } = case.account[at];
    let token = key == RowKey::QUOTE || key.kind() == RowKind::Token;
    if !token || quantity <= 0 {
        return;
    }
    let rows = case.account.iter().copied();
    let Ok(most) = withdrawable(&case.market(), rows, key, quantity) else { return };
    assert!((0..=quantity).contains(&most), "{most} of {quantity}");
    let healthy = |taken: i64| {
        let mut account = case.account.clone();
        account[at].quantity -= taken;
        let health = case.health(&account, Check::Initial);
        health.is_ok_and(|health| health.equity >= health.requirement)
    };
    assert!(most == 0 || healthy(most), "{most} would leave it below initial margin");
}

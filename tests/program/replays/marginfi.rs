//! The bug of marginfi, June 2025: a new instruction (to move an account) did not end a flash loan's
//! bracket, and so its account was never checked.
//!
//! Here rows can be written only with a permit that one room makes, by a table in which a new
//! instruction is missing at first, and then owes the most. This looks at the table from outside:
//! whatever may write a margin account is either checked, or known not to lower its health.

use std::collections::BTreeSet;

use plimsoll::check::{Policy, POLICIES};

const IDL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/idl/plimsoll.json");

/// Instructions of the built program that take a margin account as writable.
fn writers() -> BTreeSet<String> {
    let text = std::fs::read_to_string(IDL).expect("run `cargo xtask build` first");
    let idl: serde_json::Value = serde_json::from_str(&text).unwrap();
    let names = ["margin_account", "first", "second", "bidder", "settler"];
    let writes = |one: &&serde_json::Value| {
        let accounts = one["accounts"].as_array().unwrap();
        accounts.iter().any(|account| {
            let named = names.contains(&account["name"].as_str().unwrap());
            named && account["writable"] == true
        })
    };
    let all = idl["instructions"].as_array().unwrap().iter().filter(writes);
    all.map(|one| one["name"].as_str().unwrap().to_string()).collect()
}

fn policy(name: &str) -> Policy {
    let found = POLICIES.iter().find(|(_, other, _)| *other == name);
    found.unwrap_or_else(|| panic!("{name} is in no table")).2
}

#[test]
fn whatever_writes_a_margin_account_is_under_a_policy() {
    let checked: BTreeSet<String> =
        writers().into_iter().filter(|name| policy(name) != Policy::OptedOut).collect();
    let opted_out: Vec<String> = writers().difference(&checked).cloned().collect();

    assert!(checked.iter().map(String::as_str).eq([
        "deleverage",
        "liquidate",
        "trade",
        "withdraw"
    ]));
    // Each of them by what it does: an empty account, no rows; tokens come in; the clock of an
    // episode; profit and loss that were there before change their place; losses are paid by others;
    // what is left of a position was decided before; what a row counts for is no money.
    let known = [
        "close_account",
        "deposit",
        "mark_account",
        "open_account",
        "renew_position",
        "resize_position",
        "set_delegate",
        "settle_position",
        "share_loss",
        "write_off_debt",
    ];
    assert_eq!(opted_out, known, "a new instruction writes margin accounts");
}

#[test]
fn what_takes_tokens_out_of_a_vault_is_checked_or_has_no_margin_account() {
    for name in ["withdraw", "unstake"] {
        let written = writers().contains(name);
        assert_eq!(written, policy(name) != Policy::OptedOut, "{name}");
    }
}

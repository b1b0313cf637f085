//! Random sequences of everything that can happen keep every law, and do what the model does.
//!
//! `cargo xtask sequences --steps N --seed S` plays longer ones; `--replay FILE` plays a written one.

use std::collections::BTreeSet;

use plimsoll::check::POLICIES;
use plimsoll_tests::sequence::{instructions, read_steps, replay, run, Report};

/// Steps in the test command.
const STEPS: u64 = 100_000;
/// In so many steps these go through at least as often: where a change of the generator leaves a
/// path thin, it has to be found out.
const LEAST: [(&str, u64); 11] = [
    ("liquidate_slice", 600),
    ("liquidate_rows", 300),
    ("share_loss", 120),
    ("repay_debt", 25),
    ("write_off_debt", 6),
    ("deleverage", 45),
    ("resize_position", 95),
    ("trade", 2_500),
    ("withdraw", 2_000),
    ("execute", 300),
    ("close_contract", 300),
];

/// The same of what steps bring about, most of it with contracts.
const LEAST_REACHED: [(&str, u64); 18] = [
    ("contract traded", 550),
    ("contract traded in its window", 45),
    ("future traded", 40),
    ("option held short", 420),
    ("requirement capped by the largest loss at expiry", 100),
    ("array refreshed in its window", 480),
    ("expiry settled", 205),
    ("settlement price taken over", 400),
    ("position paid out at the settlement price", 110),
    ("contract settled by its array", 150),
    ("bid took contracts", 220),
    ("loss of a contract shared", 25),
    ("loss of a settled contract shared", 4),
    ("contract deleveraged", 12),
    ("contract closed that was traded", 30),
    ("closed contract's cash left to the insurance fund", 25),
    ("changed: publisher", 13),
    ("instrument's debt repaid", 22),
];

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

#[test]
fn every_instruction_is_among_the_entries() {
    let table: BTreeSet<&str> = POLICIES.iter().map(|(_, name, _)| *name).collect();
    assert_eq!(instructions(), table);
}

#[test]
fn random_sequences_do_what_the_model_does() {
    let steps = number("PLIMSOLL_SEQUENCE_STEPS", STEPS);
    let seed = number("PLIMSOLL_SEQUENCE_SEED", 1);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    if let Ok(file) = std::env::var("PLIMSOLL_SEQUENCE_REPLAY") {
        let text = std::fs::read_to_string(file).unwrap();
        let variant = text.lines().next().and_then(|line| line.split("markets ").nth(1));
        let variant = variant.map_or(0, |text| text.trim().parse().unwrap());
        let came = replay(variant, &read_steps(&text).unwrap());
        assert!(came.is_none(), "{came:?}");
        return;
    }
    let report = run(seed, steps, threads);
    println!("{report}");
    assert!(report.failure.is_none(), "{report}");
    if steps >= STEPS {
        require_reached(&report);
    }
    if let Ok(file) = std::env::var("PLIMSOLL_SEQUENCE_REPORT") {
        std::fs::write(file, report.document()).unwrap();
    }
}

fn require_reached(report: &Report) {
    assert_eq!(report.through(), instructions(), "some instruction never went through");
    for (name, least) in LEAST {
        let (count, least) = (report.count(name, "ok"), least * (report.steps / STEPS));
        assert!(count >= least, "{name} went through {count} times, not {least}");
    }
    for (what, least) in LEAST_REACHED {
        let (count, least) = (report.count("reached", what), least * (report.steps / STEPS));
        assert!(count >= least, "{what}: {count} times, not {least}");
    }
}

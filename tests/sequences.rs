//! Random sequences of everything that can happen keep every law, and do what the model does.
//!
//! `cargo xtask sequences --steps N --seed S` plays longer ones; `--replay FILE` plays a written one.

use plimsoll_tests::sequence::{read_steps, replay, run};

/// Steps in the test command.
const STEPS: u64 = 100_000;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
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
}

//! Sequences that coverage leads to keep every law, and do what the model does.
//!
//! Inputs are played in the real VM, which tells which instructions and jumps of the built program
//! they ran. An input that ran a new one, or brought a step to a new end, is kept, and the next
//! ones are made from it. `cargo xtask fuzz sequences --seconds N` plays longer than the test
//! command does, and `--save` keeps what was found in `tests/snapshots/fuzz.txt`, the inputs that
//! every run begins with.
//!
//! | room | question |
//! |---|---|
//! | `coverage` | what did an input reach |
//! | `engine` | which input is next |

mod coverage;
mod engine;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use coverage::Reached;
use engine::{Chance, Corpus};
use plimsoll_tests::sequence::{Guided, Played};

const SEEDS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots/fuzz.txt");
/// Inputs that are committed at most.
const SEEDS_MAX: usize = 80;
/// Seconds in the test command.
const SECONDS: u64 = 20;

/// What all threads share.
struct Hunt {
    corpus: Corpus,
    /// Inputs of the file that were not played yet.
    seeds: Vec<Vec<u8>>,
    inputs: u64,
    ends: BTreeMap<(&'static str, String), u64>,
    failure: Option<(String, String)>,
}

impl Hunt {
    /// What to play next.
    fn next(&mut self, chance: &mut Chance) -> Vec<u8> {
        self.seeds.pop().unwrap_or_else(|| self.corpus.next(chance))
    }

    fn note(&mut self, input: &[u8], played: Played, mut reached: Reached) {
        self.inputs += 1;
        for (name, end) in &played.ends {
            reached.end(name, end);
            *self.ends.entry((*name, end.clone())).or_default() += 1;
        }
        self.corpus.offer(input, &reached);
        if played.failure.is_some() {
            self.failure = played.failure;
        }
    }
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

#[test]
fn sequences_that_coverage_leads_to_keep_every_law() {
    let seconds = number("PLIMSOLL_FUZZ_SECONDS", SECONDS);
    let seed = number("PLIMSOLL_FUZZ_SEED", 1);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let hunt = Mutex::new(Hunt {
        corpus: Corpus::new(),
        seeds: read_seeds(),
        inputs: 0,
        ends: BTreeMap::new(),
        failure: None,
    });
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let hunt = &hunt;
            scope.spawn(move || search(hunt, seed ^ thread as u64, seconds));
        }
    });

    let hunt = hunt.into_inner().unwrap();
    for ((name, end), count) in &hunt.ends {
        println!("{name:<22} {end:<40} in {count} inputs");
    }
    println!("{}", state(&hunt));
    assert!(hunt.failure.is_none(), "{}", failure(&hunt));
    if std::env::var_os("PLIMSOLL_FUZZ_SAVE").is_some() {
        let lines: String =
            least(&hunt.corpus.inputs).iter().take(SEEDS_MAX).map(|one| hex(one)).collect();
        std::fs::write(SEEDS, lines).unwrap();
    }
}

/// One thread: plays until time is up or something failed.
fn search(hunt: &Mutex<Hunt>, seed: u64, seconds: u64) {
    let guided = Guided::new(coverage::watched_vm);
    let mut chance = Chance::new(seed.wrapping_mul(0x5851_f42d_4c95_7f2d));
    let (start, mut told) = (Instant::now(), Instant::now());
    coverage::take();
    loop {
        let input = {
            let mut hunt = hunt.lock().unwrap();
            let over = start.elapsed() >= Duration::from_secs(seconds) && hunt.seeds.is_empty();
            if over || hunt.failure.is_some() {
                return;
            }
            if told.elapsed() >= Duration::from_secs(30) {
                told = Instant::now();
                eprintln!("{}", state(&hunt));
            }
            hunt.next(&mut chance)
        };
        let played = guided.play(&input);
        hunt.lock().unwrap().note(&input, played, coverage::take());
    }
}

fn state(hunt: &Hunt) -> String {
    let [instructions, jumps, ends] = hunt.corpus.reached.counts();
    let (inputs, kept) = (hunt.inputs, hunt.corpus.inputs.len());
    format!("{inputs} inputs, {kept} kept: {instructions} instructions, {jumps} jumps, {ends} ends")
}

fn failure(hunt: &Hunt) -> String {
    let (why, steps) = hunt.failure.as_ref().unwrap();
    format!("{why}\n\nplay it again by `cargo xtask sequences --replay FILE`:\n{steps}")
}

/// The fewest inputs, roughly, that reach what all do, and first of all those that reach most of it:
/// the next one is always that which adds most.
fn least(inputs: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let guided = Guided::new(coverage::watched_vm);
    coverage::take();
    let play = |input: &Vec<u8>| {
        let played = guided.play(input);
        let mut reached = coverage::take();
        played.ends.iter().for_each(|(name, end)| reached.end(name, end));
        reached
    };
    let mut left: Vec<(&Vec<u8>, Reached)> = inputs.iter().map(|one| (one, play(one))).collect();
    let mut corpus = Corpus::new();
    loop {
        let news = |one: &(&Vec<u8>, Reached)| corpus.reached.clone().join(&one.1);
        let Some(at) = (0..left.len()).max_by_key(|at| news(&left[*at])) else { break };
        let (input, reached) = left.swap_remove(at);
        if !corpus.offer(input, &reached) {
            break;
        }
    }
    corpus.inputs
}

fn hex(input: &[u8]) -> String {
    let digits: String = input.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{digits}\n")
}

fn read_seeds() -> Vec<Vec<u8>> {
    let text = std::fs::read_to_string(SEEDS).unwrap_or_default();
    let bytes = |line: &str| -> Vec<u8> {
        let at = (0..line.len()).step_by(2);
        at.map(|at| u8::from_str_radix(&line[at..at + 2], 16).unwrap()).collect()
    };
    text.lines().map(bytes).collect()
}

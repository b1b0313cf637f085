//! Everything that CI checks, in the order in which a mistake is cheapest to find; and the demo.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crate::shell::{because, heading, run, say, Outcome};
use crate::toolchain::Choice;
use crate::{build, fuzz, host, tidy};

/// A program of this size costs its deployer about six SOL of rent; growth is noticed here.
const SO_SIZE_BYTES_MAX: u64 = 865_000;

/// Packages that need neither the VM nor the built program: their tests come first.
const PURE: [&str; 6] = [
    "plimsoll-units",
    "plimsoll-risk",
    "plimsoll-options",
    "plimsoll-surface",
    "plimsoll-model",
    "plimsoll-sbf-builtins",
];

/// Set where the snapshot tests are to rewrite `tests/snapshots` instead of comparing.
const UPDATE: &str = "PLIMSOLL_UPDATE_SNAPSHOTS";

/// Names the built program for the tests, where it is not `target/deploy/plimsoll.so`.
const SO: &str = "PLIMSOLL_SO";

/// The commands that talk to a cluster, which nothing else would compile. What they need the tests have
/// anyway.
const COMMANDS: [&str; 2] = ["--features", "plimsoll-keeper/rpc,plimsoll-migrations/rpc"];

/// Runs every check; stops at the first that fails.
pub fn all(root: &Path, choice: &Choice) -> Outcome {
    let start = Instant::now();
    heading("format");
    run(host::cargo().args(["fmt", "--all", "--check"]).current_dir(root))?;
    let apart = ["fmt", "--check", "--manifest-path", "fuzz/Cargo.toml"];
    run(host::cargo().args(apart).current_dir(root))?;
    tidy::check(root)?;
    heading("unit and property tests of the pure crates");
    let pure = PURE.map(|package| ["-p", package]).concat();
    run(&mut cargo(root, "test", &pure))?;
    fuzz::smoke(root)?;
    host::require_openssl()?;
    heading("clippy");
    let mut clippy = cargo(root, "clippy", &["--workspace", "--all-targets"]);
    run(clippy.args(COMMANDS).args(["--", "-D", "warnings"]))?;
    build::all(root, choice)?;
    size(root)?;
    heading("tests of the built program and of everything around it");
    run(&mut cargo(root, "test", &shell_packages()))?;
    build::checked(root, choice)?;
    heading("the same program tests, with the invariants re-checked by the program itself");
    let mut again = cargo(root, "test", &shell_packages());
    again.env(SO, root.join(build::CHECKED).join("plimsoll.so"));
    run(again.args(["--test", "*"]))?;
    heading("done");
    let seconds = start.elapsed().as_secs();
    say(&format!("all checks passed, in {seconds} s"));
    Ok(())
}

/// Plays sequences that coverage leads to.
pub fn fuzz(root: &Path, seconds: u64, save: bool) -> Outcome {
    heading("fuzz sequences");
    let mut test = cargo(root, "test", &shell_packages());
    test.env("PLIMSOLL_FUZZ_SECONDS", seconds.to_string());
    if save {
        test.env("PLIMSOLL_FUZZ_SAVE", "1");
    }
    run(test.args(["--test", "fuzz", "--", "--nocapture"]))
}

/// Compares one kind of snapshot, or rewrites it.
pub fn snapshot(root: &Path, name: &str, update: bool) -> Outcome {
    heading(name);
    let mut test = cargo(root, "test", &shell_packages());
    if update {
        test.env(UPDATE, "1");
    }
    run(test.args(["--test", name]))
}

/// Builds what is missing and runs the demonstration.
pub fn demo(root: &Path, choice: &Choice, words: &[String]) -> Outcome {
    build::programs(root, choice)?;
    heading("demo");
    run(cargo(root, "run", &["--quiet", "-p", "plimsoll-sim"]).arg("--").args(words))
}

/// Name files, which a test would look for in its own folder.
const REPLAY: &str = "PLIMSOLL_SEQUENCE_REPLAY";
const REPORT: &str = "PLIMSOLL_SEQUENCE_REPORT";

/// Options of `sequences`: word, variable that the test reads, default.
pub const SEQUENCES: [(&str, &str, Option<&str>); 4] = [
    ("--steps", "PLIMSOLL_SEQUENCE_STEPS", Some("1000000")),
    ("--seed", "PLIMSOLL_SEQUENCE_SEED", Some("1")),
    ("--replay", REPLAY, None),
    ("--report", REPORT, None),
];

/// Builds what is missing and plays long random sequences.
pub fn sequences(
    root: &Path,
    choice: &Choice,
    settings: Vec<(&str, String)>,
    words: &[String],
) -> Outcome {
    if let Some(word) = words.first() {
        return Err(format!("`sequences` does not know `{word}`; see `cargo xtask help`"));
    }
    build::programs(root, choice)?;
    heading("sequences");
    let mut test = cargo(root, "test", &shell_packages());
    for (name, value) in settings {
        match [REPLAY, REPORT].contains(&name) {
            true => test.env(name, root.join(value)),
            false => test.env(name, value),
        };
    }
    run(test.args(["--test", "sequences", "--", "--nocapture"]))
}

/// Selects all but the pure packages. Each run names the same ones, since another choice would
/// compile the dependencies again for another set of features.
fn shell_packages() -> Vec<&'static str> {
    let pure = PURE.map(|package| ["--exclude", package]).concat();
    [&["--workspace"], COMMANDS.as_slice(), pure.as_slice()].concat()
}

fn size(root: &Path) -> Outcome {
    let path = root.join(build::DEPLOY).join("plimsoll.so");
    let size_bytes = fs::metadata(&path).map_err(because(path.display()))?.len();
    if size_bytes > SO_SIZE_BYTES_MAX {
        return Err(format!("plimsoll.so has {size_bytes} bytes, over {SO_SIZE_BYTES_MAX}"));
    }
    Ok(())
}

fn cargo(root: &Path, verb: &str, words: &[&str]) -> Command {
    let mut command = host::cargo();
    command.arg(verb).args(words).args(host::ignore_rust_version());
    command.env_remove(UPDATE).env_remove(SO).current_dir(root);
    command
}

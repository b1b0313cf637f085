//! Everything that CI checks, in the order in which a mistake is cheapest to find; and the demo.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crate::shell::{because, heading, run, say, Outcome};
use crate::toolchain::Choice;
use crate::{build, host, tidy};

/// A program of this size costs its deployer under three SOL of rent; growth is noticed here.
const SO_SIZE_BYTES_MAX: u64 = 400_000;

/// Packages that need neither the VM nor the built program: their tests come first.
const PURE: [&str; 3] = ["plimsoll-units", "plimsoll-risk", "plimsoll-sbf-builtins"];

/// Set where the snapshot tests are to rewrite `tests/snapshots` instead of comparing.
const UPDATE: &str = "PLIMSOLL_UPDATE_SNAPSHOTS";

/// Names the built program for the tests, where it is not `target/deploy/plimsoll.so`.
const SO: &str = "PLIMSOLL_SO";

/// Runs every check; stops at the first that fails.
pub fn all(root: &Path, choice: &Choice) -> Outcome {
    let start = Instant::now();
    heading("format");
    cargo(root, &["fmt", "--all", "--check"])?;
    tidy::check(root)?;
    // Needed by the C code among the dependencies, before any of them is compiled.
    host::require_c_compiler()?;
    heading("unit and property tests of the pure crates");
    cargo_test(root, &PURE.map(|package| ["-p", package]).concat())?;
    heading("clippy");
    let mut clippy = host::cargo();
    clippy
        .args(["clippy", "--workspace", "--all-targets"])
        .args(host::ignore_rust_version());
    run(clippy.args(["--", "-D", "warnings"]).current_dir(root))?;
    build::all(root, choice)?;
    size(root)?;
    heading("tests of the built program and of everything around it");
    let rest = PURE.map(|package| ["--exclude", package]).concat();
    let rest = [&["--workspace"], rest.as_slice()].concat();
    cargo_test(root, &rest)?;
    build::checked(root, choice)?;
    heading("the same program tests, with the invariants re-checked by the program itself");
    // The same packages, so that nothing is compiled for another set of features.
    let mut again = test_command(root, &[rest.as_slice(), &["--test", "*"]].concat());
    run(again.env(SO, root.join(build::CHECKED).join("plimsoll.so")))?;
    heading("done");
    say(&format!(
        "all checks passed, in {} s",
        start.elapsed().as_secs()
    ));
    Ok(())
}

/// Compares one kind of snapshot, or rewrites it.
pub fn snapshot(root: &Path, name: &str, update: bool) -> Outcome {
    heading(name);
    let mut test = host::cargo();
    test.args(["test", "-p", "plimsoll-tests", "--test", name])
        .args(host::ignore_rust_version());
    if update {
        test.env(UPDATE, "1");
    }
    run(test.current_dir(root))
}

/// Builds what is missing and runs the demonstration.
pub fn demo(root: &Path, choice: &Choice, words: &[String]) -> Outcome {
    build::programs(root, choice)?;
    heading("demo");
    let mut command = host::cargo();
    command
        .args(["run", "--quiet", "-p", "plimsoll-sim"])
        .args(host::ignore_rust_version());
    run(command.arg("--").args(words).current_dir(root))
}

fn size(root: &Path) -> Outcome {
    let path = root.join(build::DEPLOY).join("plimsoll.so");
    let size_bytes = fs::metadata(&path).map_err(because(path.display()))?.len();
    if size_bytes > SO_SIZE_BYTES_MAX {
        return Err(format!(
            "plimsoll.so has {size_bytes} bytes, over {SO_SIZE_BYTES_MAX}"
        ));
    }
    Ok(())
}

fn cargo_test(root: &Path, words: &[&str]) -> Outcome {
    run(&mut test_command(root, words))
}

fn test_command(root: &Path, words: &[&str]) -> Command {
    let mut test = host::cargo();
    test.arg("test")
        .args(words)
        .args(host::ignore_rust_version());
    test.env_remove(UPDATE).env_remove(SO).current_dir(root);
    test
}

fn cargo(root: &Path, words: &[&str]) -> Outcome {
    run(host::cargo().args(words).current_dir(root))
}

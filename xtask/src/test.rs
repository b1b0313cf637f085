//! Everything that CI checks, in the order in which a mistake is cheapest to find; and the demo.

use std::fs;
use std::path::Path;
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
    cargo_test(root, &[&["--workspace"], rest.as_slice()].concat())?;
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
    let path = build::so(root, "plimsoll");
    let size_bytes = fs::metadata(&path).map_err(because(path.display()))?.len();
    if size_bytes > SO_SIZE_BYTES_MAX {
        return Err(format!(
            "plimsoll.so has {size_bytes} bytes, over {SO_SIZE_BYTES_MAX}"
        ));
    }
    Ok(())
}

fn cargo_test(root: &Path, words: &[&str]) -> Outcome {
    let mut test = host::cargo();
    test.arg("test")
        .args(words)
        .args(host::ignore_rust_version());
    run(test.env_remove(UPDATE).current_dir(root))
}

fn cargo(root: &Path, words: &[&str]) -> Outcome {
    run(host::cargo().args(words).current_dir(root))
}

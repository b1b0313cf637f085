//! Fuzzing that coverage guides: of the pure crates by libFuzzer, of sequences of instructions by a
//! test that watches the VM.
//!
//! The pure crates are compiled with coverage counters by flags that stable Rust has. Inputs that
//! every run begins with are committed as text, one a line; what a run finds besides stays in
//! `target/fuzz`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::shell::{because, heading, read, run, say, Outcome};
use crate::{host, test};

/// Targets in the crate `fuzz`.
const PURE: [&str; 4] = ["bids", "health", "positions", "tokens"];
/// The target in the tests.
const SEQUENCES: &str = "sequences";
/// Seconds of a target where it only has to show that nothing is wrong at once.
const SMOKE_SECONDS: u64 = 20;
/// Bytes of an input at most.
const BYTES_MAX: usize = 512;
/// Inputs that are committed for a target at most.
const SEEDS_MAX: usize = 100;

/// Counters at every branch, and what comparisons compare.
const FLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares";

/// What is asked for.
pub struct Wish {
    /// Which target; none: all of them, for a short while.
    pub target: Option<String>,
    /// For how long.
    pub seconds: Option<u64>,
    /// Commit what was found.
    pub save: bool,
}

/// Runs the targets that are asked for.
pub fn fuzz(root: &Path, wish: &Wish) -> Outcome {
    let seconds = wish.seconds.unwrap_or(SMOKE_SECONDS);
    match wish.target.as_deref() {
        None => {
            smoke(root)?;
            test::fuzz(root, seconds, wish.save)
        }
        Some(SEQUENCES) => test::fuzz(root, seconds, wish.save),
        Some(name) if PURE.contains(&name) => {
            let built = build(root)?;
            heading(&format!("fuzz {name}"));
            run(&mut hunt(root, &built, name, seconds)?)?;
            if wish.save {
                save(root, &built, name)?;
            }
            Ok(())
        }
        Some(name) => Err(format!("no target `{name}`: they are {SEQUENCES}, {}", PURE.join(", "))),
    }
}

/// Every target of the pure crates for a short while, two at a time.
pub fn smoke(root: &Path) -> Outcome {
    let built = build(root)?;
    for pair in PURE.chunks(2) {
        heading(&format!("fuzz {}", pair.join(" and ")));
        let mut children = Vec::new();
        for name in pair {
            let mut command = hunt(root, &built, name, SMOKE_SECONDS)?;
            let log = folder(root, "logs")?.join(format!("{name}.log"));
            let file = fs::File::create(&log).map_err(because(log.display()))?;
            let child = command.stdout(Stdio::null()).stderr(file).spawn();
            children.push((name, log, child.map_err(because(name))?));
        }
        for (name, log, mut child) in children {
            let status = child.wait().map_err(because(name))?;
            let text = fs::read(&log).map_err(because(log.display()))?;
            let text = String::from_utf8_lossy(&text);
            if !status.success() {
                return Err(format!("`{name}` found something:\n{text}"));
            }
            let last = text.lines().rfind(|line| line.contains("cov: ")).unwrap_or_default();
            say(&format!("{name}: {last}"));
        }
    }
    Ok(())
}

/// Compiles the targets; where they are.
fn build(root: &Path) -> Outcome<PathBuf> {
    host::require_cxx()?;
    heading("build the fuzz targets");
    let version = read(Command::new("rustc").arg("-vV"))?;
    let host_triple = version.lines().find_map(|line| line.strip_prefix("host: "));
    let triple = host_triple.ok_or("`rustc -vV` names no host")?;
    let mut cargo = host::cargo();
    // With a target of its own the flags do not reach build scripts, which nobody watches.
    cargo.args(["build", "--release", "--manifest-path", "fuzz/Cargo.toml", "--target", triple]);
    cargo.args(["--target-dir", "target/fuzz"]).env("RUSTFLAGS", FLAGS).current_dir(root);
    run(&mut cargo)?;
    Ok(root.join("target/fuzz").join(triple).join("release"))
}

/// The command that fuzzes a target.
fn hunt(root: &Path, built: &Path, name: &str, seconds: u64) -> Outcome<Command> {
    let found = folder(root, &format!("found/{name}"))?;
    let failures = folder(root, "failures")?;
    let mut command = Command::new(built.join(name));
    command.arg(format!("-max_total_time={seconds}")).arg(format!("-max_len={BYTES_MAX}"));
    command.arg(format!("-artifact_prefix={}/{name}-", failures.display()));
    command.arg(found).arg(unpack(root, name)?).current_dir(root);
    Ok(command)
}

fn folder(root: &Path, name: &str) -> Outcome<PathBuf> {
    let path = root.join("target/fuzz").join(name);
    fs::create_dir_all(&path).map_err(because(path.display()))?;
    Ok(path)
}

fn seeds(root: &Path, name: &str) -> PathBuf {
    root.join("fuzz/seeds").join(format!("{name}.txt"))
}

/// Writes the committed inputs as the files that libFuzzer reads.
fn unpack(root: &Path, name: &str) -> Outcome<PathBuf> {
    let into = folder(root, &format!("seeds/{name}"))?;
    let text = fs::read_to_string(seeds(root, name)).unwrap_or_default();
    for (number, line) in text.lines().enumerate() {
        let digits = line.as_bytes().chunks(2).map(|pair| {
            let pair = std::str::from_utf8(pair).unwrap_or_default();
            u8::from_str_radix(pair, 16).map_err(because(format!("{name}, line {}", number + 1)))
        });
        let bytes: Vec<u8> = digits.collect::<Outcome<_>>()?;
        let path = into.join(format!("{number:03}"));
        fs::write(&path, bytes).map_err(because(path.display()))?;
    }
    Ok(into)
}

/// Commits the smallest inputs that reach what all reach.
fn save(root: &Path, built: &Path, name: &str) -> Outcome {
    let least = folder(root, &format!("least/{name}"))?;
    fs::remove_dir_all(&least).map_err(because(least.display()))?;
    let least = folder(root, &format!("least/{name}"))?;
    let mut merge = Command::new(built.join(name));
    merge.args(["-merge=1", "-max_len=200"]).arg(&least);
    merge.arg(folder(root, &format!("found/{name}"))?).arg(unpack(root, name)?).current_dir(root);
    run(&mut merge)?;
    let mut inputs = Vec::new();
    for entry in fs::read_dir(&least).map_err(because(least.display()))? {
        let path = entry.map_err(because(name))?.path();
        inputs.push(fs::read(&path).map_err(because(path.display()))?);
    }
    inputs.sort_by_key(|input| (input.len(), input.clone()));
    inputs.truncate(SEEDS_MAX);
    let hex = |input: &Vec<u8>| input.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let lines: String = inputs.iter().map(|input| hex(input) + "\n").collect();
    let path = seeds(root, name);
    fs::write(&path, lines).map_err(because(path.display()))
}

//! `cargo xtask`: builds, tests and shows the project. `cargo xtask help` lists the commands.
//!
//! No crate is used here, so that the first command of a fresh clone starts at once.

mod build;
mod fuzz;
mod host;
mod shell;
mod test;
mod tidy;
mod toolchain;

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;

use shell::Outcome;
use toolchain::{Choice, Kind};

const HELP: &str = "\
cargo xtask <command> [options]

  setup           make the on-chain toolchain ready (a no-op when it is)
  build           setup, then target/deploy/*.so, target/idl/plimsoll.json and a key pair
  idl             the IDL alone
  test            everything that CI checks, in order
  demo [args]     build what is missing, then run the demonstration with these arguments
  sequences       random sequences against the model: --steps N (default 1000000), --seed S,
                  --report FILE for the tables of docs/SEQUENCES.md;
                  or --replay FILE, with the steps that a failure printed
  tidy            the house rules that no compiler checks
  layout, cost, hostile
                  compare the account layouts, the compute costs, the answers to wrong accounts
                  and arguments with tests/snapshots (--update rewrites them)
  fuzz [target]   let coverage lead to inputs that break a law: every target for a short while
                  (--smoke), or bids, health, positions, tokens or sequences for --seconds N;
                  --save commits what was found as the inputs that every run begins with
  help            this text

options of setup, build, test and demo:
  --toolchain platform-tools|upstream   `cargo build-sbf`, or the upstream compiler from Debian
                                        packages and crates.io; default: the first, where installed
  --toolchain-dir DIR                   where the upstream toolchain lives
                                        (default: plimsoll/ in the user's cache, for all clones)
";

fn main() -> ExitCode {
    match command(env::args().skip(1).collect()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("\nerror: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn command(mut words: Vec<String>) -> Outcome {
    let name = if words.is_empty() { "help".to_owned() } else { words.remove(0) };
    if ["help", "--help", "-h"].contains(&name.as_str()) {
        print!("{HELP}");
        return Ok(());
    }
    let choice = toolchain_options(&mut words)?;
    let root = build::workspace()?;
    if name == "demo" {
        return test::demo(&root, &choice, &words);
    }
    if name == "fuzz" {
        let wish = fuzz_options(&mut words)?;
        return fuzz::fuzz(&root, &wish);
    }
    if name == "sequences" {
        let mut settings = Vec::new();
        for (option, variable, default) in test::SEQUENCES {
            let given = take_option(&mut words, option)?;
            settings.extend(given.or(default.map(str::to_owned)).map(|value| (variable, value)));
        }
        return test::sequences(&root, &choice, settings, &words);
    }
    let update = take_flag(&mut words, "--update");
    if let Some(word) = words.first() {
        return Err(format!("`{name}` does not know `{word}`; see `cargo xtask help`"));
    }
    match name.as_str() {
        "setup" => toolchain::setup(&choice).map(|_| ()),
        "build" => build::all(&root, &choice),
        "idl" => build::idl(&root),
        "test" => test::all(&root, &choice),
        "tidy" => tidy::check(&root),
        "layout" | "cost" | "hostile" => test::snapshot(&root, &name, update),
        _ => Err(format!("no command `{name}`; see `cargo xtask help`")),
    }
}

/// What `fuzz` is asked for.
fn fuzz_options(words: &mut Vec<String>) -> Outcome<fuzz::Wish> {
    let seconds = take_option(words, "--seconds")?;
    let seconds = seconds.map(|text| text.parse().map_err(|_| "--seconds needs a number"));
    let save = take_flag(words, "--save");
    let smoke = take_flag(words, "--smoke");
    let target = words.pop();
    if smoke == target.is_some() || !words.is_empty() {
        return Err("`fuzz` needs --smoke or one target; see `cargo xtask help`".into());
    }
    Ok(fuzz::Wish { target, seconds: seconds.transpose()?, save })
}

/// Takes the toolchain's options out of the words; the rest stays in order.
fn toolchain_options(words: &mut Vec<String>) -> Outcome<Choice> {
    let mut choice = Choice::default();
    if let Some(kind) = take_option(words, "--toolchain")? {
        choice.kind = Some(match kind.as_str() {
            "platform-tools" => Kind::PlatformTools,
            "upstream" => Kind::Upstream,
            _ => return Err(format!("--toolchain is platform-tools or upstream, not `{kind}`")),
        });
    }
    choice.folder = take_option(words, "--toolchain-dir")?.map(PathBuf::from);
    Ok(choice)
}

/// Takes `name VALUE` or `name=VALUE` out of the words.
fn take_option(words: &mut Vec<String>, name: &str) -> Outcome<Option<String>> {
    let prefix = format!("{name}=");
    let Some(at) = words.iter().position(|word| word == name || word.starts_with(&prefix)) else {
        return Ok(None);
    };
    let word = words.remove(at);
    if let Some(value) = word.strip_prefix(&prefix) {
        return Ok(Some(value.to_owned()));
    }
    if at == words.len() {
        return Err(format!("{name} needs a value"));
    }
    Ok(Some(words.remove(at)))
}

/// Takes a flag out of the words.
fn take_flag(words: &mut Vec<String>, name: &str) -> bool {
    let count = words.len();
    words.retain(|word| word != name);
    words.len() < count
}

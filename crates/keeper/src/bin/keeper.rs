//! Runs a keeper on a cluster.

use std::process::ExitCode;
use std::time::Instant;

use plimsoll_keeper::rpc::{pause, Deposit, Journal, RpcChain, Runner, Terms, TERMS};
use plimsoll_rpc::{command, Words};

const USAGE: &str = "\
usage: plimsoll-keeper --url URL --keypair FILE --group ADDRESS [--config FILE] [--sub-account NUMBER]
                       [--deposit AMOUNT --from TOKEN_ACCOUNT] [--once]

  --url          RPC address of the cluster
  --keypair      key file of the keeper, who pays and signs
  --group        address of the group, as plimsoll-migrate prints it
  --config       on which terms it works; without it, crates/keeper/keeper.toml as it was built, which says
                 what each of them means and does whatever a group needs, paid or not
  --sub-account  number of its margin account, 0 without it; opened if there is none
  --deposit      quote tokens, whole ones, that are deposited before the first round, each time it is asked
  --from         token account of the keeper's that they come from
  --once         one round, and no more

Looks at all accounts of the group again and again, takes over those below their line where that pays,
does what else its terms ask for, and tells what it did; after a minute in which it did nothing, that it is
at work. A round that fails is told, and tried again, until it is stopped.";

const OPTIONS: [&str; 7] =
    ["--url", "--keypair", "--group", "--config", "--sub-account", "--deposit", "--from"];

fn run() -> Result<(), String> {
    let misused = |error: String| format!("{error}\n\n{USAGE}");
    let words = Words::read(std::env::args().skip(1), &OPTIONS, &["--once"]).map_err(misused)?;
    for option in ["--url", "--keypair", "--group"] {
        words.needed(option).map_err(misused)?;
    }
    let group = words.address("--group")?.ok_or("--group is missing")?;
    let sub_account = words.parsed("--sub-account", "number below 65536")?.unwrap_or(0);
    let amount = words.parsed("--deposit", "decimal number")?;
    let deposit = match (amount, words.address("--from")?) {
        (Some(amount), Some(from)) => Some(Deposit { amount, from }),
        (None, None) => None,
        _ => return Err(misused("--deposit and --from go together".to_owned())),
    };
    let terms = Terms::parse(&words.file("--config", TERMS)?);
    let path = words.get("--config").unwrap_or("keeper.toml");
    let terms = terms.map_err(|error| format!("--config {path}: {error}"))?;
    let chain = RpcChain::new(words.cluster()?, words.owner()?);

    let mut runner = Runner::new(chain, &group, sub_account, &terms)?;
    println!("{}", runner.introduction());
    if runner.open(sub_account)? {
        println!("opened the account");
    }
    if let Some(deposit) = deposit {
        runner.deposit(&deposit)?;
        println!("deposited {}", deposit.amount);
    }
    go_on(&mut runner, &terms, words.has("--once"))
}

/// Rounds, until it is stopped or the only one is over. Errors: that the only one failed.
fn go_on(runner: &mut Runner, terms: &Terms, once: bool) -> Result<(), String> {
    let (start, mut journal, mut failures) = (Instant::now(), Journal::default(), 0);
    loop {
        let round = runner.round(start.elapsed());
        if let Some(line) = journal.line(start.elapsed(), runner.metrics()) {
            println!("{line}");
        }
        let round = round.map_err(|error| format!("the round failed: {error}"));
        if once {
            return round;
        }
        failures = match round {
            Ok(()) => 0,
            Err(error) => {
                let wait = pause(terms.round_seconds, failures + 1).as_secs();
                eprintln!("{error}; the next one in {wait} s");
                failures + 1
            }
        };
        std::thread::sleep(pause(terms.round_seconds, failures));
    }
}

fn main() -> ExitCode {
    command(USAGE, run)
}

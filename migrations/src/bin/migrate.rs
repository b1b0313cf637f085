//! Brings the group on a cluster to what a file declares.

use std::process::ExitCode;

use plimsoll_migrations::rpc::markets;
use plimsoll_migrations::{apply_telling, plan, Names};
use plimsoll_rpc::{command, Words};
use solana_signer::Signer;

const USAGE: &str = "\
usage: plimsoll-migrate --url URL --keypair FILE --names FILE [--markets FILE] [--dry-run]

  --url      RPC address of the cluster
  --keypair  key file of the group's owner, who pays
  --names    file with the addresses of mints, oracle accounts and roles, one \"name\" = \"address\"
             a line
  --markets  what the group lists; without it, the local markets of this repository
  --dry-run  say what would be done, and do nothing

Every run lists what has come into reach of the calendar. Once the group is launched that takes two:
one proposes it, and one lists it when the timelock is over.";

const OPTIONS: [&str; 4] = ["--url", "--keypair", "--names", "--markets"];

fn run() -> Result<(), String> {
    let words = Words::read(std::env::args().skip(1), &OPTIONS, &["--dry-run"])
        .map_err(|error| format!("{error}\n\n{USAGE}"))?;
    let needed = |option: &str| {
        words.needed(option).map(str::to_owned).map_err(|error| format!("{error}\n\n{USAGE}"))
    };
    for option in ["--url", "--keypair"] {
        needed(option)?;
    }
    let path = needed("--names")?;
    let mut rpc = words.cluster()?;
    let owner = words.owner()?;
    let names = Names::parse(&words.file("--names", "")?);
    let names = names.map_err(|error| format!("--names {path}: {error}"))?;
    let markets = markets(&words)?;
    let done = match words.has("--dry-run") {
        true => plan(&rpc, &owner.pubkey(), &markets, &names).map_err(|error| error.to_string())?,
        false => {
            let mut tell = |step: &_| println!("did {step}");
            apply_telling(&mut rpc, &owner, &markets, &names, &mut tell)
                .map_err(|error| error.to_string())?
        }
    };
    for step in done.steps.iter().filter(|_| words.has("--dry-run")) {
        println!("would {step}");
    }
    for one in &done.waiting {
        println!("{one}");
    }
    if done.steps.is_empty() && done.waiting.is_empty() {
        println!("nothing to do: the chain has all of it");
    }
    println!("group {}", done.group);
    Ok(())
}

fn main() -> ExitCode {
    command(USAGE, run)
}

//! Gives a cluster of one's own what a market file names, and keeps its prices fresh.

use std::process::ExitCode;
use std::time::Duration;

use plimsoll_migrations::rpc::markets;
use plimsoll_migrations::{local, Cluster, Local, LOCAL_PRICES};
use plimsoll_rpc::{command, Words};
use solana_signer::Signer;

const USAGE: &str = "\
usage: plimsoll-local --url URL --keypair FILE --names FILE [--markets FILE] [--prices FILE]

  --url      RPC address of a cluster that has the stand-in for Pyth (docs/LOCAL.md)
  --keypair  key file of who pays, and may mint
  --names    where the addresses go, for plimsoll-migrate
  --markets  what names the mints and price accounts; without it, the local markets of this repository
  --prices   decimals of the mints, and prices; without it, migrations/local-prices.toml as it was built

Makes what is missing, writes the names, and then posts the prices every ten seconds until it is stopped.
The file with the prices is read anew each time.";

const OPTIONS: [&str; 5] = ["--url", "--keypair", "--names", "--markets", "--prices"];
const PAUSE: Duration = Duration::from_secs(10);

fn run() -> Result<(), String> {
    let words = Words::read(std::env::args().skip(1), &OPTIONS, &[])
        .map_err(|error| format!("{error}\n\n{USAGE}"))?;
    for option in ["--url", "--keypair", "--names"] {
        words.needed(option).map_err(|error| format!("{error}\n\n{USAGE}"))?;
    }
    let (mut rpc, owner, markets) = (words.cluster()?, words.owner()?, markets(&words)?);
    let address = owner.pubkey();
    let prices = || Local::parse(&words.file("--prices", LOCAL_PRICES)?);
    for (what, instructions) in prices()?.missing(&rpc, &address, &markets)? {
        rpc.send(&instructions, &[&owner])
            .map_err(|why| format!("could not make {what}: {why}"))?;
        println!("made {what}");
    }
    let path = words.needed("--names")?;
    std::fs::write(path, local::names(&address, &markets)?.to_string())
        .map_err(|error| format!("--names {path}: {error}"))?;
    println!("wrote {path}");
    let mut told = false;
    loop {
        for instruction in prices()?.post(&rpc, &address, &markets)? {
            rpc.send(&[instruction], &[&owner]).map_err(|why| format!("could not post: {why}"))?;
        }
        if !std::mem::replace(&mut told, true) {
            println!("posted prices, and goes on until it is stopped");
        }
        std::thread::sleep(PAUSE);
    }
}

fn main() -> ExitCode {
    command(USAGE, run)
}

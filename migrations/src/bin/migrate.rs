//! Brings the group on a cluster to what a file declares.

use std::process::ExitCode;

use plimsoll_client::{AccountSource, Address, Instruction, SourceError, StoredAccount};
use plimsoll_migrations::{apply, plan, Cluster, Markets, Names, LOCAL};
use solana_keypair::{read_keypair_file, Keypair};
use solana_message::Message;
use solana_rpc_client::rpc_client::RpcClient;
use solana_signer::Signer;
use solana_transaction::Transaction;

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

struct Rpc(RpcClient);

impl AccountSource for Rpc {
    fn account(&self, address: &Address) -> Result<Option<StoredAccount>, SourceError> {
        let found = self.accounts(std::slice::from_ref(address))?;
        Ok(found.into_iter().next().flatten())
    }

    fn accounts(&self, addresses: &[Address]) -> Result<Vec<Option<StoredAccount>>, SourceError> {
        /// What one request of the RPC takes.
        const REQUEST_ACCOUNTS_MAX: usize = 100;
        let mut all = Vec::with_capacity(addresses.len());
        for chunk in addresses.chunks(REQUEST_ACCOUNTS_MAX) {
            let found = self.0.get_multiple_accounts(chunk);
            let found = found.map_err(|error| SourceError(error.to_string()))?;
            all.extend(found.into_iter().map(|account| {
                account.map(|one| StoredAccount { owner: one.owner, data: one.data })
            }));
        }
        Ok(all)
    }
}

impl Cluster for Rpc {
    fn send(&mut self, instructions: &[Instruction], signers: &[&Keypair]) -> Result<(), String> {
        let payer = signers.first().map(|signer| signer.pubkey());
        let message = Message::new(instructions, payer.as_ref());
        let blockhash = self.0.get_latest_blockhash().map_err(|error| error.to_string())?;
        let transaction = Transaction::new(signers, message, blockhash);
        let sent = self.0.send_and_confirm_transaction(&transaction);
        sent.map(|_| ()).map_err(|error| error.to_string())
    }
}

#[derive(Default)]
struct Options {
    url: Option<String>,
    keypair: Option<String>,
    names: Option<String>,
    markets: Option<String>,
    dry_run: bool,
}

fn options() -> Result<Options, String> {
    let mut options = Options::default();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value\n\n{USAGE}"));
        match argument.as_str() {
            "--url" => options.url = Some(value()?),
            "--keypair" => options.keypair = Some(value()?),
            "--names" => options.names = Some(value()?),
            "--markets" => options.markets = Some(value()?),
            "--dry-run" => options.dry_run = true,
            _ => return Err(format!("{argument} is no option\n\n{USAGE}")),
        }
    }
    Ok(options)
}

fn run() -> Result<(), String> {
    let options = options()?;
    let needed = |option: Option<String>, name: &str| {
        option.ok_or_else(|| format!("{name} is missing\n\n{USAGE}"))
    };
    let read =
        |path: &str| std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"));
    let owner = read_keypair_file(needed(options.keypair, "--keypair")?)
        .map_err(|error| format!("--keypair: {error}"))?;
    let names = Names::parse(&read(&needed(options.names, "--names")?)?)?;
    let markets = match options.markets {
        Some(path) => Markets::parse(&read(&path)?)?,
        None => Markets::parse(LOCAL)?,
    };
    let mut rpc = Rpc(RpcClient::new(needed(options.url, "--url")?));
    let done = match options.dry_run {
        true => plan(&rpc, &owner.pubkey(), &markets, &names).map_err(|error| error.to_string())?,
        false => apply(&mut rpc, &owner, &markets, &names).map_err(|error| error.to_string())?,
    };
    println!("group {}", done.group);
    for step in &done.steps {
        match options.dry_run {
            true => println!("would {step}"),
            false => println!("did {step}"),
        }
    }
    for one in &done.waiting {
        println!("{one}");
    }
    if done.steps.is_empty() && done.waiting.is_empty() {
        println!("nothing to do: the chain has all of it");
    }
    Ok(())
}

fn main() -> ExitCode {
    if std::env::args().any(|argument| argument == "--help") {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

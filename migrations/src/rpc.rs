//! What do the commands do with a cluster by RPC?

use plimsoll_client::Instruction;
use plimsoll_rpc::{Rpc, Words};
use solana_keypair::Keypair;

use crate::{Cluster, Markets, LOCAL};

impl Cluster for Rpc {
    fn send(&mut self, instructions: &[Instruction], signers: &[&Keypair]) -> Result<(), String> {
        self.send_signed(instructions, signers).map_err(|failure| failure.to_string())
    }
}

/// The markets in the file at `--markets`, or this repository's.
pub fn markets(words: &Words) -> Result<Markets, String> {
    Markets::parse(&words.file("--markets", LOCAL)?)
        .map_err(|error| format!("{}: {error}", words.get("--markets").unwrap_or("local.toml")))
}

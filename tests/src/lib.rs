//! What every test of the built program shares: a world with a local group in the real Solana VM,
//! in which traders, tokens, instruments and oracles go by their names.
//!
//! | room | question |
//! |---|---|
//! | `world` | what can happen in a test, in one line each |
//! | `govern` | what happens to the group itself |
//! | `money` | what happens to profit, loss, interest, fees and stakes |
//! | `last_resort` | what happens when nobody bids |
//! | `setup` | what is there when a test begins |
//! | `vm` | how does a transaction run, and what came of it |
//! | `options` | what does the options crate give inside the VM, and for how many units |
//! | `oracle` | what does an oracle account look like |
//! | `sequence` | what happens in the long run, and is it what ought to happen |
//! | `tokens` | what do mints and token accounts look like |

pub mod contracts;
mod govern;
mod last_resort;
mod money;
pub mod options;
mod oracle;
pub mod sequence;
mod setup;
mod tokens;
mod vm;
mod world;

pub use govern::{TIMELOCK, WINDOW};
pub use oracle::{Feed, FeedKind};
pub use setup::Ground;
pub use tokens::{TransferFee, BTC, SOL, SPL_TOKEN, TOKEN_2022, USDC};
pub use vm::{address, base64, expect_error, keypair, Failure, Outcome, Receipt, Vm};
pub use world::World;

pub use plimsoll_client as client;
pub use plimsoll_migrations as migrations;
pub use plimsoll_risk as risk;
pub use plimsoll_units as units;

/// `value` lies no further than `tolerance` from what a person computed: prices are binary
/// fractions, and every rounding goes against the account.
#[track_caller]
pub fn assert_near(value: i64, expected: i64, tolerance: i64) {
    let off = value.abs_diff(expected);
    assert!(off <= tolerance.unsigned_abs(), "{value} is {off} from {expected}");
}

//! A keeper: finds accounts below their line and takes them over, when that pays.
//!
//! Its rule: profit after fees, its own margin kept, the largest shortfall first. What to do is
//! decided by pure functions of decoded state, with the same risk crate that the program runs;
//! whatever touches a cluster is behind one trait.
//!
//! | file | question |
//! |---|---|
//! | `config` | what does the keeper insist on? |
//! | `moves` | what do both accounts hold after a bid? |
//! | `quote` | what would a bid bring, and can the keeper carry it? |
//! | `size` | how much of an account can it take? |
//! | `plan` | what should be done about an account? |
//! | `last_resort` | what is left to do where no bid pays? |
//! | `rank` | which account first? |
//! | `crank` | which prices, funding and interest stand still until somebody asks? |
//! | `pack` | how many instructions fit into one transaction? |
//! | `refresh` | what must be brought up to date before contracts can be judged? |
//! | `watch` | which accounts are below their line? |
//! | `upkeep` | what does a group need that hardly anybody is paid for? |
//! | `submit` | carries decisions out |
//! | `session` | how does a keeper go on when a node fails, and see what was listed since it began? |
//! | `metrics` | what did a keeper do, and what did it see? |
//! | `backoff` | when is something tried again after a refusal? |
//! | `chain` | what does a keeper need of a cluster? |
//! | `rpc` | how does a keeper run on a cluster (feature `rpc`)? |

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod backoff;
mod chain;
mod config;
mod crank;
mod last_resort;
mod metrics;
mod moves;
mod pack;
mod plan;
mod quote;
mod rank;
mod refresh;
#[cfg(feature = "rpc")]
pub mod rpc;
mod session;
mod size;
mod submit;
mod upkeep;
mod watch;

pub use chain::{Chain, Refusal};
pub use config::Config;
pub use crank::{cranks, Crank};
pub use last_resort::{last_resort, over, LastResort};
pub use metrics::Metrics;
pub use moves::{hides_its_line, is_priced, less, named, paid, plus, slice};
pub use pack::{packed, transaction_bytes};
pub use plan::{plan, plan_rows, Action, Offer, Reason, Request};
pub use quote::{Quoted, Situation};
pub use rank::{rank, Candidate};
pub use refresh::refreshes;
pub use session::Session;
pub use size::{best_row, largest_slice, Sized};
pub use submit::Keeper;
pub use upkeep::{upkeep, Chore};
pub use watch::{flawed, reread, watch, Sighting};

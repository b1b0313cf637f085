//! How does a keeper run on a cluster?
//!
//! | file | question |
//! |---|---|
//! | `chain` | what does a cluster by RPC answer to a keeper? |
//! | `file` | on which terms does a file let it work? |
//! | `journal` | what does it tell people? |
//! | `run` | how does it begin, and how long does it wait? |

mod chain;
mod file;
mod journal;
mod run;

pub use chain::RpcChain;
pub use file::{Terms, TERMS};
pub use journal::Journal;
pub use run::{pause, Deposit, Runner};

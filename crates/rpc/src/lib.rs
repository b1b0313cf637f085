//! A cluster by RPC, and the words of the commands that talk to one.
//!
//! | file | question |
//! |---|---|
//! | `cluster` | how is a cluster read and written by RPC? |
//! | `words` | what does a command do with its words? |

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod cluster;
mod words;

pub use cluster::{Failure, Rpc};
pub use words::{command, Words};

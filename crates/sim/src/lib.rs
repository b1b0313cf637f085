//! A market in memory: the built program in an embedded Solana VM, real tokens, real oracle
//! accounts, traders and keepers, and one seed from which all of it follows.
//!
//! | room | question |
//! |---|---|
//! | `options` | what was asked for |
//! | `seed` | where does chance come from |
//! | `prices` | which prices does the market go through |
//! | `books` | which books do traders have |
//! | `world` | the cluster: virtual machine, clock, keys |
//! | `oracle`, `tokens`, `names` | bytes of accounts and instructions that are not the client's |
//! | `cast` | who takes part, and how do they begin |
//! | `deals`, `unwind` | how do they trade, and how do keepers get rid of what they took |
//! | `mirror` | does the money add up, after every transaction |
//! | `receipts`, `record` | what happened, and what did it cost |
//! | `run` | the evening, step by step |
//! | `act_two` | what becomes of option books on the same evening |
//! | `report` | tables, letters and a picture |
//!
//! The one law: no wall clock, no threads, no order of a hash map reaches the output, so that one
//! seed gives one output, byte for byte.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod act_two;
pub mod books;
pub mod cast;
pub mod deals;
pub mod mirror;
pub mod names;
pub mod options;
pub mod oracle;
pub mod prices;
pub mod receipts;
pub mod record;
pub mod report;
pub mod run;
pub mod seed;
pub mod tokens;
pub mod unwind;
pub mod world;

//! A market in memory: the built program, real tokens, real oracle accounts, and one seed.
#![forbid(unsafe_code)]

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

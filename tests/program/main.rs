//! Tests of the built program, one file per topic, in one binary: linking the VM costs more time
//! than running it.

mod accounts;
mod bankruptcy;
mod given;
mod guards;
mod largest;
mod laws;
mod lifecycle;
mod liquidation_attacks;
mod liquidation_insurance;
mod liquidation_rules;
mod liquidation_slice;
mod listing;
mod migration;
mod oracle_dumps;
mod oracles;
mod policy;
mod risk_accounts;
mod token_2022;
mod trade;
mod view;
mod withdraw;

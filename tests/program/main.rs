//! Tests of the built program, one file per topic, in one binary: linking the VM costs more time
//! than running it.

mod accounts;
mod bankruptcy;
mod deleveraging;
mod deleveraging_claims;
mod deleveraging_refusals;
mod funding;
mod given;
mod governance;
mod guardian;
mod guards;
mod interest;
mod largest;
mod laws;
mod lifecycle;
mod liquidation_attacks;
mod liquidation_insurance;
mod liquidation_rules;
mod liquidation_slice;
mod listing;
mod listing_later;
mod migration;
mod oracle_dumps;
mod oracles;
mod outflow;
mod owner_time;
mod policy;
mod replays;
mod risk_accounts;
mod settlement;
mod stakes;
mod steps;
mod token_2022;
mod trade;
mod view;
mod withdraw;

//! Long random sequences of everything that can happen, each step compared with the model.
//!
//! | room | question |
//! |---|---|
//! | `rng` | where does chance come from |
//! | `step` | what is one step, and how is it written down |
//! | `stage` | where does it play |
//! | `seen` | what is stored, in the model's numbers |
//! | `entry` | what can happen at all |
//! | `nature`, `money`, `deals`, `keepers`, `pools`, `last_resort`, `views` | the entries: time and trade |
//! | `debts` | how does an account come to nothing but a debt |
//! | `expiries` | the entries: what expires |
//! | `governance`, `proposals`, `listing`, `calendar` | the entries: the group itself |
//! | `edits`, `terms`, `contracts` | how are terms bent, and what are they in the model's words |
//! | `worth` | what is an option worth, about |
//! | `foreign` | what lies in a group that has no business here |
//! | `hostile` | what is done to lists of accounts |
//! | `player` | what is checked after a step |
//! | `guided` | sequences out of bytes that somebody else chose |
//! | `run` | many sequences, counted; the shortest one that fails |
//! | `reached`, `report` | what was brought about, and the tables of it |

mod calendar;
mod contracts;
mod deals;
mod debts;
mod edits;
mod entry;
mod expiries;
mod foreign;
mod governance;
mod guided;
mod hostile;
mod keepers;
mod last_resort;
mod listing;
mod money;
mod nature;
mod player;
mod pools;
mod proposals;
mod reached;
mod report;
mod rng;
mod run;
mod seen;
mod stage;
mod step;
mod terms;
mod views;
mod worth;

pub use entry::instructions;
pub use guided::{Guided, Played, STEP_BYTES};
pub use report::Report;
pub use run::{replay, run};
pub use step::{read_steps, Step, Twist};

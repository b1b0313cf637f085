//! What ought to happen? The group once more, in exact fractions, from the documents alone.
//!
//! Nothing here calls the program, or the crates that it calls. A step is judged from the group as
//! it was before: why it would have to fail, if it would; and what must be stored afterwards, each
//! number exactly where the documents fix it exactly, and within its rounding elsewhere.
//!
//! | room | question |
//! |---|---|
//! | `number` | what is exact, and what is close enough |
//! | `group` | what is there |
//! | `market` | what do the oracles say |
//! | `margin` | how does an account stand |
//! | `step`, `compare` | how is a step judged, and compared with what came of it |
//! | `accounts`, `tokens`, `outflow`, `trade`, `refresh`, `interest` | what does each instruction do |
//! | `bid`, `payment` | how does a bid move rows, and what does it pay |
//! | `last_resort` | what happens when nobody bids |
//! | `settle`, `stake`, `pause` | profits and losses, the insurance fund, the guardian |

mod accounts;
pub mod bid;
mod compare;
pub mod group;
mod interest;
mod last_resort;
pub mod margin;
pub mod market;
pub mod number;
mod outflow;
mod pause;
mod payment;
mod refresh;
mod settle;
mod stake;
pub mod step;
mod tokens;
mod trade;

pub use compare::{compare, difference};
pub use group::{
    Account, AccountId, Collateral, Group, Instrument, Insurance, Person, Pool, Position, Slope,
    Stake, Terms, Underlying,
};
pub use last_resort::Deleveraging;
pub use market::{Market, Moment, Source};
pub use pause::Paused;
pub use step::{judge, Action, Judgement, Outcome};

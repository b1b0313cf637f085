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
//! | `step` | how is a step judged |
//! | `tokens`, `trade`, `refresh`, `bid`, `settle` | what does each instruction do |

mod accounts;
pub mod bid;
pub mod group;
mod interest;
pub mod margin;
pub mod market;
pub mod number;
mod payment;
mod refresh;
mod settle;
mod stake;
pub mod step;
mod tokens;
mod trade;

pub use group::{
    Account, AccountId, Collateral, Group, Instrument, Insurance, Person, Pool, Position, Slope,
    Stake, Terms, Underlying,
};
pub use market::{Market, Moment, Source};
pub use step::{compare, judge, Action, Judgement, Outcome};

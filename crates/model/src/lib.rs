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
//! | `action`, `step`, `compare` | what is asked, how is a step judged, and compared with what came of it |
//! | `accounts`, `tokens`, `outflow`, `trade`, `refresh`, `interest` | what does each instruction do |
//! | `bid`, `payment`, `claims` | how does a bid move rows, what does it pay, and to whom is what owed |
//! | `last_resort` | what happens when nobody bids |
//! | `settle`, `loss`, `stake`, `view` | profits and losses, the insurance fund, what is told |
//! | `instruments` | which are there, and which were closed |
//! | `contract`, `levels`, `revalue`, `expiry`, `slice` | what do contracts pay, and who says what they are worth until then |
//! | `arrays`, `at_expiry` | what do they require |
//! | `governance`, `pause`, `listing` | who may change the group, halt it, list, and when |
//! | `change`, `terms`, `bounds` | what a change does, to which numbers, and how far it may go |

mod accounts;
mod action;
mod arrays;
mod at_expiry;
pub mod bid;
mod bounds;
mod change;
mod claims;
mod compare;
pub mod contract;
mod detail;
pub mod expiry;
mod governance;
pub mod group;
mod instruments;
mod interest;
mod last_resort;
mod levels;
mod listing;
mod loss;
pub mod margin;
pub mod market;
pub mod number;
mod outflow;
mod pause;
mod payment;
mod refresh;
mod revalue;
mod settle;
mod settled;
pub mod slice;
mod stake;
pub mod step;
mod terms;
mod tokens;
mod trade;
mod view;
mod weights;

pub use action::Action;
pub use change::{Change, Sources};
pub use compare::{compare, difference};
pub use contract::{Array, Contract, Kind};
pub use detail::{untrue_detail, ToldDetail};
pub use expiry::{Expiry, Samples};
pub use governance::{Deed, Founded, Governance, Proposal, ProposalState, Tightening};
pub use group::{
    Account, AccountId, Collateral, Group, Instrument, Insurance, Person, Pool, Position, Slope,
    Stake, Terms, Underlying,
};
pub use instruments::Instruments;
pub use last_resort::Deleveraging;
pub use market::{Grade, Market, Moment, Source};
pub use pause::Paused;
pub use slice::Slice;
pub use step::{judge, Judgement, Outcome};
pub use view::{untrue, Told};

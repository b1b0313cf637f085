//! How does a group change once it has users?
//!
//! Until its launch a group takes no money, and its owner lists at once. From then on whatever may
//! hurt a user is proposed, waits for the timelock in an account that everybody can read, and is
//! carried out by anybody, within a window, in steps of bounded size. The guardian may refuse it,
//! and may at once do what only makes the group safer.
//!
//! | room | question |
//! |---|---|
//! | `change` | what may be proposed, by whom |
//! | `carry_out` | what a change does to its target, tried at the proposal and done at the execution |
//! | `bounds` | how far one change may go |
//! | `listing` | who may list |
//! | `pause` | what the guardian may halt, and for how long |
//! | `tighten` | what the guardian may lower at once |
//! | `owner_first` | when only owners act on accounts below their line |

mod bounds;
mod carry_out;
mod change;
mod listing;
mod owner_first;
mod pause;
mod tighten;

pub(crate) use carry_out::{carry_out, Act};
pub use change::{Change, TimelockParams};
pub(crate) use listing::{authorise, require_listed_change};
pub(crate) use owner_first::{is_bidders_turn, require_bidders_turn};
pub use pause::{PauseClass, PAUSE_BUDGET_SECONDS, PAUSE_SECONDS_MAX};
pub(crate) use tighten::tighten;
pub use tighten::Tightening;

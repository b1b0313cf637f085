//! What do the pure crates do with bytes that a fuzzer chose?
//!
//! Each binary is one target: it reads its bytes as a case, runs it, and panics where a law does
//! not hold. The fuzzer keeps bytes that reach code which no others reached, and goes on from them.
//!
//! | target | laws of |
//! |---|---|
//! | `health` | the margin rule and its reports |
//! | `bids` | slices and settlements of bids |
//! | `tokens` | balances, interest, write-downs, stakes and the outflow bucket |
//! | `positions` | quote flows, funding, settling and shared losses |

mod bytes;
mod market;

pub use bytes::Bytes;
pub use market::Case;

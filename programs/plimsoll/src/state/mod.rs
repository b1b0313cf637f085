//! What is stored on chain: zero-copy account types, sizes asserted field by field.
//!
//! Fields are plain little-endian integers with the unit in the name (an IDL needs no more), the
//! getters return the unit *types*. All integers are naturally aligned, since the sBPF back end
//! assembles unaligned loads byte by byte. Reserved words are zero and belong to later versions.

mod collateral;
mod deleveraging;
mod expiry;
mod group;
mod instrument;
mod insurance;
mod margin_account;
mod pool;
mod proposal;
mod row;
mod scalar;
mod stake;
mod stored_array;
mod sweep;
mod underlying;

pub use collateral::*;
pub use deleveraging::*;
pub use expiry::*;
pub use group::*;
pub use instrument::*;
pub use insurance::*;
pub use margin_account::*;
pub use pool::*;
pub use proposal::*;
pub use row::*;
pub use scalar::*;
pub use stake::*;
pub use stored_array::*;
pub use underlying::*;

/// Layout version that this program writes.
pub const VERSION: u8 = 1;

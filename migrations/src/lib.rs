//! Brings a group on a cluster to what a file declares, and does nothing twice.
//!
//! | room | question |
//! |---|---|
//! | `markets` | what does the file declare |
//! | `expiries` | what does it declare to expire |
//! | `calendar` | when is that |
//! | `schedule` | which expiries are that at a moment |
//! | `slices` | with which slice of the volatility surface does one begin |
//! | `contracts` | which contracts does one have |
//! | `names` | at which addresses do the named mints and oracles lie |
//! | `params` | which instruction arguments is that |
//! | `facts` | do a listing and the file agree, field by field |
//! | `chain` | what does the cluster say besides what is listed |
//! | `plan` | what is missing on the cluster |
//! | `step` | which instructions do one thing of that |
//! | `apply` | does it |
//! | `local` | what has a cluster of one's own to have before |
//! | `rpc` | what do the commands do with a cluster by RPC (feature `rpc`) |

mod apply;
mod calendar;
mod chain;
mod contracts;
mod expiries;
mod facts;
pub mod local;
mod markets;
mod names;
mod params;
mod plan;
#[cfg(feature = "rpc")]
pub mod rpc;
mod schedule;
mod slices;
mod step;

pub use apply::{apply, apply_telling, ApplyError, Cluster};
pub use calendar::{Cycle, Moment, Rule, TimeOfDay};
pub use expiries::{AroundSpec, ExpiryError, ExpirySpec};
pub use facts::{group_params, token, underlying_params};
pub use local::Local;
pub use markets::{
    GroupSpec, InstrumentSpec, Markets, SlopeSpec, SourceSpec, TokenSpec, UnderlyingSpec,
};
pub use names::Names;
pub use plan::{plan, Plan, PlanError, Reason, Waiting};
pub use plimsoll_decimals::{Decimal, Share};
pub use step::{Allowed, Step};

/// The markets of the local group, as the repository declares them.
pub const LOCAL: &str = include_str!("../local.toml");

/// Prices and decimals for a cluster of one's own, as the repository has them.
pub const LOCAL_PRICES: &str = include_str!("../local-prices.toml");

//! Brings a group on a cluster to what a file declares, and does nothing twice.
//!
//! | room | question |
//! |---|---|
//! | `number` | what exact number does a decimal in the file stand for |
//! | `markets` | what does the file declare |
//! | `names` | at which addresses do the named mints and oracles lie |
//! | `params` | which instruction arguments is that |
//! | `facts` | do a listing and the file agree, field by field |
//! | `plan` | what is missing on the cluster |
//! | `apply` | does it |

mod apply;
mod facts;
mod markets;
mod names;
mod number;
mod params;
mod plan;

pub use apply::{apply, ApplyError, Cluster};
pub use facts::{group_params, token, underlying_params};
pub use markets::{
    GroupSpec, InstrumentSpec, Markets, SlopeSpec, SourceSpec, TokenSpec, UnderlyingSpec,
};
pub use names::Names;
pub use number::{Decimal, Share};
pub use plan::{plan, Plan, PlanError, Step};

/// The markets of the local group, as the repository declares them.
pub const LOCAL: &str = include_str!("../local.toml");

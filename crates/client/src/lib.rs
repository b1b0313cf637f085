//! What does a client of the program need to know, before any network?
//!
//! This crate computes addresses, decodes accounts, builds instructions with the risk accounts
//! that they need, and judges accounts by the program's own functions. It does no I/O: accounts
//! come in through [`AccountSource`], instructions go out as values.
//!
//! | room | question |
//! |---|---|
//! | `clock` | what does the cluster's clock say |
//! | `pda` | at which address does an account lie |
//! | `decode` | what do an account's bytes say |
//! | `source` | where do accounts come from |
//! | `directory` | what is listed in a group, and which accounts does a check read |
//! | `instruction` | how is an instruction built |
//! | `oracle` | what does an oracle account say, before anything is listed |
//! | `health` | how does an account stand |
//! | `invariants` | does the money add up |
//! | `error` | what went wrong, by name |

pub mod clock;
pub mod decode;
pub mod directory;
pub mod error;
pub mod health;
pub mod instruction;
pub mod invariants;
pub mod oracle;
pub mod pda;
pub mod source;

pub use decode::{decode, decode_event, decode_owned, decode_return, DecodeError};
pub use directory::{Access, GroupDirectory, Keyed};
pub use error::{error_name, ClientError};
pub use health::Snapshot;
pub use source::{AccountSource, SourceError, StoredAccount};

/// Within which bounds the terms of expiries and their contracts lie.
pub mod bounds {
    pub use plimsoll::instructions::create_contract::STRIKE_BOUND;
    pub use plimsoll::instructions::create_expiry::{
        ARRAY_MOVE_PPM, ARRAY_SECONDS, DEVIATION_PPM_MAX, LIFE_SECONDS_MAX, SHORT_FLOOR_PPM_MAX,
        VOLATILITY_SCAN_PPM_MAX,
    };
    pub use plimsoll::instructions::create_instrument::{
        LOSS_CAP_PPM_MAX, PRICE_BAND_PPM_MAX, SETTLE_REWARD_PPM_MAX, TRADE_FEE_PPM_MAX,
    };
}

/// Types of the program that its clients name.
pub use plimsoll::{
    clock::Now,
    error::PlimsollError,
    events,
    governance::{Change, PauseClass, Tightening, TimelockParams},
    instructions::create_collateral::KinkParams,
    instructions::create_underlying::{ScenarioParams, SlopeParams, SourceParams},
    instructions::view_account::{AccountReport, UnderlyingView},
    instructions::view_underlying::UnderlyingDetail,
    oracle::{PriceFeedMessage, PriceUpdateV2, VerificationLevel, PYTH_PUSH, PYTH_RECEIVER},
    state, BidLimits, BidRequest, BidRow, CollateralParams, ContractKind, ContractParams,
    ExpiryParams, GroupParams, InstrumentParams, RoleParams, SliceParams, UnderlyingParams,
    ID as PROGRAM_ID,
};
pub use solana_address::Address;
pub use solana_instruction::{AccountMeta, Instruction};

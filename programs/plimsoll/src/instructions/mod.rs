//! One file per instruction: accounts, validation, body.
//!
//! Handlers convert, authorise, load, call a pure function, store and emit. Arithmetic on amounts
//! lives in `plimsoll-risk` and `plimsoll-units`.

pub mod add_to_insurance;
pub mod close_account;
pub mod collect_fees;
pub mod create_collateral;
pub mod create_group;
pub mod create_instrument;
pub mod create_underlying;
pub mod deposit;
pub mod liquidate;
pub mod mark_account;
pub mod open_account;
pub mod refresh_collateral;
pub mod refresh_instrument;
pub mod refresh_underlying;
pub mod repay_debt;
pub mod request_unstake;
pub mod set_delegate;
pub mod settle_position;
pub mod share_loss;
pub mod stake_insurance;
pub mod trade;
pub mod unstake;
pub mod view_account;
pub mod view_withdrawable;
pub mod withdraw;
pub mod write_off_debt;

pub use add_to_insurance::*;
pub use close_account::*;
pub use collect_fees::*;
pub use create_collateral::*;
pub use create_group::*;
pub use create_instrument::*;
pub use create_underlying::*;
pub use deposit::*;
pub use liquidate::*;
pub use mark_account::*;
pub use open_account::*;
pub use refresh_collateral::*;
pub use refresh_instrument::*;
pub use refresh_underlying::*;
pub use repay_debt::*;
pub use request_unstake::*;
pub use set_delegate::*;
pub use settle_position::*;
pub use share_loss::*;
pub use stake_insurance::*;
pub use trade::*;
pub use unstake::*;
pub use view_account::*;
pub use withdraw::*;
pub use write_off_debt::*;

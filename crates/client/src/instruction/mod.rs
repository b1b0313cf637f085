//! How is an instruction built?
//!
//! One function per instruction of the program. They take the group's directory and the margin
//! accounts as they are now, and add the trailing accounts that the program will ask for. Rows may
//! change until the transaction runs; then the program answers with a `RiskAccount…` error, and
//! the instruction is built again from fresh accounts.

mod accounts;
mod expiry;
mod governance;
mod last_resort;
mod liquidate;
mod listing;
mod refresh;
mod settle;
mod tokens;
mod trade;
mod view;

pub use accounts::{close_account, open_account, set_delegate};
pub use expiry::{
    close_contract, close_expiry, create_contract, create_expiry, publish_surface,
    refresh_risk_array, sample_settlement,
};
pub use governance::{
    accept_ownership, close_proposal, execute, execute_listing, launch_group, pause, propose,
    propose_owner, tighten, unpause, veto,
};
pub use last_resort::{close_deleveraging, deleverage, resize_position, resize_positions};
pub use liquidate::{liquidate, liquidate_priced, pools_changed, pools_changed_priced, Bid};
pub use listing::{
    create_collateral, create_group, create_instrument, create_underlying, NewCollateral,
};
pub use refresh::{mark_account, refresh_collateral, refresh_instrument, refresh_underlying};
pub use settle::{
    collect_fees, renew_position, renew_positions, repay_debt, request_unstake, settle_position,
    share_loss, share_losses, stake_insurance, unstake, write_off_debt,
};
pub use tokens::{add_to_insurance, deposit, withdraw, Withdrawal};
pub use trade::{trade, Deal};
pub use view::{view_account, view_underlying, view_withdrawable};

use solana_address::Address;

/// The system program.
pub(crate) const SYSTEM_PROGRAM: Address = Address::new_from_array([0; 32]);

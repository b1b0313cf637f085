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
    close_contract, close_expiry, create_contract, create_contract_at, create_expiry,
    create_expiry_at, publish_surface, refresh_risk_array, sample_settlement, NewContract,
    NewExpiry,
};
pub use governance::{
    accept_ownership, close_proposal, close_proposal_at, execute, execute_listing, launch_group,
    pause, propose, propose_listing, propose_owner, tighten, unpause, veto,
};
pub use last_resort::{close_deleveraging, deleverage, resize_position, resize_positions};
pub use liquidate::{liquidate, liquidate_priced, pools_changed, pools_changed_priced, Bid};
pub use listing::{
    create_collateral, create_group, create_instrument, create_underlying, NewCollateral,
};
pub use refresh::{mark_account, refresh_collateral, refresh_instrument, refresh_underlying};
pub use settle::{
    close_stake, collect_fees, renew_position, renew_positions, repay_debt, request_unstake,
    settle_position, share_loss, share_losses, stake_insurance, unstake, write_off_debt,
};
pub use tokens::{add_to_insurance, deposit, withdraw, Withdrawal};
pub use trade::{trade, Deal};
pub use view::{view_account, view_underlying, view_withdrawable};

use solana_address::Address;
use solana_instruction::Instruction;

/// The system program.
pub(crate) const SYSTEM_PROGRAM: Address = Address::new_from_array([0; 32]);

/// The runtime's program that sets limits.
const COMPUTE_BUDGET: Address =
    Address::from_str_const("ComputeBudget111111111111111111111111111111");

/// Lets a transaction use so many compute units, 1,400,000 at most. Nobody signs.
pub fn unit_limit(units: u32) -> Instruction {
    // The program's second instruction: `SetComputeUnitLimit`.
    let data = [vec![2], units.to_le_bytes().to_vec()].concat();
    Instruction { program_id: COMPUTE_BUDGET, accounts: Vec::new(), data }
}

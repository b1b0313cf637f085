//! Creating a group, and listing what it trades.

use plimsoll::{accounts, instruction};
use plimsoll::{CollateralParams, GroupParams, InstrumentParams, RoleParams, UnderlyingParams};
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};

use super::SYSTEM_PROGRAM;
use crate::pda;

/// Creates the group that `creator` numbers `id`, and its insurance fund; it is not launched. Payer and creator sign.
pub fn create_group(
    payer: &Address,
    creator: &Address,
    quote_mint: &Address,
    id: u16,
    params: GroupParams,
    roles: RoleParams,
) -> Instruction {
    let group = pda::group(creator, id);
    instruction::CreateGroup { id, params, roles }.to_instruction(accounts::CreateGroup {
        payer: *payer,
        creator: *creator,
        quote_mint: *quote_mint,
        group,
        insurance: pda::insurance(&group),
        system_program: SYSTEM_PROGRAM,
    })
}

/// Lists the group's next underlying. `oracles` are the oracle accounts in the order of the
/// sources. Payer and owner sign.
pub fn create_underlying(
    payer: &Address,
    owner: &Address,
    group: &Address,
    index: u16,
    params: UnderlyingParams,
    oracles: &[Address],
) -> Instruction {
    list_underlying([payer, owner, group], index, params, oracles, None)
}

/// The same for payer, authority and group, with the proposal that allows it after the launch.
pub(super) fn list_underlying(
    [payer, authority, group]: [&Address; 3],
    index: u16,
    params: UnderlyingParams,
    oracles: &[Address],
    proposal: Option<Address>,
) -> Instruction {
    let mut instruction = instruction::CreateUnderlying { index, params }.to_instruction(
        accounts::CreateUnderlying {
            payer: *payer,
            authority: *authority,
            group: *group,
            underlying: pda::underlying(group, index),
            system_program: SYSTEM_PROGRAM,
            proposal,
        },
    );
    let oracles = oracles.iter().map(|oracle| AccountMeta::new_readonly(*oracle, false));
    instruction.accounts.extend(oracles);
    instruction
}

/// A token to list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCollateral {
    /// The token.
    pub mint: Address,
    /// SPL Token or Token-2022.
    pub token_program: Address,
    /// Index of the underlying that prices it.
    pub underlying: u16,
    /// What it may do.
    pub params: CollateralParams,
}

/// Lists a token; the group's first one must be the quote token. Payer and owner sign.
pub fn create_collateral(
    payer: &Address,
    owner: &Address,
    group: &Address,
    token: &NewCollateral,
) -> Instruction {
    list_collateral([payer, owner, group], token, None)
}

/// The same for payer, authority and group, with the proposal that allows it after the launch.
pub(super) fn list_collateral(
    [payer, authority, group]: [&Address; 3],
    token: &NewCollateral,
    proposal: Option<Address>,
) -> Instruction {
    let collateral = pda::collateral(group, &token.mint);
    let accounts = accounts::CreateCollateral {
        payer: *payer,
        authority: *authority,
        group: *group,
        underlying: pda::underlying(group, token.underlying),
        mint: token.mint,
        collateral,
        vault: pda::vault(&collateral),
        token_program: token.token_program,
        system_program: SYSTEM_PROGRAM,
        proposal,
    };
    instruction::CreateCollateral { params: token.params.clone() }.to_instruction(accounts)
}

/// Lists the group's next instrument, on the underlying with an index. Payer and owner sign.
pub fn create_instrument(
    payer: &Address,
    owner: &Address,
    group: &Address,
    underlying: u16,
    index: u16,
    params: InstrumentParams,
) -> Instruction {
    list_instrument([payer, owner, group], underlying, index, params, None)
}

/// The same for payer, authority and group, with the proposal that allows it after the launch.
pub(super) fn list_instrument(
    [payer, authority, group]: [&Address; 3],
    underlying: u16,
    index: u16,
    params: InstrumentParams,
    proposal: Option<Address>,
) -> Instruction {
    let instrument = pda::instrument(group, index);
    instruction::CreateInstrument { index, params }.to_instruction(accounts::CreateInstrument {
        payer: *payer,
        authority: *authority,
        group: *group,
        underlying: pda::underlying(group, underlying),
        instrument,
        pool: pda::pool(&instrument),
        system_program: SYSTEM_PROGRAM,
        proposal,
    })
}

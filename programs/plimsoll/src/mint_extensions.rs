//! Which Token-2022 mint extensions a collateral may have: an allow-list, and a name for each
//! refusal. What could freeze, seize, hide or hook a vault's tokens is refused.

use anchor_lang::prelude::*;
use spl_token_2022_interface::extension::{
    BaseStateWithExtensions, ExtensionType, PodStateWithExtensions,
};
use spl_token_2022_interface::pod::PodMint;

use crate::error::PlimsollError;

/// Refuses a mint with an extension that is not on the allow-list. SPL Token mints have none.
pub(crate) fn require_allowed(mint: &AccountView) -> Result<()> {
    let data = mint.try_borrow()?;
    let state = PodStateWithExtensions::<PodMint>::unpack(&data)
        .map_err(|_| PlimsollError::WrongTokenAccounts)?;
    let types = state.get_extension_types().map_err(|_| PlimsollError::ExtensionNotAllowed)?;
    for extension in types {
        if let Some(refusal) = refusal(extension) {
            msg!("mint extension {} is refused", u16::from(extension));
            return Err(refusal.into());
        }
    }
    Ok(())
}

fn refusal(extension: ExtensionType) -> Option<PlimsollError> {
    match extension {
        // Credited net of the fee.
        ExtensionType::TransferFeeConfig
        // Names and pictures.
        | ExtensionType::MetadataPointer
        | ExtensionType::TokenMetadata
        | ExtensionType::GroupPointer
        | ExtensionType::TokenGroup
        | ExtensionType::GroupMemberPointer
        | ExtensionType::TokenGroupMember => None,
        ExtensionType::PermanentDelegate => Some(PlimsollError::ExtensionPermanentDelegate),
        ExtensionType::TransferHook => Some(PlimsollError::ExtensionTransferHook),
        ExtensionType::DefaultAccountState => Some(PlimsollError::ExtensionDefaultAccountState),
        ExtensionType::Pausable => Some(PlimsollError::ExtensionPausable),
        ExtensionType::NonTransferable => Some(PlimsollError::ExtensionNonTransferable),
        ExtensionType::ConfidentialTransferMint
        | ExtensionType::ConfidentialTransferFeeConfig
        | ExtensionType::ConfidentialMintBurn => Some(PlimsollError::ExtensionConfidential),
        ExtensionType::MintCloseAuthority => Some(PlimsollError::ExtensionMintClose),
        _ => Some(PlimsollError::ExtensionNotAllowed),
    }
}

//! Which instruction of the program is this?

use anchor_lang::Discriminator;
use plimsoll::instruction as ix;

/// Name of an instruction of the program, from the first bytes of its data.
pub fn instruction_name(data: &[u8]) -> &'static str {
    let known: [(&[u8], &str); 15] = [
        (ix::CreateGroup::DISCRIMINATOR, "create_group"),
        (ix::CreateUnderlying::DISCRIMINATOR, "create_underlying"),
        (ix::CreateCollateral::DISCRIMINATOR, "create_collateral"),
        (ix::CreateInstrument::DISCRIMINATOR, "create_instrument"),
        (ix::OpenAccount::DISCRIMINATOR, "open_account"),
        (ix::CloseAccount::DISCRIMINATOR, "close_account"),
        (ix::SetDelegate::DISCRIMINATOR, "set_delegate"),
        (ix::Deposit::DISCRIMINATOR, "deposit"),
        (ix::Withdraw::DISCRIMINATOR, "withdraw"),
        (ix::Trade::DISCRIMINATOR, "trade"),
        (ix::RefreshUnderlying::DISCRIMINATOR, "refresh_underlying"),
        (ix::RefreshInstrument::DISCRIMINATOR, "refresh_instrument"),
        (ix::MarkAccount::DISCRIMINATOR, "mark_account"),
        (ix::Liquidate::DISCRIMINATOR, "liquidate"),
        (ix::AddToInsurance::DISCRIMINATOR, "add_to_insurance"),
    ];
    let found = known.iter().find(|(discriminator, _)| data.starts_with(discriminator));
    found.map_or("other", |(_, name)| name)
}

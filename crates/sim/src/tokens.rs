//! The few instructions of the token programs that the simulation sends, byte by byte.

use solana_address::{address, Address};
use solana_instruction::{AccountMeta, Instruction};

/// SPL Token.
pub const TOKEN_PROGRAM: Address = address!("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
/// SPL Associated Token Account.
pub const ATA_PROGRAM: Address = address!("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL");
/// The system program.
pub const SYSTEM_PROGRAM: Address = address!("11111111111111111111111111111111");
/// The compute budget program.
const BUDGET_PROGRAM: Address = address!("ComputeBudget111111111111111111111111111111");

/// Bytes of a mint.
pub const MINT_BYTES: u64 = 82;

/// Creates an account; `payer` and `account` sign.
pub fn create_account(
    payer: &Address,
    account: &Address,
    lamports: u64,
    bytes: u64,
    owner: &Address,
) -> Instruction {
    let mut data = vec![0; 4];
    data.extend(lamports.to_le_bytes());
    data.extend(bytes.to_le_bytes());
    data.extend(owner.as_ref());
    let accounts = vec![AccountMeta::new(*payer, true), AccountMeta::new(*account, true)];
    Instruction { program_id: SYSTEM_PROGRAM, accounts, data }
}

/// Makes a fresh account a mint.
pub fn initialize_mint(mint: &Address, decimals: u8, authority: &Address) -> Instruction {
    let mut data = vec![20, decimals];
    data.extend(authority.as_ref());
    data.push(0);
    let accounts = vec![AccountMeta::new(*mint, false)];
    Instruction { program_id: TOKEN_PROGRAM, accounts, data }
}

/// Where the tokens of a mint lie that belong to `owner`.
pub fn wallet(owner: &Address, mint: &Address) -> Address {
    let seeds = [owner.as_ref(), TOKEN_PROGRAM.as_ref(), mint.as_ref()];
    Address::find_program_address(&seeds, &ATA_PROGRAM).0
}

/// Creates that account if it is not there.
pub fn create_wallet(payer: &Address, owner: &Address, mint: &Address) -> Instruction {
    let accounts = vec![
        AccountMeta::new(*payer, true),
        AccountMeta::new(wallet(owner, mint), false),
        AccountMeta::new_readonly(*owner, false),
        AccountMeta::new_readonly(*mint, false),
        AccountMeta::new_readonly(SYSTEM_PROGRAM, false),
        AccountMeta::new_readonly(TOKEN_PROGRAM, false),
    ];
    Instruction { program_id: ATA_PROGRAM, accounts, data: vec![1] }
}

/// Mints tokens.
pub fn mint_to(mint: &Address, to: &Address, authority: &Address, atoms: u64) -> Instruction {
    let accounts = vec![
        AccountMeta::new(*mint, false),
        AccountMeta::new(*to, false),
        AccountMeta::new_readonly(*authority, true),
    ];
    let data = [&[7_u8][..], &atoms.to_le_bytes()].concat();
    Instruction { program_id: TOKEN_PROGRAM, accounts, data }
}

/// Sends tokens from one account to another.
pub fn transfer(from: &Address, to: &Address, owner: &Address, atoms: u64) -> Instruction {
    let accounts = vec![
        AccountMeta::new(*from, false),
        AccountMeta::new(*to, false),
        AccountMeta::new_readonly(*owner, true),
    ];
    let data = [&[3_u8][..], &atoms.to_le_bytes()].concat();
    Instruction { program_id: TOKEN_PROGRAM, accounts, data }
}

/// Asks for more compute than an instruction has by default.
pub fn compute_limit(units: u32) -> Instruction {
    let data = [&[2_u8][..], &units.to_le_bytes()].concat();
    Instruction { program_id: BUDGET_PROGRAM, accounts: Vec::new(), data }
}

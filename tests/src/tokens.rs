//! What do mints and token accounts look like? Written as the token programs keep them; the
//! programs themselves are the real ones.

use plimsoll_client::Address;

/// Atoms of one USDC.
pub const USDC: u64 = 1_000_000;
/// Atoms of one SOL.
pub const SOL: u64 = 1_000_000_000;
/// Atoms of one BTC.
pub const BTC: u64 = 100_000_000;

/// The SPL Token program.
pub const SPL_TOKEN: Address = anchor_lang::address!("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
/// The Token-2022 program.
pub const TOKEN_2022: Address =
    anchor_lang::address!("TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb");

const MINT_SIZE: usize = 82;
const ACCOUNT_SIZE: usize = 165;
const EXTENSION_TRANSFER_FEE_CONFIG: u16 = 1;
const EXTENSION_TRANSFER_FEE_AMOUNT: u16 = 2;

/// A transfer fee of a Token-2022 mint.
#[derive(Clone, Copy, Debug)]
pub struct TransferFee {
    /// Per ten thousand.
    pub basis_points: u16,
    /// At most (token atoms).
    pub maximum: u64,
}

impl TransferFee {
    /// The extension: number and bytes.
    pub fn extension(&self) -> (u16, Vec<u8>) {
        // Two authorities (none) and what was withheld.
        let mut data = vec![0; 32 + 32 + 8];
        // The fee before and from an epoch on: the same.
        for _ in 0..2 {
            data.extend(0_u64.to_le_bytes());
            data.extend(self.maximum.to_le_bytes());
            data.extend(self.basis_points.to_le_bytes());
        }
        (EXTENSION_TRANSFER_FEE_CONFIG, data)
    }
}

/// Bytes of a mint; extensions as number and bytes.
pub(crate) fn mint(decimals: u8, extensions: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let mut data = vec![0; MINT_SIZE];
    // Everything may ever be minted by hand: the supply is large from the start.
    data[36..44].copy_from_slice(&(u64::MAX / 2).to_le_bytes());
    data[44] = decimals;
    data[45] = 1;
    extend(&mut data, 1, extensions);
    data
}

/// Bytes of a token account. One of a mint with a fee has room for what is withheld.
pub(crate) fn account(mint: &Address, owner: &Address, amount: u64, mint_data: &[u8]) -> Vec<u8> {
    let mut data = vec![0; ACCOUNT_SIZE];
    data[..32].copy_from_slice(mint.as_ref());
    data[32..64].copy_from_slice(owner.as_ref());
    data[64..72].copy_from_slice(&amount.to_le_bytes());
    data[108] = 1;
    let has_fee = mint_data.get(166..168) == Some(&EXTENSION_TRANSFER_FEE_CONFIG.to_le_bytes());
    if has_fee {
        extend(&mut data, 2, &[(EXTENSION_TRANSFER_FEE_AMOUNT, vec![0; 8])]);
    }
    data
}

/// Adds Token-2022's extensions behind the kind of the account.
fn extend(data: &mut Vec<u8>, kind: u8, extensions: &[(u16, Vec<u8>)]) {
    if extensions.is_empty() {
        return;
    }
    data.resize(ACCOUNT_SIZE, 0);
    data.push(kind);
    for (number, bytes) in extensions {
        data.extend(number.to_le_bytes());
        data.extend(u16::try_from(bytes.len()).unwrap().to_le_bytes());
        data.extend(bytes);
    }
}

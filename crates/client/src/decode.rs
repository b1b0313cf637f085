//! What do an account's bytes say?

use std::fmt;

use anchor_lang::wincode::{self, SchemaRead};
use anchor_lang::{BorshConfig, Discriminator, BORSH_CONFIG};
use bytemuck::Pod;
use solana_address::Address;

/// Why bytes are not the account that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// The account belongs to another program.
    WrongOwner(Address),
    /// The first bytes are those of another kind of account.
    WrongKind,
    /// Too few or too many bytes for the kind.
    WrongSize {
        /// Bytes that the kind has, discriminator included.
        expected: usize,
        /// Bytes that came.
        found: usize,
    },
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongOwner(owner) => write!(f, "the account belongs to program {owner}"),
            Self::WrongKind => f.write_str("the account is of another kind"),
            Self::WrongSize { expected, found } => {
                write!(f, "the account has {found} bytes instead of {expected}")
            }
        }
    }
}

impl std::error::Error for DecodeError {}

/// Decodes an account of the program: discriminator, then the struct, nothing behind. Whose the
/// account is has been checked by the caller; [`decode_owned`] does both.
pub fn decode<T: Discriminator + Pod>(data: &[u8]) -> Result<T, DecodeError> {
    let body = data.strip_prefix(T::DISCRIMINATOR).ok_or(DecodeError::WrongKind)?;
    bytemuck::try_pod_read_unaligned(body).map_err(|_| DecodeError::WrongSize {
        expected: T::DISCRIMINATOR.len() + size_of::<T>(),
        found: data.len(),
    })
}

/// Decodes an account of the program, after a look at its owner.
pub fn decode_owned<T: Discriminator + Pod>(
    owner: &Address,
    data: &[u8],
) -> Result<T, DecodeError> {
    if *owner != plimsoll::ID {
        return Err(DecodeError::WrongOwner(*owner));
    }
    decode(data)
}

/// Decodes what a view returned, such as an `AccountReport`; `None` if the bytes are something else.
pub fn decode_return<T>(data: &[u8]) -> Option<T>
where
    T: for<'de> SchemaRead<'de, BorshConfig, Dst = T>,
{
    wincode::config::deserialize(data, BORSH_CONFIG).ok()
}

/// Decodes an event from the bytes that a `Program data:` line of the log stands for; `None` if
/// they are another event.
pub fn decode_event<T>(data: &[u8]) -> Option<T>
where
    T: Discriminator + for<'de> SchemaRead<'de, BorshConfig, Dst = T>,
{
    decode_return(data.strip_prefix(T::DISCRIMINATOR)?)
}

/// The bytes of a change, as a proposal keeps them.
pub(crate) fn encode_argument(change: &plimsoll::governance::Change) -> Vec<u8> {
    // Only a writer that is full could fail.
    wincode::config::serialize(change, BORSH_CONFIG).unwrap_or_default()
}

/// The bytes of an account as the program would store it, for worlds that are set up by hand.
pub fn encode<T: Discriminator + Pod>(account: &T) -> Vec<u8> {
    [T::DISCRIMINATOR, bytemuck::bytes_of(account)].concat()
}

//! How many instructions fit into one transaction?

use std::collections::BTreeSet;

use plimsoll_client::{Address, Instruction};

/// What a transaction may have on the wire.
const TRANSACTION_BYTES_MAX: usize = 1_232;

/// Cuts `all` into transactions that `payer` signs alone, in their order and each as full as it gets. What
/// would be too long by itself is left by itself.
pub fn packed<T>(payer: &Address, all: Vec<(T, Instruction)>) -> Vec<Vec<(T, Instruction)>> {
    let mut packed: Vec<Vec<(T, Instruction)>> = Vec::new();
    for one in all {
        let fits = packed.last().is_some_and(|last| {
            let with = last.iter().map(|(_, one)| one).chain([&one.1]);
            transaction_bytes(payer, with) <= TRANSACTION_BYTES_MAX
        });
        match packed.last_mut().filter(|_| fits) {
            Some(last) => last.push(one),
            None => packed.push(vec![one]),
        }
    }
    packed
}

/// How long a transaction is that `payer` signs alone: its signature, and its message.
pub fn transaction_bytes<'a>(
    payer: &Address,
    instructions: impl IntoIterator<Item = &'a Instruction>,
) -> usize {
    const ADDRESS: usize = 32;
    /// One signature with its count, who signs and who only reads, and a recent block's hash.
    const FIXED: usize = 1 + 64 + 3 + 32;
    let mut addresses = BTreeSet::from([*payer]);
    let (mut bytes, mut count) = (0, 0);
    for one in instructions {
        addresses.insert(one.program_id);
        addresses.extend(one.accounts.iter().map(|meta| meta.pubkey));
        let (accounts, data) = (one.accounts.len(), one.data.len());
        bytes += 1 + counted(accounts) + accounts + counted(data) + data;
        count += 1;
    }
    FIXED + counted(addresses.len()) + ADDRESS * addresses.len() + counted(count) + bytes
}

/// Bytes of a count, seven bits in each.
fn counted(count: usize) -> usize {
    match count {
        0..=0x7f => 1,
        0x80..=0x3fff => 2,
        _ => 3,
    }
}

//! What a node's answers are taken for, without a node.

use core::mem::offset_of;

use bytemuck::Zeroable;
use plimsoll_client::decode::encode;
use plimsoll_client::state::MarginAccount;
use serde_json::{json, Value};
use solana_rpc_client::api::client_error::ErrorKind;
use solana_rpc_client::api::request::RpcRequest;

use super::*;

const OFFSET: usize = offset_of!(MarginAccount, group);

fn at(byte: u8) -> Address {
    Address::new_from_array([byte; 32])
}

/// A node that gives these accounts, whoever asks for a program's.
fn node(accounts: Value) -> Rpc {
    let mocks = [(RpcRequest::GetProgramAccounts, accounts)].into_iter().collect();
    Rpc(RpcClient::new_mock_with_mocks("succeeds", mocks))
}

fn given(address: u8, data: &[u8], encoding: &str) -> Value {
    use solana_account_decoder_client_types::UiAccountData;
    // The only writer of the encoding at hand is its reader's other half.
    let data: UiAccountData = serde_json::from_value(json!([base64(data), encoding])).unwrap();
    let account = json!({
        "lamports": 1, "data": data, "owner": PROGRAM_ID.to_string(),
        "executable": false, "rentEpoch": 0, "space": null,
    });
    json!({ "pubkey": at(address).to_string(), "account": account })
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = bytes.chunks(3).map(|chunk| {
        let word = (0..3).fold(0_usize, |word, at| {
            (word << 8) | usize::from(chunk.get(at).copied().unwrap_or(0))
        });
        let digit = |at: usize| match at <= chunk.len() {
            true => char::from(DIGITS[(word >> (18 - 6 * at)) & 63]),
            false => '=',
        };
        (0..4).map(digit).collect::<String>()
    });
    digits.collect()
}

#[test]
fn an_account_is_told_by_its_size_its_kind_and_its_group() {
    let found = filters::<MarginAccount>(&at(7), OFFSET);
    let mut account = MarginAccount::zeroed();
    account.group = at(7);
    let stored = encode(&account);
    let [RpcFilterType::DataSize(size), RpcFilterType::Memcmp(kind), RpcFilterType::Memcmp(group)] =
        found.as_slice()
    else {
        panic!("{found:?}");
    };
    assert_eq!(usize::try_from(*size), Ok(stored.len()));
    assert!(kind.bytes_match(&stored) && group.bytes_match(&stored));
    account.group = at(8);
    assert!(kind.bytes_match(&encode(&account)) && !group.bytes_match(&encode(&account)));
    assert!(found.iter().all(|one| one.verify().is_ok()));
}

#[test]
fn all_accounts_come_decoded_and_none_is_passed_over() {
    let mut account = MarginAccount::zeroed();
    (account.group, account.owner) = (at(7), at(8));
    let good = given(1, &encode(&account), "base64");
    let read = |accounts: Value| node(accounts).all::<MarginAccount>(&at(7), OFFSET);

    let found = read(json!([good])).unwrap();
    assert_eq!((found.len(), found[0].address, found[0].state.owner), (1, at(1), at(8)));
    assert!(read(json!([])).unwrap().is_empty());

    let short = read(json!([good, given(2, &encode(&account)[1..], "base64")])).unwrap_err();
    assert!(matches!(short, ClientError::Decode { address, .. } if address == at(2)), "{short}");
    let garbled = read(json!([good, given(3, &[1], "jsonParsed")])).unwrap_err();
    assert!(garbled.to_string().contains(&at(3).to_string()), "{garbled}");
}

#[test]
fn an_error_of_the_program_has_its_number_and_its_name() {
    let failed = |error: TransactionError| Failure::of(&ErrorKind::TransactionError(error).into());
    let custom =
        |code| failed(TransactionError::InstructionError(1, InstructionError::Custom(code)));
    assert_eq!(custom(6003).code, Some(6003));
    assert!(custom(6003).to_string().starts_with("NotGroupOwner\n"), "{}", custom(6003));
    // Some other program's.
    assert_eq!(custom(1).code, None);
    assert!(custom(1).to_string().starts_with("Error processing Instruction 1"), "{}", custom(1));
    assert_eq!(failed(TransactionError::BlockhashNotFound).reason, "Blockhash not found");
    let lost = Failure::of(&ErrorKind::Custom("lost".to_owned()).into());
    assert_eq!((lost.code, lost.reason.as_str()), (None, "Custom: lost"));
}

#[test]
fn a_key_that_is_missing_is_a_failure() {
    let (keeper, other) = (Keypair::new(), Keypair::new());
    let account = plimsoll_client::AccountMeta::new_readonly(other.pubkey(), true);
    let one = Instruction { program_id: at(9), accounts: vec![account], data: Vec::new() };
    let failure = node(json!([])).send_signed(&[one], &[&keeper]).unwrap_err();
    assert_eq!((failure.code, failure.reason.as_str()), (None, "not enough signers"));
}

//! Does 128-bit arithmetic inside the VM give what it gives on the host?
//!
//! The upstream compiler's program brings its own multiply and divide (`crates/sbf-builtins`), and
//! every number of the exchange rests on them. The probe computes all five operations of many pairs
//! in the VM; the same source compiled for the host says what they must be.

use int128::{compute, Record, RECORD_SIZE_BYTES};
use litesvm::LiteSVM;
use solana_account::Account;
use solana_address::Address;
use solana_compute_budget::compute_budget::ComputeBudget;
use solana_instruction::{AccountMeta, Instruction};
use solana_keypair::Keypair;
use solana_message::Message;
use solana_signer::Signer;
use solana_transaction::Transaction;

/// Records in one transaction: 5.6 MB of account data.
const BATCH: usize = 50_000;

/// The VM with the probe, and an account that it writes to.
struct Probe {
    svm: LiteSVM,
    payer: Keypair,
    program: Address,
    account: Address,
}

impl Probe {
    fn new() -> Self {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/deploy/int128.so");
        let so = std::fs::read(path).expect("run `cargo xtask build` first");
        let unlimited =
            ComputeBudget { compute_unit_limit: 1 << 40, ..ComputeBudget::new_with_defaults(true) };
        let mut svm = LiteSVM::new().with_compute_budget(unlimited);
        let payer = Keypair::new();
        svm.airdrop(&payer.pubkey(), 1_000_000_000).unwrap();
        let program = Address::new_from_array([7; 32]);
        svm.add_program(program, &so).unwrap();
        Self { svm, payer, program, account: Address::new_from_array([8; 32]) }
    }

    /// Runs one batch in the VM and returns the account's bytes afterwards.
    fn run(&mut self, data: Vec<u8>) -> Vec<u8> {
        let lamports = self.svm.minimum_balance_for_rent_exemption(data.len());
        let account = Account { lamports, data, owner: self.program, ..Account::default() };
        self.svm.set_account(self.account, account).unwrap();
        let metas = vec![AccountMeta::new(self.account, false)];
        let instruction = Instruction::new_with_bytes(self.program, &[], metas);
        let message = Message::new(&[instruction], Some(&self.payer.pubkey()));
        self.svm.expire_blockhash();
        let transaction = Transaction::new(&[&self.payer], message, self.svm.latest_blockhash());
        self.svm.send_transaction(transaction).unwrap();
        self.svm.get_account(&self.account).unwrap().data
    }
}

/// A generator of our own (xorshift64*), so that a run is the same everywhere.
struct Random(u64);

impl Random {
    fn word(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A value of any width, all widths alike, of either sign.
    fn value(&mut self) -> u128 {
        let wide = (u128::from(self.word()) << 64) | u128::from(self.word());
        let value = wide >> (self.word() % 128);
        if self.word().is_multiple_of(4) {
            value.wrapping_neg()
        } else {
            value
        }
    }
}

fn record(a: u128, b: u128) -> Record {
    let (a, b) = (a.to_le_bytes(), b.to_le_bytes());
    Record {
        a,
        b,
        product: [0; 16],
        quotient: [0; 16],
        remainder: [0; 16],
        quotient_signed: [0; 16],
        remainder_signed: [0; 16],
    }
}

fn bytes(record: &Record) -> [u8; RECORD_SIZE_BYTES] {
    let fields = [
        record.a,
        record.b,
        record.product,
        record.quotient,
        record.remainder,
        record.quotient_signed,
        record.remainder_signed,
    ];
    fields.concat().try_into().unwrap()
}

/// Compares the VM with the host on every pair.
fn assert_vm_agrees(pairs: &[(u128, u128)]) {
    let mut probe = Probe::new();
    for batch in pairs.chunks(BATCH) {
        let mut records: Vec<Record> = batch.iter().map(|&(a, b)| record(a, b)).collect();
        let input: Vec<u8> = records.iter().flat_map(bytes).collect();
        compute(&mut records);

        let output = probe.run(input);

        for (index, expected) in records.iter().enumerate() {
            let found = &output[index * RECORD_SIZE_BYTES..][..RECORD_SIZE_BYTES];
            let (a, b) = batch[index];
            assert!(found == bytes(expected), "{a:#x}, {b:#x}: the VM gives {found:x?}");
        }
    }
}

#[test]
fn vm_agrees_with_the_host_on_random_pairs_of_all_widths() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let pairs: Vec<_> = (0..150_000).map(|_| (random.value(), random.value())).collect();

    assert_vm_agrees(&pairs);
}

#[test]
fn vm_agrees_with_the_host_around_powers_of_two() {
    let near = |bit: u32| {
        let power = 1_u128 << bit;
        [power.wrapping_sub(1), power, power.wrapping_add(1), power.wrapping_neg()]
    };
    let edges: Vec<u128> = (0..128).flat_map(near).collect();
    let pairs: Vec<_> = edges.iter().flat_map(|&a| edges.iter().map(move |&b| (a, b))).collect();

    assert_vm_agrees(&pairs);
}

#[test]
fn probe_computes_the_operations_that_it_names() {
    let (a, b) = (10_u128.pow(30) + 7, 10_u128.pow(18) + 9);
    let mut records = [record(a.wrapping_neg(), b)];
    let (n, d) = (-(a as i128), b as i128);

    compute(&mut records);

    assert_eq!(u128::from_le_bytes(records[0].product), a.wrapping_neg().wrapping_mul(b));
    assert_eq!(u128::from_le_bytes(records[0].quotient), a.wrapping_neg() / b);
    assert_eq!(u128::from_le_bytes(records[0].remainder), a.wrapping_neg() % b);
    assert_eq!(i128::from_le_bytes(records[0].quotient_signed), n / d);
    assert_eq!(i128::from_le_bytes(records[0].remainder_signed), n % d);
}

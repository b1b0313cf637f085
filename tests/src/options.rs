//! What does the options crate give inside the VM, and for how many units? The VM with the probe
//! `tests/programs/options`, and the options and slices that it is asked about.

use litesvm::LiteSVM;
use options_probe::{
    compute, Record, BUTTERFLIES, CALENDAR, IMPLIED, QUOTE, RECORD_SIZE_BYTES, SAMPLE, STEP, VALUE,
    VOLATILITY,
};
use solana_account::Account;
use solana_address::Address;
use solana_compute_budget::compute_budget::ComputeBudget;
use solana_instruction::{AccountMeta, Instruction};
use solana_keypair::Keypair;
use solana_message::Message;
use solana_signer::Signer;
use solana_transaction::Transaction;

/// SPAN's sixteen for a scan range of 15 % in price and 40 % in volatility, in parts per million:
/// shock of the price, of the volatility, weight.
const SHOCKS: [[i64; 3]; 16] = [
    [0, 400_000, 1_000_000],
    [0, -400_000, 1_000_000],
    [50_000, 400_000, 1_000_000],
    [50_000, -400_000, 1_000_000],
    [-50_000, 400_000, 1_000_000],
    [-50_000, -400_000, 1_000_000],
    [100_000, 400_000, 1_000_000],
    [100_000, -400_000, 1_000_000],
    [-100_000, 400_000, 1_000_000],
    [-100_000, -400_000, 1_000_000],
    [150_000, 400_000, 1_000_000],
    [150_000, -400_000, 1_000_000],
    [-150_000, 400_000, 1_000_000],
    [-150_000, -400_000, 1_000_000],
    [450_000, 0, 330_000],
    [-450_000, 0, 330_000],
];

/// A call by plain numbers, to be valued.
pub fn record(forward: u64, strike: u64, volatility_ppm: u64, seconds: u64) -> Record {
    Record {
        what: VALUE,
        kind: 0,
        forward,
        strike,
        volatility_ppm,
        seconds,
        premium: 0,
        shocks: SHOCKS,
        slices: [[0; 5]; 2],
        seconds_later: 0,
        settlement: [0; 7],
        status: 0,
        results: [0; 16],
    }
}

/// Calls and puts over spot/strike 0.01 to 100, volatility 1 % to 500 %, a minute to two years,
/// for two strikes: one of many bits, one of few.
pub fn table() -> Vec<Record> {
    let mut records = Vec::new();
    for strike in [(1 << 38) - 12_345, 92_529_807] {
        for percent in [1, 10, 50, 80, 95, 99, 100, 101, 105, 120, 200, 1_000, 10_000] {
            for ppm in [10_000, 300_000, 600_000, 1_500_000, 5_000_000] {
                for seconds in [0, 60, 3_600, 86_400, 2_592_000, 63_072_000] {
                    let call = record(strike * percent / 100, strike, ppm, seconds);
                    records.extend([call, Record { kind: 1, ..call }]);
                }
            }
        }
    }
    records
}

/// Slices by `a, b, ρ, m, σ`: flat, like those of a market, Vogt's, round, and sharp; the grid of
/// the sharp ones lies within what is looked at, so that no point of it is left out.
const SLICES: [[f64; 5]; 10] = [
    [0.36, 0.0, 0.0, 0.0, 0.1],
    [0.1, 0.6, -0.2, 0.01, 0.3],
    [0.16, 0.9, -0.4, 0.05, 0.12],
    [0.2, 0.4, 0.1, 0.0, 0.04],
    [0.25, 0.3, -0.7, -0.02, 0.01],
    [0.3, 0.05, 0.5, 0.0, 1.0 / 1_024.0],
    [0.5, 2.0, 0.99, 0.1, 0.03],
    [-0.0410, 0.1331, 0.3060, 0.3586, 0.4153],
    [0.01, 0.1, -0.9, 4.0, 2.0],
    [-32_700.0, 4_095.0, 0.0, -8.0, 8.0],
];

/// These slices in the probe's units, so long before expiry, and how long before it others are.
fn slices() -> impl Iterator<Item = ([i64; 5], u64)> {
    let steps = |number: f64| (number * 2_f64.powi(32)).round() as i64;
    let slices = SLICES.map(|slice| slice.map(steps));
    let times = [60, 86_400, 2_592_000, 31_536_000];
    slices.into_iter().flat_map(move |slice| times.map(|seconds| (slice, seconds)))
}

/// Forwards as multiples of the strike.
const FORWARDS: [(u64, u64); 8] =
    [(1, 10_000), (1, 100), (1, 2), (9, 10), (1, 1), (11, 10), (2, 1), (100, 1)];

/// Volatilities of a strike from a hundredth of the forward to ten thousand times it, checks of
/// each slice, and of each two.
pub fn surface_table(what: u64) -> Vec<Record> {
    let strike = (1 << 38) - 12_345;
    let mut records = Vec::new();
    for (first, seconds) in slices() {
        let one = Record { what, slices: [first, first], ..record(strike, strike, 0, seconds) };
        match what {
            VOLATILITY => {
                for (times, over) in FORWARDS {
                    records.push(Record { forward: strike / over * times, ..one });
                }
            }
            BUTTERFLIES => records.push(one),
            _ => {
                for (later, seconds_later) in slices() {
                    records.push(Record { slices: [first, later], seconds_later, ..one });
                }
            }
        }
    }
    records
}

/// A settlement at 150,000,000 for so much time until the record's moment, as its words: twice the
/// sum in the unit of 2^-52, which is sixteen places below the price's own.
fn settled(covered: u64, seconds: u64) -> [u64; 7] {
    let sum = u128::from(2 * covered * 150_000_000) << 52;
    let (low, high) = (sum as u64, (sum >> 64) as u64);
    let (unit, exponent) = (-52_i64, -36_i64);
    let time = (1 << 31) - seconds;
    let words = [low, high, unit.cast_unsigned(), covered, time];
    let [low, high, unit, covered, time] = if covered == 0 { [0, 0, 0, 0, time] } else { words };
    [low, high, unit, covered, time, 150_000_000 << 36, exponent.cast_unsigned()]
}

/// Quotes, samples and steps, before the window, inside and behind it, for each slice.
pub fn expiry_table(what: u64) -> Vec<Record> {
    let mut records = Vec::new();
    let spot = 150_000_000;
    // Each slice stands there once for each of four times.
    for (slice, _) in slices().step_by(4) {
        for (seconds, covered) in
            [(2_592_000, 0), (90_000, 0), (1_750, 10), (900, 800), (30, 1_770), (0, 1_000)]
        {
            for strike in [spot / 100, spot / 10 * 9, spot, spot / 10 * 13, spot * 100] {
                for kind in [0, 1] {
                    records.push(Record {
                        what,
                        kind,
                        slices: [slice, slice.map(|term| term + term / 100)],
                        settlement: settled(covered, seconds + 60),
                        ..record(spot + 12_345, strike, 20_000, seconds)
                    });
                }
            }
        }
    }
    records
}

/// A record as it stands in the account's data.
pub fn bytes(record: &Record) -> [u8; RECORD_SIZE_BYTES] {
    let Record { what, kind, forward, strike, volatility_ppm, seconds, .. } = *record;
    let mut words = vec![what, kind, forward, strike, volatility_ppm, seconds];
    words.push(record.premium.cast_unsigned());
    words.extend(record.shocks.as_flattened().iter().map(|shock| shock.cast_unsigned()));
    words.extend(record.slices.as_flattened().iter().map(|term| term.cast_unsigned()));
    words.push(record.seconds_later);
    words.extend(record.settlement);
    words.push(record.status);
    words.extend(record.results.iter().map(|result| result.cast_unsigned()));
    let bytes: Vec<u8> = words.into_iter().flat_map(u64::to_le_bytes).collect();
    bytes.try_into().unwrap()
}

/// The VM with the probe, and an account that it writes to.
pub struct Probe {
    svm: LiteSVM,
    payer: Keypair,
    program: Address,
    account: Address,
}

impl Probe {
    /// Panics, saying so, if nobody built the probe.
    pub fn load() -> Self {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/deploy/options_probe.so");
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

    /// Runs these records in the VM; returns the account's bytes afterwards, and the units.
    pub fn run(&mut self, records: &[Record]) -> (Vec<u8>, u64) {
        let data: Vec<u8> = records.iter().flat_map(bytes).collect();
        let lamports = self.svm.minimum_balance_for_rent_exemption(data.len());
        let account = Account { lamports, data, owner: self.program, ..Account::default() };
        self.svm.set_account(self.account, account).unwrap();
        let metas = vec![AccountMeta::new(self.account, false)];
        let instruction = Instruction::new_with_bytes(self.program, &[], metas);
        let message = Message::new(&[instruction], Some(&self.payer.pubkey()));
        self.svm.expire_blockhash();
        let transaction = Transaction::new(&[&self.payer], message, self.svm.latest_blockhash());
        let done = self.svm.send_transaction(transaction).unwrap();
        (self.svm.get_account(&self.account).unwrap().data, done.compute_units_consumed)
    }

    /// The most units that any of a few hundred options takes, from a cent of the strike to a
    /// hundred times it, or any of [`surface_table`] or [`expiry_table`], beyond a run with no record at
    /// all; and that record. An implied volatility is asked of the option's own value.
    pub fn worst_units(&mut self, what: u64) -> (u64, Record) {
        match what {
            VOLATILITY | BUTTERFLIES | CALENDAR => return self.worst_of(surface_table(what)),
            QUOTE | SAMPLE | STEP => return self.worst_of(expiry_table(what)),
            _ => (),
        }
        let mut records = Vec::new();
        let is_taken = |one: &Record| {
            let is_time = [60, 2_592_000, 63_072_000].contains(&one.seconds);
            let is_volatility = [10_000, 600_000, 5_000_000].contains(&one.volatility_ppm);
            one.strike > 1 << 37 && is_time && is_volatility
        };
        for option in table().into_iter().filter(is_taken) {
            let mut asked = Record { what, ..option };
            if what == IMPLIED {
                let mut valued = [option];
                compute(&mut valued);
                asked.premium = valued[0].results[0];
            }
            records.push(asked);
        }
        self.worst_of(records)
    }

    /// The record that takes the most units, and how many.
    fn worst_of(&mut self, records: Vec<Record>) -> (u64, Record) {
        let (_, nothing) = self.run(&[]);
        let mut worst = (0, records[0]);
        for one in records {
            let units = self.run(&[one]).1 - nothing;
            if units > worst.0 {
                worst = (units, one);
            }
        }
        worst
    }
}

//! What the margin check costs on the built program, by the shape of the account.
//!
//! Compute units are exact and repeatable, so they are compared to the committed table
//! `tests/snapshots/cost.json` to the unit. The accounts are written straight into the VM: a cost
//! by shape needs books of exact shapes. `PLIMSOLL_UPDATE_SNAPSHOTS=1` rewrites the table.

use std::collections::BTreeMap;

use litesvm::LiteSVM;
use plimsoll::oracle::{PriceFeedMessage, PriceUpdateV2, VerificationLevel, PYTH_RECEIVER};
use plimsoll::state::{
    Collateral, Group, Instrument, Insurance, MarginAccount, Pool, Row, StoredScenario,
    StoredSlope, StoredSource, Underlying,
};
use plimsoll_client::{decode, instruction, pda, AccountSource, GroupDirectory, StoredAccount};
use plimsoll_risk::{RowKey, RowKind, SPAN};
use plimsoll_units::{Index, Price, Shares, TokenAtoms};
use solana_account::Account;
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};
use solana_keypair::Keypair;
use solana_message::{v0, AddressLookupTableAccount, Message, VersionedMessage};
use solana_signer::Signer;
use solana_transaction::{versioned::VersionedTransaction, Transaction};

const NOW: i64 = 1_760_130_000;
const MINT: fn(u16) -> Address = |index| named(b'M', index);

/// An address that only has to be unique.
fn named(kind: u8, index: u16) -> Address {
    let mut bytes = [kind; 32];
    bytes[1..3].copy_from_slice(&index.to_le_bytes());
    Address::new_from_array(bytes)
}

/// What the account under test looks like.
#[derive(Clone, Copy)]
struct Shape {
    tokens: u16,
    perpetuals: u16,
    underlyings: u16,
}

struct Bench {
    svm: LiteSVM,
    payer: Keypair,
    group: Address,
    directory: Option<GroupDirectory>,
}

struct Source<'a>(&'a LiteSVM);

impl AccountSource for Source<'_> {
    fn account(
        &self,
        address: &Address,
    ) -> Result<Option<StoredAccount>, plimsoll_client::SourceError> {
        let found = self.0.get_account(address);
        Ok(found.map(|one| StoredAccount { owner: one.owner, data: one.data }))
    }
}

impl Bench {
    /// A group in which every underlying costs 100 USD and has a pull oracle.
    fn new(underlyings: u16) -> Self {
        let mut svm = LiteSVM::new();
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/deploy/plimsoll.so");
        let so = std::fs::read(path).expect("run `cargo xtask build` first");
        svm.add_program(plimsoll::ID, &so).unwrap();
        let payer = Keypair::new_from_array([1; 32]);
        svm.airdrop(&payer.pubkey(), 1_000_000_000_000).unwrap();
        let mut clock = svm.get_sysvar::<solana_clock::Clock>();
        clock.unix_timestamp = NOW;
        svm.set_sysvar(&clock);
        let creator = payer.pubkey();
        let group = pda::group(&creator, 0);
        let mut bench = Self { svm, payer, group, directory: None };
        bench.write_group(creator, underlyings);
        for index in 0..underlyings {
            bench.write_underlying(index);
            bench.write_collateral(index);
        }
        for index in 0..24 {
            bench.write_instrument(index, underlyings);
        }
        let mints: Vec<Address> = (0..underlyings).map(MINT).collect();
        bench.directory = Some(GroupDirectory::fetch(&Source(&bench.svm), &group, &mints).unwrap());
        bench
    }

    fn put<T>(&mut self, address: Address, state: &T)
    where
        T: anchor_lang::Discriminator + bytemuck::Pod,
    {
        self.put_raw(address, plimsoll::ID, plimsoll_client::decode::encode(state));
    }

    fn put_raw(&mut self, address: Address, owner: Address, data: Vec<u8>) {
        let lamports = self.svm.minimum_balance_for_rent_exemption(data.len());
        let account = Account { lamports, data, owner, ..Account::default() };
        self.svm.set_account(address, account).unwrap();
    }

    fn write_group(&mut self, creator: Address, underlyings: u16) {
        let mut group: Group = bytemuck::Zeroable::zeroed();
        group.underlying_count = underlyings;
        group.collateral_count = underlyings;
        group.instrument_count = 24;
        group.quote_decimals = 6;
        (group.creator, group.owner, group.quote_mint) = (creator, creator, MINT(0));
        (group.beta_min_ppm, group.beta_max_ppm) = (200_000, 500_000);
        (group.duration_slots, group.depth_full_ppm) = (150, 100_000);
        (group.buffer_ppm, group.insurance_cut_ppm) = (200_000, 100_000);
        group.dust_quote_atoms = 1_000_000;
        let address = self.group;
        self.put(address, &group);
        let mut insurance: Insurance = bytemuck::Zeroable::zeroed();
        insurance.group = address;
        insurance.balance_quote_atoms = 1_000_000_000_000;
        self.put(pda::insurance(&address), &insurance);
    }

    fn write_underlying(&mut self, index: u16) {
        let usd = if index == 0 { 1 } else { 100 };
        let price = Price::from_integer(usd).unwrap();
        let mut one: Underlying = bytemuck::Zeroable::zeroed();
        (one.index, one.group, one.source_count) = (index, self.group, 1);
        one.sources[0] = StoredSource { kind: 2, address: named(b'O', index), feed_id: [7; 32] };
        (one.age_seconds_max, one.confidence_ppm_max) = (60, 20_000);
        (one.dispersion_ppm_max, one.jump_ppm_max) = (20_000, 200_000);
        let slope = |ppm| StoredSlope {
            price: price.into(),
            updated_at: NOW,
            slope_ppm_per_second: ppm,
            catch_up_seconds_max: 60,
        };
        (one.stable, one.reference) = (slope(100), slope(10_000));
        (one.scan_lower_ppm, one.scan_upper_ppm) = (50_000, 200_000);
        one.open_interest_upper_quote_atoms = 1 << 60;
        (one.loss_long_ppm, one.loss_short_ppm) = (50_000, 50_000);
        (one.concentration_slope_ppm, one.concentration_max_ppm) = (10_000, 100_000);
        one.depth_quote_atoms = 10_000_000_000_000;
        (one.basis_ppm, one.initial_multiplier_ppm) = (5_000, 1_200_000);
        one.scenario_count = 16;
        for (slot, scenario) in one.scenarios.iter_mut().zip(SPAN) {
            *slot = StoredScenario {
                shock_ppm: scenario.shock,
                volatility_ppm: scenario.volatility,
                weight_ppm: scenario.weight.ppm(),
            };
        }
        self.put(pda::underlying(&self.group, index), &one);
        let message = PriceFeedMessage {
            feed_id: [7; 32],
            price: i64::try_from(usd).unwrap() * 100_000_000,
            conf: 50_000,
            exponent: -8,
            publish_time: NOW - 5,
            prev_publish_time: NOW - 6,
            ema_price: 1,
            ema_conf: 1,
        };
        let update = PriceUpdateV2 {
            write_authority: [0; 32],
            verification_level: VerificationLevel::Full,
            price_message: message,
            posted_slot: 1,
        };
        let data = update.to_account_data().unwrap();
        self.put_raw(named(b'O', index), PYTH_RECEIVER, data);
    }

    fn write_collateral(&mut self, index: u16) {
        let mut one: Collateral = bytemuck::Zeroable::zeroed();
        (one.index, one.underlying, one.group, one.mint) = (index, index, self.group, MINT(index));
        one.scale = Price::pow10(-6).unwrap().into();
        (one.deposit_index, one.borrow_index) = (Index::ONE.into(), Index::ONE.into());
        one.deposit_shares =
            Shares::from_atoms_floor(TokenAtoms::new(1 << 60), Index::ONE).unwrap().into();
        self.put(pda::collateral(&self.group, &MINT(index)), &one);
    }

    fn write_instrument(&mut self, index: u16, underlyings: u16) {
        let mut one: Instrument = bytemuck::Zeroable::zeroed();
        one.kind = plimsoll::state::InstrumentKind::Perpetual.into();
        one.status = plimsoll::state::InstrumentStatus::Active.into();
        one.index = index;
        one.underlying = 1 + index % (underlyings - 1).max(1);
        one.group = self.group;
        one.lot = Price::pow10(-3).unwrap().into();
        one.tick_quote_atoms_per_lot = 1;
        (one.price_band_ppm, one.pnl_weight_ppm) = (50_000, 900_000);
        one.open_interest_cap_lots = 1 << 60;
        let address = pda::instrument(&self.group, index);
        let mut pool: Pool = bytemuck::Zeroable::zeroed();
        (pool.index, pool.group, pool.instrument) = (index, self.group, address);
        pool.open_interest_lots = 1 << 40;
        self.put(address, &one);
        self.put(pda::pool(&address), &pool);
    }

    /// An account of this shape: tokens deposited, perpetuals long and short in turn, below its
    /// line by a debt in quote.
    fn write_margin(&mut self, sub: u16, shape: Shape, quote_atoms: i64) -> Address {
        let owner = self.payer.pubkey();
        let mut one: MarginAccount = bytemuck::Zeroable::zeroed();
        (one.group, one.owner, one.sub_account) = (self.group, owner, sub);
        let mut rows = BTreeMap::new();
        for index in 0..shape.tokens {
            let atoms = if index == 0 { quote_atoms } else { 1_000_000 };
            let mut row = Row::new(RowKey::new(index, RowKind::Token, index));
            row.shares =
                Shares::from_atoms_floor(TokenAtoms::new(atoms), Index::ONE).unwrap().into();
            rows.insert(row.key, row);
        }
        for at in 0..shape.perpetuals {
            // Fill one underlying after the other, so that the number of them is as asked for.
            let underlyings = self.directory.as_ref().unwrap().underlyings.len();
            let all = u16::try_from(underlyings).unwrap() - 1;
            let used = (shape.underlyings - 1).max(1);
            let index = (at % used) + all * (at / used);
            let mut row = Row::new(RowKey::new(1 + index % all, RowKind::Linear, index));
            row.lots = if at % 3 == 0 { -500 } else { 400 };
            row.quote_atoms = -row.lots * 100_000;
            rows.insert(row.key, row);
        }
        one.row_count = u8::try_from(rows.len()).unwrap();
        one.token_count = u8::try_from(shape.tokens).unwrap();
        for (slot, row) in one.rows.iter_mut().zip(rows.values()) {
            *slot = *row;
        }
        let address = pda::margin(&self.group, &owner, sub);
        self.put(address, &one);
        address
    }

    fn margin(&self, address: Address) -> plimsoll_client::Keyed<MarginAccount> {
        let data = self.svm.get_account(&address).unwrap().data;
        plimsoll_client::Keyed { address, state: decode(&data).unwrap() }
    }

    fn send(&mut self, instruction: Instruction) -> u64 {
        let limit = compute_limit(1_400_000);
        let message = Message::new(&[limit, instruction], Some(&self.payer.pubkey()));
        self.svm.expire_blockhash();
        let hash = self.svm.latest_blockhash();
        let transaction = Transaction::new(&[&self.payer], message, hash);
        match self.svm.send_transaction(transaction) {
            Ok(meta) => meta.compute_units_consumed - 150,
            Err(failed) => panic!("{:?}\n{}", failed.err, failed.meta.pretty_logs()),
        }
    }

    /// Units of `mark_account`: loading the account's market and judging it once.
    fn check(&mut self, shape: Shape) -> u64 {
        let address = self.write_margin(1, shape, -1_000_000_000_000);
        let margin = self.margin(address);
        let directory = self.directory.as_ref().unwrap();
        let instruction = instruction::mark_account(directory, &margin).unwrap();
        self.send(instruction)
    }
}

/// Asks for compute units: the compute budget program's second instruction.
fn compute_limit(units: u32) -> Instruction {
    let program = "ComputeBudget111111111111111111111111111111".parse().unwrap();
    let mut data = vec![2];
    data.extend_from_slice(&units.to_le_bytes());
    Instruction { program_id: program, accounts: Vec::new(), data }
}

fn shape(tokens: u16, perpetuals: u16, underlyings: u16) -> Shape {
    Shape { tokens, perpetuals, underlyings }
}

#[test]
fn scratch() {
    let mut bench = Bench::new(8);
    println!("1/0/1 {}", bench.check(shape(1, 0, 1)));
    println!("2/0/2 {}", bench.check(shape(2, 0, 2)));
    println!("3/0/3 {}", bench.check(shape(3, 0, 3)));
    println!("2/1/2 {}", bench.check(shape(2, 1, 2)));
    println!("2/2/2 {}", bench.check(shape(2, 2, 2)));
    println!("1/1/2 {}", bench.check(shape(1, 1, 2)));
    println!("8/24/8 {}", bench.check(shape(8, 24, 8)));
    let bidder = bench.write_margin(2, shape(1, 0, 1), 1_000_000_000_000_000);
    let victim = bench.write_margin(1, shape(8, 24, 8), -1_000_000);
    let (bidder, victim) = (bench.margin(bidder), bench.margin(victim));
    let directory = bench.directory.as_ref().unwrap();
    let owner = bench.payer.pubkey();
    let ix =
        instruction::liquidate(directory, &owner, &victim, &bidder, &instruction::Bid::slice())
            .unwrap();
    println!("liquidate accounts {} units {}", ix.accounts.len(), bench.send(ix));
}

//! A group and accounts of exact shapes, written straight into the VM: a cost by shape needs books
//! that no sequence of trades would leave behind.

use std::collections::BTreeMap;

use litesvm::LiteSVM;
use plimsoll::oracle::{PYTH_PUSH, PYTH_RECEIVER};
use plimsoll::state::{
    Collateral, Group, Instrument, Insurance, MarginAccount, Pool, Row, StoredKink, StoredScenario,
    StoredSlope, StoredSource, Underlying, Word128, ROW_WEIGHT,
};
use plimsoll_client::{
    instruction, pda, AccountSource, GroupDirectory, Keyed, SourceError, StoredAccount,
};
use plimsoll_risk::{RowKey, RowKind, SPAN};
use plimsoll_units::{Index, Price, QuoteAtoms, Shares, TokenAtoms, Value};
use solana_account::Account;
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_message::{v0, AddressLookupTableAccount, Message, VersionedMessage};
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;

use crate::oracles::{pull, push, FEED};

pub const NOW: i64 = 1_760_130_000;
/// What a compute budget instruction costs by itself.
const LIMIT_UNITS: u64 = 150;
const MINT: fn(u16) -> Address = |index| named(b'M', index);

/// An address that only has to be unique.
fn named(kind: u8, index: u16) -> Address {
    let mut bytes = [kind; 32];
    bytes[1..3].copy_from_slice(&index.to_le_bytes());
    Address::new_from_array(bytes)
}

/// What an account looks like. Its tokens are each on an underlying of their own, the first `quote`
/// among them; its perpetuals are spread over the underlyings behind the quote's.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub tokens: u16,
    pub perpetuals: u16,
    pub underlyings: u16,
    /// Is there a row of the quote token? It counts among the tokens.
    pub quote: bool,
}

/// Which oracle accounts every underlying has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Oracles {
    Push,
    Pull,
    TwoPulls,
}

/// What a transaction of the largest kind needs.
#[derive(Clone, Copy, Debug)]
pub struct Footprint {
    pub bytes: usize,
    pub locks: usize,
    pub units: u64,
}

pub struct Bench {
    pub svm: LiteSVM,
    pub payer: Keypair,
    pub group: Address,
    pub oracles: Oracles,
    directory: Option<GroupDirectory>,
}

struct Source<'a>(&'a LiteSVM);

impl AccountSource for Source<'_> {
    fn account(&self, address: &Address) -> Result<Option<StoredAccount>, SourceError> {
        let found = self.0.get_account(address);
        Ok(found.map(|one| StoredAccount { owner: one.owner, data: one.data }))
    }
}

impl Bench {
    /// A group in which every underlying but the quote token's costs 100 USD.
    pub fn new(underlyings: u16, oracles: Oracles) -> Self {
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
        let mut bench = Self { svm, payer, group, oracles, directory: None };
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

    pub fn put<T>(&mut self, address: Address, state: &T)
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
        (one.index, one.group) = (index, self.group);
        for (kind, address, feed_id) in self.write_oracles(index, usd) {
            one.sources[usize::from(one.source_count)] = StoredSource { kind, address, feed_id };
            one.source_count += 1;
        }
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
        one.widening_ppm = 1_000_000;
        one.scenario_count = 16;
        for (slot, scenario) in one.scenarios.iter_mut().zip(SPAN) {
            *slot = StoredScenario {
                shock_ppm: scenario.shock,
                volatility_ppm: scenario.volatility,
                weight_ppm: scenario.weight.ppm(),
            };
        }
        self.put(pda::underlying(&self.group, index), &one);
    }

    /// Kind, address and feed id of each oracle account of an underlying, which this makes.
    fn write_oracles(&mut self, index: u16, usd: u64) -> Vec<(u64, Address, [u8; 32])> {
        let price = i64::try_from(usd).unwrap() * 100_000_000;
        let kinds: &[u8] = match self.oracles {
            Oracles::Push | Oracles::Pull => b"O",
            Oracles::TwoPulls => b"OQ",
        };
        let kind = if self.oracles == Oracles::Push { 1 } else { 2 };
        let mut made = Vec::new();
        for name in kinds {
            let address = named(*name, index);
            match self.oracles {
                Oracles::Push => self.put_raw(address, PYTH_PUSH, push(price)),
                _ => self.put_raw(address, PYTH_RECEIVER, pull(price)),
            }
            made.push((kind, address, FEED));
        }
        made
    }

    fn write_collateral(&mut self, index: u16) {
        let mut one: Collateral = bytemuck::Zeroable::zeroed();
        (one.index, one.underlying, one.group, one.mint) = (index, index, self.group, MINT(index));
        one.scale = Price::pow10(-6).unwrap().into();
        (one.deposit_index, one.borrow_index) = (Index::ONE.into(), Index::ONE.into());
        one.deposit_shares =
            Shares::from_atoms_floor(TokenAtoms::new(1 << 60), Index::ONE).unwrap().into();
        (one.base_deposit_index, one.base_borrow_index) = (Index::ONE.into(), Index::ONE.into());
        (one.accrued_at, one.weight_ppm, one.utilisation_ppm_max) = (NOW, 1_000_000, 1_000_000);
        let curve = [(0, 0), (800_000, 80_000), (900_000, 400_000), (1_000_000, 2_000_000)];
        one.kink_count = 4;
        for (slot, (utilisation_ppm, rate_ppm)) in one.kinks.iter_mut().zip(curve) {
            *slot = StoredKink { utilisation_ppm, rate_ppm };
        }
        self.put(pda::collateral(&self.group, &MINT(index)), &one);
    }

    /// No perpetual pays any funding, nor has paid any.
    pub fn stop_funding(&mut self) {
        for index in 0..24 {
            let mut one = self.directory().instruments[usize::from(index)].state;
            one.funding_rate = 0;
            self.put(pda::instrument(&self.group, index), &one);
        }
    }

    /// Half of every token is lent at 5 %, and nobody has counted the last minute.
    pub fn lend(&mut self) {
        for index in 0..8 {
            let mut one = self.directory().collaterals[usize::from(index)].state;
            let base = Index::ONE.grown_ceil(1 << 58).unwrap();
            (one.deposit_index, one.borrow_index) = (base.into(), base.into());
            (one.base_deposit_index, one.base_borrow_index) = (base.into(), base.into());
            one.borrow_shares =
                one.deposit_shares.to_shares().rebased_floor(Index::new(1 << 63)).unwrap().into();
            // 2^64 · 5 % / 31,536,000.
            (one.borrow_rate, one.deposit_rate) = (29_247_000_000, 14_000_000_000);
            one.accrued_at = NOW - 60;
            self.put(pda::collateral(&self.group, &MINT(index)), &one);
        }
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
        one.trade_fee_ppm = 200;
        one.open_interest_cap_lots = 1 << 60;
        // A rate of funding that has run for a minute.
        (one.funding_at, one.funding_seconds_max, one.funding_rate) = (NOW - 60, 600, 1 << 20);
        (one.premium_band_ppm, one.premium_seconds) = (20_000, 3_600);
        one.premium_impact_quote_atoms = 50_000_000_000;
        let address = pda::instrument(&self.group, index);
        let mut pool: Pool = bytemuck::Zeroable::zeroed();
        (pool.index, pool.group, pool.instrument) = (index, self.group, address);
        (pool.open_interest_lots, pool.premium_at) = (1 << 40, NOW - 60);
        pool.row_weight = Word128::from_u128(1 << 64);
        self.put(address, &one);
        self.put(pda::pool(&address), &pool);
    }

    /// An account of this shape: 1 unit of every token but the quote token, perpetuals long and
    /// short in turn at no profit, and this much of the quote token, negative as a debt. Where
    /// there is no quote row, it was paid for the first perpetual.
    pub fn write_margin(
        &mut self,
        sub: u16,
        shape: Shape,
        quote_atoms: i64,
    ) -> Keyed<MarginAccount> {
        let owner = self.payer.pubkey();
        let mut one: MarginAccount = bytemuck::Zeroable::zeroed();
        (one.group, one.owner, one.sub_account) = (self.group, owner, sub);
        let mut rows = BTreeMap::new();
        let first = u16::from(!shape.quote);
        for index in first..first + shape.tokens {
            let atoms = if index == 0 { quote_atoms } else { 1_000_000 };
            let mut row = Row::new(RowKey::new(index, RowKind::Token, index));
            let shares = Shares::from_atoms_floor(TokenAtoms::new(atoms), Index::ONE);
            row.shares = shares.unwrap().into();
            rows.insert(row.key, row);
        }
        let others = u16::try_from(self.directory().underlyings.len()).unwrap() - 1;
        for at in 0..shape.perpetuals {
            // Spread over as many underlyings as was asked for.
            let used = (shape.underlyings - 1).max(1);
            let index = (at % used) + others * (at / used);
            let mut row = Row::new(RowKey::new(1 + index % others, RowKind::Position, index));
            row.weight = ROW_WEIGHT;
            row.lots = if at % 3 == 0 { -500 } else { 400 };
            let mut paid = -row.lots * self.lot_atoms(index);
            if at == 0 && !shape.quote {
                paid += quote_atoms;
            }
            row.quote = Value::from_quote(QuoteAtoms::new(paid)).into();
            rows.insert(row.key, row);
        }
        one.row_count = u8::try_from(rows.len()).unwrap();
        one.token_count = u8::try_from(shape.tokens).unwrap();
        for (slot, row) in one.rows.iter_mut().zip(rows.values()) {
            *slot = *row;
        }
        let address = pda::margin(&self.group, &owner, sub);
        self.put(address, &one);
        Keyed { address, state: one }
    }

    /// What a lot of an instrument is worth (quote atoms).
    fn lot_atoms(&self, instrument: u16) -> i64 {
        let array = self.directory().instruments[usize::from(instrument)].state.array;
        match array.refreshed_at {
            0 => 100_000,
            _ => i64::try_from((i128::from(array.fair) << array.shift) >> 48).unwrap(),
        }
    }

    /// An account of this shape whose equity is a share of its requirement (both 5 % of 100 USD
    /// for each token, or more).
    pub fn write_sunken(&mut self, sub: u16, shape: Shape) -> Keyed<MarginAccount> {
        self.write_worth(sub, shape, 1_000_000)
    }

    /// An account of this shape with so much equity (quote atoms).
    fn write_worth(&mut self, sub: u16, shape: Shape, equity: i64) -> Keyed<MarginAccount> {
        let tokens = i64::from(shape.tokens) - i64::from(shape.quote);
        self.write_margin(sub, shape, equity - tokens * 100_000_000)
    }

    /// Reads the group again, after something in it was written.
    pub fn reread(&mut self) {
        let mints: Vec<Address> =
            self.directory().collaterals.iter().map(|one| one.state.mint).collect();
        let fetched = GroupDirectory::fetch(&Source(&self.svm), &self.group, &mints);
        self.directory = Some(fetched.unwrap());
    }

    pub fn directory(&self) -> &GroupDirectory {
        self.directory.as_ref().unwrap()
    }

    /// Units of the program in a transaction of this one instruction.
    pub fn send(&mut self, instruction: Instruction) -> u64 {
        let instructions = [compute_limit(1_400_000), instruction];
        self.svm.expire_blockhash();
        let hash = self.svm.latest_blockhash();
        let message = Message::new_with_blockhash(&instructions, Some(&self.payer.pubkey()), &hash);
        self.finish(VersionedMessage::Legacy(message))
    }

    fn finish(&mut self, message: VersionedMessage) -> u64 {
        self.consume(message) - LIMIT_UNITS
    }

    fn consume(&mut self, message: VersionedMessage) -> u64 {
        let transaction = VersionedTransaction::try_new(message, &[&self.payer]).unwrap();
        match self.svm.send_transaction(transaction) {
            Ok(done) => done.compute_units_consumed,
            Err(failed) => panic!("{:?}\n{}", failed.err, failed.meta.pretty_logs()),
        }
    }

    /// The same in a v0 transaction that takes its accounts from a lookup table.
    pub fn send_v0(&mut self, instruction: Instruction) -> Footprint {
        let footprint = self.send_v0_alone(&[compute_limit(1_400_000), instruction]);
        Footprint { units: footprint.units - LIMIT_UNITS, ..footprint }
    }

    /// The same of these instructions and no other, the last one's accounts in the table.
    fn send_v0_alone(&mut self, instructions: &[Instruction]) -> Footprint {
        let table = self.write_table(instructions.last().unwrap());
        self.svm.expire_blockhash();
        let hash = self.svm.latest_blockhash();
        let payer = self.payer.pubkey();
        let message = v0::Message::try_compile(&payer, instructions, &[table], hash).unwrap();
        let looked_up = message.address_table_lookups.iter();
        let looked_up: usize =
            looked_up.map(|one| one.writable_indexes.len() + one.readonly_indexes.len()).sum();
        let locks = message.account_keys.len() + looked_up;
        let message = VersionedMessage::V0(message);
        // The count of signatures, the one signature, and the message.
        let bytes = 1 + 64 + message.serialize().len();
        Footprint { bytes, locks, units: self.consume(message) }
    }

    /// A lookup table of everything that an instruction names.
    fn write_table(&mut self, instruction: &Instruction) -> AddressLookupTableAccount {
        let program = "AddressLookupTab1e1111111111111111111111111".parse().unwrap();
        let key = named(b'T', 0);
        let accounts = instruction.accounts.iter().filter(|meta| !meta.is_signer);
        let addresses: Vec<Address> = accounts.map(|meta| meta.pubkey).collect();
        // Kind, never deactivated, extended in slot 0, by nobody any more, padding to 56 bytes.
        let mut data = 1_u32.to_le_bytes().to_vec();
        data.extend(u64::MAX.to_le_bytes());
        data.resize(56, 0);
        for address in &addresses {
            data.extend(address.to_bytes());
        }
        self.put_raw(key, program, data);
        self.svm.warp_to_slot(10_000);
        let mut clock = self.svm.get_sysvar::<solana_clock::Clock>();
        clock.unix_timestamp = NOW;
        self.svm.set_sysvar(&clock);
        AddressLookupTableAccount { key, addresses }
    }

    /// Units of `mark_account`: loading the account's market and judging it once.
    pub fn check(&mut self, shape: Shape) -> u64 {
        let account = self.write_margin(1, shape, -1_000_000_000_000);
        let one = instruction::mark_account(self.directory(), &account).unwrap();
        self.send(one)
    }

    /// Units of a trade between two accounts of 4 rows each.
    pub fn trade(&mut self) -> u64 {
        let rows = shape(2, 2, 2);
        let first = self.write_margin(1, rows, 1_000_000_000_000);
        let second = self.write_margin(2, rows, 1_000_000_000_000);
        let deal = instruction::Deal { instrument: 0, lots: 10, price_ticks: 100_000 };
        let owner = self.payer.pubkey();
        let both = [&owner, &owner];
        let one = instruction::trade(self.directory(), both, &first, &second, &deal).unwrap();
        self.send(one)
    }

    /// Closes the second perpetual of an account of this shape against the other side,
    /// without asking for more compute units than a transaction has by itself.
    pub fn deleverage(&mut self, shape: Shape) -> Footprint {
        let account = self.write_sunken(1, shape);
        self.close_second(account)
    }

    /// The same where the account is bankrupt, and what the perpetual has lost was settled into its
    /// quote debt, if it has a row for one: everybody it owes is counted, and the debt repaid.
    pub fn deleverage_bankrupt(&mut self, shape: Shape) -> Footprint {
        let lost = 2_000_000_000;
        let mut account =
            self.write_margin(1, shape, -lost - i64::from(shape.tokens) * 100_000_000);
        let closed = self.directory().instruments[1].state.key().raw();
        let row = account.state.rows.iter_mut().find(|row| row.key == closed);
        row.unwrap().settled_debt_quote_atoms = if shape.quote { lost } else { 0 };
        self.close_second(account)
    }

    fn close_second(&mut self, mut account: Keyed<MarginAccount>) -> Footprint {
        (account.state.episode_slot, account.state.silent_since_slot) = (1, 1);
        account.state.seen_slot = 9_999;
        let (at, payer) = (account.address, self.payer.pubkey());
        self.put(at, &account.state);
        let one = instruction::deleverage(self.directory(), &payer, &account, 1, 400).unwrap();
        self.send_v0_alone(&[one])
    }

    /// A bidder without positions takes a slice of an account of this shape that is nearly bankrupt:
    /// all of it.
    pub fn liquidate(&mut self, shape: Shape) -> Footprint {
        let account = self.write_sunken(1, shape);
        let footprint = self.take_slice(&account);
        assert_eq!(self.row_count(&account.address), 1, "only the quote balance is left");
        footprint
    }

    /// The same of an account that part of its rows brings to its buffer: rows stay on both sides.
    pub fn liquidate_in_part(&mut self, shape: Shape) -> Footprint {
        let account = self.write_worth(1, shape, 37_000_000);
        let footprint = self.take_slice(&account);
        assert_eq!(self.row_count(&account.address), account.state.row_count, "all are left");
        footprint
    }

    fn row_count(&self, address: &Address) -> u8 {
        let account = self.svm.get_account(address).unwrap();
        bytemuck::pod_read_unaligned::<MarginAccount>(&account.data[8..]).row_count
    }

    fn take_slice(&mut self, account: &Keyed<MarginAccount>) -> Footprint {
        let rich = Shape { tokens: 1, perpetuals: 0, underlyings: 1, quote: true };
        let bidder = self.write_margin(2, rich, 1_000_000_000_000_000);
        let owner = self.payer.pubkey();
        let bid = instruction::Bid::slice();
        let one = instruction::liquidate(self.directory(), &owner, account, &bidder, &bid, false);
        self.send_v0(one.unwrap())
    }
}

/// A shape with a quote row.
pub fn shape(tokens: u16, perpetuals: u16, underlyings: u16) -> Shape {
    Shape { tokens, perpetuals, underlyings, quote: true }
}

/// Asks for compute units: the compute budget program's second instruction.
fn compute_limit(units: u32) -> Instruction {
    let program = "ComputeBudget111111111111111111111111111111".parse().unwrap();
    let mut data = vec![2];
    data.extend_from_slice(&units.to_le_bytes());
    Instruction { program_id: program, accounts: Vec::new(), data }
}

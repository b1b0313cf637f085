//! What has a cluster of one's own to have before a group can be there? Mints, accounts with prices,
//! and addresses for all that the markets name.
//!
//! Everything lies where the owner's address and a name say, so that a second run finds it. Prices are
//! written by a program that stands in for Pyth (`tests/programs/prices`), which the cluster loads at
//! Pyth's addresses.

use std::collections::BTreeMap;

use plimsoll_client::{
    clock, AccountMeta, AccountSource, Address, Instruction, PriceFeedMessage, PriceUpdateV2,
    VerificationLevel, PYTH_PUSH, PYTH_RECEIVER,
};
use plimsoll_decimals::Decimal;
use pyth_sdk_solana::state::{
    AccountType, PriceInfo, PriceStatus, SolanaPriceAccount, MAGIC, VERSION_2,
};
use serde::Deserialize;

use crate::markets::{Markets, SourceSpec};
use crate::names::Names;
use crate::params;

/// The SPL Token program.
const TOKEN: Address = Address::from_str_const("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
/// The program that creates accounts.
const SYSTEM: Address = Address::new_from_array([0; 32]);
/// Decimal exponent of the prices.
const EXPONENT: i32 = -8;
/// Bytes of a mint.
const MINT_BYTES: usize = 82;
/// Bytes of a push account up to its aggregate price; behind them it has what single publishers say.
const PUSH_HEAD_BYTES: usize = 240;

/// What the markets do not say.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Local {
    /// Decimals by mint.
    pub decimals: BTreeMap<String, u8>,
    /// USD per unit by underlying.
    pub prices: BTreeMap<String, Decimal>,
}

/// Something that is missing, for people, and the instructions that make it.
pub type Missing = (String, Vec<Instruction>);

impl Local {
    /// Reads a file. The error says where and why.
    pub fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    /// What the cluster lacks. `owner` pays, signs, and may mint.
    pub fn missing(
        &self,
        source: &(impl AccountSource + ?Sized),
        owner: &Address,
        markets: &Markets,
    ) -> Result<Vec<Missing>, String> {
        let is_missing = |at: &Address| match source.account(at) {
            Ok(found) => Ok(found.is_none()),
            Err(error) => Err(error.to_string()),
        };
        for program in sources(markets).map(program) {
            if is_missing(&program)? {
                return Err(format!("no stand-in for Pyth is loaded at {program} (docs/LOCAL.md)"));
            }
        }
        let mut missing = Vec::new();
        for name in mints(markets) {
            let at = mint(owner, name)?;
            if is_missing(&at)? {
                let decimals = *self.decimals.get(name).ok_or(format!("{name} has no decimals"))?;
                let create = create(owner, &mint_seed(name), &at, (MINT_BYTES, TOKEN));
                missing
                    .push((format!("mint {name}"), vec![create, init_mint(&at, decimals, owner)]));
            }
        }
        for spec in sources(markets) {
            let bytes = match spec {
                SourceSpec::PythPush { .. } => size_of::<SolanaPriceAccount>(),
                SourceSpec::PythPull { .. } => pull([0; 32], 0, 0)?.len(),
            };
            let (name, at) = (spec.name(), oracle(owner, spec)?);
            if is_missing(&at)? {
                let create = create(owner, seed(name), &at, (bytes, program(spec)));
                missing.push((format!("price account {name}"), vec![create]));
            }
        }
        Ok(missing)
    }

    /// Writes every price as of now, by the cluster's clock: one instruction for each source.
    pub fn post(
        &self,
        source: &(impl AccountSource + ?Sized),
        owner: &Address,
        markets: &Markets,
    ) -> Result<Vec<Instruction>, String> {
        let now = clock::now(source).map_err(|error| error.to_string())?.time.get();
        let mut posted = Vec::new();
        for underlying in &markets.underlyings {
            let name = &underlying.name;
            let price = self.prices.get(name).ok_or(format!("{name} has no price"))?;
            let price = price.scaled(EXPONENT.unsigned_abs())?;
            let price = i64::try_from(price).map_err(|_| format!("{name}: too large a price"))?;
            for spec in &underlying.sources {
                let program_id = program(spec);
                let data = match spec {
                    SourceSpec::PythPush { .. } => push(price, now),
                    SourceSpec::PythPull { feed, .. } => pull(params::feed_id(feed)?, price, now)?,
                };
                let accounts = vec![AccountMeta::new(oracle(owner, spec)?, false)];
                posted.push(Instruction { program_id, accounts, data });
            }
        }
        Ok(posted)
    }
}

/// Where everything lies that the markets name. Every role is the owner's.
pub fn names(owner: &Address, markets: &Markets) -> Result<Names, String> {
    let mut names = Names::default();
    for name in mints(markets) {
        names.set(name, mint(owner, name)?);
    }
    for spec in sources(markets) {
        names.set(spec.name(), oracle(owner, spec)?);
    }
    let group = &markets.group;
    let roles = [&group.guardian, &group.lister, &group.risk_manager, &group.publisher];
    for role in roles.into_iter().flatten() {
        names.set(role, *owner);
    }
    Ok(names)
}

fn mints(markets: &Markets) -> impl Iterator<Item = &str> {
    markets.tokens.iter().map(|token| token.mint.as_str())
}

fn sources(markets: &Markets) -> impl Iterator<Item = &SourceSpec> {
    markets.underlyings.iter().flat_map(|underlying| &underlying.sources)
}

fn mint(owner: &Address, name: &str) -> Result<Address, String> {
    at(owner, &mint_seed(name), &TOKEN)
}

fn mint_seed(name: &str) -> String {
    seed(&format!("mint {name}")).to_owned()
}

fn oracle(owner: &Address, spec: &SourceSpec) -> Result<Address, String> {
    at(owner, seed(spec.name()), &program(spec))
}

/// Whose account a source reads.
fn program(spec: &SourceSpec) -> Address {
    match spec {
        SourceSpec::PythPush { .. } => PYTH_PUSH,
        SourceSpec::PythPull { .. } => PYTH_RECEIVER,
    }
}

fn at(owner: &Address, seed: &str, program: &Address) -> Result<Address, String> {
    Address::create_with_seed(owner, seed, program).map_err(|error| format!("{seed:?}: {error}"))
}

/// A seed has 32 bytes at most: of a feed id, half of its digits.
fn seed(name: &str) -> &str {
    const SEED_BYTES_MAX: usize = 32;
    name.get(..SEED_BYTES_MAX).unwrap_or(name)
}

/// Creates an account of so many bytes for a program.
fn create(
    owner: &Address,
    seed: &str,
    at: &Address,
    (bytes, program): (usize, Address),
) -> Instruction {
    /// What frees a byte of rent, and the bytes that every account is charged besides its own.
    const LAMPORTS_PER_BYTE: u64 = 6_960;
    const OVERHEAD_BYTES: u64 = 128;
    /// `CreateAccountWithSeed`.
    const NUMBER: u32 = 3;
    let bytes = bytes as u64;
    let lamports = (OVERHEAD_BYTES + bytes) * LAMPORTS_PER_BYTE;
    let data = [
        &NUMBER.to_le_bytes(),
        owner.as_ref(),
        &(seed.len() as u64).to_le_bytes(),
        seed.as_bytes(),
        &lamports.to_le_bytes(),
        &bytes.to_le_bytes(),
        program.as_ref(),
    ]
    .concat();
    let accounts = vec![AccountMeta::new(*owner, true), AccountMeta::new(*at, false)];
    Instruction { program_id: SYSTEM, accounts, data }
}

fn init_mint(at: &Address, decimals: u8, authority: &Address) -> Instruction {
    /// `InitializeMint2`.
    const NUMBER: u8 = 20;
    // Nobody can freeze.
    let data = [&[NUMBER, decimals], authority.as_ref(), &[0]].concat();
    Instruction { program_id: TOKEN, accounts: vec![AccountMeta::new(*at, false)], data }
}

fn pull(feed_id: [u8; 32], price: i64, now: i64) -> Result<Vec<u8>, String> {
    let update = PriceUpdateV2 {
        write_authority: [0; 32],
        verification_level: VerificationLevel::Full,
        price_message: PriceFeedMessage {
            feed_id,
            price,
            conf: 0,
            exponent: EXPONENT,
            publish_time: now,
            prev_publish_time: now,
            ema_price: price,
            ema_conf: 0,
        },
        posted_slot: 0,
    };
    update.to_account_data().map_err(|error| error.to_string())
}

fn push(price: i64, now: i64) -> Vec<u8> {
    let mut account = SolanaPriceAccount {
        magic: MAGIC,
        ver: VERSION_2,
        atype: AccountType::Price as u32,
        size: size_of::<SolanaPriceAccount>() as u32,
        expo: EXPONENT,
        timestamp: now,
        ..SolanaPriceAccount::default()
    };
    account.agg = PriceInfo { price, status: PriceStatus::Trading, ..PriceInfo::default() };
    let mut bytes = bytemuck::bytes_of(&account).to_vec();
    bytes.truncate(PUSH_HEAD_BYTES);
    bytes
}

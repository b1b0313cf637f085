//! Who takes part? Sets the group up by the migrations, and everybody with tokens and accounts.

use plimsoll_client::instruction::{add_to_insurance, deposit, open_account, withdraw, Withdrawal};
use plimsoll_client::{pda, Address, GroupDirectory, Instruction};
use plimsoll_keeper::{Config, Keeper};
use plimsoll_migrations::{Cluster, Markets, Names};
use plimsoll_units::Ratio;
use solana_keypair::Keypair;

use crate::books::{draw, tokens, Book, Style, DECIMALS, TOKENS};
use crate::deals::{deal, Party};
use crate::mirror::Mirror;
use crate::options::Options;
use crate::oracle::{Oracle, Published};
use crate::prices::{Coin, Price8, DOLLAR};
use crate::seed::Rng;
use crate::tokens::{
    create_account, create_wallet, initialize_mint, mint_to, wallet, MINT_BYTES, TOKEN_PROGRAM,
};
use crate::world::World;

/// The market, as the migrations read it.
const MARKETS: &str = include_str!("../demo.toml");
/// What the market maker has of each token (dollars).
const MAKER_DOLLARS: u64 = 40_000_000;
/// What the desk, which swaps tokens outside of the group, has of each token (dollars).
const DESK_DOLLARS: u64 = 40_000_000;
/// The insurance fund, as a part of the traders' dollars brought in (thousandths).
const INSURANCE_PER_MILLE: u64 = 10;
/// What keepers ask for a row (ppm of its value): the first, the second, …, and around again.
const ASKS_PPM: [u32; 4] = [2_000, 6_000, 12_000, 20_000];

/// What keepers keep above their own initial requirement: as much again, since what they take may
/// fall further before the market takes it.
const MARGIN_KEPT: Ratio = Ratio::ONE;

/// A trader.
#[derive(Clone, Debug)]
pub struct Trader {
    /// Owner and margin account.
    pub party: Party,
    /// Kind of book.
    pub style: Style,
}

/// Everybody.
pub struct Cast {
    /// Mints in the order of [`TOKENS`].
    pub mints: [Address; 4],
    /// Oracle accounts; `None` prices the dollar token.
    pub oracles: Vec<(Option<Coin>, Oracle)>,
    /// The other side of every trade, with deep capital.
    pub maker: Party,
    /// Swaps tokens at a price outside of the group.
    pub desk: Address,
    /// The keepers.
    pub keepers: Vec<Keeper>,
    /// The traders.
    pub crowd: Vec<Trader>,
    /// Trades that traders wanted and the margin check refused.
    pub refused: u64,
}

/// Sets everything up at these prices.
pub fn assemble(
    world: &mut World,
    options: &Options,
    prices: &[Price8; 3],
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Cast, String> {
    let payer = world.person()?;
    let mut mints = [Address::default(); 4];
    for (slot, decimals) in mints.iter_mut().zip(DECIMALS) {
        *slot = new_mint(world, &payer, decimals)?;
    }
    let oracles = new_oracles(world);
    publish(world, &oracles, prices, &[300; 3])?;
    list(world, &payer, &mints, &oracles, |_, _| ())?;

    let issuer = Issuer { payer, mints, prices: *prices };
    let desk = world.person()?;
    for token in 0..TOKENS.len() {
        issuer.issue(world, &desk, token, tokens(token, DESK_DOLLARS, prices))?;
    }
    let rich: Vec<(usize, u64)> =
        (0..TOKENS.len()).map(|token| (token, tokens(token, MAKER_DOLLARS, prices))).collect();
    let maker = issuer.open(world, &rich)?;
    let mut cast = Cast { mints, oracles, maker, desk, keepers: vec![], crowd: vec![], refused: 0 };
    for number in 0..options.keepers {
        cast.keepers.push(issuer.keeper(world, number, options.capital_dollars)?);
    }
    let mut rng = Rng::new(options.seed, "books");
    let books: Vec<Book> = (0..options.accounts).map(|_| draw(&mut rng, prices)).collect();
    for (done, book) in books.iter().enumerate() {
        let trader = enter(world, &issuer, &mut cast, book)?;
        cast.crowd.push(trader);
        progress(done + 1, options.accounts);
    }
    insure(world, &issuer, &books)?;
    world.sound()?;
    Ok(cast)
}

/// Publishes prices with confidences (ppm) on all oracles; the dollar is a dollar.
pub fn publish(
    world: &mut World,
    oracles: &[(Option<Coin>, Oracle)],
    prices: &[Price8; 3],
    confidences_ppm: &[u64; 3],
) -> Result<(), String> {
    let now = world.time();
    for (coin, oracle) in oracles {
        let (price, ppm) = match coin {
            Some(coin) => (prices[coin.place()], confidences_ppm[coin.place()]),
            None => (DOLLAR, 100),
        };
        let confidence = price / 1_000_000 * ppm;
        let (time, slot) = (now.time.get(), now.slot.get());
        world.publish(oracle, &Published { price, confidence, time, slot })?;
    }
    Ok(())
}

pub(crate) fn new_mint(
    world: &mut World,
    payer: &Address,
    decimals: u8,
) -> Result<Address, String> {
    let mint = world.key();
    let rent = world.rent(MINT_BYTES);
    let create = create_account(payer, &mint, rent, MINT_BYTES, &TOKEN_PROGRAM);
    send(world, payer, &[create, initialize_mint(&mint, decimals, payer)])?;
    Ok(mint)
}

/// One oracle each, of both kinds; Solana has two that must agree.
pub(crate) fn new_oracles(world: &mut World) -> Vec<(Option<Coin>, Oracle)> {
    let feed = |text: &str| {
        let mut id = [0; 32];
        for (slot, at) in id.iter_mut().zip((0..64).step_by(2)) {
            *slot = u8::from_str_radix(&text[at..at + 2], 16).unwrap_or(0);
        }
        id
    };
    let usdc = feed("eaa020c61cc479712813461ce153894a96a6c00b21ed0cfc2798d1f9a9e9c94a");
    let sol = feed("ef0d8b6fda2ceba41da15d4095d1da392a0d2f8ed0c6c7bc0f4cfac8c280b56d");
    let btc = feed("e62df6c8b4a85fe1a67db44dc12de5db330f7ac66b72dc658afedf0f4a415b43");
    vec![
        (None, Oracle::Pull(world.key(), usdc)),
        (Some(Coin::Sol), Oracle::Pull(world.key(), sol)),
        (Some(Coin::Sol), Oracle::Push(world.key())),
        (Some(Coin::Btc), Oracle::Pull(world.key(), btc)),
        (Some(Coin::Eth), Oracle::Push(world.key())),
    ]
}

/// Lets the migrations make the group, its file changed before, and starts the copy by which it is
/// checked.
pub(crate) fn list(
    world: &mut World,
    payer: &Address,
    mints: &[Address; 4],
    oracles: &[(Option<Coin>, Oracle)],
    change: impl FnOnce(&mut Markets, &mut Names),
) -> Result<(), String> {
    let mut markets = Markets::parse(MARKETS)?;
    let mut names = Names::default();
    for (name, mint) in TOKENS.iter().zip(mints) {
        names.set(name, *mint);
    }
    let titles = ["USDC/USD", "SOL/USD", "SOL/USD push", "BTC/USD", "ETH/USD"];
    for (title, (_, oracle)) in titles.iter().zip(oracles) {
        names.set(title, oracle.address());
    }
    change(&mut markets, &mut names);
    let owner = world.keypair(payer)?;
    let plan = plimsoll_migrations::apply(world, &owner, &markets, &names)
        .map_err(|error| error.to_string())?;
    copy(world, &plan.group, &plan.mints)
}

/// Starts the copy of a group without margin accounts.
pub(crate) fn copy(world: &mut World, group: &Address, mints: &[Address]) -> Result<(), String> {
    let directory =
        GroupDirectory::fetch(world, group, mints).map_err(|error| error.to_string())?;
    let now = world.time();
    let mirror = Mirror::new(world, directory, now).map_err(|fault| fault.to_string())?;
    world.mirror = Some(mirror);
    Ok(())
}

impl Cluster for World {
    fn send(&mut self, instructions: &[Instruction], signers: &[&Keypair]) -> Result<(), String> {
        let payer = signers.first().ok_or("a transaction needs a signer")?;
        let payer = solana_signer::Signer::pubkey(*payer);
        send(self, &payer, instructions)
    }
}

/// Makes tokens and brings them in.
pub(crate) struct Issuer {
    pub(crate) payer: Address,
    pub(crate) mints: [Address; 4],
    pub(crate) prices: [Price8; 3],
}

impl Issuer {
    /// Wallets of `owner` for these tokens.
    pub(crate) fn wallets(
        &self,
        world: &mut World,
        owner: &Address,
        list: &[usize],
    ) -> Result<(), String> {
        let create = |token: &usize| create_wallet(&self.payer, owner, &self.mints[*token]);
        let instructions: Vec<Instruction> = list.iter().map(create).collect();
        send(world, &self.payer, &instructions)
    }

    /// Gives `owner` tokens.
    pub(crate) fn issue(
        &self,
        world: &mut World,
        owner: &Address,
        token: usize,
        atoms: u64,
    ) -> Result<(), String> {
        let mint = &self.mints[token];
        let create = create_wallet(&self.payer, owner, mint);
        let give = mint_to(mint, &wallet(owner, mint), &self.payer, atoms);
        send(world, &self.payer, &[create, give])
    }

    /// Somebody new with a margin account and these deposits.
    pub(crate) fn open(
        &self,
        world: &mut World,
        deposits: &[(usize, u64)],
    ) -> Result<Party, String> {
        let owner = world.person()?;
        let group = world.directory()?.group.address;
        let account = pda::margin(&group, &owner, 0);
        send(world, &owner, &[open_account(&owner, &owner, &group, 0)])?;
        world.opened(&account)?;
        for (token, atoms) in deposits {
            self.issue(world, &owner, *token, *atoms)?;
            let mint = &self.mints[*token];
            let source = wallet(&owner, mint);
            let directory = world.directory()?;
            let instruction = deposit(directory, &owner, &source, &account, mint, *atoms)
                .map_err(|error| error.to_string())?;
            send(world, &owner, &[instruction])?;
        }
        Ok(Party { owner, account })
    }

    /// Somebody borrows tokens and takes them out.
    pub(crate) fn lend(
        &self,
        world: &mut World,
        party: &Party,
        token: usize,
        atoms: u64,
    ) -> Result<(), String> {
        self.wallets(world, &party.owner, &[token])?;
        let mint = self.mints[token];
        let withdrawal = Withdrawal {
            mint,
            destination: wallet(&party.owner, &mint),
            amount_token_atoms: atoms,
            borrow_token_atoms_max: atoms,
        };
        let account = world.margin(&party.account)?;
        let instruction = withdraw(world.directory()?, &account, &withdrawal)
            .map_err(|error| error.to_string())?;
        send(world, &party.owner, &[instruction])
    }

    /// A keeper with a capital, which asks what its number says.
    pub(crate) fn keeper(
        &self,
        world: &mut World,
        number: usize,
        dollars: u64,
    ) -> Result<Keeper, String> {
        let party = self.open(world, &[(0, tokens(0, dollars, &self.prices))])?;
        self.wallets(world, &party.owner, &[0, 1, 2, 3])?;
        let ask = Ratio::from_ppm(ASKS_PPM[number % ASKS_PPM.len()]);
        let config = Config { ask, margin_kept: MARGIN_KEPT, ..Config::DEFAULT };
        Ok(Keeper::new(party.owner, party.account, config))
    }

    /// Fills the insurance fund.
    pub(crate) fn insure(&self, world: &mut World, atoms: u64) -> Result<(), String> {
        self.issue(world, &self.payer, 0, atoms)?;
        let source = wallet(&self.payer, &self.mints[0]);
        let instruction = add_to_insurance(world.directory()?, &self.payer, &source, atoms)
            .map_err(|error| error.to_string())?;
        send(world, &self.payer, &[instruction])
    }
}

/// One trader: opens, brings tokens, borrows, trades with the market maker.
fn enter(
    world: &mut World,
    issuer: &Issuer,
    cast: &mut Cast,
    book: &Book,
) -> Result<Trader, String> {
    let party = issuer.open(world, &book.deposits)?;
    for (token, atoms) in &book.borrows {
        issuer.lend(world, &party, *token, *atoms)?;
    }
    for (coin, lots) in &book.trades {
        // Whoever wants more than the margin check allows takes half, and half of that again.
        let mut lots = *lots;
        while lots != 0 && deal(world, &party, &cast.maker, *coin, lots, 0)?.is_err() {
            cast.refused += 1;
            lots /= 2;
        }
    }
    Ok(Trader { party, style: book.style })
}

/// Fills the insurance fund with a share of what traders brought in, net of what they borrowed.
fn insure(world: &mut World, issuer: &Issuer, books: &[Book]) -> Result<(), String> {
    let value = |list: &[(usize, u64)]| -> u64 {
        let one = |(token, atoms): &(usize, u64)| {
            let million = tokens(*token, 1_000_000, &issuer.prices);
            u64::try_from(u128::from(*atoms) * 1_000_000 / u128::from(million)).unwrap_or(0)
        };
        list.iter().map(one).sum()
    };
    let deposits: u64 = books.iter().map(|book| value(&book.deposits)).sum();
    let borrows: u64 = books.iter().map(|book| value(&book.borrows)).sum();
    let dollars = deposits.saturating_sub(borrows);
    let atoms = tokens(0, dollars * INSURANCE_PER_MILLE / 1_000, &issuer.prices).max(1);
    issuer.insure(world, atoms)
}

/// Sends what must not fail.
pub fn send(
    world: &mut World,
    payer: &Address,
    instructions: &[Instruction],
) -> Result<(), String> {
    world.submit(payer, instructions).map_err(|refusal| refusal.to_string())
}

//! Where does a sequence play? A local group, seven people, twelve margin accounts, and another
//! group whose accounts have no business here.

use std::collections::BTreeMap;

use plimsoll_client::invariants::{token_balance, Broken};
use plimsoll_client::source::read;
use plimsoll_client::state::{MarginAccount, Stake};
use plimsoll_client::{pda, AccountSource, Address, GroupDirectory, Instruction, Keyed};
use plimsoll_migrations::Markets;
use plimsoll_model as model;

use super::seen::{exact, Numbers};
use crate::oracle::{Feed, EXPONENT};
use crate::tokens::{BTC, SOL, USDC};
use crate::vm::{address, keypair, Outcome};
use crate::{Ground, World};

/// People who own accounts.
pub const OWNERS: u16 = 6;
/// Those, and one who owns none.
pub const PEOPLE: u16 = OWNERS + 1;
/// Margin accounts.
pub const ACCOUNTS: u16 = 2 * OWNERS;

/// What a wallet holds at first: whole tokens, in the order of the local group's tokens.
const PURSE: [(&str, u64); 3] =
    [("USDC", 2_000_000 * USDC), ("SOL", 20_000 * SOL), ("BTC", 40 * BTC)];

/// Everything that a step can touch.
#[derive(Clone)]
pub struct Stage {
    /// The world.
    pub world: World,
    /// The group as it is stored now.
    pub group: model::Group,
    /// Like accounts of another group: this one's address to that one's.
    pub foreign: BTreeMap<Address, Address>,
    numbers: Numbers,
    wallets: BTreeMap<(u16, usize), Address>,
    stakes: Vec<Address>,
}

/// Name of a person.
pub fn person(number: u16) -> String {
    format!("p{number}")
}

/// Name of a margin account: its owner and sub-account.
pub fn account(number: u16) -> String {
    format!("p{}/{}", number / 2, number % 2)
}

impl Stage {
    /// A stage on which nobody has an account yet.
    pub fn new(markets: Markets) -> Self {
        Self::on(Ground::new(markets))
    }

    /// The same on ground that is there.
    pub fn on(mut ground: Ground) -> Self {
        let markets = ground.markets.clone();
        let other = other_group(&mut ground);
        let mut world = ground.set_up();
        let people = (0..PEOPLE).map(|one| (address(&person(one)), one)).collect();
        let lots = markets.instruments.iter().map(|one| exact(&one.lot)).collect();
        let mut wallets = BTreeMap::new();
        for one in 0..PEOPLE {
            for (index, (token, atoms)) in PURSE.iter().enumerate() {
                world.fund(&person(one), token, *atoms);
                wallets.insert((one, index), world.wallet(&person(one), token));
            }
        }
        let foreign = alike(&world.directory, &other);
        let numbers = Numbers { people, lots };
        let group = model::Group::default();
        let fund = world.directory.insurance.address;
        let stakes = (0..PEOPLE).map(|one| pda::stake(&fund, &address(&person(one)))).collect();
        let mut stage = Self { world, group, foreign, numbers, wallets, stakes };
        stage.open_foreign(&other);
        stage.group = stage.read();
        stage
    }

    /// The first owner has an account in the other group as well.
    fn open_foreign(&mut self, other: &GroupDirectory) {
        let owner = address(&person(0));
        let group = other.group.address;
        let one = plimsoll_client::instruction::open_account(&address("payer"), &owner, &group, 0);
        self.world.vm.run_as(&[one], &[owner]).unwrap();
        let there = pda::margin(&group, &owner, 0);
        for number in 0..ACCOUNTS {
            self.world.expect_account(&account(number));
            let here = self.world.margin_address(&account(number));
            self.foreign.insert(here, there);
        }
    }

    /// The group as it is stored.
    pub fn read(&self) -> model::Group {
        let world = &self.world;
        let held = |at: &Address| {
            let stored = world.vm.account(at).unwrap();
            stored.map_or(0, |stored| token_balance(&stored.data).unwrap())
        };
        let vaults: Vec<u64> =
            world.directory.collaterals.iter().map(|one| held(&one.state.vault)).collect();
        let mut group = self.numbers.group(&world.directory, &vaults);
        for number in 0..ACCOUNTS {
            if let Some(one) = self.margin(number) {
                group.accounts.insert(number, self.numbers.account(&one.state));
            }
        }
        for number in 0..PEOPLE {
            if let Ok(one) = read::<Stake>(&world.vm, &self.stakes[usize::from(number)]) {
                group.stakes.insert(number, self.numbers.stake(&one.state));
            }
        }
        group.wallets = self.wallets.iter().map(|(of, at)| (*of, held(at))).collect();
        group
    }

    /// A margin account, if it is open.
    pub fn margin(&self, number: u16) -> Option<Keyed<MarginAccount>> {
        read(&self.world.vm, &self.margin_address(number)).ok()
    }

    /// Where it lies or would lie.
    pub fn margin_address(&self, number: u16) -> Address {
        // Derived once: an address costs as much as a small transaction.
        thread_local! {
            static KNOWN: std::cell::RefCell<BTreeMap<(Address, u16), Address>> =
                std::cell::RefCell::default();
        }
        let group = self.world.directory.group.address;
        KNOWN.with_borrow_mut(|known| {
            let derive = || self.world.margin_address(&account(number));
            *known.entry((group, number)).or_insert_with(derive)
        })
    }

    /// A person's wallet.
    pub fn wallet(&self, person: u16, token: usize) -> Address {
        self.wallets[&(person, token)]
    }

    /// All prices now, as the model judges them.
    pub fn market(&self) -> model::Market {
        let now = self.world.vm.now();
        let now = model::Moment { slot: now.slot.get(), seconds: now.time.get() };
        let feeds = self.world.directory.underlyings.iter().map(|one| {
            let at = self.world.directory.oracle_addresses(one.state.index).unwrap();
            let feed = |at: &Address| self.world.feeds.values().find(|feed| feed.address == *at);
            at.iter().map(|at| source(feed(at).unwrap())).collect()
        });
        model::Market::new(&self.group, &feeds.collect::<Vec<_>>(), now)
    }

    /// Runs a transaction and checks the laws.
    pub fn send(
        &mut self,
        instructions: &[Instruction],
        signers: &[Address],
    ) -> Result<Outcome, Broken> {
        self.world.attempt(instructions, signers)
    }
}

fn source(feed: &Feed) -> model::Source {
    model::Source {
        price: feed.price,
        confidence: feed.confidence,
        decimals: -EXPONENT,
        published: feed.published,
        trading: feed.trading,
    }
}

/// The same markets again, of somebody else.
fn other_group(ground: &mut Ground) -> GroupDirectory {
    let owner = keypair("other owner");
    ground.vm.svm.airdrop(&address("other owner"), 1_000_000_000_000).unwrap();
    let mut markets = ground.markets.clone();
    markets.group.id += 1;
    let plan = plimsoll_migrations::apply(&mut ground.vm, &owner, &markets, &ground.names);
    let plan = plan.unwrap_or_else(|error| panic!("{error}"));
    GroupDirectory::fetch(&ground.vm, &plan.group, &plan.mints).unwrap()
}

fn alike(here: &GroupDirectory, there: &GroupDirectory) -> BTreeMap<Address, Address> {
    let all = |one: &GroupDirectory| {
        let mut all = vec![one.group.address, one.insurance.address];
        all.extend(one.underlyings.iter().map(|one| one.address));
        all.extend(one.collaterals.iter().map(|one| one.address));
        all.extend(one.collaterals.iter().map(|one| one.state.vault));
        all.extend(one.instruments.iter().map(|one| one.address));
        all.extend(one.pools.iter().map(|one| one.address));
        all
    };
    all(here).into_iter().zip(all(there)).collect()
}

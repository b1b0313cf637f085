//! Where does a sequence play? A local group, seven people, twelve margin accounts, five who have a
//! say, and another group whose accounts have no business here.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::OnceLock;

use plimsoll_client::invariants::{token_balance, Broken};
use plimsoll_client::source::read;
use plimsoll_client::state::{MarginAccount, Proposal, Stake};
use plimsoll_client::{pda, AccountSource, Address, Instruction, Keyed};
use plimsoll_migrations::{Markets, Step};
use plimsoll_model as model;
use plimsoll_model::margin::{health, Check, Health};

use super::calendar;
use super::foreign;
use super::seen::{exact, Numbers};
use crate::oracle::{Feed, FeedKind, EXPONENT};
use crate::tokens::{BTC, SOL, USDC};
use crate::vm::{address, Outcome};
use crate::{Ground, World};

/// People who own accounts.
pub const OWNERS: u16 = 6;
/// Those, and one who owns none.
pub const PEOPLE: u16 = OWNERS + 1;
/// Margin accounts.
pub const ACCOUNTS: u16 = 2 * OWNERS;
/// Who has a say, numbered behind the people; the last one pays rents.
const ROLES: [&str; 6] = ["owner", "guardian", "lister", "risk manager", "publisher", "payer"];
/// Everybody.
pub const PERSONS: u16 = PEOPLE + 6;
/// Who pays rents.
pub const PAYER: u16 = PERSONS - 1;
/// The group's owner at the beginning.
pub const OWNER: u16 = PEOPLE;
/// The guardian at the beginning.
pub const GUARDIAN: u16 = PEOPLE + 1;
/// Who publishes surfaces at the beginning.
pub const PUBLISHER: u16 = PEOPLE + 4;
/// Groups that one person may create besides.
pub const FOUNDED: u16 = 2;

/// What a wallet holds at first: whole tokens, in the order in which tokens are listed.
const PURSE: [(&str, u64); 4] =
    [("USDC", 2_000_000 * USDC), ("SOL", 20_000 * SOL), ("BTC", 40 * BTC), ("DOG", 200_000 * SOL)];
/// A second source for SOL.
const SECOND: &str = "SOL/B";

/// With what a sequence begins.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Everything that may be listed.
    pub markets: Markets,
    /// The group is launched, with all that is not to be listed later; or only just begun.
    pub is_launched: bool,
    /// Which expiries and contracts there are then.
    pub calendar: u64,
}

/// Everything that a step can touch.
#[derive(Clone)]
pub struct Stage {
    /// The world.
    pub world: World,
    /// The group as it is stored now.
    pub group: model::Group,
    /// Like accounts of another group: this one's address to that one's.
    pub foreign: BTreeMap<Address, Address>,
    /// Names of the oracle accounts, in the order of their numbers.
    pub oracles: Vec<String>,
    /// By which the model knows what is stored.
    pub numbers: Numbers,
    wallets: BTreeMap<(u16, usize), Address>,
    stakes: Vec<Address>,
    /// What was found out about the group as it is, until the next step.
    known: OnceLock<Known>,
}

/// Prices, and how accounts stand by them.
#[derive(Clone)]
struct Known {
    market: model::Market,
    stands: BTreeMap<u16, [OnceLock<Option<Health>>; 2]>,
}

/// Name of a person.
pub fn person(number: u16) -> String {
    let role = number.checked_sub(PEOPLE).and_then(|role| ROLES.get(usize::from(role)));
    role.map_or_else(|| format!("p{number}"), |role| (*role).to_string())
}

/// Name of a margin account: its owner and sub-account.
pub fn account(number: u16) -> String {
    format!("p{}/{}", number / 2, number % 2)
}

/// Is a step done before the sequence begins?
fn is_done(setting: &Setting, step: &Step) -> bool {
    let later = |index: u16, kind: usize| usize::from(index) + 1 < kind;
    let markets = &setting.markets;
    match step {
        Step::Group { .. } => true,
        Step::Underlying { index: 0, .. } => true,
        _ if !setting.is_launched => false,
        Step::Underlying { index, .. } => later(*index, markets.underlyings.len()),
        Step::Token { name, .. } => Some(name) != markets.tokens.last().map(|last| &last.mint),
        Step::Instrument { index, .. } => later(*index, markets.instruments.len()),
        // What expires has a calendar of its own here, and comes before the launch.
        Step::Expiry { .. } | Step::Contract { .. } | Step::Propose { .. } => false,
        Step::Launch => false,
    }
}

impl Stage {
    /// A stage on which nobody has an account yet.
    pub fn new(setting: Setting) -> Self {
        let ground = Ground::new(setting.markets.clone());
        Self::on(ground, &setting)
    }

    /// The same on ground that is there.
    pub fn on(mut ground: Ground, setting: &Setting) -> Self {
        let now = ground.vm.now().time.get();
        let second = Feed::new(address("feed SOL/B"), FeedKind::Push, "150", now);
        ground.vm.put(second.address, second.owner, second.data());
        ground.feeds.insert(SECOND.into(), second);
        let other = foreign::other_group(&mut ground, setting.calendar);
        let mut world = ground.set_up_some(|step| is_done(setting, step));
        if setting.is_launched {
            let posted = world.directory.posted.clone();
            calendar::list(&mut world.vm, &mut world.directory, "owner", setting.calendar);
            world.directory.posted = posted;
        }
        let mut wallets = BTreeMap::new();
        for one in 0..PEOPLE {
            for (index, (token, atoms)) in PURSE.iter().enumerate() {
                world.fund(&person(one), token, *atoms);
                wallets.insert((one, index), world.wallet(&person(one), token));
            }
        }
        let (numbers, oracles) = numbers(&world);
        let fund = world.directory.insurance.address;
        let stakes = (0..PEOPLE).map(|one| pda::stake(&fund, &address(&person(one)))).collect();
        for number in 0..ACCOUNTS {
            world.expect_account(&account(number));
        }
        let foreign = foreign::alike(&mut world, &other);
        let (group, known) = (model::Group::default(), OnceLock::new());
        let mut stage = Self { world, group, foreign, oracles, numbers, wallets, stakes, known };
        stage.group = stage.read();
        stage
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
            for id in 0..FOUNDED {
                if let Ok(one) = read(&world.vm, &founded(number, id)) {
                    group.founded.insert((number, id), self.numbers.founded(&one.state));
                }
            }
        }
        for id in 0..group.governance.proposal_count {
            if let Some(one) = self.proposal(id) {
                group.governance.proposals.insert(id, self.numbers.proposal(&one.state));
            }
        }
        for (key, wallet) in &self.wallets {
            group.wallets.insert(*key, held(wallet));
        }
        group
    }

    /// A margin account, if it is open.
    pub fn margin(&self, number: u16) -> Option<Keyed<MarginAccount>> {
        read(&self.world.vm, &self.margin_address(number)).ok()
    }

    /// A proposal, if it was not closed.
    pub fn proposal(&self, id: u64) -> Option<Keyed<Proposal>> {
        let group = self.world.directory.group.address;
        let at = known(Lies::Proposal(group, id), || pda::proposal(&group, id));
        read(&self.world.vm, &at).ok()
    }

    /// Where a margin account lies or would lie.
    pub fn margin_address(&self, number: u16) -> Address {
        let group = self.world.directory.group.address;
        known(Lies::Margin(group, number), || self.world.margin_address(&account(number)))
    }

    /// A person's wallet.
    pub fn wallet(&self, person: u16, token: usize) -> Address {
        self.wallets[&(person.min(PEOPLE - 1), token)]
    }

    /// All prices now, as the model judges them.
    pub fn market(&self) -> &model::Market {
        &self.known().market
    }

    fn known(&self) -> &Known {
        self.known.get_or_init(|| {
            let now = self.world.vm.now();
            let now = model::Moment { slot: now.slot.get(), seconds: now.time.get() };
            let oracles = self.oracles.iter().map(|name| source(&self.world.feeds[name]));
            let market = model::Market::new(&self.group, oracles.collect(), now);
            let stands = self.group.accounts.keys().map(|one| (*one, Default::default()));
            Known { market, stands: stands.collect() }
        })
    }

    /// Maintenance or initial health of an open account, if it can be judged.
    pub fn stands(&self, account: u16, check: Check) -> Option<&Health> {
        let known = self.known();
        let place = usize::from(check != Check::Maintenance);
        let stands = &known.stands.get(&account)?[place];
        let held = &self.group.accounts[&account];
        let judge = || health(&self.group, &known.market, held, check).ok();
        stands.get_or_init(judge).as_ref()
    }

    /// Time has passed, a price has moved, or a transaction has gone through.
    pub fn moved(&mut self) {
        self.known = OnceLock::new();
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

/// What lies at an address that is derived.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Lies {
    Margin(Address, u16),
    Proposal(Address, u64),
    Founded(u16, u16),
}

/// An address is derived once: that costs as much as a small transaction.
fn known(what: Lies, derive: impl FnOnce() -> Address) -> Address {
    thread_local! {
        static KNOWN: RefCell<BTreeMap<Lies, Address>> = RefCell::default();
    }
    KNOWN.with_borrow_mut(|known| *known.entry(what).or_insert_with(derive))
}

/// Where a group lies that a person creates.
pub fn founded(number: u16, id: u16) -> Address {
    known(Lies::Founded(number, id), || pda::group(&address(&person(number)), id))
}

/// By which the model knows addresses; and the oracle accounts in the order of their numbers.
fn numbers(world: &World) -> (Numbers, Vec<String>) {
    let people = (0..PERSONS).map(|one| (address(&person(one)), one)).collect();
    let lots = world.markets.instruments.iter();
    let lots = lots.map(|one| (one.name.clone(), exact(&one.lot))).collect();
    let decimals = [6, 9, 8, 9];
    let mints = PURSE.iter().zip(decimals).enumerate();
    let mints = mints.map(|(at, ((name, _), decimals))| (world.mint(name), (at, decimals)));
    let mut oracles = Vec::new();
    for step in &world.steps {
        if let Step::Underlying { oracles: at, .. } = step {
            let own = world.feeds.iter().find(|(_, feed)| feed.address == at[0]);
            oracles.push(own.unwrap().0.clone());
        }
    }
    oracles.push(SECOND.into());
    let places = oracles.iter().enumerate().map(|(at, name)| (world.feeds[name].address, at));
    let (mints, places) = (mints.collect(), places.collect());
    (Numbers { people, lots, mints, oracles: places }, oracles)
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

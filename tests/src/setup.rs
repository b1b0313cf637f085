//! What is there when a test begins: mints, oracle accounts and, by way of the migrations, the
//! group with its markets.

use std::collections::BTreeMap;

use plimsoll_client::{Address, GroupDirectory};
use plimsoll_migrations::{apply, plan, Markets, Names, Plan, SourceSpec, Step};
use solana_signer::Signer;

use crate::oracle::{Feed, FeedKind};
use crate::tokens::{self, SPL_TOKEN, TOKEN_2022};
use crate::vm::{address, keypair, Vm};
use crate::world::World;

/// Everything before the group exists: for tests of the listing itself, and for worlds whose
/// mints are to be special.
pub struct Ground {
    /// The VM.
    pub vm: Vm,
    /// What will be listed.
    pub markets: Markets,
    /// Addresses of mints and oracle accounts.
    pub names: Names,
    /// Oracle accounts by name.
    pub feeds: BTreeMap<String, Feed>,
}

impl Ground {
    /// Mints (SPL Token) and sound oracle accounts for all that `markets` name.
    pub fn new(markets: Markets) -> Self {
        Self::on(Vm::new(), markets)
    }

    /// The same on a VM that is there.
    pub fn on(vm: Vm, markets: Markets) -> Self {
        let mut ground = Self { vm, markets, names: Names::default(), feeds: BTreeMap::new() };
        for token in ground.markets.tokens.clone() {
            ground.mint(&token.mint, decimals(&token.mint), SPL_TOKEN, &[]);
        }
        for underlying in ground.markets.underlyings.clone() {
            for source in &underlying.sources {
                ground.feed(&underlying.name, source);
            }
        }
        for role in ["guardian", "lister", "risk manager", "publisher"] {
            ground.names.set(role, address(role));
        }
        ground.vm.svm.airdrop(&address("owner"), 1_000_000_000_000).unwrap();
        ground
    }

    /// Makes, or makes anew, the mint of a name. Extensions are number and bytes, and take
    /// Token-2022.
    pub fn mint(
        &mut self,
        name: &str,
        decimals: u8,
        program: Address,
        extensions: &[(u16, Vec<u8>)],
    ) {
        assert!(extensions.is_empty() || program == TOKEN_2022);
        let mint = address(&format!("mint {name}"));
        self.vm.put(mint, program, tokens::mint(decimals, extensions));
        self.names.set(name, mint);
    }

    fn feed(&mut self, underlying: &str, source: &SourceSpec) {
        let (name, kind) = match source {
            SourceSpec::PythPush { account } => (account, FeedKind::Push),
            SourceSpec::PythPull { account, feed } => {
                let id =
                    (0..32).map(|at| u8::from_str_radix(&feed[2 * at..2 * at + 2], 16).unwrap());
                let id: Vec<u8> = id.collect();
                (account.as_ref().unwrap_or(feed), FeedKind::Pull(id.try_into().unwrap()))
            }
        };
        let at = address(&format!("feed {}", &name[..name.len().min(20)]));
        let feed = Feed::new(at, kind, price(underlying), self.vm.now().time.get());
        self.vm.put(at, feed.owner, feed.data());
        self.names.set(name, at);
        self.feeds.insert(name.clone(), feed);
    }

    /// Creates the group and lists its markets.
    pub fn set_up(mut self) -> World {
        let owner = keypair("owner");
        let plan = apply(&mut self.vm, &owner, &self.markets, &self.names);
        let plan = plan.unwrap_or_else(|error| panic!("{error}"));
        self.world(plan)
    }

    /// Creates the group and does only some of the steps behind that.
    pub(crate) fn set_up_some(mut self, done: impl Fn(&Step) -> bool) -> World {
        let owner = keypair("owner");
        let made = plan(&self.vm, &owner.pubkey(), &self.markets, &self.names);
        let made = made.unwrap_or_else(|error| panic!("{error}"));
        for step in made.steps.iter().filter(|step| done(step)) {
            let one = step.instruction(&owner.pubkey(), &made.group);
            self.vm.run(&[one], &[&owner]).unwrap();
        }
        let mints = made.mints.clone();
        let mut world = self.world(made);
        world.listed_later = mints;
        world
    }

    fn world(self, plan: Plan) -> World {
        let owner = keypair("owner");
        let mut directory = GroupDirectory::fetch(&self.vm, &plan.group, &plan.mints).unwrap();
        for feed in self.feeds.values() {
            if let FeedKind::Pull(id) = feed.kind {
                directory.posted.insert(id, feed.address);
            }
        }
        assert_eq!(directory.group.state.owner, owner.pubkey());
        World::new(self, directory, plan.steps)
    }
}

fn decimals(token: &str) -> u8 {
    match token {
        "USDC" => 6,
        "BTC" => 8,
        _ => 9,
    }
}

/// USD per unit when a test begins.
fn price(underlying: &str) -> &'static str {
    match underlying {
        "USDC" => "1",
        "SOL" => "150",
        "BTC" => "100000",
        "ETH" => "4000",
        _ => "10",
    }
}

//! Which accounts are there, what is each, and which other one could somebody pass in its place?

use std::fmt;

use plimsoll_client::{pda, AccountSource, Address, GroupDirectory, PROGRAM_ID, PYTH_PUSH};
use plimsoll_client::{AccountMeta, PYTH_RECEIVER};
use plimsoll_tests::{address, Vm, SPL_TOKEN, TOKEN_2022};
use solana_account::Account;

use crate::idl::Idl;
use crate::scenes::{Scene, TRADERS};

/// What lies at an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing yet: the instruction creates it.
    New,
    /// A key that signs, or is named; no program reads what lies there.
    Key,
    /// A program.
    Program,
    /// A stored account of this program, by its name in the IDL.
    Stored(String),
    /// A mint.
    Mint,
    /// A token account.
    Tokens,
    /// An oracle account.
    Oracle,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::New => "<new>",
            Self::Key => "<key>",
            Self::Program => "<program>",
            Self::Stored(_) => "<stored>",
            Self::Mint => "<mint>",
            Self::Tokens => "<tokens>",
            Self::Oracle => "<oracle>",
        })
    }
}

/// An account that somebody may pass.
struct Entry {
    label: String,
    address: Address,
    /// The same of the other group.
    foreign: Option<Address>,
}

/// Every account of a scene that is not only a key.
pub struct Catalogue {
    entries: Vec<Entry>,
}

impl Catalogue {
    /// Everything in a scene's two groups, its wallets and oracles.
    pub fn of(scene: &mut Scene) -> Self {
        let mut all = Self { entries: Vec::new() };
        for trader in TRADERS {
            for token in ["USDC", "SOL"] {
                let wallet = scene.world.wallet(trader, token);
                all.add(format!("wallet of {trader} {token}"), wallet, None);
            }
        }
        for token in ["USDC", "SOL", "BTC"] {
            all.add(format!("mint {token}"), scene.world.mint(token), None);
        }
        for (name, feed) in &scene.world.feeds {
            all.add(format!("oracle {name}"), feed.address, None);
        }
        all.groups(scene);
        all
    }

    fn groups(&mut self, scene: &Scene) {
        let (own, foreign) = (&scene.own, &scene.foreign);
        self.add("group".into(), own.group.address, Some(foreign.group.address));
        self.add("insurance".into(), own.insurance.address, Some(foreign.insurance.address));
        let names = scene.world.markets.underlyings.iter();
        for ((name, a), b) in names.zip(&own.underlyings).zip(&foreign.underlyings) {
            self.add(format!("underlying {}", name.name), a.address, Some(b.address));
        }
        let names = scene.world.markets.tokens.iter();
        for ((name, a), b) in names.zip(&own.collaterals).zip(&foreign.collaterals) {
            self.add(format!("collateral {}", name.mint), a.address, Some(b.address));
            self.add(format!("vault {}", name.mint), a.state.vault, Some(b.state.vault));
        }
        let names = scene.world.markets.instruments.iter();
        for ((name, a), b) in names.clone().zip(&own.instruments).zip(&foreign.instruments) {
            self.add(format!("instrument {}", name.name), a.address, Some(b.address));
        }
        for ((name, a), b) in names.zip(&own.pools).zip(&foreign.pools) {
            self.add(format!("pool {}", name.name), a.address, Some(b.address));
        }
        self.contracts(scene);
        let margin = |directory: &GroupDirectory, name: &str| {
            pda::margin(&directory.group.address, &address(name), 0)
        };
        for name in TRADERS {
            let foreign = Some(margin(foreign, name));
            self.add(format!("margin account of {name}"), margin(own, name), foreign);
        }
        // Accounts that only some scenes have.
        for (name, number) in [("alice", 1), ("alice", 9)] {
            let at = pda::margin(&own.group.address, &address(name), number);
            self.add(format!("margin account of {name}/{number}"), at, Some(margin(foreign, name)));
        }
        let stake = |directory: &GroupDirectory, name: &str| {
            pda::stake(&directory.insurance.address, &address(name))
        };
        for name in TRADERS {
            let foreign = Some(stake(&scene.foreign, name));
            self.add(format!("stake of {name}"), stake(own, name), foreign);
        }
        for (at, instrument) in own.instruments.iter().enumerate() {
            for number in 0..=instrument.state.short_deleveragings {
                let here = pda::deleveraging(&instrument.address, true, number);
                let there = pda::deleveraging(&foreign.instruments[at].address, true, number);
                self.add(format!("deleveraging {at} {number}"), here, Some(there));
            }
        }
        for id in 0..own.group.state.proposal_count {
            let foreign = Some(pda::proposal(&scene.foreign.group.address, 0));
            self.add(format!("proposal {id}"), pda::proposal(&own.group.address, id), foreign);
        }
    }

    /// Expiries, and what is listed on them behind the markets of the file.
    fn contracts(&mut self, scene: &Scene) {
        let (own, foreign) = (&scene.own, &scene.foreign);
        for one in &own.expiries {
            let (on, at) = (one.state.underlying, one.state.expires_at);
            let there = foreign.expiry(on, at).ok().map(|one| one.address);
            self.add(format!("expiry {on} {at}"), one.address, there);
        }
        let listed = scene.world.markets.instruments.len();
        for (at, one) in own.instruments.iter().enumerate().skip(listed) {
            let there = foreign.instruments.get(at).map(|one| one.address);
            let name = String::from_utf8_lossy(&one.state.name).trim_end_matches('\0').to_string();
            self.add(format!("instrument {name}"), one.address, there);
        }
        for (at, one) in own.pools.iter().enumerate().skip(listed) {
            let there = foreign.pools.get(at).map(|one| one.address);
            let name = String::from_utf8_lossy(&own.instruments[at].state.name);
            let name = name.trim_end_matches('\0').to_string();
            self.add(format!("pool {name}"), one.address, there);
        }
    }

    fn add(&mut self, label: String, address: Address, foreign: Option<Address>) {
        self.entries.push(Entry { label, address, foreign });
    }

    /// What people call an account.
    pub fn label(&self, address: &Address) -> Option<&str> {
        self.entries.iter().find(|one| one.address == *address).map(|one| one.label.as_str())
    }

    /// The same account of the other group.
    pub fn foreign(&self, address: &Address) -> Option<Address> {
        self.entries.iter().find(|one| one.address == *address)?.foreign
    }

    /// Another account of the same kind that `fits` and is not in the instruction yet.
    pub fn sibling(
        &self,
        scene: &Scene,
        idl: &Idl,
        address: &Address,
        fits: impl Fn(&Account) -> bool,
    ) -> Option<Address> {
        self.siblings(scene, idl, address, fits).first().copied()
    }

    /// All of them.
    pub fn siblings(
        &self,
        scene: &Scene,
        idl: &Idl,
        address: &Address,
        fits: impl Fn(&Account) -> bool,
    ) -> Vec<Address> {
        let vm = &scene.world.vm;
        let kind = kind(vm, idl, address);
        let used = |one: &Address| scene.one.accounts.iter().any(|meta| meta.pubkey == *one);
        let same = |one: &&Entry| {
            let account = vm.svm.get_account(&one.address).unwrap_or_default();
            kind == self::kind(vm, idl, &one.address) && !used(&one.address) && fits(&account)
        };
        self.entries.iter().filter(same).map(|one| one.address).collect()
    }
}

/// What lies at an address.
pub fn kind(vm: &Vm, idl: &Idl, address: &Address) -> Kind {
    let Some(account) = vm.account(address).unwrap() else {
        return Kind::New;
    };
    let executable = vm.svm.get_account(address).is_some_and(|one| one.executable);
    if executable {
        return Kind::Program;
    }
    if account.owner == PROGRAM_ID {
        let name = idl.kind(&account.data).expect("an account of the program that is in no IDL");
        return Kind::Stored(name.to_string());
    }
    let is_token = [SPL_TOKEN, TOKEN_2022].contains(&account.owner);
    match account.data.len() {
        82 if is_token => Kind::Mint,
        165 if is_token => Kind::Tokens,
        _ if [PYTH_PUSH, PYTH_RECEIVER].contains(&account.owner) => Kind::Oracle,
        _ => Kind::Key,
    }
}

/// What an account of an instruction is: one that signs is a key, whatever lies there.
pub fn role(scene: &Scene, idl: &Idl, meta: &AccountMeta) -> Kind {
    match (meta.is_signer, kind(&scene.world.vm, idl, &meta.pubkey)) {
        (true, _) => Kind::Key,
        (false, kind) => kind,
    }
}

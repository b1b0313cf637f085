//! In which ways may one account of an instruction be wrong?

use std::fmt;

use anchor_lang::Discriminator;
use plimsoll_client::state::{Group, Instrument};
use plimsoll_client::{decode, Address, Instruction, PauseClass, PROGRAM_ID, PYTH_PUSH};
use plimsoll_tests::{address, FeedKind, SPL_TOKEN, TOKEN_2022};
use solana_account::Account;

use crate::idl::Idl;
use crate::scenes::Scene;
use crate::stand_ins::{role, Catalogue, Kind};

/// One way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bend {
    /// Has not signed.
    Unsigned,
    /// Somebody else signed.
    OtherSigner,
    /// Another key, of one that is only named.
    OtherKey,
    /// Passed read-only although it is written.
    ReadOnly,
    /// The same bytes at an address that no seeds give.
    Elsewhere,
    /// The same bytes, owned by a program that has nothing to do with it.
    OtherProgram,
    /// The same bytes, owned by the other token program.
    OtherTokenProgram,
    /// Some other stored account.
    OtherKind,
    /// Another of its kind: another market, another trader, another token.
    Sibling,
    /// A token account of another mint.
    OtherMint,
    /// A token account of another owner.
    OtherOwner,
    /// The same of another group.
    Foreign,
    /// One of the other accounts of the same instruction, each in turn.
    Doubled,
    /// Left out; those behind it move up.
    LeftOut,
    /// An optional one, not passed.
    NotPassed,
    /// Closed: no lamports, no bytes, owned by the system program.
    Closed,
    /// Closed and funded again: all bytes zero.
    Zeroed,
    /// One byte too short.
    Short,
    /// To be created, and already there.
    InUse,
    /// An instrument whose risk array is too old.
    StaleArray,
    /// An instrument whose risk array was never made.
    NoArray,
    /// A price from long ago.
    Stale,
    /// A price with a wide confidence interval.
    Uncertain,
    /// A price of zero.
    ZeroPrice,
    /// A price below zero.
    NegativePrice,
    /// The largest price that the layout has.
    HugePrice,
    /// Not trading, or not signed by enough.
    Halted,
    /// A group whose class of instructions is paused.
    Paused(PauseClass),
}

/// All of them, in the order of the table.
pub const BENDS: [Bend; 31] = [
    Bend::Unsigned,
    Bend::OtherSigner,
    Bend::OtherKey,
    Bend::ReadOnly,
    Bend::Elsewhere,
    Bend::OtherProgram,
    Bend::OtherTokenProgram,
    Bend::OtherKind,
    Bend::Sibling,
    Bend::OtherMint,
    Bend::OtherOwner,
    Bend::Foreign,
    Bend::Doubled,
    Bend::LeftOut,
    Bend::NotPassed,
    Bend::Closed,
    Bend::Zeroed,
    Bend::Short,
    Bend::InUse,
    Bend::StaleArray,
    Bend::NoArray,
    Bend::Stale,
    Bend::Uncertain,
    Bend::ZeroPrice,
    Bend::NegativePrice,
    Bend::HugePrice,
    Bend::Halted,
    Bend::Paused(PauseClass::Trade),
    Bend::Paused(PauseClass::Borrow),
    Bend::Paused(PauseClass::Liquidate),
    Bend::Paused(PauseClass::SettleProfit),
];

impl fmt::Display for Bend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unsigned => "unsigned",
            Self::OtherSigner => "other signer",
            Self::OtherKey => "other key",
            Self::ReadOnly => "read-only",
            Self::Elsewhere => "elsewhere",
            Self::OtherProgram => "of another program",
            Self::OtherTokenProgram => "of the other token program",
            Self::OtherKind => "other kind",
            Self::Sibling => "sibling",
            Self::OtherMint => "other mint",
            Self::OtherOwner => "other owner",
            Self::Foreign => "other group",
            Self::Doubled => "doubled",
            Self::LeftOut => "left out",
            Self::NotPassed => "not passed",
            Self::Closed => "closed",
            Self::Zeroed => "zeroed",
            Self::Short => "short",
            Self::InUse => "in use",
            Self::StaleArray => "stale array",
            Self::NoArray => "no array",
            Self::Stale => "stale",
            Self::Uncertain => "uncertain",
            Self::ZeroPrice => "zero price",
            Self::NegativePrice => "negative price",
            Self::HugePrice => "largest price",
            Self::Halted => "halted",
            Self::Paused(PauseClass::Trade) => "trades paused",
            Self::Paused(PauseClass::Borrow) => "borrows paused",
            Self::Paused(PauseClass::Liquidate) => "bids paused",
            Self::Paused(PauseClass::SettleProfit) => "profits paused",
        })
    }
}

/// A bent instruction, and what has to lie where when it runs.
#[derive(Clone)]
pub struct Attempt {
    /// The instruction.
    pub one: Instruction,
    /// Accounts that are put there before, and taken away after.
    pub put: Vec<(Address, Account)>,
}

/// What attempts are made from.
pub struct Bench<'a> {
    /// The scene.
    pub scene: &'a Scene,
    /// Its accounts.
    pub catalogue: &'a Catalogue,
    /// The interface.
    pub idl: &'a Idl,
}

impl Bench<'_> {
    /// The instruction with its account `at` bent; none where that way does not apply. Several
    /// where each other account of the instruction is tried in its place.
    pub fn attempts(&self, at: usize, bend: Bend) -> Vec<Attempt> {
        let meta = &self.scene.one.accounts[at];
        let kind = role(self.scene, self.idl, meta);
        let attempts = match bend {
            Bend::Unsigned | Bend::OtherSigner => meta.is_signer.then(|| self.signer(at, bend)),
            Bend::OtherKey => {
                let named = kind == Kind::Key && !meta.is_signer;
                named.then(|| self.with(at, address("mallory")))
            }
            Bend::ReadOnly => meta.is_writable.then(|| {
                self.flagged(at, |meta| {
                    meta.is_writable = false;
                })
            }),
            Bend::Doubled => return self.doubled(at),
            Bend::LeftOut => {
                let mut one = self.scene.one.clone();
                one.accounts.remove(at);
                Some(Attempt { one, put: Vec::new() })
            }
            Bend::NotPassed => {
                let optional = self.idl.is_optional(self.scene.name, at);
                (optional && meta.pubkey != PROGRAM_ID).then(|| self.with(at, PROGRAM_ID))
            }
            Bend::StaleArray | Bend::NoArray => self.valued(at, &kind, bend),
            Bend::InUse => (kind == Kind::New).then(|| self.in_use(at)),
            Bend::Sibling if kind == Kind::Stored("Expiry".into()) => {
                let own = &meta.pubkey;
                let others = self.catalogue.siblings(self.scene, self.idl, own, |_| true);
                return others.into_iter().map(|other| self.with(at, other)).collect();
            }
            Bend::Elsewhere | Bend::OtherKind | Bend::Sibling | Bend::Foreign => {
                self.replaced(at, &kind, bend)
            }
            Bend::OtherMint | Bend::OtherOwner => self.other_tokens(at, &kind, bend),
            Bend::OtherProgram | Bend::OtherTokenProgram => self.owned(at, &kind, bend),
            Bend::Closed | Bend::Zeroed | Bend::Short => self.ruined(at, &kind, bend),
            Bend::Paused(class) => self.paused(at, &kind, class),
            _ => self.priced(at, &kind, bend),
        };
        attempts.into_iter().collect()
    }

    /// Changes every mention of an account: a transaction joins their flags.
    fn flagged(&self, at: usize, change: impl Fn(&mut plimsoll_client::AccountMeta)) -> Attempt {
        let mut one = self.scene.one.clone();
        let address = one.accounts[at].pubkey;
        one.accounts.iter_mut().filter(|meta| meta.pubkey == address).for_each(change);
        Attempt { one, put: Vec::new() }
    }

    fn with(&self, at: usize, other: Address) -> Attempt {
        let mut one = self.scene.one.clone();
        one.accounts[at].pubkey = other;
        Attempt { one, put: Vec::new() }
    }

    fn stored(&self, at: usize) -> Account {
        let address = self.scene.one.accounts[at].pubkey;
        self.scene.world.vm.svm.get_account(&address).unwrap_or_default()
    }

    /// The instruction as it is, over another account at the same address.
    fn over(&self, at: usize, account: Account) -> Attempt {
        let address = self.scene.one.accounts[at].pubkey;
        Attempt { one: self.scene.one.clone(), put: vec![(address, account)] }
    }

    fn signer(&self, at: usize, bend: Bend) -> Attempt {
        match bend {
            Bend::Unsigned => self.flagged(at, |meta| meta.is_signer = false),
            _ => self.with(at, address("mallory")),
        }
    }

    fn doubled(&self, at: usize) -> Vec<Attempt> {
        let own = &self.scene.one.accounts[at].pubkey;
        let mut others: Vec<Address> =
            self.scene.one.accounts.iter().map(|one| one.pubkey).collect();
        others.sort();
        others.dedup();
        others.retain(|one| one != own);
        let signs = |one: &Address| {
            self.scene.one.accounts.iter().any(|meta| meta.pubkey == *one && meta.is_signer)
        };
        // A key cannot be forced to sign: whoever stands in for one signs already.
        let needed = self.scene.one.accounts[at].is_signer;
        others.retain(|one| !needed || signs(one));
        others.into_iter().map(|other| self.with(at, other)).collect()
    }

    fn in_use(&self, at: usize) -> Attempt {
        let lamports = 1_000_000_000;
        self.over(
            at,
            Account { lamports, data: vec![0; 4_096], owner: PROGRAM_ID, ..Account::default() },
        )
    }

    fn replaced(&self, at: usize, kind: &Kind, bend: Bend) -> Option<Attempt> {
        let own = self.scene.one.accounts[at].pubkey;
        let elsewhere = address("an address without seeds");
        let (scene, catalogue) = (self.scene, self.catalogue);
        match (bend, kind) {
            (Bend::Elsewhere, Kind::New) => Some(self.with(at, elsewhere)),
            (Bend::Elsewhere, Kind::Key | Kind::Program) => None,
            (Bend::Elsewhere, _) => {
                let mut attempt = self.with(at, elsewhere);
                attempt.put.push((elsewhere, self.stored(at)));
                Some(attempt)
            }
            (Bend::OtherKind, Kind::Key | Kind::New) => None,
            // An optional account that is not there is given as the program itself.
            (Bend::OtherKind, Kind::Program) if own == PROGRAM_ID => {
                Some(self.with(at, scene.own.group.address))
            }
            (Bend::OtherKind, Kind::Program) => Some(self.with(at, PROGRAM_ID)),
            (Bend::OtherKind, _) => {
                let directory = &scene.own;
                let (group, insurance) = (directory.group.address, directory.insurance.address);
                Some(self.with(at, if own == group { insurance } else { group }))
            }
            (Bend::Sibling, Kind::Program) => {
                let other = if own == SPL_TOKEN { TOKEN_2022 } else { SPL_TOKEN };
                Some(self.with(at, other))
            }
            // Token accounts differ in two ways, and have two bends of their own.
            (Bend::Sibling, Kind::Key | Kind::New | Kind::Tokens) => None,
            (Bend::Sibling, _) => {
                let other = catalogue.sibling(scene, self.idl, &own, |_| true);
                other.map(|other| self.with(at, other))
            }
            _ => catalogue.foreign(&own).map(|other| self.with(at, other)),
        }
    }

    fn other_tokens(&self, at: usize, kind: &Kind, bend: Bend) -> Option<Attempt> {
        if *kind != Kind::Tokens {
            return None;
        }
        let own = self.stored(at).data;
        // Mint, then owner, 32 bytes each.
        let fits = |other: &Account| {
            let mint = other.data[..32] == own[..32];
            let owner = other.data[32..64] == own[32..64];
            if bend == Bend::OtherMint {
                !mint
            } else {
                mint && !owner
            }
        };
        let address = &self.scene.one.accounts[at].pubkey;
        let other = self.catalogue.sibling(self.scene, self.idl, address, fits);
        other.map(|other| self.with(at, other))
    }

    fn owned(&self, at: usize, kind: &Kind, bend: Bend) -> Option<Attempt> {
        let owner = match (bend, kind) {
            (_, Kind::New | Kind::Key | Kind::Program) => return None,
            (Bend::OtherTokenProgram, Kind::Mint | Kind::Tokens) => TOKEN_2022,
            (Bend::OtherTokenProgram, _) => return None,
            (_, Kind::Oracle) => PROGRAM_ID,
            _ => PYTH_PUSH,
        };
        Some(self.over(at, Account { owner, ..self.stored(at) }))
    }

    fn ruined(&self, at: usize, kind: &Kind, bend: Bend) -> Option<Attempt> {
        if matches!(kind, Kind::New | Kind::Key | Kind::Program) {
            return None;
        }
        let mut account = self.stored(at);
        match bend {
            Bend::Closed => account = Account::default(),
            Bend::Zeroed => account.data.fill(0),
            _ => drop(account.data.pop()),
        }
        Some(self.over(at, account))
    }

    fn paused(&self, at: usize, kind: &Kind, class: PauseClass) -> Option<Attempt> {
        if *kind != Kind::Stored("Group".into()) {
            return None;
        }
        let mut account = self.stored(at);
        let mut group: Group = decode(&account.data).ok()?;
        group.paused_until[usize::from(class.place())] =
            self.scene.world.vm.now().time.get() + 3_600;
        account.data = [Group::DISCRIMINATOR, bytemuck::bytes_of(&group)].concat();
        Some(self.over(at, account))
    }

    fn valued(&self, at: usize, kind: &Kind, bend: Bend) -> Option<Attempt> {
        if *kind != Kind::Stored("Instrument".into()) {
            return None;
        }
        let mut account = self.stored(at);
        let mut instrument: Instrument = decode(&account.data).ok()?;
        if instrument.expires_at == 0 {
            return None;
        }
        match bend {
            Bend::NoArray => instrument.array = bytemuck::Zeroable::zeroed(),
            _ => instrument.array.refreshed_at -= 3_600,
        }
        account.data = [Instrument::DISCRIMINATOR, bytemuck::bytes_of(&instrument)].concat();
        Some(self.over(at, account))
    }

    fn priced(&self, at: usize, kind: &Kind, bend: Bend) -> Option<Attempt> {
        if *kind != Kind::Oracle {
            return None;
        }
        let address = self.scene.one.accounts[at].pubkey;
        let mut feed =
            self.scene.world.feeds.values().find(|feed| feed.address == address)?.clone();
        match bend {
            Bend::Stale => feed.published -= 3_600,
            Bend::Uncertain => feed.confidence = feed.price.unsigned_abs() / 10,
            Bend::ZeroPrice => feed.price = 0,
            Bend::NegativePrice => feed.price = -feed.price,
            Bend::HugePrice => feed.price = i64::MAX,
            _ => match feed.kind {
                FeedKind::Push => feed.trading = false,
                FeedKind::Pull(_) => feed.verified = false,
            },
        }
        let data = feed.data();
        Some(self.over(at, Account { data, ..self.stored(at) }))
    }
}

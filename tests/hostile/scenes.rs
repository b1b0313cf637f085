//! For every instruction a world in which it goes through as it stands: what fails afterwards
//! fails for what was bent, and for nothing else.

use plimsoll_client::instruction::{self as ix, Bid};
use plimsoll_client::{pda, AccountSource, Address, GroupDirectory, Instruction};
use plimsoll_migrations::{apply, plan, Decimal, Markets};
use plimsoll_tests::{address, keypair, World, SOL, USDC};
use solana_signer::Signer;

/// Everybody who has a margin account in both groups.
pub const TRADERS: [&str; 5] = ["alice", "bob", "carol", "mallory", "keeper"];
/// Pays rent. Not the payer of the fee, whose signature no bend could take away.
const SPONSOR: &str = "sponsor";

/// A world, and an instruction that goes through in it.
pub struct Scene {
    /// Its name in the IDL.
    pub name: &'static str,
    /// The world, untouched until a bend goes through.
    pub world: World,
    /// A second group with the same markets, owned by somebody else.
    pub foreign: GroupDirectory,
    /// The instruction.
    pub one: Instruction,
}

/// How a scene is made.
type Make = fn(&mut World) -> Instruction;

/// All scenes.
pub const SCENES: [(&str, Make); 17] = [
    ("create_group", create_group),
    ("create_underlying", create_underlying),
    ("create_collateral", create_collateral),
    ("create_instrument", create_instrument),
    ("open_account", open_account),
    ("close_account", close_account),
    ("set_delegate", set_delegate),
    ("deposit", deposit),
    ("withdraw", withdraw),
    ("trade", trade),
    ("refresh_underlying", refresh_underlying),
    ("refresh_instrument", refresh_instrument),
    ("mark_account", mark_account),
    ("liquidate", liquidate),
    ("add_to_insurance", add_to_insurance),
    ("view_account", view_account),
    ("view_withdrawable", view_withdrawable),
];

impl Scene {
    /// The scene of an instruction.
    pub fn new(name: &'static str, make: Make) -> Self {
        let mut world = market();
        let one = make(&mut world);
        let foreign = foreign_group(&mut world);
        let mut scene = Self { name, world, foreign, one };
        // As it stands it goes through, or the whole table would say nothing.
        let backup = scene.world.vm.svm.clone();
        let one = scene.one.clone();
        let signers = signers(&one);
        let outcome = scene.world.vm.run_as(std::slice::from_ref(&one), &signers);
        outcome.unwrap_or_else(|failure| panic!("{name} fails unbent: {failure:?}"));
        scene.world.vm.svm = backup;
        scene
    }
}

/// Everybody whom an instruction asks to sign.
pub fn signers(one: &Instruction) -> Vec<Address> {
    one.accounts.iter().filter(|meta| meta.is_signer).map(|meta| meta.pubkey).collect()
}

/// Alice and bob hold quote tokens, another token, and two perpetuals against each other, one on
/// a pull oracle and one on a push oracle.
fn market() -> World {
    let mut world = World::local();
    for name in TRADERS {
        world.open(name).unwrap();
        world.deposit(name, "USDC", 100_000 * USDC).unwrap();
        world.wallet(name, "SOL");
    }
    for name in ["alice", "bob"] {
        world.deposit(name, "SOL", SOL / 10).unwrap();
    }
    world.insure(1_000 * USDC).unwrap();
    world.trade("alice", "bob", "SOL-PERP", 1_000, "150").unwrap();
    world.trade("alice", "bob", "ETH-PERP", 100, "4000").unwrap();
    for name in [SPONSOR, "founder", "mallory"] {
        world.vm.svm.airdrop(&address(name), 1_000_000_000_000).unwrap();
    }
    world
}

/// The same markets once more, with margin accounts of the same traders and money in them.
fn foreign_group(world: &mut World) -> GroupDirectory {
    let lister = keypair("foreign owner");
    world.vm.svm.airdrop(&lister.pubkey(), 1_000_000_000_000).unwrap();
    let plan = apply(&mut world.vm, &lister, &Markets::local(), &world.names);
    let plan = plan.unwrap_or_else(|error| panic!("{error}"));
    let mut foreign = GroupDirectory::fetch(&world.vm, &plan.group, &plan.mints).unwrap();
    foreign.posted = world.directory.posted.clone();
    for name in TRADERS {
        let owner = address(name);
        let open = ix::open_account(&address("payer"), &owner, &plan.group, 0);
        world.fund(name, "USDC", 100_000 * USDC);
        let (wallet, mint) = (world.wallet(name, "USDC"), world.mint("USDC"));
        let account = pda::margin(&plan.group, &owner, 0);
        let fill = ix::deposit(&foreign, &owner, &wallet, &account, &mint, 50_000 * USDC).unwrap();
        world.vm.run_as(&[open, fill], &[owner]).unwrap();
    }
    foreign
}

/// Alice is below her line: 200 USDC and a tenth of a SOL back ten SOL bought at 150, and sold now
/// for 135. Her other position is small.
fn sink(world: &mut World) {
    world.withdraw("alice", "USDC", 99_800 * USDC).unwrap();
    world.trade("bob", "alice", "ETH-PERP", 99, "4000").unwrap();
    world.walk_price("SOL", "135");
}

/// What is listed first when the markets are these.
fn listing(world: &World, owner: &str, change: impl FnOnce(&mut Markets)) -> Instruction {
    let mut markets = Markets::local();
    change(&mut markets);
    let owner = address(owner);
    let plan = plan(&world.vm, &owner, &markets, &world.names).unwrap();
    let mut one = plan.steps[0].instruction(&owner, &plan.group);
    // The first account pays the rent.
    one.accounts[0].pubkey = address(SPONSOR);
    one
}

fn create_group(world: &mut World) -> Instruction {
    listing(world, "founder", |_| ())
}

fn create_underlying(world: &mut World) -> Instruction {
    listing(world, "owner", |markets| {
        let mut next = markets.underlyings[3].clone();
        next.name = "ETH again".to_string();
        markets.underlyings.push(next);
    })
}

fn create_collateral(world: &mut World) -> Instruction {
    let copy = address("mint of a copy");
    let mint = world.vm.account(&world.mint("SOL")).unwrap().unwrap();
    world.vm.put(copy, mint.owner, mint.data);
    world.names.set("SOL again", copy);
    listing(world, "owner", |markets| {
        let mut next = markets.tokens[1].clone();
        next.mint = "SOL again".to_string();
        markets.tokens.push(next);
    })
}

fn create_instrument(world: &mut World) -> Instruction {
    listing(world, "owner", |markets| {
        let mut next = markets.instruments[0].clone();
        next.name = "SOL-PERP again".to_string();
        markets.instruments.push(next);
    })
}

fn open_account(world: &mut World) -> Instruction {
    ix::open_account(&address(SPONSOR), &address("alice"), &world.directory.group.address, 9)
}

fn close_account(world: &mut World) -> Instruction {
    world.open("alice/9").unwrap();
    ix::close_account(&address("alice"), &world.margin_address("alice/9"))
}

fn set_delegate(world: &mut World) -> Instruction {
    let until = world.vm.now().time.get() + 1_000;
    ix::set_delegate(&address("alice"), &world.margin_address("alice"), &address("desk"), until)
}

fn deposit(world: &mut World) -> Instruction {
    world.fund("alice", "SOL", 10 * SOL);
    let (wallet, mint) = (world.wallet("alice", "SOL"), world.mint("SOL"));
    let (owner, account) = (address("alice"), world.margin_address("alice"));
    ix::deposit(&world.directory, &owner, &wallet, &account, &mint, SOL).unwrap()
}

fn withdraw(world: &mut World) -> Instruction {
    world.withdrawal("alice", "SOL", SOL / 100, 0)
}

fn trade(world: &mut World) -> Instruction {
    world.deal("alice", "bob", "SOL-PERP", 100, "150")
}

fn refresh_underlying(world: &mut World) -> Instruction {
    world.advance_seconds(2);
    ix::refresh_underlying(&world.directory, 1).unwrap()
}

fn refresh_instrument(world: &mut World) -> Instruction {
    ix::refresh_instrument(&world.directory, 0).unwrap()
}

fn mark_account(world: &mut World) -> Instruction {
    sink(world);
    ix::mark_account(&world.directory, &world.margin("alice")).unwrap()
}

fn liquidate(world: &mut World) -> Instruction {
    sink(world);
    // Bob holds the other side, so that open interest changes and the pools are written.
    let (account, bidder) = (world.margin("alice"), world.margin("bob"));
    ix::liquidate(&world.directory, &address("bob"), &account, &bidder, &Bid::slice()).unwrap()
}

fn add_to_insurance(world: &mut World) -> Instruction {
    world.fund("bob", "USDC", 10 * USDC);
    let wallet = world.wallet("bob", "USDC");
    ix::add_to_insurance(&world.directory, &address("bob"), &wallet, USDC).unwrap()
}

fn view_account(world: &mut World) -> Instruction {
    ix::view_account(&world.directory, &world.margin("alice")).unwrap()
}

fn view_withdrawable(world: &mut World) -> Instruction {
    let key = world.token_key("SOL");
    ix::view_withdrawable(&world.directory, &world.margin("alice"), key).unwrap()
}

/// A price as an oracle account writes it.
pub fn raw_price(text: &str) -> i64 {
    let price: Decimal = text.parse().unwrap();
    i64::try_from(price.scaled(8).unwrap()).unwrap()
}

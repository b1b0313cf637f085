//! For every instruction a world in which it goes through as it stands: what fails afterwards
//! fails for what was bent, and for nothing else.

mod expiries;
mod governance;
mod last_resort;
mod listing;
mod money;
mod trading;

use plimsoll_client::instruction as ix;
use plimsoll_client::{pda, Address, GroupDirectory, Instruction};
use plimsoll_migrations::{apply, Markets};
use plimsoll_tests::contracts::raised_limit;
use plimsoll_tests::{address, keypair, Outcome, World, SOL, USDC};
use solana_signer::Signer;

use crate::idl::Idl;
use crate::stand_ins::{kind, Kind};

/// Everybody who has a margin account in both groups.
pub const TRADERS: [&str; 5] = ["alice", "bob", "carol", "mallory", "keeper"];
/// Pays rent. Not the payer of the fee, whose signature no bend could take away.
const SPONSOR: &str = "sponsor";

/// A world, and an instruction that goes through in it.
pub struct Scene {
    /// The instruction's name in the IDL.
    pub name: &'static str,
    /// The world, untouched until a bend goes through.
    pub world: World,
    /// The group that the instruction is about.
    pub own: GroupDirectory,
    /// A second group with the same markets, owned by somebody else.
    pub foreign: GroupDirectory,
    /// The instruction.
    pub one: Instruction,
}

/// How a scene is made.
type Make = fn(&mut World) -> Instruction;

/// All scenes: instruction, what is special about the scene where there are several, and the maker.
pub const SCENES: &[(&str, &str, Make)] = &[
    ("create_group", "", listing::group),
    ("create_underlying", "before the launch", listing::underlying),
    ("create_underlying", "by a proposal", listing::underlying_later),
    ("create_collateral", "before the launch", listing::collateral),
    ("create_collateral", "by a proposal", listing::collateral_later),
    ("create_instrument", "before the launch", listing::instrument),
    ("create_instrument", "by a proposal", listing::instrument_later),
    ("launch_group", "", listing::launch),
    ("propose_owner", "", listing::propose_owner),
    ("accept_ownership", "", listing::accept_ownership),
    ("propose", "a token's terms", governance::propose),
    ("propose", "new oracles", governance::propose_oracles),
    ("execute", "", governance::execute),
    ("veto", "", governance::veto),
    ("close_proposal", "", governance::close_proposal),
    ("pause", "", governance::pause),
    ("unpause", "", governance::unpause),
    ("tighten", "", governance::tighten),
    ("open_account", "", trading::open_account),
    ("close_account", "", trading::close_account),
    ("set_delegate", "", trading::set_delegate),
    ("deposit", "", trading::deposit),
    ("withdraw", "a deposit", trading::withdraw),
    ("withdraw", "a loan", trading::borrow),
    ("trade", "", trading::trade),
    ("refresh_underlying", "", trading::refresh_underlying),
    ("refresh_instrument", "", trading::refresh_instrument),
    ("refresh_collateral", "", trading::refresh_collateral),
    ("mark_account", "", trading::mark_account),
    ("liquidate", "a slice", trading::liquidate),
    ("liquidate", "a bankrupt account", trading::liquidate_bankrupt),
    ("deleverage", "", last_resort::deleverage),
    ("deleverage", "a settled loss", last_resort::deleverage_settled),
    ("resize_position", "", last_resort::resize_position),
    ("close_deleveraging", "", last_resort::close_deleveraging),
    ("settle_position", "a loss, for a reward", money::settle_loss),
    ("settle_position", "a profit", money::settle_profit),
    ("renew_position", "", money::renew_position),
    ("collect_fees", "", money::collect_fees),
    ("repay_debt", "", money::repay_debt),
    ("share_loss", "", money::share_loss),
    ("write_off_debt", "", money::write_off_debt),
    ("add_to_insurance", "", money::add_to_insurance),
    ("stake_insurance", "", money::stake_insurance),
    ("request_unstake", "", money::request_unstake),
    ("close_stake", "", money::close_stake),
    ("unstake", "", money::unstake),
    ("view_account", "", trading::view_account),
    ("view_withdrawable", "", trading::view_withdrawable),
];

/// Those in a world with expiries and contracts.
pub const OPTION_SCENES: &[(&str, &str, Make)] = &[
    ("create_expiry", "before the launch", expiries::expiry),
    ("create_expiry", "by a proposal", expiries::expiry_later),
    ("create_contract", "before the launch", expiries::contract),
    ("create_contract", "by a proposal", expiries::contract_later),
    ("publish_surface", "", expiries::publish),
    ("view_underlying", "", expiries::view),
    ("sample_settlement", "in the window", expiries::sample),
    ("sample_settlement", "behind the expiry", expiries::settle),
    ("refresh_risk_array", "", expiries::refresh),
    ("refresh_risk_array", "of a future in its window", expiries::refresh_future),
    ("refresh_risk_array", "after the settlement", expiries::take_over),
    ("close_expiry", "", expiries::close),
    ("close_contract", "", expiries::close_contract),
    ("propose", "an expiry", expiries::propose),
    ("trade", "an option", expiries::trade),
    ("withdraw", "beside an option", expiries::withdraw),
    ("liquidate", "a slice with an option", expiries::liquidate),
    ("settle_position", "an option that has settled", expiries::settle_position),
];

impl Scene {
    /// The scene of an instruction.
    pub fn new(name: &'static str, make: Make, idl: &Idl) -> Self {
        Self::of(market(World::governed_with(strict_losses)), None, name, make, idl)
    }

    /// The same in a world with expiries and contracts.
    pub fn with_options(name: &'static str, make: Make, idl: &Idl) -> Self {
        let mut world = market(expiries::listed());
        // Before time passes: what has expired cannot be listed.
        let foreign = foreign_group(&mut world);
        Self::of(world, Some(foreign), name, make, idl)
    }

    fn of(
        mut world: World,
        foreign: Option<GroupDirectory>,
        name: &'static str,
        make: Make,
        idl: &Idl,
    ) -> Self {
        let one = make(&mut world);
        world.reread();
        let own = own_group(&world, &one, idl);
        let foreign = match (own.group.address == world.directory.group.address, foreign) {
            (true, Some(foreign)) => foreign,
            (true, None) => foreign_group(&mut world),
            (false, _) => world.directory.clone(),
        };
        let mut scene = Self { name, world, own, foreign, one };
        // As it stands it goes through, or the whole table would say nothing.
        let backup = scene.world.vm.svm.clone();
        let one = scene.one.clone();
        let signers = signers(&one);
        let outcome = run(&mut scene, &one, &signers);
        outcome.unwrap_or_else(|failure| panic!("{name} fails unbent: {failure:?}"));
        scene.world.vm.svm = backup;
        scene
    }
}

/// Runs an instruction with the units that the dearest one needs.
pub fn run(scene: &mut Scene, one: &Instruction, signers: &[Address]) -> Outcome {
    scene.world.vm.run_as(&[raised_limit(), one.clone()], signers)
}

/// Everybody whom an instruction asks to sign.
pub fn signers(one: &Instruction) -> Vec<Address> {
    one.accounts.iter().filter(|meta| meta.is_signer).map(|meta| meta.pubkey).collect()
}

/// What the longs of SOL fail to pay is more than shorts may be charged, and no fund pays.
fn strict_losses(markets: &mut Markets) {
    markets.instruments[0].loss_cap = "1%".parse().unwrap();
    markets.instruments[0].insurance_cap = "0".parse().unwrap();
}

/// Alice and bob hold quote tokens, another token, and two perpetuals against each other, one on
/// a pull oracle and one on a push oracle.
fn market(mut world: World) -> World {
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
    for name in [SPONSOR, listing::FOUNDER, "mallory"] {
        world.vm.svm.airdrop(&address(name), 1_000_000_000_000).unwrap();
    }
    world
}

/// The group that an instruction names, or the world's where it names none.
fn own_group(world: &World, one: &Instruction, idl: &Idl) -> GroupDirectory {
    let is_group = |at: &&Address| kind(&world.vm, idl, at) == Kind::Stored("Group".into());
    let named = one.accounts.iter().map(|meta| &meta.pubkey).find(is_group);
    match named {
        Some(group) if *group != world.directory.group.address => {
            let tokens = world.markets.tokens.iter();
            let mints: Vec<Address> = tokens.map(|token| world.mint(&token.mint)).collect();
            let mut own = GroupDirectory::fetch(&world.vm, group, &mints).unwrap();
            own.posted = world.directory.posted.clone();
            own
        }
        _ => world.directory.clone(),
    }
}

/// The same markets once more, with margin accounts of the same traders, stakes and proposals.
fn foreign_group(world: &mut World) -> GroupDirectory {
    let lister = keypair("foreign owner");
    world.vm.svm.airdrop(&lister.pubkey(), 1_000_000_000_000).unwrap();
    let mut markets = Markets::local().without_expiries();
    markets.group.publisher = Some("publisher".into());
    markets.group.launch = false;
    let plan = apply(&mut world.vm, &lister, &markets, &world.names);
    let plan = plan.unwrap_or_else(|error| panic!("{error}"));
    let mut foreign = GroupDirectory::fetch(&world.vm, &plan.group, &plan.mints).unwrap();
    if !world.directory.expiries.is_empty() {
        expiries::copy(world, &mut foreign, &lister.pubkey());
    }
    let launch = ix::launch_group(&lister.pubkey(), &plan.group);
    world.vm.run_as(&[launch], &[lister.pubkey()]).unwrap();
    foreign.refresh(&world.vm, &[]).unwrap();
    foreign.posted = world.directory.posted.clone();
    for name in TRADERS {
        let owner = address(name);
        let open = ix::open_account(&address("payer"), &owner, &plan.group, 0);
        world.fund(name, "USDC", 100_000 * USDC);
        let (wallet, mint) = (world.wallet(name, "USDC"), world.mint("USDC"));
        let account = pda::margin(&plan.group, &owner, 0);
        let fill = ix::deposit(&foreign, &owner, &wallet, &account, &mint, 50_000 * USDC).unwrap();
        let payer = address("payer");
        let stake = ix::stake_insurance(&foreign, &payer, &owner, &wallet, 10 * USDC).unwrap();
        world.vm.run_as(&[open, fill, stake], &[owner]).unwrap();
    }
    let slot = world.vm.now().slot.get();
    let change = plimsoll_client::Change::Guardian { address: address("alice") };
    let (payer, owner) = (address("payer"), lister.pubkey());
    let propose = ix::propose(&foreign, &payer, &owner, slot, change).unwrap();
    world.vm.run_as(&[propose], &[owner]).unwrap();
    foreign.refresh(&world.vm, &[]).unwrap();
    foreign
}

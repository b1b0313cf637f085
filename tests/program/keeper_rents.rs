//! Do the rents of deleveragings come back without anybody but a keeper asking for them?

use plimsoll_client::instruction as ix;
use plimsoll_client::state::MarginAccount;
use plimsoll_client::{
    AccountSource, Address, ClientError, Instruction, Keyed, Now, SourceError, StoredAccount,
};
use plimsoll_keeper::{Chain, Config, Keeper, Refusal};
use plimsoll_tests::{address, World};

use crate::closing_deleveraged::{deleveraged, lamports, outlived};
use crate::options_keeper::Cluster;

/// A cluster that refuses one instruction, and tells how often it was asked for it.
struct Refusing<'a> {
    cluster: Cluster<'a>,
    refused: Option<&'a Instruction>,
    asked: u64,
}

impl AccountSource for Refusing<'_> {
    fn account(&self, address: &Address) -> Result<Option<StoredAccount>, SourceError> {
        self.cluster.account(address)
    }
}

impl Chain for Refusing<'_> {
    fn now(&self) -> Result<Now, SourceError> {
        self.cluster.now()
    }

    fn margin_accounts(&self, group: &Address) -> Result<Vec<Keyed<MarginAccount>>, ClientError> {
        self.cluster.margin_accounts(group)
    }

    fn send(&mut self, signer: &Address, instructions: &[Instruction]) -> Result<(), Refusal> {
        if self.refused.is_some_and(|one| instructions.contains(one)) {
            self.asked += 1;
            return Err(Refusal::Other("refused".to_owned()));
        }
        self.cluster.send(signer, instructions)
    }
}

/// One round; how often it asked for what is refused.
pub(crate) fn round(world: &mut World, keeper: &mut Keeper, refused: Option<&Instruction>) -> u64 {
    let mut directory = world.directory.clone();
    let mut chain = Refusing { cluster: Cluster(world), refused, asked: 0 };
    keeper.round(&mut chain, &mut directory).unwrap();
    chain.asked
}

/// A keeper that signs with this key. It needs no account of its own for what it does here.
fn keeper(world: &World, authority: &str) -> Keeper {
    Keeper::new(address(authority), world.margin_address("bob"), Config::DEFAULT)
}

#[test]
fn a_keeper_takes_positions_through_and_gives_the_rent_back_in_one_round() {
    let mut world = deleveraged();
    let open = world.first_deleveraging();
    assert!(!open.state.resizing().is_over());
    // The rent is another's: it goes there, and not to the keeper.
    let mut keeper = keeper(&world, "mallory");
    let (rent, before) = (lamports(&world, &open.address), lamports(&world, &address("payer")));

    round(&mut world, &mut keeper, None);

    assert_eq!((keeper.metrics.resized, keeper.metrics.closed), (2, 1), "{:?}", keeper.metrics);
    assert!(keeper.metrics.refusals.is_empty(), "{:?}", keeper.metrics);
    assert!(rent > 0 && lamports(&world, &open.address) == 0);
    // What pays the rents of tests pays their fees too: less than a rent.
    assert!(lamports(&world, &address("payer")) > before);
    assert_eq!(lamports(&world, &address("mallory")), 0);
    assert!(world.directory.deleveragings.is_empty());

    round(&mut world, &mut keeper, None);
    assert_eq!((keeper.metrics.resized, keeper.metrics.closed), (2, 1));
    assert!(keeper.metrics.refusals.is_empty(), "{:?}", keeper.metrics);
}

#[test]
fn nothing_is_closed_while_a_position_has_to_go_through() {
    let mut world = deleveraged();
    let due = world.resizes("carol");
    let mut keeper = keeper(&world, "payer");
    assert_eq!(round(&mut world, &mut keeper, Some(&due[0])), 1);
    assert_eq!((keeper.metrics.resized, keeper.metrics.closed), (1, 0), "{:?}", keeper.metrics);
    assert_eq!(keeper.metrics.refusals.values().sum::<u64>(), 1, "{:?}", keeper.metrics);
    round(&mut world, &mut keeper, None);
    assert_eq!((keeper.metrics.resized, keeper.metrics.closed), (2, 1), "{:?}", keeper.metrics);
}

#[test]
fn a_refused_closing_ends_no_round_and_waits_longer_each_time() {
    let mut world = deleveraged();
    let close = ix::close_deleveraging(&world.first_deleveraging());
    let mut keeper = keeper(&world, "payer");
    // Ten slots after the first refusal, twenty after the second.
    for (asked, slots) in [(1, 9), (0, 1), (1, 19), (0, 1)] {
        assert_eq!(round(&mut world, &mut keeper, Some(&close)), asked);
        world.advance_slots(slots);
    }
    assert_eq!((keeper.metrics.resized, keeper.metrics.closed), (2, 0));
    assert_eq!(keeper.metrics.refusals["refused"], 2);
    round(&mut world, &mut keeper, None);
    assert_eq!(keeper.metrics.closed, 1, "{:?}", keeper.metrics);
}

#[test]
fn the_rent_comes_back_after_the_contract_is_gone() {
    let (mut world, open) = outlived();
    let mut keeper = keeper(&world, "payer");
    round(&mut world, &mut keeper, None);
    assert_eq!(keeper.metrics.closed, 1, "{:?}", keeper.metrics);
    assert!(keeper.metrics.refusals.is_empty(), "{:?}", keeper.metrics);
    assert_eq!(lamports(&world, &open.address), 0);
}

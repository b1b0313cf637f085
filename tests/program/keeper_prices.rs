//! Does a keeper that goes on for long follow the prices that others refresh?

use plimsoll_keeper::{Config, Keeper};
use plimsoll_tests::address;

use crate::given::local_with;
use crate::options_keeper::Cluster;

#[test]
fn a_keeper_knows_of_a_move_that_was_refreshed_since_it_read_the_group() {
    let mut world = local_with(&[("alice", 400), ("bob", 100_000), ("keeper", 100_000)]);
    world.trade("alice", "bob", "SOL-PERP", 1_000, "150").unwrap();
    let mut directory = world.directory.clone();
    // More than a jump from where it was. Her equity is 400 - 0.3 - 350, her requirement 57.5.
    world.walk_price("SOL", "115");

    let account = world.margin_address("keeper");
    let mut keeper = Keeper::new(address("keeper"), account, Config::DEFAULT);
    keeper.round(&mut Cluster(&mut world), &mut directory).unwrap();

    assert_eq!(keeper.metrics.slices, 1, "{:?}", keeper.metrics);
}

//! Does a keeper go on when a node fails, and see what was listed since it began?

use std::time::Duration;

use plimsoll_client::state::MarginAccount;
use plimsoll_client::{
    AccountSource, Address, Change, ClientError, Instruction, Keyed, Now, SourceError,
    StoredAccount,
};
use plimsoll_keeper::{Chain, Config, Keeper, Refusal, Session};
use plimsoll_tests::{address, World};

use crate::given::{long_at, traders};
use crate::listing_later::{listed, token};
use crate::options_keeper::Cluster;

/// A node that fails where accounts of a group are asked for: in the middle of a round.
struct Node<'a> {
    cluster: Cluster<'a>,
    fails: bool,
}

impl AccountSource for Node<'_> {
    fn account(&self, address: &Address) -> Result<Option<StoredAccount>, SourceError> {
        self.cluster.account(address)
    }
}

impl Chain for Node<'_> {
    fn now(&self) -> Result<Now, SourceError> {
        self.cluster.now()
    }

    fn margin_accounts(&self, group: &Address) -> Result<Vec<Keyed<MarginAccount>>, ClientError> {
        match self.fails {
            true => Err(SourceError("away".to_owned()).into()),
            false => self.cluster.margin_accounts(group),
        }
    }

    fn send(&mut self, signer: &Address, instructions: &[Instruction]) -> Result<(), Refusal> {
        self.cluster.send(signer, instructions)
    }
}

/// A keeper that reads its group anew after five minutes, and for now knows it as it is.
fn session(world: &World) -> Session {
    let account = world.margin_address("keeper");
    let keeper = Keeper::new(address("keeper"), account, Config::DEFAULT);
    Session::new(keeper, world.directory.clone(), Duration::from_secs(300))
}

/// A round; whether it read the group anew.
fn round(session: &mut Session, node: &mut Node, seconds: u64) -> Result<bool, ClientError> {
    let mut anew = false;
    let known: Vec<_> =
        node.cluster.0.directory.collaterals.iter().map(|one| one.state.mint).collect();
    let mints = |_: &Node| {
        anew = true;
        Ok(known)
    };
    session.round(node, Duration::from_secs(seconds), mints)?;
    Ok(anew)
}

#[test]
fn a_round_that_fails_ends_nothing_and_the_next_one_reads_the_group_anew() {
    let mut world = long_at(400, "115");
    let mut session = session(&world);
    let mut node = Node { cluster: Cluster(&mut world), fails: true };
    for seconds in [0, 5] {
        let failed = round(&mut session, &mut node, seconds).unwrap_err();
        assert!(matches!(failed, ClientError::Source(_)), "{failed}");
    }
    assert_eq!(session.keeper.metrics.slices, 0);
    node.fails = false;
    assert!(round(&mut session, &mut node, 10).unwrap());
    assert_eq!(session.keeper.metrics.slices, 1, "{:?}", session.keeper.metrics);
    // And not again before its time, which began with that.
    for (seconds, anew) in [(15, false), (309, false), (310, true), (311, false)] {
        assert_eq!(round(&mut session, &mut node, seconds).unwrap(), anew, "{seconds}");
    }
}

#[test]
fn what_was_listed_since_is_seen_when_the_group_is_read_anew() {
    let mut world = listed();
    traders(&mut world, &[("keeper", 1_000)]);
    let mint = world.mint("NEW");
    let change = Change::ListCollateral { mint, underlying: 4, params: token(&world, 604_800) };
    let mut session = session(&world);
    let id = world.propose_and_wait("lister", change);
    world.execute(id).unwrap();
    let mut node = Node { cluster: Cluster(&mut world), fails: false };
    for (seconds, tokens) in [(0, 3), (299, 3), (300, 4), (301, 4)] {
        round(&mut session, &mut node, seconds).unwrap();
        assert_eq!(session.directory().collaterals.len(), tokens, "{seconds}");
    }
}

//! Are oracle accounts read as they really stood on chain? Dumps of Pyth accounts, which are other
//! people's data and not in this repository: they are read from `../shared/data/pyth`, or from
//! `pyth` in the folder that `PLIMSOLL_DATA` names, and skipped where they are not.
//!
//! What is expected comes from their index, which was decoded by other means, and for updates of
//! the pull oracle from the receiver's own SDK. That runs on the host alone: it brings another
//! Anchor, which the program could not be built with.

use std::path::PathBuf;

use plimsoll::oracle::read_strict;
use plimsoll::state::StoredSource;
use plimsoll_client::error::error_code;
use plimsoll_client::{Address, PlimsollError, PriceUpdateV2};
use plimsoll_migrations::{apply, Markets, SourceSpec};
use plimsoll_risk::{judge, Grade, OracleBounds, SourceQuote};
use plimsoll_tests::{base64, keypair, Ground, World};
use plimsoll_units::{Price, Ratio, Seconds, UnixSeconds};
use solana_clock::Clock;

/// One account as it stood on chain, and what the index says of it.
struct Dump {
    file: String,
    address: Address,
    owner: Address,
    data: Vec<u8>,
    is_push: bool,
    feed: String,
    price: i64,
    confidence: u64,
    exponent: i32,
    published: i64,
    /// `status=0`, `Full`, `Partial(2)` and so on.
    status: String,
}

fn folder() -> PathBuf {
    let shared = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data");
    std::env::var_os("PLIMSOLL_DATA").map_or(shared.into(), PathBuf::from).join("pyth")
}

/// Every account of the index; none, and a line that says so, where it is not there.
fn dumps() -> Vec<Dump> {
    let folder = folder();
    let Ok(index) = std::fs::read_to_string(folder.join("INDEX.csv")) else {
        println!("skipped: there are no Pyth accounts in {}", folder.display());
        return Vec::new();
    };
    let mut lines = index.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    let dumps = lines.map(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        let cell = |name: &str| cells[names.iter().position(|one| *one == name).unwrap()];
        let text = std::fs::read_to_string(folder.join(cell("file"))).unwrap();
        let dump: serde_json::Value = serde_json::from_str(&text).unwrap();
        let data = base64(dump["account"]["data"][0].as_str().unwrap()).unwrap();
        assert_eq!(data.len().to_string(), cell("bytes"));
        assert_eq!(dump["account"]["owner"], cell("owner"));
        Dump {
            file: cell("file").to_string(),
            address: cell("pubkey").parse().unwrap(),
            owner: cell("owner").parse().unwrap(),
            data,
            is_push: cell("kind") == "pyth_legacy_price",
            feed: cell("feed_id_or_product").to_string(),
            price: cell("price").parse().unwrap(),
            confidence: cell("conf").parse().unwrap(),
            exponent: cell("expo").parse().unwrap(),
            published: cell("publish_unix").parse().unwrap(),
            status: cell("status_or_verification").to_string(),
        }
    });
    dumps.collect()
}

fn hex(text: &str) -> [u8; 32] {
    let bytes = (0..32).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap());
    bytes.collect::<Vec<u8>>().try_into().unwrap()
}

impl Dump {
    /// The source that an underlying would store.
    fn source(&self) -> StoredSource {
        let (kind, feed_id) = if self.is_push { (1, [0; 32]) } else { (2, hex(&self.feed)) };
        StoredSource { kind, address: self.address, feed_id }
    }

    /// What the index says.
    fn quote(&self) -> SourceQuote {
        let price = u64::try_from(self.price).unwrap();
        SourceQuote {
            price: Price::from_decimal(price, self.exponent).unwrap(),
            confidence: Price::from_decimal(self.confidence, self.exponent).ok(),
            published: UnixSeconds::new(self.published),
            trading: self.status != "status=0",
        }
    }

    fn read(&self, owner: &Address) -> Result<SourceQuote, u32> {
        let quote = read_strict(&self.source(), &self.address, owner, &self.data);
        quote.map_err(|error| match error {
            anchor_lang::Error::Custom(code) => code,
            other => panic!("{other:?}"),
        })
    }

    /// The error that the program must answer with, if any.
    fn refusal(&self) -> Option<&'static str> {
        match self.status.as_str() {
            "status=0" => Some("OracleHalted"),
            // It lies under another program's receiver, which is looked at first.
            "Partial(2)" => Some("OracleWrongOwner"),
            "status=1" | "Full" => None,
            other => panic!("{}: what is {other}?", self.file),
        }
    }
}

#[test]
fn a_real_account_reads_as_the_index_says() {
    for dump in dumps() {
        let read = dump.read(&dump.owner);

        match dump.refusal() {
            Some("OracleWrongOwner") => {
                assert_eq!(read, Err(error_code(PlimsollError::OracleWrongOwner)), "{}", dump.file);
                // Nor would it pass if the receiver owned it.
                let read = dump.read(&plimsoll_client::PYTH_RECEIVER);
                assert_eq!(read, Err(error_code(PlimsollError::OracleNotVerified)));
            }
            _ => assert_eq!(read, Ok(dump.quote()), "{}", dump.file),
        }
    }
}

#[test]
fn a_real_price_is_graded_at_its_time_and_after() {
    let bounds = OracleBounds {
        age_max: Seconds::new(60),
        confidence_max: Ratio::from_ppm(20_000),
        dispersion_max: Ratio::from_ppm(10_000),
        jump_max: Ratio::from_ppm(100_000),
    };
    for dump in dumps().iter().filter(|dump| dump.refusal() != Some("OracleWrongOwner")) {
        let quote = dump.read(&dump.owner).unwrap();
        let grade = |seconds: i64| {
            let now = UnixSeconds::new(dump.published + seconds);
            judge(&[Some(quote)], &bounds, now, quote.published, quote.price).grade
        };
        match dump.refusal() {
            Some(_) => assert_eq!(grade(0), Grade::Halted, "{}", dump.file),
            None => {
                assert_eq!([grade(0), grade(60)], [Grade::Valid; 2], "{}", dump.file);
                assert_eq!(grade(61), Grade::Stale, "{}", dump.file);
            }
        }
    }
}

/// A group whose quote token is priced by this account, at the time of its publishing.
fn ground(dump: &Dump) -> Ground {
    let mut markets = Markets::local().without_expiries();
    markets.underlyings.truncate(1);
    markets.tokens.truncate(1);
    markets.instruments.clear();
    markets.underlyings[0].sources = vec![match dump.is_push {
        true => SourceSpec::PythPush { account: "dump".into() },
        false => SourceSpec::PythPull { account: Some("dump".into()), feed: dump.feed.clone() },
    }];
    let mut ground = World::ground(markets);
    let mut clock: Clock = ground.vm.svm.get_sysvar();
    clock.unix_timestamp = dump.published + 1;
    ground.vm.svm.set_sysvar(&clock);
    ground.vm.put(dump.address, dump.owner, dump.data.clone());
    ground.names.set("dump", dump.address);
    ground
}

#[test]
fn an_underlying_is_listed_on_a_real_account_at_its_price() {
    for dump in dumps() {
        let mut ground = ground(&dump);
        let done = apply(&mut ground.vm, &keypair("owner"), &ground.markets, &ground.names);

        match (dump.refusal(), done) {
            (Some(name), Err(error)) => {
                let text = error.to_string();
                let reason = text.strip_prefix("could not list underlying 0, USDC: ");
                let reason = reason.and_then(|reason| reason.lines().next());
                assert_eq!(reason, Some(name), "{}: {text}", dump.file);
            }
            (None, Ok(plan)) => {
                let at = plimsoll_client::pda::underlying(&plan.group, 0);
                let listed =
                    plimsoll_client::source::read::<plimsoll::state::Underlying>(&ground.vm, &at);
                let listed = listed.unwrap().state;
                assert_eq!(listed.reference.price.price().unwrap(), dump.quote().price);
                assert_eq!(listed.stable.price.price().unwrap(), dump.quote().price);
                assert_eq!(listed.published_at, dump.published);
            }
            (expected, done) => panic!("{}: expected {expected:?}, got {done:?}", dump.file),
        }
    }
}

/// Every field of an update, as the receiver's own SDK and as the program name them.
fn assert_same_update(data: &[u8], what: &str) {
    use anchor_lang_receiver::AccountDeserialize;
    use pyth_solana_receiver_sdk::price_update as theirs;

    let theirs = theirs::PriceUpdateV2::try_deserialize(&mut &*data).unwrap();
    let body = &data[8..];
    let ours = <PriceUpdateV2 as borsh::BorshDeserialize>::deserialize(&mut &*body).unwrap();

    assert_eq!(ours.write_authority, theirs.write_authority.to_bytes(), "{what}");
    assert_eq!(
        format!("{:?}", ours.verification_level),
        format!("{:?}", theirs.verification_level),
        "{what}"
    );
    let (own, message) = (ours.price_message, theirs.price_message);
    assert_eq!(own.feed_id, message.feed_id, "{what}");
    assert_eq!(
        (own.price, own.conf, own.exponent),
        (message.price, message.conf, message.exponent),
        "{what}"
    );
    assert_eq!(
        (own.publish_time, own.prev_publish_time),
        (message.publish_time, message.prev_publish_time),
        "{what}"
    );
    assert_eq!((own.ema_price, own.ema_conf), (message.ema_price, message.ema_conf), "{what}");
    assert_eq!(ours.posted_slot, theirs.posted_slot, "{what}");
}

#[test]
fn the_receivers_own_sdk_reads_every_update_alike() {
    for dump in dumps().iter().filter(|dump| !dump.is_push) {
        assert_same_update(&dump.data, &dump.file);
    }
    // And the updates that the other tests make.
    let world = World::local();
    for name in ["SOL/USD", "USDC/USD"] {
        let mut feed = world.feeds[name].clone();
        assert_same_update(&feed.data(), name);
        feed.verified = false;
        assert_same_update(&feed.data(), name);
    }
}

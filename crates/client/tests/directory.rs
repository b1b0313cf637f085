//! Which accounts does a check read, in which order? Against a group that was written by hand.

use std::cell::RefCell;
use std::collections::BTreeMap;

use bytemuck::{Pod, Zeroable};
use plimsoll_client::decode::encode;
use plimsoll_client::instruction::{
    liquidate, pools_changed, trade, withdraw, Bid, Deal, Withdrawal,
};
use plimsoll_client::source::{AccountSource, SourceError};
use plimsoll_client::state::{
    Collateral, Deleveraging, Group, Instrument, Insurance, MarginAccount, Pool, Row, SourceKind,
    StoredSource, Underlying,
};
use plimsoll_client::{
    decode, decode_owned, pda, Access, AccountMeta, Address, BidRequest, BidRow, ClientError,
    DecodeError, GroupDirectory, Keyed, StoredAccount, PROGRAM_ID,
};
use plimsoll_risk::{RowKey, RowKind};

const CREATOR: Address = Address::new_from_array([1; 32]);

fn mint(index: u16) -> Address {
    Address::new_from_array([u8::try_from(100 + index).unwrap(); 32])
}

fn oracle(underlying: u16, at: u16) -> Address {
    Address::new_from_array([u8::try_from(10 * (underlying + 1) + at).unwrap(); 32])
}

fn put<T: Pod + anchor_lang::Discriminator>(
    accounts: &mut BTreeMap<Address, StoredAccount>,
    address: Address,
    state: &T,
) {
    accounts.insert(address, StoredAccount { owner: PROGRAM_ID, data: encode(state) });
}

/// Underlyings 0 (one source), 1 (two), 2 (one, not pinned to an address); tokens 0 on 0, 1 on 1,
/// 2 on 2; instruments 0 on 2, 1 on 1.
fn accounts() -> BTreeMap<Address, StoredAccount> {
    let mut all = BTreeMap::new();
    let group = pda::group(&CREATOR, 7);
    let mut state = Group::zeroed();
    (state.underlying_count, state.collateral_count, state.instrument_count) = (3, 3, 2);
    state.quote_mint = mint(0);
    put(&mut all, group, &state);
    let mut insurance = Insurance::zeroed();
    insurance.group = group;
    put(&mut all, pda::insurance(&group), &insurance);
    for index in 0..3 {
        let mut state = Underlying::zeroed();
        (state.index, state.group) = (index, group);
        state.source_count = if index == 1 { 2 } else { 1 };
        for at in 0..state.source_count {
            state.sources[usize::from(at)] = StoredSource {
                kind: SourceKind::PythPull.raw(),
                address: if index == 2 { Address::default() } else { oracle(index, at.into()) },
                feed_id: [u8::try_from(index).unwrap(); 32],
            };
        }
        put(&mut all, pda::underlying(&group, index), &state);
        let mut state = Collateral::zeroed();
        (state.index, state.underlying, state.group) = (index, index, group);
        state.mint = mint(index);
        put(&mut all, pda::collateral(&group, &mint(index)), &state);
    }
    for (index, underlying) in [(0, 2), (1, 1)] {
        let mut state = Instrument::zeroed();
        (state.index, state.underlying, state.group) = (index, underlying, group);
        let address = pda::instrument(&group, index);
        put(&mut all, address, &state);
        let mut pool = Pool::zeroed();
        (pool.index, pool.group, pool.instrument) = (index, group, address);
        put(&mut all, pda::pool(&address), &pool);
    }
    all
}

fn directory() -> GroupDirectory {
    let group = pda::group(&CREATOR, 7);
    let mut directory = GroupDirectory::fetch(&accounts(), &group, &[mint(2), mint(1)]).unwrap();
    directory.posted.insert([2; 32], oracle(2, 0));
    directory
}

fn token(index: u16) -> RowKey {
    RowKey::new(index, RowKind::Token, index)
}

fn position(underlying: u16, index: u16) -> RowKey {
    RowKey::new(underlying, RowKind::Position, index)
}

/// A margin account with these rows, positions of so many lots.
fn account(address: u8, rows: &[(RowKey, i64)]) -> Keyed<MarginAccount> {
    let mut state = MarginAccount::zeroed();
    state.owner = Address::new_from_array([address; 32]);
    state.row_count = u8::try_from(rows.len()).unwrap();
    for (slot, (key, lots)) in state.rows.iter_mut().zip(rows) {
        *slot = Row::new(*key);
        slot.lots = *lots;
    }
    Keyed { address: Address::new_from_array([address + 100; 32]), state }
}

fn read(address: Address) -> AccountMeta {
    AccountMeta::new_readonly(address, false)
}

#[test]
fn risk_accounts_come_by_underlying_with_oracles_tokens_and_instruments() {
    let directory = directory();
    let group = directory.group.address;

    // In any order, one of them twice.
    let keys = [position(2, 0), token(1), token(0), position(1, 1), token(1)];
    let metas = directory.risk_metas(&keys, Access::Writable(&[token(1)])).unwrap();

    let collateral = |index| pda::collateral(&group, &mint(index));
    assert_eq!(
        metas,
        [
            read(pda::underlying(&group, 0)),
            read(oracle(0, 0)),
            read(collateral(0)),
            read(pda::underlying(&group, 1)),
            read(oracle(1, 0)),
            read(oracle(1, 1)),
            AccountMeta::new(collateral(1), false),
            read(pda::instrument(&group, 1)),
            read(pda::underlying(&group, 2)),
            read(oracle(2, 0)),
            read(pda::instrument(&group, 0)),
        ]
    );
}

#[test]
fn the_quote_underlying_is_read_even_by_an_empty_account() {
    let directory = directory();

    let metas = directory.risk_metas(&[], Access::ReadOnly).unwrap();

    assert_eq!(metas, [read(pda::underlying(&directory.group.address, 0)), read(oracle(0, 0))]);
}

#[test]
fn rows_that_are_not_listed_are_named() {
    let directory = directory();
    let metas = |key| directory.risk_metas(&[key], Access::ReadOnly).unwrap_err();

    assert_eq!(metas(token(9)), ClientError::UnknownUnderlying(9));
    let elsewhere = position(1, 0);
    assert_eq!(metas(elsewhere), ClientError::UnknownRow(elsewhere));
}

#[test]
fn a_source_without_an_address_needs_a_posted_update() {
    let mut directory = directory();
    directory.posted.clear();

    let error = directory.oracle_addresses(2).unwrap_err();

    assert_eq!(error, ClientError::OracleAddressUnknown { underlying: 2, source: 0 });
}

#[test]
fn a_group_is_fetched_only_with_all_its_mints() {
    let group = pda::group(&CREATOR, 7);
    let error = GroupDirectory::fetch(&accounts(), &group, &[mint(1), mint(50)]).unwrap_err();

    assert_eq!(error, ClientError::CollateralMintUnknown(2));
}

#[test]
fn a_withdrawal_may_write_only_its_own_token() {
    let directory = directory();
    let alice = account(1, &[(token(0), 0), (token(2), 0)]);
    let withdrawal = Withdrawal {
        mint: mint(1),
        destination: CREATOR,
        amount_token_atoms: 5,
        borrow_token_atoms_max: 0,
    };

    let one = withdraw(&directory, &alice, &withdrawal).unwrap();

    // Seven declared accounts, then three underlyings, four oracles, three tokens.
    assert_eq!(one.accounts.len(), 7 + 3 + 4 + 3);
    let written: Vec<Address> =
        one.accounts[7..].iter().filter(|meta| meta.is_writable).map(|meta| meta.pubkey).collect();
    assert_eq!(written, [pda::collateral(&directory.group.address, &mint(1))]);
}

#[test]
fn a_trade_reads_the_rows_of_both_accounts_and_the_instrument() {
    let directory = directory();
    let (alice, bob) = (account(1, &[(token(0), 0)]), account(2, &[(token(1), 0)]));
    let deal = Deal { instrument: 0, lots: 1, price_ticks: 1 };

    let owners = [&alice.state.owner, &bob.state.owner];
    let one = trade(&directory, owners, &alice, &bob, &deal).unwrap();

    let keys = [token(0), token(1), position(2, 0)];
    let expected = directory.risk_metas(&keys, Access::ReadOnly).unwrap();
    assert_eq!(one.accounts[6..], expected);
}

#[test]
fn a_bid_changes_open_interest_only_where_the_bidder_holds_the_other_side() {
    let rows = [(token(0), 0), (position(1, 1), 10), (position(2, 0), -5)];
    let alice = account(1, &rows).state;
    let slice = BidRequest::Slice { share_max: 1 << 63 };
    let changed = |lots: [i64; 2], request: &BidRequest| {
        let bidder = [(position(1, 1), lots[0]), (position(2, 0), lots[1])];
        pools_changed(&alice, &account(2, &bidder).state, request).unwrap()
    };

    assert_eq!(changed([0, 0], &slice), [0; 0]);
    assert_eq!(changed([3, -3], &slice), [0; 0]);
    assert_eq!(changed([-3, -3], &slice), [1]);
    assert_eq!(changed([-3, 3], &slice), [1, 0]);
    let rows = vec![BidRow { key: position(2, 0).raw(), amount: -2 }];
    assert_eq!(changed([-3, 3], &BidRequest::Rows { rows }), [0]);
}

#[test]
fn a_bid_may_write_what_it_takes_and_the_quote_token() {
    let directory = directory();
    let alice = account(1, &[(token(1), 0), (position(1, 1), 4), (token(2), 0)]);
    let keeper = account(2, &[(position(1, 1), -1)]);
    let bid = Bid::rows(vec![BidRow { key: position(1, 1).raw(), amount: 4 }]);

    let one = liquidate(&directory, &keeper.state.owner, &alice, &keeper, &bid, false).unwrap();

    let group = directory.group.address;
    let written: Vec<Address> =
        one.accounts[5..].iter().filter(|meta| meta.is_writable).map(|meta| meta.pubkey).collect();
    let pool = pda::pool(&pda::instrument(&group, 1));
    assert_eq!(written, [pda::collateral(&group, &mint(0)), pool]);
    assert_eq!(one.accounts.last().unwrap().pubkey, pool);
}

/// Remembers for which accounts it was asked.
struct Asked<'a> {
    all: &'a BTreeMap<Address, StoredAccount>,
    asked: RefCell<Vec<Address>>,
}

impl AccountSource for Asked<'_> {
    fn account(&self, address: &Address) -> Result<Option<StoredAccount>, SourceError> {
        self.asked.borrow_mut().push(*address);
        Ok(self.all.get(address).cloned())
    }
}

#[test]
fn a_deleveraging_that_is_gone_is_not_asked_for_again() {
    let (mut all, mut directory) = (accounts(), directory());
    let instrument = pda::instrument(&pda::group(&CREATOR, 7), 1);
    let at = |number| pda::deleveraging(&instrument, true, number);
    let mut made = |all: &mut BTreeMap<Address, StoredAccount>, count: u64, there: &[u64]| {
        let mut state = decode::<Instrument>(&all[&instrument].data).unwrap();
        state.short_deleveragings = count;
        put(all, instrument, &state);
        for number in 0..count {
            all.remove(&at(number));
        }
        for number in there {
            let mut one = Deleveraging::zeroed();
            (one.instrument, one.of_shorts, one.number) = (instrument, 1, *number);
            put(all, at(*number), &one);
        }
        let source = Asked { all, asked: RefCell::default() };
        directory.refresh(&source, &[]).unwrap();
        let found: Vec<u64> = directory.deleveragings.iter().map(|one| one.state.number).collect();
        assert_eq!(found, there);
        let numbers = 0..count;
        let asked = source.asked.into_inner();
        numbers.filter(|number| asked.contains(&at(*number))).collect::<Vec<u64>>()
    };

    assert_eq!(made(&mut all, 3, &[0, 2]), [0, 1, 2]);
    assert_eq!(made(&mut all, 3, &[2]), [0, 2]);
    assert_eq!(made(&mut all, 5, &[2, 3]), [2, 3, 4]);
    assert_eq!(made(&mut all, 5, &[]), [2, 3]);
    assert_eq!(made(&mut all, 6, &[5]), [5]);
    // Whoever comes new does not know what is gone.
    let source = Asked { all: &all, asked: RefCell::default() };
    let fresh = GroupDirectory::fetch(&source, &directory.group.address, &[mint(2), mint(1)]);
    assert_eq!(fresh.unwrap().deleveragings.len(), 1);
    assert!((0..6).all(|number| source.asked.borrow().contains(&at(number))));
}

#[test]
fn a_contract_that_is_closed_leaves_a_gap() {
    let (mut all, mut known) = (accounts(), directory());
    let gone = pda::instrument(&pda::group(&CREATOR, 7), 0);
    all.remove(&gone);
    all.remove(&pda::pool(&gone));
    // Somebody sends lamports to where it was.
    let gift = StoredAccount { owner: Address::default(), data: Vec::new() };
    all.insert(gone, gift);

    known.refresh(&all, &[]).unwrap();
    let fetched = GroupDirectory::fetch(&all, &known.group.address, &[mint(1), mint(2)]).unwrap();

    for one in [known, fetched] {
        assert_eq!(one.instrument(0).unwrap_err(), ClientError::UnknownInstrument(0));
        assert_eq!(one.pool(0).unwrap_err(), ClientError::UnknownInstrument(0));
        assert_eq!(
            (one.instrument(1).unwrap().state.index, one.pool(1).unwrap().state.index),
            (1, 1)
        );
        assert_eq!((one.instruments.len(), one.pools.len()), (1, 1));
    }
}

#[test]
fn a_deleveraging_outlives_its_contract() {
    let (mut all, mut known) = (accounts(), directory());
    let group = pda::group(&CREATOR, 7);
    let gone = pda::instrument(&group, 1);
    let mut state = decode::<Instrument>(&all[&gone].data).unwrap();
    state.short_deleveragings = 1;
    put(&mut all, gone, &state);
    let at = pda::deleveraging(&gone, true, 0);
    let mut one = Deleveraging::zeroed();
    (one.instrument, one.of_shorts) = (gone, 1);
    put(&mut all, at, &one);
    known.refresh(&all, &[]).unwrap();
    all.remove(&gone);
    all.remove(&pda::pool(&gone));
    let found = |one: &GroupDirectory| -> Vec<Address> {
        one.deleveragings.iter().map(|one| one.address).collect()
    };

    // Twice: when the contract is seen to be gone, and after that.
    for _ in 0..2 {
        known.refresh(&all, &[]).unwrap();
        assert_eq!((found(&known), known.instruments.len()), (vec![at], 1));
    }
    let mut by_contract = known.clone();
    by_contract.refresh_instruments(&all).unwrap();
    assert_eq!(found(&by_contract), [at]);
    // Something is listed: then all is read anew.
    let mut larger = decode::<Group>(&all[&group].data).unwrap();
    larger.instrument_count += 1;
    put(&mut all, group, &larger);
    known.refresh(&all, &[]).unwrap();
    assert_eq!(found(&known), [at]);
    // It is removed.
    all.remove(&at);
    known.refresh(&all, &[]).unwrap();
    assert!(known.deleveragings.is_empty());
}

#[test]
fn only_an_account_of_this_kind_and_program_is_decoded() {
    let data = encode(&Pool::zeroed());

    assert!(decode::<Pool>(&data).is_ok());
    let kind = decode::<Group>(&data).map(|_| ());
    assert_eq!(kind, Err(DecodeError::WrongKind));
    let (expected, found) = (data.len(), data.len() - 1);
    let size = decode::<Pool>(&data[1..]).map(|_| ());
    assert_eq!(size, Err(DecodeError::WrongKind));
    let size = decode::<Pool>(&data[..found]).map(|_| ());
    assert_eq!(size, Err(DecodeError::WrongSize { expected, found }));
    let owner = decode_owned::<Pool>(&CREATOR, &data).map(|_| ());
    assert_eq!(owner, Err(DecodeError::WrongOwner(CREATOR)));
}

#[test]
fn addresses_never_move() {
    let group = pda::group(&CREATOR, 7);
    let instrument = pda::instrument(&group, 3);
    let collateral = pda::collateral(&group, &mint(0));
    let all = [
        group,
        pda::insurance(&group),
        pda::underlying(&group, 3),
        collateral,
        pda::vault(&collateral),
        instrument,
        pda::pool(&instrument),
        pda::margin(&group, &CREATOR, 258),
    ];

    let text: Vec<String> = all.iter().map(|address| address.to_string()).collect();

    assert_eq!(text.join("\n"), PINNED.trim(), "now:\n{}", text.join("\n"));
}

/// Computed once from the seeds; a client of any age must find the same.
const PINNED: &str = "
5FXE4CVLZ6wCTAMFMTYdH9zr4opno26vXxtzrgRaSHZk
5id11vPA1wTFFsNRtFk3m5PuTP3t4XiBcf2nrCdwf9o4
9PnpwX1GyR8xewyNy5pcgjy7aGXBnb8qTZZZoz5zMf43
ezy8BLWiUtqLRcQk8ZpNPRgjcSGdLdgqwM9SwXVX2kZ
8rNWcLLN1nhTWceH4AbWrrpQtBzYs7pTeUfK9uqE9swW
3vyWDw9FdPQBozkFUZ5PY4HREXJYAwfVntEiVQqkNY13
D2jMbKrcxJkDUTFjzGyX1USiKT9LS1nTmLW8LaG2WiCg
2qno1fRt8DHAXwpGgauWyhokyVwcGa2PdAMo1hCMVRsN
";

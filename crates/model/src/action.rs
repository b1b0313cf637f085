//! What can be asked of a group? One entry per instruction.

use crate::bid::Wanted;
use crate::governance::Deed;
use crate::group::{AccountId, Person};
use crate::slice::Slice;

/// What somebody asks for.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Action {
    Open {
        account: AccountId,
        owner: Person,
    },
    Close {
        account: AccountId,
        signer: Person,
    },
    Delegate {
        account: AccountId,
        signer: Person,
        delegate: Option<Person>,
        expires_at: i64,
    },
    Deposit {
        depositor: Person,
        account: AccountId,
        token: usize,
        amount: u64,
    },
    Withdraw {
        signer: Person,
        account: AccountId,
        token: usize,
        amount: u64,
        borrow_max: u64,
    },
    Insure {
        depositor: Person,
        amount: u64,
    },
    Trade {
        signers: [Person; 2],
        accounts: [AccountId; 2],
        instrument: usize,
        lots: i64,
        ticks: u64,
    },
    RefreshUnderlying {
        underlying: usize,
    },
    RefreshInstrument {
        instrument: usize,
    },
    RefreshCollateral {
        token: usize,
    },
    Mark {
        account: AccountId,
    },
    Settle {
        account: AccountId,
        instrument: usize,
        settler: Option<AccountId>,
    },
    Renew {
        account: AccountId,
        instrument: usize,
    },
    CollectFees {
        instrument: usize,
    },
    RepayDebt {
        instrument: usize,
    },
    ShareLoss {
        account: AccountId,
        instrument: usize,
    },
    WriteOff {
        account: AccountId,
    },
    Stake {
        owner: Person,
        amount: u64,
    },
    RequestUnstake {
        owner: Person,
        shares: u128,
    },
    Unstake {
        owner: Person,
    },
    CloseStake {
        owner: Person,
    },
    Govern {
        signer: Person,
        deed: Deed,
    },
    SampleSettlement {
        underlying: usize,
        expires_at: i64,
    },
    RefreshArray {
        instrument: usize,
    },
    Publish {
        signer: Person,
        underlying: usize,
        expires_at: i64,
        slice: Slice,
        basis_ppm: i32,
        confidence_ppm: u32,
    },
    /// The rent is to go to this person.
    CloseExpiry {
        underlying: usize,
        expires_at: i64,
        payer: Person,
    },
    /// The rent is to go to this person.
    CloseContract {
        instrument: usize,
        payer: Person,
    },
    ViewUnderlying {
        account: AccountId,
        underlying: usize,
    },
    View {
        account: AccountId,
    },
    ViewWithdrawable {
        account: AccountId,
    },
    Deleverage {
        account: AccountId,
        instrument: usize,
        lots: i64,
    },
    Resize {
        account: AccountId,
        instrument: usize,
        of_shorts: bool,
        number: u64,
    },
    CloseDeleveraging {
        instrument: usize,
        of_shorts: bool,
        number: u64,
    },
    Bid {
        signer: Person,
        account: AccountId,
        bidder: AccountId,
        wanted: Wanted,
    },
}

//! Every way in which the program says no, as numbers that never move.
//!
//! The hundreds group by concern: 0 access, 100 input, 200 oracle, 300 margin, 400 trading,
//! 500 liquidation, 600 listing, 700 governance, 800 money. Anchor adds its own offset of 6000. A
//! name states the fact that failed; the message, which is its documentation too, says what would satisfy
//! the check.

mod report;

use anchor_lang::prelude::*;

pub(crate) use report::Named;
pub use report::{grade_error, report};

/// The program's errors. `client::error_name` maps the number back to the name.
#[error_code]
#[derive(Debug, PartialEq, Eq)]
pub enum PlimsollError {
    // Access.
    #[msg("only the owner of the margin account may do this")]
    NotAccountOwner = 0,
    #[msg("the signer is neither the owner nor the delegate of the margin account")]
    NotAccountAuthority = 1,
    #[msg("the delegate's permission has expired; the owner must set it again")]
    DelegateExpired = 2,
    #[msg("only the owner of the group may do this")]
    NotGroupOwner = 3,
    #[msg("all accounts of an instruction must belong to one group")]
    WrongGroup = 4,

    // Input.
    #[msg("the amount must not be zero")]
    ZeroAmount = 100,
    #[msg("a quantity left the range that its unit can hold")]
    MathOverflow = 101,
    #[msg("a divisor was zero")]
    DivisionByZero = 102,
    #[msg("a value lies outside of the range of its unit")]
    OutOfRange = 103,
    #[msg("the account's stored rows contradict each other")]
    CorruptAccount = 104,
    #[msg("vault, mint and token program must be those of the collateral")]
    WrongTokenAccounts = 105,
    #[msg("the expiry of a delegate must lie in the future")]
    ExpiryInThePast = 106,
    #[msg("the transfer fee leaves nothing to credit")]
    NothingReceived = 107,

    // Oracle.
    #[msg("an oracle price is older than its bound; post a newer one")]
    OracleStale = 200,
    #[msg("an oracle's confidence interval is wider than its bound")]
    OracleUncertain = 201,
    #[msg("the oracle sources of an underlying disagree by more than their bound")]
    OracleDispersed = 202,
    #[msg("an oracle price jumped; refresh the underlying until its reference has followed")]
    OracleJumping = 203,
    #[msg("the oracle feed is not trading")]
    OracleHalted = 204,
    #[msg("an oracle price must be positive")]
    OracleNotPositive = 205,
    #[msg("the oracle account is not owned by the oracle program")]
    OracleWrongOwner = 206,
    #[msg("the oracle account or its feed is not the one that the underlying names")]
    OracleWrongFeed = 207,
    #[msg("the oracle account does not hold a price in the expected layout")]
    OracleUnreadable = 208,
    #[msg("the price update must be fully verified")]
    OracleNotVerified = 209,

    // Margin.
    #[msg("the account would fall below its initial margin")]
    BelowInitialMargin = 300,
    #[msg("the list of risk accounts ends before the account's rows do")]
    RiskAccountMissing = 301,
    #[msg("the list of risk accounts goes on after the account's rows end")]
    RiskAccountSurplus = 302,
    #[msg("a risk account was passed twice")]
    RiskAccountDuplicate = 303,
    #[msg("a risk account is not of the kind, or not of the program, that its place demands")]
    RiskAccountForeign = 304,
    #[msg("a risk account is not the one that the rows demand at its place")]
    RiskAccountUnexpected = 305,
    #[msg("the margin account holds its full number of tokens")]
    TokenRowsFull = 306,
    #[msg("the margin account holds its full number of positions")]
    PositionRowsFull = 307,
    #[msg("the margin account spans too many underlyings for one transaction")]
    TooManyUnderlyings = 308,
    #[msg("the account has a row whose terms were not loaded")]
    RowTermsMissing = 309,
    #[msg("only the account's authority may add a token that the account does not hold yet")]
    RowMustExist = 310,
    #[msg("the margin account still holds tokens or positions")]
    AccountNotEmpty = 311,
    #[msg("the collateral's deposit cap is reached")]
    DepositCapExceeded = 312,
    #[msg("the collateral's borrow cap is reached")]
    BorrowCapExceeded = 313,
    #[msg("the collateral does not allow borrowing")]
    BorrowNotAllowed = 314,
    #[msg("the vault holds less than the withdrawal; the log says how much it can pay")]
    VaultIllLiquid = 315,

    #[msg("the withdrawal would borrow more than the limit that the owner set")]
    BorrowBeyondLimit = 316,

    // Trading.
    #[msg("the price lies outside of the instrument's band around the index price")]
    PriceOutsideBand = 400,
    #[msg("the price must be at least one tick")]
    PriceZero = 401,
    #[msg("the instrument's open interest cap is reached")]
    OpenInterestCapExceeded = 403,

    // Liquidation.
    #[msg("the account is not in liquidation")]
    NotLiquidatable = 500,
    #[msg("the bid must lower the account's maintenance requirement")]
    BidRemovesNoRisk = 501,
    #[msg("the bid must raise the account's health")]
    BidLowersHealth = 502,
    #[msg("the bid would leave the account above its buffer; take less, or take a slice")]
    BidOvershootsBuffer = 503,
    #[msg("the bidder would pay more than the limit that it set")]
    BidWorseThanLimit = 504,
    #[msg("the discount is smaller than the least that the bidder set")]
    DiscountBelowLimit = 505,
    #[msg("the insurance fund cannot cover the shortfall; take a smaller part")]
    InsuranceInsufficient = 506,
    #[msg("the bid names a row that the account does not hold, or its quote balance")]
    BidRowUnknown = 507,
    #[msg("the bid's amount must have the row's sign and not exceed it")]
    BidAmountOutOfRange = 508,
    #[msg("a bid's rows must be in ascending order, each once")]
    BidRowsOutOfOrder = 509,
    #[msg("the bid names no row")]
    BidEmpty = 510,
    #[msg("a row whose oracle is not valid cannot be part of a bid")]
    BidRowNotPriced = 511,
    #[msg("the pool of an instrument whose open interest changes must follow the risk accounts")]
    PoolMissing = 512,

    #[msg("the account has no requirement left that a bid could release")]
    NothingToRelease = 513,
    #[msg("the row has shared all of its weight; renew it by renew_position first")]
    RowWeightSpent = 514,

    // Listing.
    #[msg(
        "a scenario set needs 1 to 16 scenarios, an up move and a down move, and damped weights"
    )]
    ScenarioSetInvalid = 600,
    #[msg("a risk parameter lies outside of its bounds")]
    ParameterOutOfBounds = 601,
    #[msg("an underlying needs one or two oracle sources of a known kind")]
    OracleSourceInvalid = 602,
    #[msg("tokens may have at most 12 decimals")]
    TooManyDecimals = 603,
    #[msg("the group's first underlying and collateral must be those of its quote token")]
    QuoteMustComeFirst = 604,
    #[msg("mint extension refused: a permanent delegate could seize the vault")]
    ExtensionPermanentDelegate = 605,
    #[msg("mint extension refused: a transfer hook could block or redirect transfers")]
    ExtensionTransferHook = 606,
    #[msg("mint extension refused: new token accounts may start frozen")]
    ExtensionDefaultAccountState = 607,
    #[msg("mint extension refused: transfers can be paused")]
    ExtensionPausable = 608,
    #[msg("mint extension refused: the token cannot be transferred")]
    ExtensionNonTransferable = 609,
    #[msg("mint extension refused: balances could be hidden")]
    ExtensionConfidential = 610,
    #[msg("mint extension refused: the mint could be closed and created anew")]
    ExtensionMintClose = 611,
    #[msg("mint extension refused: it is not on the allow-list")]
    ExtensionNotAllowed = 612,
    #[msg("the underlying is not of this group")]
    UnknownUnderlying = 613,
    #[msg("the group has no free index left")]
    IndexExhausted = 614,

    // Governance.
    #[msg("the group takes no money before its owner launches it")]
    GroupNotLaunched = 700,
    #[msg("after the launch this takes a proposal that has waited for the timelock")]
    AlreadyLaunched = 701,
    #[msg(
        "only the guardian may do this; a proposal may be taken back by its proposer or the owner"
    )]
    NotGuardian = 702,
    #[msg("the owner may propose anything, the lister listings, the risk manager parameters")]
    NotProposer = 703,
    #[msg("a proposal must name a slot of the last minute")]
    ProposalStale = 704,
    #[msg("the proposal's time has not come, or it is not over yet")]
    ProposalNotRipe = 705,
    #[msg("the proposal was not executed in time; propose it again")]
    ProposalDead = 706,
    #[msg("the proposal was vetoed")]
    ProposalVetoed = 707,
    #[msg("the proposal was executed already")]
    ProposalExecuted = 708,
    #[msg("a value may at most double or halve, a margin move by one half, in one change")]
    ChangeTooLarge = 709,
    #[msg("the account that the change names must follow, writable if it is to be changed")]
    ChangeUnknownTarget = 710,
    #[msg("the guardian has paused this; it ends by itself")]
    Paused = 711,
    #[msg("a pause lasts between a second and a day")]
    PauseTooLong = 712,
    #[msg("the guardian's budget of pauses is spent; it gains one second in ten")]
    PauseBudgetSpent = 713,
    #[msg("the guardian may only lower what lets new risk in")]
    NotTighter = 714,
    #[msg("the outflow limit of the token is reached; the log says how much may leave now")]
    OutflowExceeded = 715,
    #[msg("after an oracle gap or a pause only owners may act on their accounts for a while")]
    OwnerFirst = 716,
    #[msg("in this instrument positions may only shrink")]
    InstrumentReduceOnly = 717,
    #[msg("this is not what the proposal says, or it names what may not change")]
    ProposalMismatch = 718,
    #[msg("only the address to which the group was offered may accept it")]
    NotPendingOwner = 719,

    // Money.
    #[msg("the position has no profit that the pool could pay, and no loss")]
    NothingToSettle = 800,
    #[msg("losses of the instrument wait to be shared; share them first")]
    LossesPending = 801,
    #[msg("the instrument has a debt: positions may only shrink until it is repaid")]
    InstrumentInDebt = 802,
    #[msg("there are no fees that the pool's cash could pay, and nothing set aside")]
    NothingToCollect = 803,
    #[msg("the instrument has no debt, or the insurance fund has received nothing since")]
    NothingToRepay = 804,
    #[msg("the position has no loss that waits to be shared")]
    NothingToShare = 805,
    #[msg("only an account that holds nothing but a quote debt can have it written off")]
    NotBankrupt = 806,
    #[msg("the loss is larger than all deposits that could bear it")]
    LossBeyondDeposits = 807,
    #[msg("the withdrawal would leave too little of the deposits in the vault")]
    UtilisationExceeded = 808,
    #[msg("a bid on a bankrupt account must be a slice of all rows")]
    BidMustBeSlice = 809,
    #[msg("an account in which the bid records losses must be writable")]
    RiskAccountReadOnly = 810,
    #[msg("the insurance fund was used up since; these shares are worth nothing")]
    StakeVoid = 811,
    #[msg("the stake has fewer shares than that")]
    StakeTooSmall = 812,
    #[msg("the stake's cool-down is not over")]
    StakeCoolingDown = 813,
    #[msg("no exit of the stake was asked for")]
    StakeNotExiting = 814,
    #[msg("the exit was not used within two days; ask for it again")]
    StakeExitExpired = 815,
    #[msg("a bidder of the other side would net out of the loss that this bid lays on it")]
    BidderOnOtherSide = 816,
    #[msg("the position's side was deleveraged; take the position through it by resize_position")]
    PositionOutdated = 817,
    #[msg("the deleveraging is not the one that comes next for this side or this position")]
    WrongDeleveraging = 818,
    #[msg("positions are closed against the other side only after an auction without bids")]
    AuctionNotOver = 819,
    #[msg("there are positions that have not gone through the deleveraging yet")]
    DeleveragingNotOver = 820,
    #[msg("a position is closed whole, or, of a solvent account, until it reaches its line")]
    DeleveragingNotWhole = 821,
    #[msg("less than a thousandth of the open interest is closed two dozen times a day at most")]
    DeleveragingTooSmall = 822,
    #[msg("the stake has shares that are worth something")]
    StakeNotEmpty = 823,

    // Expiries, options and volatility surfaces.
    #[msg("only the group's publisher may publish a volatility surface")]
    NotPublisher = 900,
    #[msg("the expiry must lie ahead, and within two years")]
    ExpiryOutOfBounds = 901,
    #[msg("the expiries directly before and behind it must be passed, and no others")]
    NeighbourMissing = 902,
    #[msg("the basis is wider than the terms of the expiry allow")]
    BasisOutOfBounds = 903,
    #[msg("the basis moved further than the time since the last publication allows")]
    BasisStepTooLarge = 904,
    #[msg("a volatility moved further than the time since the last publication allows")]
    SurfaceStepTooLarge = 905,
    #[msg("the confidence must lie between the least one of the expiry and one")]
    ConfidenceOutOfBounds = 906,
    #[msg("the slice has a number out of its range, a variance that is too low, or is too steep or too sharp")]
    SliceInvalid = 907,
    #[msg("a butterfly of options would cost less than nothing by this slice")]
    ButterflyArbitrage = 908,
    #[msg("an option would cost more than a later one by this slice and its neighbours")]
    CalendarArbitrage = 909,
    #[msg("the instrument's risk array is too old or was made at another price; refresh it first")]
    RiskArrayStale = 910,
    #[msg("forward, strike or a shock is beyond what an option can be valued with")]
    OptionOutOfRange = 911,
    #[msg("a perpetual, or a future before its settlement window, has no risk array")]
    NoRiskArray = 912,
    #[msg("samples are taken from the settlement window on, until the settlement price is known")]
    SettlementNotDue = 913,
    #[msg("the instrument has settled; its positions are paid out by settle_position")]
    InstrumentSettled = 914,
    #[msg("the expiry is not settled, or has instruments that have not taken over its price")]
    ExpiryInUse = 915,
    #[msg("the rent goes back to whoever paid it")]
    WrongPayer = 916,
    #[msg("the expiry must be the one of the instrument")]
    ExpiryMismatch = 917,
    #[msg("only a contract that has settled can be closed")]
    ContractNotSettled = 918,
    #[msg("accounts still have rows of the contract; settle them, and renew those of nothing; or its open interest is still counted: refresh the instrument")]
    ContractInUse = 919,
    #[msg("positions of a settled contract are paid out an hour after it settled, later where nobody might bid, so that losses are found first")]
    SettlementPending = 920,
}

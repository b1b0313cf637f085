//! Every way in which the program says no, as numbers that never move.
//!
//! The hundreds group by concern: 0 access, 100 input, 200 oracle, 300 margin, 400 trading,
//! 500 liquidation, 600 listing, 700 governance, 800 money. Anchor adds its own offset of 6000. A
//! name states the fact that failed; the message says what would satisfy the check.

mod report;

use anchor_lang::prelude::*;

pub(crate) use report::Named;
pub use report::{grade_error, report};

/// The program's errors. `client::error_name` maps the number back to the name.
#[error_code]
#[derive(Debug, PartialEq, Eq)]
pub enum PlimsollError {
    // Access.
    /// The signer does not own the margin account.
    #[msg("only the owner of the margin account may do this")]
    NotAccountOwner = 0,
    /// The signer is neither owner nor delegate.
    #[msg("the signer is neither the owner nor the delegate of the margin account")]
    NotAccountAuthority = 1,
    /// The delegate's term is over.
    #[msg("the delegate's permission has expired; the owner must set it again")]
    DelegateExpired = 2,
    /// The signer does not own the group.
    #[msg("only the owner of the group may do this")]
    NotGroupOwner = 3,
    /// An account of another group was passed.
    #[msg("all accounts of an instruction must belong to one group")]
    WrongGroup = 4,
    /// One margin account was named for both sides.
    #[msg("the two margin accounts must differ")]
    SameAccount = 5,

    // Input.
    /// An amount of zero changes nothing.
    #[msg("the amount must not be zero")]
    ZeroAmount = 100,
    /// Arithmetic left the range of its type.
    #[msg("a quantity left the range that its unit can hold")]
    MathOverflow = 101,
    /// A divisor was zero.
    #[msg("a divisor was zero")]
    DivisionByZero = 102,
    /// A value lies outside the range of its unit.
    #[msg("a value lies outside of the range of its unit")]
    OutOfRange = 103,
    /// The account has data that no instruction can have written.
    #[msg("the account's stored rows contradict each other")]
    CorruptAccount = 104,
    /// The vault or mint does not belong to the collateral.
    #[msg("vault, mint and token program must be those of the collateral")]
    WrongTokenAccounts = 105,
    /// The delegate's expiry lies in the past.
    #[msg("the expiry of a delegate must lie in the future")]
    ExpiryInThePast = 106,
    /// A transfer brought in nothing after its fee.
    #[msg("the transfer fee leaves nothing to credit")]
    NothingReceived = 107,

    // Oracle.
    /// No fresh price.
    #[msg("an oracle price is older than its bound; post a newer one")]
    OracleStale = 200,
    /// Confidence too wide.
    #[msg("an oracle's confidence interval is wider than its bound")]
    OracleUncertain = 201,
    /// Sources disagree.
    #[msg("the oracle sources of an underlying disagree by more than their bound")]
    OracleDispersed = 202,
    /// The price moved too far since the last refreshes.
    #[msg("an oracle price jumped; refresh the underlying until its reference has followed")]
    OracleJumping = 203,
    /// The feed says that it does not trade.
    #[msg("the oracle feed is not trading")]
    OracleHalted = 204,
    /// Zero, negative or absent.
    #[msg("an oracle price must be positive")]
    OracleNotPositive = 205,
    /// An oracle account has a foreign owner.
    #[msg("the oracle account is not owned by the oracle program")]
    OracleWrongOwner = 206,
    /// An oracle account is not the one that the underlying names.
    #[msg("the oracle account or its feed is not the one that the underlying names")]
    OracleWrongFeed = 207,
    /// An oracle account does not decode.
    #[msg("the oracle account does not hold a price in the expected layout")]
    OracleUnreadable = 208,
    /// A pull update carries fewer signatures than it must.
    #[msg("the price update must be fully verified")]
    OracleNotVerified = 209,

    // Margin.
    /// The check after the instruction failed.
    #[msg("the account would fall below its initial margin")]
    BelowInitialMargin = 300,
    /// Too few risk accounts.
    #[msg("the list of risk accounts ends before the account's rows do")]
    RiskAccountMissing = 301,
    /// Too many risk accounts.
    #[msg("the list of risk accounts goes on after the account's rows end")]
    RiskAccountSurplus = 302,
    /// A risk account appears twice.
    #[msg("a risk account was passed twice")]
    RiskAccountDuplicate = 303,
    /// A risk account is not an account of the expected kind of this program.
    #[msg("a risk account is not of the kind, or not of the program, that its place demands")]
    RiskAccountForeign = 304,
    /// A risk account belongs to another place.
    #[msg("a risk account is not the one that the rows demand at its place")]
    RiskAccountUnexpected = 305,
    /// No room for another token.
    #[msg("the margin account holds its full number of tokens")]
    TokenRowsFull = 306,
    /// No room for another position.
    #[msg("the margin account holds its full number of positions")]
    PositionRowsFull = 307,
    /// The account's check would not fit a transaction.
    #[msg("the margin account spans too many underlyings for one transaction")]
    TooManyUnderlyings = 308,
    /// Terms for a row are missing.
    #[msg("the account has a row whose terms were not loaded")]
    RowTermsMissing = 309,
    /// Somebody else may not open a new token row.
    #[msg("only the account's authority may add a token that the account does not hold yet")]
    RowMustExist = 310,
    /// Closing needs an empty account.
    #[msg("the margin account still holds tokens or positions")]
    AccountNotEmpty = 311,
    /// Deposits reached their cap.
    #[msg("the collateral's deposit cap is reached")]
    DepositCapExceeded = 312,
    /// Borrows reached their cap.
    #[msg("the collateral's borrow cap is reached")]
    BorrowCapExceeded = 313,
    /// The token cannot be borrowed.
    #[msg("the collateral does not allow borrowing")]
    BorrowNotAllowed = 314,
    /// The vault cannot pay.
    #[msg("the vault holds less than the withdrawal; the log says how much it can pay")]
    VaultIllLiquid = 315,

    /// The owner's own limit.
    #[msg("the withdrawal would borrow more than the limit that the owner set")]
    BorrowBeyondLimit = 316,

    // Trading.
    /// The trade's price lies outside of the band.
    #[msg("the price lies outside of the instrument's band around the index price")]
    PriceOutsideBand = 400,
    /// Zero price.
    #[msg("the price must be at least one tick")]
    PriceZero = 401,
    /// The instrument does not trade.
    #[msg("the instrument is not open for trading")]
    InstrumentNotActive = 402,
    /// Open interest reached its cap.
    #[msg("the instrument's open interest cap is reached")]
    OpenInterestCapExceeded = 403,

    // Liquidation.
    /// The account is above its line.
    #[msg("the account is not in liquidation")]
    NotLiquidatable = 500,
    /// The requirement did not fall.
    #[msg("the bid must lower the account's maintenance requirement")]
    BidRemovesNoRisk = 501,
    /// Health did not rise.
    #[msg("the bid must raise the account's health")]
    BidLowersHealth = 502,
    /// Too much taken.
    #[msg("the bid would leave the account above its buffer; take less, or take a slice")]
    BidOvershootsBuffer = 503,
    /// The bidder's price limit.
    #[msg("the bidder would pay more than the limit that it set")]
    BidWorseThanLimit = 504,
    /// The bidder's discount limit.
    #[msg("the discount is smaller than the least that the bidder set")]
    DiscountBelowLimit = 505,
    /// The fund cannot cover the shortfall.
    #[msg("the insurance fund cannot cover the shortfall; take a smaller part")]
    InsuranceInsufficient = 506,
    /// The bid names a row that the account lacks, or the quote row.
    #[msg("the bid names a row that the account does not hold, or its quote balance")]
    BidRowUnknown = 507,
    /// The amount exceeds the row or has the other sign.
    #[msg("the bid's amount must have the row's sign and not exceed it")]
    BidAmountOutOfRange = 508,
    /// The same row twice in one bid.
    #[msg("a bid's rows must be in ascending order, each once")]
    BidRowsOutOfOrder = 509,
    /// The bid names nothing.
    #[msg("the bid names no row")]
    BidEmpty = 510,
    /// A row cannot change hands while its oracle is bad.
    #[msg("a row whose oracle is not valid cannot be part of a bid")]
    BidRowNotPriced = 511,
    /// A pool whose open interest changes was not passed.
    #[msg("the pool of an instrument whose open interest changes must follow the risk accounts")]
    PoolMissing = 512,

    /// Nothing but debt is left.
    #[msg("the account has no requirement left that a bid could release")]
    NothingToRelease = 513,

    // Listing.
    /// The scenario set is not usable.
    #[msg(
        "a scenario set needs 1 to 16 scenarios, an up move and a down move, and damped weights"
    )]
    ScenarioSetInvalid = 600,
    /// A ratio lies outside of its bounds.
    #[msg("a risk parameter lies outside of its bounds")]
    ParameterOutOfBounds = 601,
    /// Oracle source is not usable.
    #[msg("an underlying needs one or two oracle sources of a known kind")]
    OracleSourceInvalid = 602,
    /// Tokens with more decimals are not supported.
    #[msg("tokens may have at most 12 decimals")]
    TooManyDecimals = 603,
    /// The first collateral is the quote token.
    #[msg("the group's first underlying and collateral must be those of its quote token")]
    QuoteMustComeFirst = 604,
    /// Seizable token.
    #[msg("mint extension refused: a permanent delegate could seize the vault")]
    ExtensionPermanentDelegate = 605,
    /// Hooked token.
    #[msg("mint extension refused: a transfer hook could block or redirect transfers")]
    ExtensionTransferHook = 606,
    /// Frozen by default.
    #[msg("mint extension refused: new token accounts may start frozen")]
    ExtensionDefaultAccountState = 607,
    /// Pausable token.
    #[msg("mint extension refused: transfers can be paused")]
    ExtensionPausable = 608,
    /// Non-transferable token.
    #[msg("mint extension refused: the token cannot be transferred")]
    ExtensionNonTransferable = 609,
    /// Confidential balances.
    #[msg("mint extension refused: balances could be hidden")]
    ExtensionConfidential = 610,
    /// Mint can be closed and created anew.
    #[msg("mint extension refused: the mint could be closed and created anew")]
    ExtensionMintClose = 611,
    /// Not on the allow-list.
    #[msg("mint extension refused: it is not on the allow-list")]
    ExtensionNotAllowed = 612,
    /// The underlying of the instrument is not listed.
    #[msg("the underlying is not of this group")]
    UnknownUnderlying = 613,
    /// No index left.
    #[msg("the group has no free index left")]
    IndexExhausted = 614,

    // Governance.
    /// The group is being set up.
    #[msg("the group takes no money before its owner launches it")]
    GroupNotLaunched = 700,
    /// The group has users.
    #[msg("after the launch this takes a proposal that has waited for the timelock")]
    AlreadyLaunched = 701,
    /// The signer is not the guardian.
    #[msg(
        "only the guardian may do this; a proposal may be taken back by its proposer or the owner"
    )]
    NotGuardian = 702,
    /// The signer has no role for this.
    #[msg("the owner may propose anything, the lister listings, the risk manager parameters")]
    NotProposer = 703,
    /// The proposal was signed too long ago.
    #[msg("a proposal must name a slot of the last minute")]
    ProposalStale = 704,
    /// The timelock runs.
    #[msg("the proposal's time has not come, or it is not over yet")]
    ProposalNotRipe = 705,
    /// The window is over.
    #[msg("the proposal was not executed in time; propose it again")]
    ProposalDead = 706,
    /// Refused or taken back.
    #[msg("the proposal was vetoed")]
    ProposalVetoed = 707,
    /// Carried out already.
    #[msg("the proposal was executed already")]
    ProposalExecuted = 708,
    /// More than one step.
    #[msg("a value may at most double or halve, a margin move by one half, in one change")]
    ChangeTooLarge = 709,
    /// The target is missing or another.
    #[msg("the account that the change names must follow, writable if it is to be changed")]
    ChangeUnknownTarget = 710,
    /// The guardian halts this.
    #[msg("the guardian has paused this; it ends by itself")]
    Paused = 711,
    /// More than a day.
    #[msg("a pause lasts between a second and a day")]
    PauseTooLong = 712,
    /// Three days were used up.
    #[msg("the guardian's budget of pauses is spent; it gains one second in ten")]
    PauseBudgetSpent = 713,
    /// The guardian may not loosen.
    #[msg("the guardian may only lower what lets new risk in")]
    NotTighter = 714,
    /// Too much has left within the hour.
    #[msg("the outflow limit of the token is reached; the log says how much may leave now")]
    OutflowExceeded = 715,
    /// Bids rest for a while.
    #[msg("after an oracle gap or a pause only owners may act on their accounts for a while")]
    OwnerFirst = 716,
    /// Positions may only shrink.
    #[msg("in this instrument positions may only shrink")]
    InstrumentReduceOnly = 717,
    /// Not what was proposed.
    #[msg("this is not what the proposal says, or it names what may not change")]
    ProposalMismatch = 718,
    /// The group was not offered to the signer.
    #[msg("only the address to which the group was offered may accept it")]
    NotPendingOwner = 719,

    // Money.
    /// Nothing to settle.
    #[msg("the position has no profit that the pool could pay, and no loss")]
    NothingToSettle = 800,
    /// A loss waits to be shared.
    #[msg("losses of the instrument wait to be shared; share them first")]
    LossesPending = 801,
    /// The instrument owes.
    #[msg("the instrument has a debt: positions may only shrink until it is repaid")]
    InstrumentInDebt = 802,
    /// Nothing to collect.
    #[msg("there are no fees that the pool's cash could pay, and nothing set aside")]
    NothingToCollect = 803,
    /// No debt, or no income to repay it with.
    #[msg("the instrument has no debt, or the insurance fund has received nothing since")]
    NothingToRepay = 804,
    /// No loss to share.
    #[msg("the position has no loss that waits to be shared")]
    NothingToShare = 805,
    /// Not only a debt.
    #[msg("only an account that holds nothing but a quote debt can have it written off")]
    NotBankrupt = 806,
    /// Depositors have less than the loss.
    #[msg("the loss is larger than all deposits that could bear it")]
    LossBeyondDeposits = 807,
    /// Utilisation reached its cap.
    #[msg("the withdrawal would leave too little of the deposits in the vault")]
    UtilisationExceeded = 808,
    /// Bankrupt accounts are sliced.
    #[msg("a bid on a bankrupt account must be a slice of all rows")]
    BidMustBeSlice = 809,
    /// A risk account must be writable.
    #[msg("an account in which the bid records losses must be writable")]
    RiskAccountReadOnly = 810,
    /// A stake of an earlier fund.
    #[msg("the insurance fund was used up since; these shares are worth nothing")]
    StakeVoid = 811,
    /// Not that many shares.
    #[msg("the stake has fewer shares than that")]
    StakeTooSmall = 812,
    /// The cool-down still runs.
    #[msg("the stake's cool-down is not over")]
    StakeCoolingDown = 813,
    /// No exit was asked for.
    #[msg("no exit of the stake was asked for")]
    StakeNotExiting = 814,
    /// The exit was not used in time.
    #[msg("the exit was not used within two days; ask for it again")]
    StakeExitExpired = 815,
    /// The bidder holds the other side.
    #[msg("a bidder of the other side would net out of the loss that this bid lays on it")]
    BidderOnOtherSide = 816,
    /// The position was deleveraged.
    #[msg("the position's side was deleveraged; take the position through it by resize_position")]
    PositionOutdated = 817,
    /// Not the next deleveraging, or not this side's.
    #[msg("the deleveraging is not the one that comes next for this side or this position")]
    WrongDeleveraging = 818,
    /// Somebody may still bid.
    #[msg("positions are closed against the other side only after an auction without bids")]
    AuctionNotOver = 819,
    /// Positions have yet to go through.
    #[msg("there are positions that have not gone through the deleveraging yet")]
    DeleveragingNotOver = 820,
    /// A part of a position that does not lift its account to the line.
    #[msg("a position is closed whole, or, of a solvent account, until it reaches its line")]
    DeleveragingNotWhole = 821,
    /// Too little for everybody on the other side to be bothered with.
    #[msg("less than a thousandth of the open interest is closed two dozen times a day at most")]
    DeleveragingTooSmall = 822,

    // Expiries, options and volatility surfaces.
    /// The signer does not publish for the group.
    #[msg("only the group's publisher may publish a volatility surface")]
    NotPublisher = 900,
    /// The expiry has passed, has not come, or is too far away.
    #[msg("the expiry must lie ahead, and within two years")]
    ExpiryOutOfBounds = 901,
    /// A neighbour on the surface is missing, or another account was passed for it.
    #[msg("the expiries directly before and behind it must be passed, and no others")]
    NeighbourMissing = 902,
    /// The basis is wider than the expiry allows.
    #[msg("the basis is wider than the terms of the expiry allow")]
    BasisOutOfBounds = 903,
    /// The basis moved too far since the last publication.
    #[msg("the basis moved further than the time since the last publication allows")]
    BasisStepTooLarge = 904,
    /// A volatility moved too far since the last publication.
    #[msg("a volatility moved further than the time since the last publication allows")]
    SurfaceStepTooLarge = 905,
    /// The confidence is better than the expiry allows, or worse than one.
    #[msg("the confidence must lie between the least one of the expiry and one")]
    ConfidenceOutOfBounds = 906,
    /// A slice's numbers give no volatility somewhere.
    #[msg("the slice has a number out of its range, or a variance that is too low")]
    SliceInvalid = 907,
    /// A butterfly of options would cost less than nothing.
    #[msg("a butterfly of options would cost less than nothing by this slice")]
    ButterflyArbitrage = 908,
    /// A later option would cost less than an earlier one.
    #[msg("an option would cost more than a later one by this slice and its neighbours")]
    CalendarArbitrage = 909,
    /// The risk array is too old, or the price too far from the one it was made at.
    #[msg("the instrument's risk array is too old or was made at another price; refresh it first")]
    RiskArrayStale = 910,
    /// An option cannot be valued with these numbers.
    #[msg("forward, strike or a shock is beyond what an option can be valued with")]
    OptionOutOfRange = 911,
    /// The instrument has no risk array.
    #[msg("a perpetual, or a future before its settlement window, has no risk array")]
    NoRiskArray = 912,
    /// The settlement window has not begun, or the price is known.
    #[msg("samples are taken from the settlement window on, until the settlement price is known")]
    SettlementNotDue = 913,
    /// The instrument has settled.
    #[msg("the instrument has settled; its positions are paid out by settle_position")]
    InstrumentSettled = 914,
    /// Instruments of the expiry have not taken over its settlement price.
    #[msg("the expiry is not settled, or has instruments that have not taken over its price")]
    ExpiryInUse = 915,
    /// The rent belongs to somebody else.
    #[msg("the rent goes back to whoever paid it")]
    WrongPayer = 916,
    /// The expiry is not the instrument's.
    #[msg("the expiry must be the one of the instrument")]
    ExpiryMismatch = 917,
}

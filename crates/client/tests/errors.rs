//! Every error number has one name, and neither ever moves.

use plimsoll_client::error::{error_code, program_error_name, PROGRAM_ERRORS};
use plimsoll_client::{error_name, PlimsollError};

/// Number and name as clients know them; a new error is added here, an old one never changed.
const PINNED: &str = "
6000 NotAccountOwner
6001 NotAccountAuthority
6002 DelegateExpired
6003 NotGroupOwner
6004 WrongGroup
6100 ZeroAmount
6101 MathOverflow
6102 DivisionByZero
6103 OutOfRange
6104 CorruptAccount
6105 WrongTokenAccounts
6106 ExpiryInThePast
6107 NothingReceived
6200 OracleStale
6201 OracleUncertain
6202 OracleDispersed
6203 OracleJumping
6204 OracleHalted
6205 OracleNotPositive
6206 OracleWrongOwner
6207 OracleWrongFeed
6208 OracleUnreadable
6209 OracleNotVerified
6300 BelowInitialMargin
6301 RiskAccountMissing
6302 RiskAccountSurplus
6303 RiskAccountDuplicate
6304 RiskAccountForeign
6305 RiskAccountUnexpected
6306 TokenRowsFull
6307 PositionRowsFull
6308 TooManyUnderlyings
6309 RowTermsMissing
6310 RowMustExist
6311 AccountNotEmpty
6312 DepositCapExceeded
6313 BorrowCapExceeded
6314 BorrowNotAllowed
6315 VaultIllLiquid
6316 BorrowBeyondLimit
6400 PriceOutsideBand
6401 PriceZero
6403 OpenInterestCapExceeded
6500 NotLiquidatable
6501 BidRemovesNoRisk
6502 BidLowersHealth
6503 BidOvershootsBuffer
6504 BidWorseThanLimit
6505 DiscountBelowLimit
6506 InsuranceInsufficient
6507 BidRowUnknown
6508 BidAmountOutOfRange
6509 BidRowsOutOfOrder
6510 BidEmpty
6511 BidRowNotPriced
6512 PoolMissing
6513 NothingToRelease
6514 RowWeightSpent
6600 ScenarioSetInvalid
6601 ParameterOutOfBounds
6602 OracleSourceInvalid
6603 TooManyDecimals
6604 QuoteMustComeFirst
6605 ExtensionPermanentDelegate
6606 ExtensionTransferHook
6607 ExtensionDefaultAccountState
6608 ExtensionPausable
6609 ExtensionNonTransferable
6610 ExtensionConfidential
6611 ExtensionMintClose
6612 ExtensionNotAllowed
6613 UnknownUnderlying
6614 IndexExhausted
6700 GroupNotLaunched
6701 AlreadyLaunched
6702 NotGuardian
6703 NotProposer
6704 ProposalStale
6705 ProposalNotRipe
6706 ProposalDead
6707 ProposalVetoed
6708 ProposalExecuted
6709 ChangeTooLarge
6710 ChangeUnknownTarget
6711 Paused
6712 PauseTooLong
6713 PauseBudgetSpent
6714 NotTighter
6715 OutflowExceeded
6716 OwnerFirst
6717 InstrumentReduceOnly
6718 ProposalMismatch
6719 NotPendingOwner
6800 NothingToSettle
6801 LossesPending
6802 InstrumentInDebt
6803 NothingToCollect
6804 NothingToRepay
6805 NothingToShare
6806 NotBankrupt
6807 LossBeyondDeposits
6808 UtilisationExceeded
6809 BidMustBeSlice
6810 RiskAccountReadOnly
6811 StakeVoid
6812 StakeTooSmall
6813 StakeCoolingDown
6814 StakeNotExiting
6815 StakeExitExpired
6816 BidderOnOtherSide
6817 PositionOutdated
6818 WrongDeleveraging
6819 AuctionNotOver
6820 DeleveragingNotOver
6821 DeleveragingNotWhole
6822 DeleveragingTooSmall
6823 StakeNotEmpty
6900 NotPublisher
6901 ExpiryOutOfBounds
6902 NeighbourMissing
6903 BasisOutOfBounds
6904 BasisStepTooLarge
6905 SurfaceStepTooLarge
6906 ConfidenceOutOfBounds
6907 SliceInvalid
6908 ButterflyArbitrage
6909 CalendarArbitrage
6910 RiskArrayStale
6911 OptionOutOfRange
6912 NoRiskArray
6913 SettlementNotDue
6914 InstrumentSettled
6915 ExpiryInUse
6916 WrongPayer
6917 ExpiryMismatch
6918 ContractNotSettled
6919 ContractInUse
6920 SettlementPending
";

#[test]
fn every_number_keeps_its_name() {
    let now: Vec<String> = PROGRAM_ERRORS
        .iter()
        .map(|error| format!("{} {}", error_code(*error), program_error_name(error)))
        .collect();

    let pinned: Vec<&str> = PINNED.trim().lines().collect();

    assert_eq!(now, pinned, "now:\n{}", now.join("\n"));
}

#[test]
fn numbers_are_ascending_and_so_differ() {
    let codes: Vec<u32> = PROGRAM_ERRORS.iter().map(|error| error_code(*error)).collect();

    assert!(codes.windows(2).all(|pair| pair[0] < pair[1]));
}

#[test]
fn a_name_is_found_by_its_number() {
    assert_eq!(
        error_name(error_code(PlimsollError::BelowInitialMargin)),
        Some("BelowInitialMargin")
    );
    assert_eq!(error_name(2040), Some("ConstraintDuplicateMutableAccount"));
    assert_eq!(error_name(6999), None);
}

#[test]
fn numbers_are_those_that_anchor_returns() {
    for error in PROGRAM_ERRORS {
        let returned = anchor_lang::Error::from(*error);
        assert_eq!(returned, anchor_lang::Error::Custom(error_code(*error)));
    }
}

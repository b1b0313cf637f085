//! What went wrong, by name: the program's numbers, and this crate's own errors.

use std::fmt;

use plimsoll::error::PlimsollError;
use plimsoll_risk::{RiskError, RowKey};
use plimsoll_units::MathError;
use solana_address::Address;

use crate::decode::DecodeError;
use crate::source::SourceError;

/// What Anchor adds to the numbers of a program's errors.
pub const PROGRAM_ERROR_OFFSET: u32 = 6000;

macro_rules! program_errors {
    ($($name:ident)+) => {
        /// Every error of the program.
        pub const PROGRAM_ERRORS: &[PlimsollError] = &[$(PlimsollError::$name),+];

        /// The name of an error of the program, as its source writes it.
        pub const fn program_error_name(error: &PlimsollError) -> &'static str {
            // Exhaustive, so that an error that is missing here does not compile.
            match error {
                $(PlimsollError::$name => stringify!($name),)+
            }
        }
    };
}

program_errors! {
    NotAccountOwner NotAccountAuthority DelegateExpired NotGroupOwner WrongGroup
    ZeroAmount MathOverflow DivisionByZero OutOfRange CorruptAccount WrongTokenAccounts
    ExpiryInThePast NothingReceived
    OracleStale OracleUncertain OracleDispersed OracleJumping OracleHalted OracleNotPositive
    OracleWrongOwner OracleWrongFeed OracleUnreadable OracleNotVerified
    BelowInitialMargin RiskAccountMissing RiskAccountSurplus RiskAccountDuplicate
    RiskAccountForeign RiskAccountUnexpected TokenRowsFull PositionRowsFull TooManyUnderlyings
    RowTermsMissing RowMustExist AccountNotEmpty DepositCapExceeded BorrowCapExceeded
    BorrowNotAllowed VaultIllLiquid BorrowBeyondLimit
    PriceOutsideBand PriceZero OpenInterestCapExceeded
    NotLiquidatable BidRemovesNoRisk BidLowersHealth BidOvershootsBuffer BidWorseThanLimit
    DiscountBelowLimit InsuranceInsufficient BidRowUnknown BidAmountOutOfRange BidRowsOutOfOrder
    BidEmpty BidRowNotPriced PoolMissing NothingToRelease RowWeightSpent
    ScenarioSetInvalid ParameterOutOfBounds OracleSourceInvalid TooManyDecimals QuoteMustComeFirst
    ExtensionPermanentDelegate ExtensionTransferHook ExtensionDefaultAccountState
    ExtensionPausable ExtensionNonTransferable ExtensionConfidential ExtensionMintClose
    ExtensionNotAllowed UnknownUnderlying IndexExhausted
    GroupNotLaunched AlreadyLaunched NotGuardian NotProposer ProposalStale ProposalNotRipe
    ProposalDead ProposalVetoed ProposalExecuted ChangeTooLarge ChangeUnknownTarget Paused
    PauseTooLong PauseBudgetSpent NotTighter OutflowExceeded OwnerFirst
    InstrumentReduceOnly ProposalMismatch NotPendingOwner
    NothingToSettle LossesPending InstrumentInDebt NothingToCollect
    NothingToRepay NothingToShare NotBankrupt LossBeyondDeposits UtilisationExceeded
    BidMustBeSlice RiskAccountReadOnly StakeVoid StakeTooSmall StakeCoolingDown
    StakeNotExiting StakeExitExpired BidderOnOtherSide PositionOutdated WrongDeleveraging
    AuctionNotOver DeleveragingNotOver DeleveragingNotWhole DeleveragingTooSmall StakeNotEmpty
    NotPublisher ExpiryOutOfBounds NeighbourMissing BasisOutOfBounds BasisStepTooLarge
    SurfaceStepTooLarge ConfidenceOutOfBounds SliceInvalid ButterflyArbitrage CalendarArbitrage
    RiskArrayStale OptionOutOfRange NoRiskArray SettlementNotDue InstrumentSettled ExpiryInUse
    WrongPayer ExpiryMismatch ContractNotSettled ContractInUse SettlementPending
}

/// Anchor's own custom numbers, by the names that Anchor gives them. Signers, seeds, owners, too
/// few accounts and bad arguments come as the runtime's errors instead, which have no number.
const ANCHOR_ERRORS: [(u32, &str); 18] = [
    (2000, "ConstraintMut"),
    (2001, "ConstraintHasOne"),
    (2003, "ConstraintRaw"),
    (2005, "ConstraintRentExempt"),
    (2007, "ConstraintExecutable"),
    (2011, "ConstraintClose"),
    (2012, "ConstraintAddress"),
    (2013, "ConstraintZero"),
    (2019, "ConstraintSpace"),
    (2020, "ConstraintAccountIsNone"),
    (2040, "ConstraintDuplicateMutableAccount"),
    (2500, "RequireViolated"),
    (2501, "RequireEqViolated"),
    (2502, "RequireKeysEqViolated"),
    (2503, "RequireNeqViolated"),
    (2504, "RequireKeysNeqViolated"),
    (2505, "RequireGtViolated"),
    (2506, "RequireGteViolated"),
];

/// The number by which an error of the program comes out of a transaction.
pub const fn error_code(error: PlimsollError) -> u32 {
    PROGRAM_ERROR_OFFSET + error as u32
}

/// The error of the program with this number.
pub fn program_error(code: u32) -> Option<PlimsollError> {
    PROGRAM_ERRORS.iter().copied().find(|error| error_code(*error) == code)
}

/// The name behind a custom error number of the program or of Anchor.
pub fn error_name(code: u32) -> Option<&'static str> {
    if let Some(error) = program_error(code) {
        return Some(program_error_name(&error));
    }
    ANCHOR_ERRORS.iter().find(|(own, _)| *own == code).map(|(_, name)| *name)
}

/// Why this crate could not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientError {
    /// There is no account at this address.
    AccountMissing(Address),
    /// The account at this address is not what it must be.
    Decode {
        /// Where.
        address: Address,
        /// Why not.
        error: DecodeError,
    },
    /// The source failed.
    Source(SourceError),
    /// No mint that was named belongs to the collateral with this index.
    CollateralMintUnknown(u16),
    /// The group has no underlying with this index.
    UnknownUnderlying(u16),
    /// The group has no instrument with this index.
    UnknownInstrument(u16),
    /// No such expiry is listed.
    UnknownExpiry {
        /// Index of the underlying.
        underlying: u16,
        /// When it expires (Unix seconds).
        at: i64,
    },
    /// The group has no collateral with this index.
    UnknownCollateral(u16),
    /// The group has no collateral with this mint.
    UnknownMint(Address),
    /// No such row is listed in the group.
    UnknownRow(RowKey),
    /// A number that is not the key of any row.
    KeyInvalid(u64),
    /// A source that names no address has no price update posted; see
    /// `GroupDirectory::posted`.
    OracleAddressUnknown {
        /// Index of the underlying.
        underlying: u16,
        /// Which of its sources.
        source: usize,
    },
    /// The program would answer with this number.
    Program(u32),
    /// The margin rule says no.
    Risk(RiskError),
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AccountMissing(address) => write!(f, "there is no account {address}"),
            Self::Decode { address, error } => write!(f, "{address}: {error}"),
            Self::Source(error) => error.fmt(f),
            Self::CollateralMintUnknown(index) => {
                write!(f, "none of the named mints is that of collateral {index}")
            }
            Self::UnknownUnderlying(index) => write!(f, "the group has no underlying {index}"),
            Self::UnknownInstrument(index) => write!(f, "the group has no instrument {index}"),
            Self::UnknownExpiry { underlying, at } => {
                write!(f, "underlying {underlying} has no expiry at {at}")
            }
            Self::UnknownCollateral(index) => write!(f, "the group has no collateral {index}"),
            Self::UnknownMint(mint) => write!(f, "the group has no collateral with mint {mint}"),
            Self::UnknownRow(key) => write!(f, "the group lists no row {key}"),
            Self::KeyInvalid(raw) => write!(f, "{raw} is not the key of a row"),
            Self::OracleAddressUnknown { underlying, source } => {
                write!(f, "no price update is known for source {source} of underlying {underlying}")
            }
            Self::Program(code) => match error_name(*code) {
                Some(name) => write!(f, "the program would say {name} ({code})"),
                None => write!(f, "the program would fail with {code}"),
            },
            Self::Risk(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for ClientError {}

impl From<SourceError> for ClientError {
    fn from(error: SourceError) -> Self {
        Self::Source(error)
    }
}

impl From<RiskError> for ClientError {
    fn from(error: RiskError) -> Self {
        Self::Risk(error)
    }
}

impl From<MathError> for ClientError {
    fn from(error: MathError) -> Self {
        Self::Risk(RiskError::Math(error))
    }
}

impl From<anchor_lang::Error> for ClientError {
    fn from(error: anchor_lang::Error) -> Self {
        match error {
            anchor_lang::Error::Custom(code) => Self::Program(code),
            // The program's own functions return custom errors only.
            _ => Self::Program(error_code(PlimsollError::CorruptAccount)),
        }
    }
}

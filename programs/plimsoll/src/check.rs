//! The check that ends every instruction which can lower an account's health: one function, and
//! one table that says which instructions run it.
//!
//! Rows of a margin account can be written only with a [`RowPermit`], and only this room makes
//! one: for instructions that the table opts out by name, or inside of [`guarded`], which runs the
//! check afterwards. A new instruction that is not in the table cannot touch a row, and a test
//! compares the table to the IDL.

use anchor_lang::prelude::*;
use plimsoll_risk::{depth, liquidatable, Check, Health, LiquidationTerms, RowKey};
use plimsoll_units::Value;

use crate::clock::{now, Now};
use crate::error::PlimsollError;
use crate::load::{merged_keys, RiskAccounts, Snapshot};
use crate::state::{Group, MarginAccount, Pool, Row};

/// What an instruction owes before it may succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// Cannot lower the health of any account.
    OptedOut,
    /// Initial health at least zero afterwards, or the account's risk only fell.
    InitialOrReduce,
    /// The rule of liquidation for the one account, initial health for the other.
    Liquidation,
    /// The rule of the last resort for the one account; the other side's lose nothing at the
    /// price, and are judged when they are resized.
    LastResort,
    /// Writes nothing.
    ReadOnly,
}

/// The table, as an enum, as a list, and as a match: of a call with a known instruction the compiler
/// leaves nothing, and no name of an instruction is in the program.
macro_rules! policies {
    ($($ix:ident $name:literal $policy:ident;)*) => {
        /// Every instruction.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs)]
        pub enum Ix {
            $($ix,)*
        }

        /// Instruction, its name in the IDL, and what it owes.
        pub const POLICIES: &[(Ix, &str, Policy)] = &[$((Ix::$ix, $name, Policy::$policy),)*];

        /// What the table says of an instruction.
        #[inline]
        pub const fn policy(ix: Ix) -> Policy {
            match ix {
                $(Ix::$ix => Policy::$policy,)*
            }
        }
    };
}

policies! {
    CreateGroup "create_group" OptedOut;
    CreateUnderlying "create_underlying" OptedOut;
    CreateCollateral "create_collateral" OptedOut;
    CreateInstrument "create_instrument" OptedOut;
    OpenAccount "open_account" OptedOut;
    CloseAccount "close_account" OptedOut;
    SetDelegate "set_delegate" OptedOut;
    Deposit "deposit" OptedOut;
    Withdraw "withdraw" InitialOrReduce;
    Trade "trade" InitialOrReduce;
    RefreshUnderlying "refresh_underlying" OptedOut;
    RefreshInstrument "refresh_instrument" OptedOut;
    MarkAccount "mark_account" OptedOut;
    Liquidate "liquidate" Liquidation;
    AddToInsurance "add_to_insurance" OptedOut;
    CollectFees "collect_fees" OptedOut;
    RefreshCollateral "refresh_collateral" OptedOut;
    RepayDebt "repay_debt" OptedOut;
    RequestUnstake "request_unstake" OptedOut;
    SettlePosition "settle_position" OptedOut;
    RenewPosition "renew_position" OptedOut;
    Deleverage "deleverage" LastResort;
    ResizePosition "resize_position" OptedOut;
    CloseDeleveraging "close_deleveraging" OptedOut;
    ShareLoss "share_loss" OptedOut;
    StakeInsurance "stake_insurance" OptedOut;
    Unstake "unstake" OptedOut;
    CloseStake "close_stake" OptedOut;
    WriteOffDebt "write_off_debt" OptedOut;
    LaunchGroup "launch_group" OptedOut;
    ProposeOwner "propose_owner" OptedOut;
    AcceptOwnership "accept_ownership" OptedOut;
    Propose "propose" OptedOut;
    Execute "execute" OptedOut;
    Veto "veto" OptedOut;
    CloseProposal "close_proposal" OptedOut;
    Pause "pause" OptedOut;
    Unpause "unpause" OptedOut;
    Tighten "tighten" OptedOut;
    CreateExpiry "create_expiry" OptedOut;
    CreateContract "create_contract" OptedOut;
    PublishSurface "publish_surface" OptedOut;
    SampleSettlement "sample_settlement" OptedOut;
    RefreshRiskArray "refresh_risk_array" OptedOut;
    CloseExpiry "close_expiry" OptedOut;
    CloseContract "close_contract" OptedOut;
    ViewAccount "view_account" ReadOnly;
    ViewUnderlying "view_underlying" ReadOnly;
    ViewWithdrawable "view_withdrawable" ReadOnly;
}

/// Permission to write rows of margin accounts. Only this room makes one.
pub struct RowPermit(());

/// Lets an instruction write rows without a check afterwards, if the table opts it out.
pub(crate) fn opted_out(ix: Ix) -> Result<RowPermit> {
    require!(policy(ix) == Policy::OptedOut, PlimsollError::BelowInitialMargin);
    Ok(RowPermit(()))
}

/// Two margin accounts, or one.
pub(crate) struct Parties<'a> {
    /// The account that gives, or the only one.
    pub(crate) first: &'a mut MarginAccount,
    /// The account on the other side.
    pub(crate) second: Option<&'a mut MarginAccount>,
}

impl Parties<'_> {
    fn keys(&self) -> Result<Vec<u64>> {
        let second = match &self.second {
            Some(account) => account.rows()?,
            None => &[],
        };
        Ok(merged_keys(self.first.rows()?, second))
    }

    /// Makes the rows that an instruction touches, where they are missing.
    fn ensure_rows(&mut self, touched: &Touched<'_>, permit: &RowPermit) -> Result<()> {
        self.first.ensure_rows(touched.first, permit)?;
        match &mut self.second {
            Some(second) => second.ensure_rows(touched.second, permit),
            None => Ok(()),
        }
    }

    /// Both parties, where the instruction has two.
    #[inline(always)]
    pub(crate) fn both(&mut self) -> Result<(&mut MarginAccount, &mut MarginAccount)> {
        match &mut self.second {
            Some(second) => Ok((self.first, second)),
            None => Err(PlimsollError::CorruptAccount.into()),
        }
    }

    /// Counts the parties' rows of the pool's instrument anew.
    pub(crate) fn renew_rows(
        &mut self,
        key: RowKey,
        pool: &mut Pool,
        permit: &RowPermit,
    ) -> Result<()> {
        self.first.renew_row(key, pool, permit)?;
        match &mut self.second {
            Some(second) => second.renew_row(key, pool, permit),
            None => Ok(()),
        }
    }

    /// The second party, where the instruction has one.
    pub(crate) fn second(&mut self) -> Result<&mut MarginAccount> {
        match &mut self.second {
            Some(second) => Ok(second),
            None => Err(PlimsollError::CorruptAccount.into()),
        }
    }
}

/// Rows that an instruction touches, in ascending order but for the first.
#[derive(Clone, Copy)]
pub(crate) struct Touched<'a> {
    /// Of the first party; those that it is known to have may be left out.
    pub(crate) first: &'a [RowKey],
    /// Of the second.
    pub(crate) second: &'a [RowKey],
}

impl<'a> Touched<'a> {
    /// The same rows of every party.
    pub(crate) fn both(keys: &'a [RowKey]) -> Self {
        Self { first: keys, second: keys }
    }
}

/// What the body of a guarded instruction works with.
pub(crate) struct Guarded<'a, 'b> {
    /// The margin accounts.
    pub(crate) parties: &'a mut Parties<'b>,
    /// The market, the same before and after.
    pub(crate) market: &'a mut Snapshot,
    /// Trailing accounts behind those of the check.
    pub(crate) rest: &'a mut RiskAccounts,
    /// When.
    pub(crate) now: Now,
    /// To write rows.
    pub(crate) permit: RowPermit,
}

/// Runs `body`, then the check that the table demands of `ix`.
///
/// `touched` rows are made where missing, so that their accounts are among the risk accounts;
/// rows that end empty are removed.
pub(crate) fn guarded<T>(
    ix: Ix,
    group: (&Address, &Group),
    mut parties: Parties<'_>,
    touched: Touched<'_>,
    views: Vec<AccountView>,
    body: impl FnOnce(&mut Guarded<'_, '_>) -> Result<T>,
) -> Result<T> {
    let now = now()?;
    let mut rest = RiskAccounts::new(views);
    let mut opening = open(ix, group, &mut parties, &touched, &mut rest, now)?;
    let result = body(&mut Guarded {
        parties: &mut parties,
        market: &mut opening.market,
        rest: &mut rest,
        now,
        permit: RowPermit(()),
    })?;
    rest.finish()?;
    close(ix, group.1, &mut parties, &opening)?;
    Ok(result)
}

/// The market, and the rows of both parties as they were before the instruction, for the one rule that
/// asks for them.
struct Opening {
    market: Snapshot,
    before: Option<(Vec<Row>, Vec<Row>)>,
}

// Neither half depends on the body, so that one copy of each serves all instructions.
#[inline(never)]
fn open(
    ix: Ix,
    group: (&Address, &Group),
    parties: &mut Parties<'_>,
    touched: &Touched<'_>,
    rest: &mut RiskAccounts,
    now: Now,
) -> Result<Opening> {
    let before = match policy(ix) {
        Policy::InitialOrReduce => Some((parties.first.rows()?.to_vec(), second_rows(parties)?)),
        _ => None,
    };
    parties.ensure_rows(touched, &RowPermit(()))?;
    let keys = parties.keys()?;
    let mut market = Snapshot::load(group.0, group.1.quote_decimals, &keys, rest, now)?;
    if ix == Ix::Withdraw {
        market.withhold_open_profit();
    }
    Ok(Opening { market, before })
}

#[inline(never)]
fn close(ix: Ix, group: &Group, parties: &mut Parties<'_>, opening: &Opening) -> Result<()> {
    let terms = group.liquidation_terms()?;
    let market = &opening.market;
    match policy(ix) {
        Policy::InitialOrReduce => {
            let before = opening.before.as_ref().ok_or(PlimsollError::CorruptAccount)?;
            require_initial_or_reduced(market, &before.0, parties.first)?;
            conclude(market, &terms, parties.first)?;
            if let Some(second) = &mut parties.second {
                require_initial_or_reduced(market, &before.1, second)?;
                conclude(market, &terms, second)?;
            }
        }
        // The body settled the first account by the rule of liquidation.
        Policy::Liquidation => {
            let (first, bidder) = parties.both()?;
            let after = market.health(bidder.rows()?, Check::Initial)?;
            require!(is_healthy(&after), PlimsollError::BelowInitialMargin);
            end_episode(market, &terms, bidder)?;
            first.sweep_both(bidder, &RowPermit(()))?;
            #[cfg(feature = "check-invariants")]
            bidder.invariant()?;
        }
        // The body settled it.
        Policy::LastResort => conclude(market, &terms, parties.first)?,
        Policy::OptedOut | Policy::ReadOnly => {
            return Err(PlimsollError::CorruptAccount.into());
        }
    }
    Ok(())
}

fn second_rows(parties: &Parties<'_>) -> Result<Vec<Row>> {
    match &parties.second {
        Some(account) => Ok(account.rows()?.to_vec()),
        None => Ok(Vec::new()),
    }
}

/// True if `equity ≥ requirement`.
pub(crate) fn is_healthy(health: &Health) -> bool {
    health.equity >= health.requirement
}

/// Initial health at least zero, or: maintenance health did not fall, neither requirement rose, and
/// the account is no deeper below its line. The second way lets an account below its initial
/// margin shrink, and never grow.
///
/// Depth counts because health alone does not: below its line an account could sell its positions
/// to an accomplice so far under their value that all of their requirement went with them. Health
/// would stand still, and what is left would be a debt that no bid can release.
fn require_initial_or_reduced(
    market: &Snapshot,
    before: &[Row],
    account: &MarginAccount,
) -> Result<()> {
    let after = account.rows()?;
    let initial = market.health(after, Check::Initial)?;
    if is_healthy(&initial) {
        return Ok(());
    }
    let initial_before = market.health(before, Check::Initial)?;
    let maintenance_before = market.health(before, Check::Maintenance)?;
    let maintenance = market.health(after, Check::Maintenance)?;
    let reduced = surplus(&maintenance)? >= surplus(&maintenance_before)?
        && depth(&maintenance) <= depth(&maintenance_before)
        && maintenance.requirement <= maintenance_before.requirement
        && initial.requirement <= initial_before.requirement;
    require!(reduced, PlimsollError::BelowInitialMargin);
    Ok(())
}

fn surplus(health: &Health) -> Result<Value> {
    Ok(health.equity.checked_sub(health.requirement).map_err(PlimsollError::from)?)
}

/// Ends an episode that is over and removes empty rows.
fn conclude(
    market: &Snapshot,
    terms: &LiquidationTerms,
    account: &mut MarginAccount,
) -> Result<()> {
    end_episode(market, terms, account)?;
    account.sweep(&RowPermit(()))?;
    #[cfg(feature = "check-invariants")]
    account.invariant()?;
    Ok(())
}

/// Ends an episode that is over.
fn end_episode(
    market: &Snapshot,
    terms: &LiquidationTerms,
    account: &mut MarginAccount,
) -> Result<()> {
    if account.episode_slot == 0 {
        return Ok(());
    }
    let health = market.health(account.rows()?, Check::Maintenance)?;
    update_episode(market, terms, account, &health)
}

/// Ends the episode of an account that reached its buffer. A row without a valid price counts
/// generously and proves nothing: while there is one, the episode goes on.
pub(crate) fn update_episode(
    market: &Snapshot,
    terms: &LiquidationTerms,
    account: &mut MarginAccount,
    health: &Health,
) -> Result<()> {
    let over = !liquidatable(terms, health, account.episode());
    if over && market.is_priced(account.rows()?)? {
        account.set_episode(plimsoll_risk::Episode::None);
    }
    Ok(())
}

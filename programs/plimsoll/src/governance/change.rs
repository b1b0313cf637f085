//! What may be proposed, and by whom.

use anchor_lang::prelude::*;

use crate::error::PlimsollError;
use crate::instructions::create_collateral::CollateralParams;
use crate::instructions::create_contract::ContractParams;
use crate::instructions::create_expiry::ExpiryParams;
use crate::instructions::create_group::GroupParams;
use crate::instructions::create_instrument::InstrumentParams;
use crate::instructions::create_underlying::{SourceParams, UnderlyingParams};
use crate::state::Group;

/// Shortest timelock, and shortest window (seconds): an hour.
const TIMELOCK_SECONDS_MIN: u64 = 3_600;
/// Longest timelock, and longest window (seconds): thirty days.
const TIMELOCK_SECONDS_MAX: u64 = 30 * 86_400;
/// How long proposals wait, and how long they may be executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorSerialize, AnchorDeserialize, IdlType)]
pub struct TimelockParams {
    /// How long a proposal waits (seconds), an hour to thirty days.
    pub timelock_seconds: u64,
    /// How long it may be executed afterwards (seconds), an hour to thirty days.
    pub window_seconds: u64,
}

impl TimelockParams {
    /// Stores the parameters. `ParameterOutOfBounds` if they are not usable.
    pub(crate) fn apply(&self, group: &mut Group) -> Result<()> {
        let sane = |seconds| (TIMELOCK_SECONDS_MIN..=TIMELOCK_SECONDS_MAX).contains(&seconds);
        let all = sane(self.timelock_seconds) && sane(self.window_seconds);
        require!(all, PlimsollError::ParameterOutOfBounds);
        group.timelock_seconds = self.timelock_seconds;
        group.window_seconds = self.window_seconds;
        Ok(())
    }
}

/// A change of a group.
#[derive(Clone, Debug, PartialEq, Eq, AnchorSerialize, AnchorDeserialize, IdlType)]
#[allow(clippy::large_enum_variant)]
pub enum Change {
    /// Guard rails and risk parameters of an underlying; name and sources must be as they are.
    Underlying {
        /// Its index.
        index: u16,
        /// What shall hold.
        params: UnderlyingParams,
    },
    /// The oracle sources of an underlying. Its stable price and its jump reference stay.
    UnderlyingOracles {
        /// Its index.
        index: u16,
        /// One or two sources.
        sources: Vec<SourceParams>,
    },
    /// Caps, curve, limits and weight of a token; the ramp must be as it is.
    Collateral {
        /// Its index.
        index: u16,
        /// What shall hold.
        params: CollateralParams,
    },
    /// Terms of an instrument; name, lot and tick must be as they are.
    Instrument {
        /// Its index.
        index: u16,
        /// True if positions may only shrink.
        reduce_only: bool,
        /// What shall hold.
        params: InstrumentParams,
    },
    /// Terms of liquidation, and the other parameters of the group.
    Group {
        /// What shall hold.
        params: GroupParams,
    },
    /// Timelock and window of proposals made from then on.
    Timelock {
        /// What shall hold.
        params: TimelockParams,
    },
    /// Lets `create_underlying` run once with exactly these arguments.
    ListUnderlying {
        /// The group's next index by then.
        index: u16,
        /// What makes it.
        params: UnderlyingParams,
    },
    /// Lets `create_collateral` run once with exactly these arguments.
    ListCollateral {
        /// The token.
        mint: Address,
        /// Index of the underlying that prices it.
        underlying: u16,
        /// What makes it.
        params: CollateralParams,
    },
    /// Lets `create_instrument` run once with exactly these arguments.
    ListInstrument {
        /// The group's next index by then.
        index: u16,
        /// Index of the underlying.
        underlying: u16,
        /// What makes it.
        params: InstrumentParams,
    },
    /// Lets `create_expiry` run once with exactly these arguments.
    ListExpiry {
        /// Index of the underlying.
        underlying: u16,
        /// When it expires (Unix seconds).
        expires_at: i64,
        /// What makes it.
        params: ExpiryParams,
    },
    /// Lets `create_contract` run once with exactly these arguments.
    ListContract {
        /// The group's next index by then.
        index: u16,
        /// Index of the underlying.
        underlying: u16,
        /// When it expires (Unix seconds).
        expires_at: i64,
        /// What makes it.
        params: ContractParams,
    },
    /// Who shall own the group, once it accepts.
    Owner {
        /// Its address; zeros take an offer back.
        address: Address,
    },
    /// Who may pause, tighten and veto.
    Guardian {
        /// Its address; zeros: nobody.
        address: Address,
    },
    /// Who besides the owner may propose listings.
    Lister {
        /// Its address; zeros: nobody.
        address: Address,
    },
    /// Who besides the owner may propose parameters.
    RiskManager {
        /// Its address; zeros: nobody.
        address: Address,
    },
    /// Who publishes volatility surfaces.
    Publisher {
        /// Its address; zeros: nobody.
        address: Address,
    },
}

impl Change {
    /// `NotProposer` unless `signer` may propose this: the owner anything, the lister listings,
    /// the risk manager parameters.
    pub(crate) fn require_proposer(&self, group: &Group, signer: &Address) -> Result<()> {
        let role = match self {
            Self::Underlying { .. }
            | Self::Collateral { .. }
            | Self::Instrument { .. }
            | Self::Group { .. } => &group.risk_manager,
            Self::ListUnderlying { .. }
            | Self::ListCollateral { .. }
            | Self::ListInstrument { .. }
            | Self::ListExpiry { .. }
            | Self::ListContract { .. } => &group.lister,
            Self::UnderlyingOracles { .. }
            | Self::Timelock { .. }
            | Self::Owner { .. }
            | Self::Guardian { .. }
            | Self::Lister { .. }
            | Self::RiskManager { .. }
            | Self::Publisher { .. } => &group.owner,
        };
        // Nobody can sign for an address of zeros, so that a role without a holder is no one's.
        let allowed =
            anchor_lang::address_eq(signer, role) || anchor_lang::address_eq(signer, &group.owner);
        require!(allowed, PlimsollError::NotProposer);
        Ok(())
    }

    /// True if the guardian may veto it. It may not veto who comes after it: a bad guardian would
    /// stay for ever.
    pub(crate) fn is_vetoable(&self) -> bool {
        !matches!(self, Self::Guardian { .. })
    }

    /// How long it waits (seconds). What cannot be vetoed waits twice as long: then only those who
    /// leave are safe, and they need the time.
    pub(crate) fn delay_seconds(&self, group: &Group) -> u64 {
        match self.is_vetoable() {
            true => group.timelock_seconds,
            false => group.timelock_seconds.saturating_mul(2),
        }
    }
}

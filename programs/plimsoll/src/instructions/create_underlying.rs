//! Lists something with a price. The first one prices the quote token.

// Anchor parses the arguments once more where it does not need them.
#![allow(unused_variables)]

use anchor_lang::bytemuck::Zeroable;
use anchor_lang::prelude::*;
use plimsoll_units::{Price, Ratio};

use crate::clock::{now, Now};
use crate::error::PlimsollError;
use crate::governance::{authorise, require_listed_change, Change};
use crate::load::RiskAccounts;
use crate::oracle::read_strict;
use crate::seeds;
use crate::state::{
    Group, Proposal, SourceKind, StoredScenario, StoredSlope, StoredSource, Underlying,
    SOURCES_MAX, VERSION,
};

/// Oldest price that any underlying may accept (seconds).
const AGE_SECONDS_MAX: u32 = 600;
/// Widest confidence, dispersion and jump that any underlying may accept (ppm).
const DEVIATION_PPM_MAX: u32 = 500_000;
/// Largest multiplier of the initial requirement (ppm).
const INITIAL_MULTIPLIER_PPM_MAX: u32 = 10_000_000;
/// The same with all that open interest may widen it (ppm); what rounding adds is still a ratio.
const WIDEST_MULTIPLIER_PPM: u64 = 4_000_000_000;
/// Furthest that a scenario may move the price (ppm): to eight times what it is. Beyond, no contract
/// could be valued, and every account that holds one would be beyond reach of any bid.
const MOVE_PPM_MAX: u64 = 7_000_000;

/// One oracle source, see `StoredSource`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorSerialize, AnchorDeserialize, IdlType)]
pub struct SourceParams {
    /// 1 Pyth push, 2 Pyth pull.
    pub kind: u8,
    /// The price account; zeros (pull only): any account with the feed id.
    pub address: Address,
    /// Feed id of a pull source; zeros for push.
    pub feed_id: [u8; 32],
}

/// One scenario, see `StoredScenario`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorSerialize, AnchorDeserialize, IdlType)]
pub struct ScenarioParams {
    /// Move of the price (ppm of the scan range).
    pub shock_ppm: i32,
    /// Move of the volatility (ppm of the volatility range).
    pub volatility_ppm: i32,
    /// Weight of the result (ppm).
    pub weight_ppm: u32,
}

/// Limits of a slope, see `StoredSlope`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorSerialize, AnchorDeserialize, IdlType)]
pub struct SlopeParams {
    /// Most that the price may move per second (ppm), at least one.
    pub slope_ppm_per_second: u32,
    /// Seconds that one refresh may catch up at most, at least one.
    pub catch_up_seconds_max: u32,
}

/// Everything that makes an underlying; units and meaning as in `Underlying`.
#[derive(Clone, Debug, PartialEq, Eq, AnchorSerialize, AnchorDeserialize, IdlType)]
pub struct UnderlyingParams {
    /// Name for people, UTF-8, zero-padded.
    pub name: [u8; 16],
    /// One or two oracle sources.
    pub sources: Vec<SourceParams>,
    /// Oldest acceptable price (seconds), 1 to 600.
    pub age_seconds_max: u32,
    /// Widest acceptable confidence (ppm), 1 to 500,000.
    pub confidence_ppm_max: u32,
    /// Widest acceptable disagreement (ppm), 1 to 500,000.
    pub dispersion_ppm_max: u32,
    /// Farthest acceptable jump (ppm), 1 to 500,000.
    pub jump_ppm_max: u32,
    /// The slow price by which opening is judged.
    pub stable: SlopeParams,
    /// The fast price from which jumps are measured; one refresh may move it by a jump at most.
    pub reference: SlopeParams,
    /// Least scan range (ppm), at least one.
    pub scan_lower_ppm: u32,
    /// Most scan range (ppm), at least the least.
    pub scan_upper_ppm: u32,
    /// Open interest up to which the scan range is at its least (quote atoms).
    pub open_interest_lower_quote_atoms: u64,
    /// Open interest from which it is at its most (quote atoms), above the lower.
    pub open_interest_upper_quote_atoms: u64,
    /// Concentration share per multiple of depth (ppm).
    pub concentration_slope_ppm: u32,
    /// Concentration share at most (ppm).
    pub concentration_max_ppm: u32,
    /// Net notional that costs nothing extra (quote atoms).
    pub depth_quote_atoms: u64,
    /// Share of the hedged amount (ppm); at most either loss, so that a hedge always pays.
    pub basis_ppm: u32,
    /// Initial over maintenance requirement (ppm), 1,000,000 to 10,000,000; times most over least scan
    /// range at most 4,000,000,000.
    pub initial_multiplier_ppm: u32,
    /// 1 to 16 scenarios; none moves the price by more than 7,000,000 ppm at the least scan range.
    pub scenarios: Vec<ScenarioParams>,
}

/// Accounts of `create_underlying`. The trailing accounts are the oracle accounts, one per source.
#[derive(Accounts)]
#[instruction(index: u16)]
pub struct CreateUnderlying {
    /// Pays the rent; may be the other signer too, since no data of it is read or written.
    #[account(mut, unsafe(dup))]
    pub payer: Signer,
    /// Owner of the group until its launch; anybody afterwards.
    pub authority: Signer,
    /// The group.
    #[account(
        mut,
        constraint = group.underlying_count == index @ PlimsollError::IndexExhausted
    )]
    pub group: Account<Group>,
    /// The underlying.
    #[account(
        init,
        payer = payer,
        seeds = [seeds::UNDERLYING, group, index.to_le_bytes()],
        bump
    )]
    pub underlying: Account<Underlying>,
    /// Creates the account.
    pub system_program: Program<System>,
    /// What allows the listing after the launch.
    #[account(mut)]
    pub proposal: Option<Account<Proposal>>,
}

/// `index` must be the group's next one. The oracle accounts must be readable and their prices
/// valid now: the first one is where stable price and jump reference start.
///
/// Errors: `NotGroupOwner`, `AlreadyLaunched`, `ProposalMismatch` and those of a proposal that is
/// not ripe, `IndexExhausted`, `ParameterOutOfBounds`, `ScenarioSetInvalid`,
/// `OracleSourceInvalid`, and those of the oracles and of their number.
pub(crate) fn handler(
    ctx: &mut Context<CreateUnderlying>,
    index: u16,
    params: UnderlyingParams,
) -> Result<()> {
    let views = ctx.remaining_accounts()?;
    let now = now()?;
    let accounts = &mut ctx.accounts;
    let signer = accounts.authority.address();
    let change = authorise(&accounts.group, signer, &mut accounts.proposal, now.time)?;
    require_listed_change(&change, |change| {
        matches!(change, Change::ListUnderlying { index: at, params: proposed }
            if *at == index && *proposed == params)
    })?;
    accounts.group.underlying_count = index.checked_add(1).ok_or(PlimsollError::IndexExhausted)?;
    let underlying = &mut accounts.underlying;
    underlying.version = VERSION;
    underlying.bump = ctx.bumps.underlying;
    underlying.index = index;
    underlying.group = *accounts.group.address();
    prepare(underlying, &params)?;
    start_prices(underlying, views, now)
}

/// Stores everything that the parameters say. Prices stay as they are.
///
/// Errors: `ParameterOutOfBounds`, `ScenarioSetInvalid`, `OracleSourceInvalid`.
#[inline(never)]
pub(crate) fn prepare(underlying: &mut Underlying, params: &UnderlyingParams) -> Result<()> {
    require!(is_sane(params), PlimsollError::ParameterOutOfBounds);
    underlying.name = params.name;
    set_sources(underlying, &params.sources)?;
    set_scenarios(underlying, &params.scenarios)?;
    require!(within_reach(params), PlimsollError::ScenarioSetInvalid);
    set_bounds(underlying, params);
    underlying.update_scan()?;
    let least_loss = underlying.loss_long_ppm.min(underlying.loss_short_ppm);
    require!(params.basis_ppm <= least_loss, PlimsollError::ParameterOutOfBounds);
    // The widest scan range must be usable too, or a refresh could fail later.
    underlying.losses(Ratio::from_ppm(params.scan_upper_ppm))?;
    Ok(())
}

fn is_sane(params: &UnderlyingParams) -> bool {
    let deviation = |ppm: u32| (1..=DEVIATION_PPM_MAX).contains(&ppm);
    let slope = |slope: &SlopeParams| {
        slope.catch_up_seconds_max > 0
            && (1..=DEVIATION_PPM_MAX).contains(&slope.slope_ppm_per_second)
    };
    (1..=AGE_SECONDS_MAX).contains(&params.age_seconds_max)
        && deviation(params.confidence_ppm_max)
        && deviation(params.dispersion_ppm_max)
        && deviation(params.jump_ppm_max)
        && slope(&params.stable)
        && slope(&params.reference)
        && within_jump(&params.reference, params.jump_ppm_max)
        && params.scan_lower_ppm > 0
        && params.scan_lower_ppm <= params.scan_upper_ppm
        && params.open_interest_lower_quote_atoms < params.open_interest_upper_quote_atoms
        && i64::try_from(params.open_interest_upper_quote_atoms).is_ok()
        && i64::try_from(params.depth_quote_atoms).is_ok()
        && (Ratio::ONE.ppm()..=INITIAL_MULTIPLIER_PPM_MAX).contains(&params.initial_multiplier_ppm)
        && within_ratio(params)
}

/// At the widest scan range too the initial multiplier is a number that a ratio can be. Otherwise, from
/// some open interest on, no account with the underlying could be judged, nor unloaded.
fn within_ratio(params: &UnderlyingParams) -> bool {
    let widest = u64::from(params.initial_multiplier_ppm);
    let widest = widest.saturating_mul(u64::from(params.scan_upper_ppm));
    widest <= u64::from(params.scan_lower_ppm).saturating_mul(WIDEST_MULTIPLIER_PPM)
}

/// Risk arrays are made at the least scan range: what widens it multiplies the requirement.
fn within_reach(params: &UnderlyingParams) -> bool {
    let scan = u64::from(params.scan_lower_ppm);
    let most = MOVE_PPM_MAX.saturating_mul(u64::from(Ratio::ONE.ppm()));
    let reach = |one: &ScenarioParams| u64::from(one.shock_ppm.unsigned_abs()).saturating_mul(scan);
    params.scenarios.iter().all(|one| reach(one) <= most)
}

/// One refresh may carry the jump reference no further than a jump: otherwise a leap after a pause
/// could be refreshed and acted on in one transaction.
fn within_jump(reference: &SlopeParams, jump_ppm_max: u32) -> bool {
    let step = u64::from(reference.slope_ppm_per_second)
        .saturating_mul(u64::from(reference.catch_up_seconds_max));
    step <= u64::from(jump_ppm_max)
}

/// Stores the oracle sources. `OracleSourceInvalid` if they are not usable.
pub(crate) fn set_sources(underlying: &mut Underlying, sources: &[SourceParams]) -> Result<()> {
    let count = u8::try_from(sources.len()).map_err(|_| PlimsollError::OracleSourceInvalid)?;
    let fits = (1..=SOURCES_MAX).contains(&sources.len());
    require!(fits, PlimsollError::OracleSourceInvalid);
    underlying.sources = Zeroable::zeroed();
    for (slot, source) in underlying.sources.iter_mut().zip(sources) {
        let kind = SourceKind::from_raw(u64::from(source.kind));
        let kind = kind.ok_or(PlimsollError::OracleSourceInvalid)?;
        let stored =
            StoredSource { kind: kind.raw(), address: source.address, feed_id: source.feed_id };
        // Nothing but its address tells one push account from another.
        let named = kind == SourceKind::PythPull || crate::oracle::is_pinned(&stored);
        require!(named, PlimsollError::OracleSourceInvalid);
        *slot = stored;
    }
    underlying.source_count = count;
    Ok(())
}

fn set_scenarios(underlying: &mut Underlying, scenarios: &[ScenarioParams]) -> Result<()> {
    let count = u8::try_from(scenarios.len()).map_err(|_| PlimsollError::ScenarioSetInvalid)?;
    let fits = scenarios.len() <= underlying.scenarios.len();
    require!(fits, PlimsollError::ScenarioSetInvalid);
    underlying.scenarios = Zeroable::zeroed();
    for (slot, scenario) in underlying.scenarios.iter_mut().zip(scenarios) {
        *slot = StoredScenario {
            shock_ppm: scenario.shock_ppm,
            volatility_ppm: scenario.volatility_ppm,
            weight_ppm: scenario.weight_ppm,
        };
    }
    underlying.scenario_count = count;
    underlying.scenario_set().map(|_| ())
}

fn set_bounds(underlying: &mut Underlying, params: &UnderlyingParams) {
    underlying.age_seconds_max = params.age_seconds_max;
    underlying.confidence_ppm_max = params.confidence_ppm_max;
    underlying.dispersion_ppm_max = params.dispersion_ppm_max;
    underlying.jump_ppm_max = params.jump_ppm_max;
    set_slope(&mut underlying.stable, &params.stable);
    set_slope(&mut underlying.reference, &params.reference);
    underlying.scan_lower_ppm = params.scan_lower_ppm;
    underlying.scan_upper_ppm = params.scan_upper_ppm;
    underlying.open_interest_lower_quote_atoms = params.open_interest_lower_quote_atoms;
    underlying.open_interest_upper_quote_atoms = params.open_interest_upper_quote_atoms;
    underlying.concentration_slope_ppm = params.concentration_slope_ppm;
    underlying.concentration_max_ppm = params.concentration_max_ppm;
    underlying.depth_quote_atoms = params.depth_quote_atoms;
    underlying.basis_ppm = params.basis_ppm;
    underlying.initial_multiplier_ppm = params.initial_multiplier_ppm;
}

fn set_slope(stored: &mut StoredSlope, slope: &SlopeParams) {
    stored.slope_ppm_per_second = slope.slope_ppm_per_second;
    stored.catch_up_seconds_max = slope.catch_up_seconds_max;
}

/// Reads all sources, and starts both slope-limited prices where the first one stands.
fn start_prices(underlying: &mut Underlying, views: Vec<AccountView>, now: Now) -> Result<()> {
    let first = *underlying.sources()?.first().ok_or(PlimsollError::OracleSourceInvalid)?;
    let mut accounts = RiskAccounts::new(views.clone());
    let view = accounts.take_view()?;
    let price: Price = {
        let data = view.try_borrow()?;
        read_strict(&first, view.address(), view.owner(), &data)?.price
    };
    for slope in [&mut underlying.stable, &mut underlying.reference] {
        slope.price = price.into();
        slope.updated_at = now.time.get();
    }
    let quote = crate::load::judged_from_views(underlying, views, now)?;
    let valid = plimsoll_risk::allowed(quote.grade, plimsoll_risk::Action::Open);
    require!(valid, crate::error::grade_error(quote.grade));
    underlying.published_at = quote.published.min(now.time).get();
    Ok(())
}

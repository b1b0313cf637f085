//! Which instruction arguments does the file stand for?

use plimsoll_client::state::SourceKind;
use plimsoll_client::{
    Address, CollateralParams, GroupParams, InstrumentParams, KinkParams, RoleParams,
    ScenarioParams, SlopeParams, SourceParams, TimelockParams, UnderlyingParams,
};
use plimsoll_decimals::{Decimal, Share};
use plimsoll_risk::SPAN;

use crate::markets::{GroupSpec, InstrumentSpec, SlopeSpec, SourceSpec, TokenSpec, UnderlyingSpec};
use crate::names::Names;

/// Decimals of the group's quote token, by which amounts of quote become atoms.
pub(crate) type QuoteDecimals = u32;

pub(crate) fn group(spec: &GroupSpec, decimals: QuoteDecimals) -> Result<GroupParams, String> {
    Ok(GroupParams {
        beta_min_ppm: spec.beta_min.ppm,
        beta_max_ppm: spec.beta_max.ppm,
        duration_slots: spec.duration_slots,
        depth_full_ppm: spec.depth_full.ppm,
        buffer_ppm: spec.buffer.ppm,
        insurance_cut_ppm: spec.insurance_cut.ppm,
        deleverage_slots: spec.deleverage_slots,
        dust_quote_atoms: spec.dust.scaled(decimals)?,
        owner_first_seconds: spec.owner_first_seconds,
        cool_down_seconds: spec.cool_down_seconds,
        insurance_cap_quote_atoms: spec.insurance_cap.scaled(decimals)?,
    })
}

/// Who has a say besides `owner`.
pub(crate) fn roles(
    spec: &GroupSpec,
    owner: &Address,
    names: &Names,
) -> Result<RoleParams, String> {
    let role = |name: &Option<String>, nobody: Address| match name {
        Some(name) => names.get(name),
        None => Ok(nobody),
    };
    Ok(RoleParams {
        guardian: role(&spec.guardian, *owner)?,
        lister: role(&spec.lister, Address::default())?,
        risk_manager: role(&spec.risk_manager, Address::default())?,
        publisher: role(&spec.publisher, Address::default())?,
        timelock: TimelockParams {
            timelock_seconds: spec.timelock_seconds,
            window_seconds: spec.window_seconds,
        },
    })
}

pub(crate) fn underlying(
    spec: &UnderlyingSpec,
    names: &Names,
    decimals: QuoteDecimals,
) -> Result<UnderlyingParams, String> {
    let sources: Result<Vec<_>, _> = spec.sources.iter().map(|one| source(one, names)).collect();
    let [scan_lower, scan_upper] = spec.scan;
    let [lower, upper] = spec.open_interest;
    Ok(UnderlyingParams {
        name: name(&spec.name)?,
        sources: sources?,
        age_seconds_max: spec.age_seconds,
        confidence_ppm_max: spec.confidence.ppm,
        dispersion_ppm_max: spec.dispersion.ppm,
        jump_ppm_max: spec.jump.ppm,
        stable: slope(&spec.stable),
        reference: slope(&spec.reference),
        scan_lower_ppm: scan_lower.ppm,
        scan_upper_ppm: scan_upper.ppm,
        open_interest_lower_quote_atoms: lower.scaled(decimals)?,
        open_interest_upper_quote_atoms: upper.scaled(decimals)?,
        concentration_slope_ppm: spec.concentration_slope.ppm,
        concentration_max_ppm: spec.concentration_max.ppm,
        depth_quote_atoms: spec.depth.scaled(decimals)?,
        basis_ppm: spec.basis.ppm,
        initial_multiplier_ppm: spec.initial_multiplier.ppm,
        scenarios: scenarios(&spec.scenarios)?,
    })
}

pub(crate) fn instrument(
    spec: &InstrumentSpec,
    decimals: QuoteDecimals,
) -> Result<InstrumentParams, String> {
    let lot = spec.lot;
    let exponent = i32::try_from(lot.places).map_err(|_| format!("lot of {lot} is too small"))?;
    Ok(InstrumentParams {
        name: name(&spec.name)?,
        lot_mantissa: lot.mantissa,
        lot_exponent: -exponent,
        tick_quote_atoms_per_lot: tick_atoms(spec, decimals)?,
        price_band_ppm: spec.price_band.ppm,
        pnl_weight_ppm: spec.pnl_weight.ppm,
        trade_fee_ppm: spec.trade_fee.ppm,
        open_interest_cap_lots: cap_lots(spec)?,
        funding_cap_ppm: spec.funding_cap.ppm,
        funding_seconds_max: spec.funding_seconds,
        premium_band_ppm: spec.premium_band.ppm,
        premium_seconds: spec.premium_seconds,
        premium_impact_quote_atoms: spec.premium_impact.scaled(decimals)?,
        loss_cap_ppm: spec.loss_cap.ppm,
        settle_reward_ppm: spec.settle_reward.ppm,
        settle_reward_quote_atoms_max: spec.settle_reward_max.scaled(decimals)?,
        insurance_cap_quote_atoms: spec.insurance_cap.scaled(decimals)?,
    })
}

/// `token_decimals` are those of the token itself.
pub(crate) fn token(
    spec: &TokenSpec,
    token_decimals: u32,
    decimals: QuoteDecimals,
) -> Result<CollateralParams, String> {
    let kink = |[utilisation, rate]: &[Share; 2]| KinkParams {
        utilisation_ppm: utilisation.ppm,
        rate_ppm: rate.ppm,
    };
    Ok(CollateralParams {
        deposit_cap_token_atoms: spec.deposit_cap.scaled(token_decimals)?,
        borrow_cap_token_atoms: spec.borrow_cap.scaled(token_decimals)?,
        kinks: spec.curve.iter().map(kink).collect(),
        reserve_share_ppm: spec.reserve_share.ppm,
        utilisation_ppm_max: spec.utilisation_max.ppm,
        outflow_ppm: spec.outflow.ppm,
        outflow_free_token_atoms: spec.outflow_free.scaled(token_decimals)?,
        outflow_free_cap_token_atoms: spec.outflow_free_cap.scaled(token_decimals)?,
        weight_ppm: spec.weight.ppm,
        ramp_seconds: spec.ramp_seconds,
        insurance_cap_quote_atoms: spec.insurance_cap.scaled(decimals)?,
    })
}

/// `tick · lot · 10^decimals`, which must be whole.
fn tick_atoms(spec: &InstrumentSpec, decimals: QuoteDecimals) -> Result<u64, String> {
    let atoms = spec.tick.product_scaled(spec.lot, decimals);
    let text =
        format!("{}: a tick of {} is no whole number of quote atoms per lot", spec.name, spec.tick);
    atoms.filter(|atoms| *atoms > 0).ok_or(text)
}

fn cap_lots(spec: &InstrumentSpec) -> Result<u64, String> {
    let lots = whole_lots(&spec.open_interest_cap, &spec.lot)?;
    lots.ok_or_else(|| format!("{}: the lot is zero", spec.name))
}

/// `cap / lot`, rounded down; `None` where the lot is zero.
pub(crate) fn whole_lots(cap: &Decimal, lot: &Decimal) -> Result<Option<u64>, String> {
    let places = lot.places.max(cap.places);
    Ok(cap.scaled(places)?.checked_div(lot.scaled(places)?))
}

fn source(spec: &SourceSpec, names: &Names) -> Result<SourceParams, String> {
    let number = |kind: SourceKind| u8::try_from(kind.raw()).map_err(|error| error.to_string());
    Ok(match spec {
        SourceSpec::PythPush { account } => SourceParams {
            kind: number(SourceKind::PythPush)?,
            address: names.get(account)?,
            feed_id: [0; 32],
        },
        SourceSpec::PythPull { account, feed } => SourceParams {
            kind: number(SourceKind::PythPull)?,
            address: match account {
                Some(account) => names.get(account)?,
                None => Address::default(),
            },
            feed_id: feed_id(feed)?,
        },
    })
}

/// Where the oracle accounts of an underlying lie. A source that names none has one under its
/// feed id among the names.
pub(crate) fn oracles(spec: &UnderlyingSpec, names: &Names) -> Result<Vec<Address>, String> {
    spec.sources.iter().map(|source| names.get(source.name())).collect()
}

pub(crate) fn feed_id(text: &str) -> Result<[u8; 32], String> {
    let mut id = [0; 32];
    let plain = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    for (at, byte) in id.iter_mut().enumerate().filter(|_| plain) {
        let digits = text.get(2 * at..2 * at + 2).unwrap_or_default();
        *byte = u8::from_str_radix(digits, 16).map_err(|error| error.to_string())?;
    }
    match plain {
        true => Ok(id),
        false => Err(format!("{text:?} is no feed id of 64 hexadecimal digits")),
    }
}

fn slope(spec: &SlopeSpec) -> SlopeParams {
    SlopeParams {
        slope_ppm_per_second: spec.per_second.ppm,
        catch_up_seconds_max: spec.catch_up_seconds,
    }
}

fn scenarios(spec: &[[i64; 3]]) -> Result<Vec<ScenarioParams>, String> {
    if spec.is_empty() {
        let span = SPAN.iter().map(|scenario| ScenarioParams {
            shock_ppm: scenario.shock,
            volatility_ppm: scenario.volatility,
            weight_ppm: scenario.weight.ppm(),
        });
        return Ok(span.collect());
    }
    let all = spec.iter().map(|[shock, volatility, weight]| {
        let wide = || format!("scenario [{shock}, {volatility}, {weight}] is out of range");
        Ok(ScenarioParams {
            shock_ppm: i32::try_from(*shock).map_err(|_| wide())?,
            volatility_ppm: i32::try_from(*volatility).map_err(|_| wide())?,
            weight_ppm: u32::try_from(*weight).map_err(|_| wide())?,
        })
    });
    all.collect()
}

/// A name as it is stored: UTF-8, zero-padded.
pub(crate) fn name(text: &str) -> Result<[u8; 16], String> {
    let mut stored = [0; 16];
    let slot = stored.get_mut(..text.len());
    slot.ok_or_else(|| format!("{text:?} is longer than 16 bytes"))?
        .copy_from_slice(text.as_bytes());
    Ok(stored)
}

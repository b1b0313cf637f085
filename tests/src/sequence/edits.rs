//! How are terms bent, number by number? A field goes by its place, so that an edit is two numbers.

use plimsoll_client::{
    CollateralParams, ContractParams, ExpiryParams, GroupParams, InstrumentParams, KinkParams,
    ScenarioParams, SourceParams, TimelockParams, UnderlyingParams,
};

use super::rng::Rng;

/// One number among the terms.
pub(crate) enum Field<'a> {
    Byte(&'a mut u8),
    Small(&'a mut u32),
    Signed(&'a mut i32),
    Large(&'a mut u64),
}

impl Field<'_> {
    fn get(&self) -> i128 {
        match self {
            Self::Byte(one) => i128::from(**one),
            Self::Small(one) => i128::from(**one),
            Self::Signed(one) => i128::from(**one),
            Self::Large(one) => i128::from(**one),
        }
    }

    fn set(self, value: i128) -> Option<()> {
        match self {
            Self::Byte(one) => *one = value.try_into().ok()?,
            Self::Small(one) => *one = value.try_into().ok()?,
            Self::Signed(one) => *one = value.try_into().ok()?,
            Self::Large(one) => *one = value.try_into().ok()?,
        }
        Some(())
    }

    fn most(&self) -> i128 {
        match self {
            Self::Byte(_) => u8::MAX.into(),
            Self::Small(_) => u32::MAX.into(),
            Self::Signed(_) => i32::MAX.into(),
            Self::Large(_) => u64::MAX.into(),
        }
    }
}

/// Terms whose numbers can be bent.
pub(crate) trait Bendable {
    /// All numbers, those that may never change last.
    fn fields(&mut self) -> Vec<Field<'_>>;

    /// How many of them may never change.
    const FIXED: usize;

    /// Makes one of the lists longer or shorter.
    fn resize(&mut self, _list: usize, _count: usize) {}
}

impl Bendable for UnderlyingParams {
    const FIXED: usize = 1;

    fn fields(&mut self) -> Vec<Field<'_>> {
        let mut all = vec![
            Field::Small(&mut self.age_seconds_max),
            Field::Small(&mut self.confidence_ppm_max),
            Field::Small(&mut self.dispersion_ppm_max),
            Field::Small(&mut self.jump_ppm_max),
            Field::Small(&mut self.stable.slope_ppm_per_second),
            Field::Small(&mut self.stable.catch_up_seconds_max),
            Field::Small(&mut self.reference.slope_ppm_per_second),
            Field::Small(&mut self.reference.catch_up_seconds_max),
            Field::Small(&mut self.scan_lower_ppm),
            Field::Small(&mut self.scan_upper_ppm),
            Field::Large(&mut self.open_interest_lower_quote_atoms),
            Field::Large(&mut self.open_interest_upper_quote_atoms),
            Field::Small(&mut self.concentration_slope_ppm),
            Field::Small(&mut self.concentration_max_ppm),
            Field::Large(&mut self.depth_quote_atoms),
            Field::Small(&mut self.basis_ppm),
            Field::Small(&mut self.initial_multiplier_ppm),
        ];
        // The last ones bind, in the default set.
        for one in self.scenarios.iter_mut().rev().take(4) {
            all.push(Field::Signed(&mut one.shock_ppm));
            all.push(Field::Small(&mut one.weight_ppm));
        }
        all.push(Field::Byte(&mut self.name[0]));
        all
    }

    fn resize(&mut self, list: usize, count: usize) {
        let scenario = ScenarioParams { shock_ppm: 1, volatility_ppm: 0, weight_ppm: 1 };
        let source = SourceParams { kind: 7, address: [7; 32].into(), feed_id: [0; 32] };
        match list {
            0 => self.scenarios.resize(count.min(18), scenario),
            _ => self.sources.resize(count.min(3), source),
        }
    }
}

impl Bendable for CollateralParams {
    const FIXED: usize = 1;

    fn fields(&mut self) -> Vec<Field<'_>> {
        let mut all = vec![
            Field::Large(&mut self.deposit_cap_token_atoms),
            Field::Large(&mut self.borrow_cap_token_atoms),
            Field::Small(&mut self.reserve_share_ppm),
            Field::Small(&mut self.utilisation_ppm_max),
            Field::Small(&mut self.outflow_ppm),
            Field::Large(&mut self.outflow_free_token_atoms),
            Field::Large(&mut self.outflow_free_cap_token_atoms),
            Field::Small(&mut self.weight_ppm),
            Field::Large(&mut self.insurance_cap_quote_atoms),
        ];
        for one in &mut self.kinks {
            all.push(Field::Small(&mut one.utilisation_ppm));
            all.push(Field::Small(&mut one.rate_ppm));
        }
        all.push(Field::Large(&mut self.ramp_seconds));
        all
    }

    fn resize(&mut self, _: usize, count: usize) {
        let kink = KinkParams { utilisation_ppm: 1_000_000, rate_ppm: 2_000_000 };
        self.kinks.resize(count.min(6), kink);
    }
}

impl Bendable for InstrumentParams {
    const FIXED: usize = 4;

    fn fields(&mut self) -> Vec<Field<'_>> {
        vec![
            Field::Small(&mut self.price_band_ppm),
            Field::Small(&mut self.pnl_weight_ppm),
            Field::Small(&mut self.trade_fee_ppm),
            Field::Large(&mut self.open_interest_cap_lots),
            Field::Small(&mut self.funding_cap_ppm),
            Field::Small(&mut self.funding_seconds_max),
            Field::Small(&mut self.premium_band_ppm),
            Field::Small(&mut self.premium_seconds),
            Field::Large(&mut self.premium_impact_quote_atoms),
            Field::Small(&mut self.loss_cap_ppm),
            Field::Small(&mut self.settle_reward_ppm),
            Field::Large(&mut self.settle_reward_quote_atoms_max),
            Field::Large(&mut self.insurance_cap_quote_atoms),
            Field::Large(&mut self.tick_quote_atoms_per_lot),
            Field::Large(&mut self.lot_mantissa),
            Field::Signed(&mut self.lot_exponent),
            Field::Byte(&mut self.name[0]),
        ]
    }
}

impl Bendable for ExpiryParams {
    const FIXED: usize = 0;

    fn fields(&mut self) -> Vec<Field<'_>> {
        vec![
            Field::Signed(&mut self.basis_ppm),
            Field::Small(&mut self.confidence_ppm),
            Field::Small(&mut self.basis_ppm_max),
            Field::Small(&mut self.confidence_ppm_min),
            Field::Small(&mut self.widening_ppm_per_hour),
            Field::Small(&mut self.fresh_seconds),
            Field::Small(&mut self.step_ppm),
            Field::Small(&mut self.basis_step_ppm),
            Field::Small(&mut self.step_seconds),
            Field::Small(&mut self.volatility_scan_ppm),
            Field::Small(&mut self.short_floor_ppm),
            Field::Small(&mut self.array_seconds_max),
            Field::Small(&mut self.array_move_ppm),
        ]
    }
}

impl Bendable for ContractParams {
    const FIXED: usize = InstrumentParams::FIXED;

    fn fields(&mut self) -> Vec<Field<'_>> {
        self.instrument.fields()
    }
}

impl Bendable for GroupParams {
    const FIXED: usize = 0;

    fn fields(&mut self) -> Vec<Field<'_>> {
        vec![
            Field::Small(&mut self.beta_min_ppm),
            Field::Small(&mut self.beta_max_ppm),
            Field::Large(&mut self.duration_slots),
            Field::Small(&mut self.depth_full_ppm),
            Field::Small(&mut self.buffer_ppm),
            Field::Small(&mut self.insurance_cut_ppm),
            Field::Small(&mut self.deleverage_slots),
            Field::Large(&mut self.dust_quote_atoms),
            Field::Large(&mut self.owner_first_seconds),
            Field::Large(&mut self.cool_down_seconds),
            Field::Large(&mut self.insurance_cap_quote_atoms),
        ]
    }
}

impl Bendable for TimelockParams {
    const FIXED: usize = 0;

    fn fields(&mut self) -> Vec<Field<'_>> {
        vec![Field::Large(&mut self.timelock_seconds), Field::Large(&mut self.window_seconds)]
    }
}

/// Edits of a few numbers, most of them by as much as a change may be, some by more.
pub(crate) fn draw<T: Bendable>(rng: &mut Rng, terms: &mut T) -> Vec<i128> {
    let mut words = Vec::new();
    for _ in 0..rng.pick(&[0, 1, 1, 1, 1, 2, 2, 3]) {
        if rng.chance(3) {
            words.extend([-1 - i128::from(rng.below(2)), rng.below(7).into()]);
            continue;
        }
        let fields = terms.fields();
        let all = fields.len() - if rng.chance(90) { T::FIXED } else { 0 };
        let at = rng.index(all);
        let (old, most) = (fields[at].get(), fields[at].most());
        let value = match rng.below(20) {
            0..11 => old * i128::from(rng.between(80, 120)) / 100,
            11 | 12 => old * 2,
            13 => old * 2 + 1,
            14 | 15 => old / 2,
            16 => old * 3 / 2,
            17 => 0,
            18 => old + 1,
            _ => most,
        };
        words.extend([at as i128, value.clamp(-most, most)]);
    }
    words
}

/// Carries edits out; `None` if one is none.
pub(crate) fn bend<T: Bendable>(terms: &mut T, words: &[i128]) -> Option<()> {
    for pair in words.chunks_exact(2) {
        match usize::try_from(pair[0]) {
            Ok(at) => {
                let mut fields = terms.fields();
                let found = at < fields.len();
                found.then(|| fields.swap_remove(at))?.set(pair[1])?;
            }
            Err(_) => {
                let list = usize::try_from(-1 - pair[0]).ok()?;
                terms.resize(list, usize::try_from(pair[1]).ok()?);
            }
        }
    }
    Some(())
}

/// Do edits leave alone what a listing's later reading goes by?
pub(crate) fn keeps_fixed<T: Bendable>(terms: &mut T, words: &[i128]) -> bool {
    let free = terms.fields().len() - T::FIXED;
    words.chunks_exact(2).all(|pair| pair[0] < free as i128)
}

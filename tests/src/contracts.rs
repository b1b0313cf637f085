//! Expiries and contracts in one line each: a group whose owner has listed a volatility surface of
//! SOL with options and a future on it.

use plimsoll_client::instruction as ix;
pub use plimsoll_client::instruction::unit_limit;
use plimsoll_client::state::{Expiry, Instrument};
use plimsoll_client::{
    ContractKind, ContractParams, ExpiryParams, Instruction, InstrumentParams, SliceParams,
};
use plimsoll_migrations::{Decimal, Markets, Step};

use crate::vm::{address, Outcome};
use crate::world::World;

/// Seconds from the beginning of a test to the first expiry: thirty days.
pub const LIFE: i64 = 30 * 86_400;

/// Quote atoms per lot that a tick of a contract is worth. A lot is a tenth of a unit, so that a
/// tick is a thousandth of a quote token per unit.
const TICK: u64 = 100;

/// One in the units of a slice.
const ONE: f64 = 4_294_967_296.0;

/// A slice by its numbers, as they are published.
pub fn slice(a: f64, b: f64, rho: f64, m: f64, sigma: f64) -> SliceParams {
    let [a, b, rho, m, sigma] = [a, b, rho, m, sigma].map(|one| (one * ONE).round() as i64);
    SliceParams { a, b, rho, m, sigma }
}

/// A smile about 80 % at the money, with a skew to the downside.
pub fn smile() -> SliceParams {
    slice(0.55, 0.4, -0.2, 0.0, 0.25)
}

/// A flat surface at 80 %: values can be looked up anywhere.
pub fn flat() -> SliceParams {
    slice(0.64, 0.0, 0.0, 0.0, 0.1)
}

/// Terms of an expiry with a slice: volatilities may be off by 2 %, and move by a tenth an hour;
/// arrays are good for a minute and 1 % of the price.
pub fn expiry_params(slice: SliceParams) -> ExpiryParams {
    ExpiryParams {
        slice,
        basis_ppm: 0,
        confidence_ppm: 20_000,
        basis_ppm_max: 100_000,
        confidence_ppm_min: 10_000,
        widening_ppm_per_hour: 50_000,
        fresh_seconds: 600,
        step_ppm: 100_000,
        basis_step_ppm: 10_000,
        step_seconds: 3_600,
        volatility_scan_ppm: 300_000,
        short_floor_ppm: 10_000,
        array_seconds_max: 60,
        array_move_ppm: 10_000,
    }
}

/// A call of SOL by its strike in quote tokens.
pub fn call(strike: u64) -> ContractKind {
    ContractKind::Call { strike_quote_atoms_per_lot: strike * 100_000 }
}

/// A put of SOL by its strike in quote tokens.
pub fn put(strike: u64) -> ContractKind {
    ContractKind::Put { strike_quote_atoms_per_lot: strike * 100_000 }
}

/// Terms of a contract with lots of a tenth of a unit and no fees.
pub fn contract_params(name: &str, kind: ContractKind) -> ContractParams {
    let mut stored = [0; 16];
    stored[..name.len()].copy_from_slice(name.as_bytes());
    let instrument = InstrumentParams {
        name: stored,
        lot_mantissa: 1,
        lot_exponent: -1,
        tick_quote_atoms_per_lot: TICK,
        price_band_ppm: 200_000,
        pnl_weight_ppm: 1_000_000,
        trade_fee_ppm: 0,
        open_interest_cap_lots: 1_000_000,
        funding_cap_ppm: 0,
        funding_seconds_max: 0,
        premium_band_ppm: 10_000,
        premium_seconds: 600,
        premium_impact_quote_atoms: 1_000_000_000,
        loss_cap_ppm: 100_000,
        settle_reward_ppm: 1_000,
        settle_reward_quote_atoms_max: 1_000_000,
        insurance_cap_quote_atoms: 10_000_000_000,
    };
    ContractParams { kind, instrument }
}

/// Names of the contracts that steps list, in their order.
pub(crate) fn contract_names(steps: &[Step]) -> Vec<String> {
    let names = steps.iter().filter_map(|step| match step {
        Step::Contract { contract, .. } => Some(text(&contract.params.instrument.name)),
        _ => None,
    });
    names.collect()
}

/// A stored name without its padding.
fn text(name: &[u8; 16]) -> String {
    std::str::from_utf8(name).unwrap().trim_end_matches('\0').to_string()
}

/// Lets a transaction use 400,000 units: a slice between two others is checked thrice.
pub fn raised_limit() -> Instruction {
    unit_limit(400_000)
}

/// Seconds behind a settlement in which nobody is paid out.
pub const PENDING_SECONDS: i64 = 3_600;

impl World {
    /// The hour passes in which nobody is paid out behind a settlement. Oracles publish and are followed
    /// meanwhile, so that it is no gap after which owners act first.
    pub fn await_payouts(&mut self) {
        for _ in 0..PENDING_SECONDS / 60 {
            self.advance_seconds(60);
            for index in 0..self.directory.underlyings.len() {
                let index = u16::try_from(index).unwrap();
                let one = ix::refresh_underlying(&self.directory, index).unwrap();
                self.send(&[one], &[]).unwrap();
            }
        }
    }

    /// The local group, not launched, with somebody who publishes surfaces.
    pub fn unlaunched() -> Self {
        Self::unlaunched_with(|_| ())
    }

    /// The same, its file changed before it is applied.
    pub fn unlaunched_with(change: impl FnOnce(&mut Markets)) -> Self {
        Self::with(|markets| {
            markets.group.publisher = Some("publisher".into());
            markets.group.launch = false;
            change(markets);
        })
    }

    /// Opens the group for money.
    pub fn launch(&mut self) -> Outcome {
        let one = ix::launch_group(&address("owner"), &self.directory.group.address);
        self.send(&[one], &["owner"])
    }

    /// A launched group with an expiry of SOL in thirty days on a slice, calls and puts struck at 140,
    /// 150 and 160, and a future, their risk arrays fresh.
    pub fn with_options(slice: SliceParams) -> Self {
        let mut world = Self::unlaunched();
        let at = world.first_expiry();
        world.list_expiry("SOL", at, expiry_params(slice)).unwrap();
        for strike in [140, 150, 160] {
            world.list_contract(&format!("SOL-{strike}-C"), "SOL", at, call(strike)).unwrap();
            world.list_contract(&format!("SOL-{strike}-P"), "SOL", at, put(strike)).unwrap();
        }
        world.list_contract("SOL-FUT", "SOL", at, ContractKind::Future).unwrap();
        world.launch().unwrap();
        world.refresh_options();
        world
    }

    /// The day of the first expiry, rounded to hours (Unix seconds).
    pub fn first_expiry(&self) -> i64 {
        (self.started_at() + LIFE) / 3_600 * 3_600
    }

    /// The owner lists an expiry during the set-up.
    pub fn list_expiry(&mut self, underlying: &str, at: i64, params: ExpiryParams) -> Outcome {
        let (payer, owner) = (address("payer"), address("owner"));
        let index = self.underlying(underlying);
        let one = ix::create_expiry(&self.directory, &payer, &owner, index, at, params).unwrap();
        self.send(&[raised_limit(), one], &["owner"])
    }

    /// The owner lists a contract during the set-up.
    pub fn list_contract(
        &mut self,
        name: &str,
        underlying: &str,
        at: i64,
        kind: ContractKind,
    ) -> Outcome {
        self.list_contract_by(underlying, at, contract_params(name, kind))
    }

    /// The same by its terms.
    pub fn list_contract_by(
        &mut self,
        underlying: &str,
        at: i64,
        params: ContractParams,
    ) -> Outcome {
        let (payer, owner) = (address("payer"), address("owner"));
        let (on, index) = (self.underlying(underlying), self.group().instrument_count);
        let directory = &self.directory;
        let one = ix::create_contract(directory, &payer, &owner, (on, at), index, params).unwrap();
        let outcome = self.send(&[one], &["owner"]);
        if outcome.is_ok() {
            self.contracts.push(text(&params.instrument.name));
        }
        outcome
    }

    /// Publishes a slice without a basis.
    pub fn publish(&mut self, underlying: &str, at: i64, slice: SliceParams) -> Outcome {
        self.publish_by("publisher", (underlying, at), slice, 0, 20_000)
    }

    /// The same by anybody, with basis and confidence.
    pub fn publish_by(
        &mut self,
        name: &str,
        (underlying, at): (&str, i64),
        slice: SliceParams,
        basis_ppm: i32,
        confidence_ppm: u32,
    ) -> Outcome {
        self.reread();
        let (by, on) = (address(name), (self.underlying(underlying), at));
        let directory = &self.directory;
        let one =
            ix::publish_surface(directory, &by, on, slice, basis_ppm, confidence_ppm).unwrap();
        self.send(&[raised_limit(), one], &[name])
    }

    /// Values a contract anew, or takes over its settlement price.
    pub fn refresh_array(&mut self, instrument: &str) -> Outcome {
        let index = self.instrument(instrument);
        let one = ix::refresh_risk_array(&self.directory, index).unwrap();
        self.send(&[one], &[])
    }

    /// Refreshes the risk array of everything that has one now.
    pub fn refresh_options(&mut self) {
        self.reread();
        let now = self.vm.now().time;
        for name in self.contracts.clone() {
            let state = self.instrument_state(&name);
            if state.has_array(now) && !state.is_settled() {
                self.refresh_array(&name).unwrap();
            }
        }
    }

    /// Samples the price for a settlement, or settles.
    pub fn sample(&mut self, underlying: &str, at: i64) -> Outcome {
        let index = self.underlying(underlying);
        let one = ix::sample_settlement(&self.directory, index, at).unwrap();
        self.send(&[one], &[])
    }

    /// Removes an expiry.
    pub fn close_expiry(&mut self, underlying: &str, at: i64) -> Outcome {
        self.reread();
        let index = self.underlying(underlying);
        let one = ix::close_expiry(&self.directory, index, at).unwrap();
        self.send(&[one], &[])
    }

    /// Removes a settled contract.
    pub fn close_contract(&mut self, instrument: &str) -> Outcome {
        let one = self.contract_closing(instrument);
        self.send(&[one], &[])
    }

    /// The instruction of [`Self::close_contract`].
    pub fn contract_closing(&mut self, instrument: &str) -> Instruction {
        self.reread();
        ix::close_contract(&self.directory, self.instrument(instrument)).unwrap()
    }

    /// Names of all contracts.
    pub fn contracts(&self) -> Vec<String> {
        self.contracts.clone()
    }

    /// An expiry now.
    pub fn expiry(&mut self, underlying: &str, at: i64) -> Expiry {
        self.reread();
        self.directory.expiry(self.underlying(underlying), at).unwrap().state
    }

    /// What a lot of a contract is worth by its risk array: fair, least and largest (quote atoms).
    pub fn marks(&mut self, instrument: &str) -> [f64; 3] {
        let array = self.instrument_state(instrument).array;
        let unit = f64::powi(2.0, i32::from(array.shift) - 48);
        [array.fair, array.low, array.high].map(|one| one as f64 * unit)
    }

    /// A price in quote tokens per unit as ticks of an instrument.
    pub fn ticks(&self, instrument: &str, price: &str) -> u64 {
        let index = self.instrument(instrument);
        let Some(listed) = self.markets.instruments.get(usize::from(index)) else {
            let state = &self.directory.instrument(index).unwrap().state;
            return Self::contract_ticks(state, price);
        };
        let tick = listed.tick;
        let price: Decimal = price.parse().unwrap();
        let places = price.places.max(tick.places);
        let (price, tick) = (price.scaled(places).unwrap(), tick.scaled(places).unwrap());
        assert_eq!(price % tick, 0, "no whole number of ticks");
        price / tick
    }

    /// A price in quote tokens per unit as ticks of a contract.
    fn contract_ticks(state: &Instrument, price: &str) -> u64 {
        let price: Decimal = price.parse().unwrap();
        // A tenth of a unit, in atoms.
        let atoms = price.scaled(5).unwrap();
        assert_eq!(atoms % state.tick_quote_atoms_per_lot, 0, "no whole number of ticks");
        atoms / state.tick_quote_atoms_per_lot
    }
}

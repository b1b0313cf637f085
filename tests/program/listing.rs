//! Which groups, underlyings, tokens and contracts are refused, each by the bound that it breaks?

use plimsoll_client::instruction::NewCollateral;
use plimsoll_client::{
    pda, Address, GroupParams, Instruction, InstrumentParams, ScenarioParams, SourceParams,
    UnderlyingParams,
};
use plimsoll_migrations::{apply, plan, Markets, Step};
use plimsoll_tests::{
    address, expect_error, keypair, Feed, FeedKind, Ground, Outcome, World, SPL_TOKEN,
};

/// Steps of the local markets: the group, four underlyings, three tokens, three instruments.
const GROUP: usize = 0;
const QUOTE: usize = 1;
const SOL: usize = 2;
const ETH: usize = 4;
const TOKEN_USDC: usize = 5;
const TOKEN_SOL: usize = 6;
const PERP: usize = 8;

/// A cluster on which the steps before `next` are done, and that step.
struct Listing {
    ground: Ground,
    group: Address,
    step: Step,
}

impl Listing {
    fn at(next: usize) -> Self {
        let mut ground = World::ground(Markets::local().without_expiries());
        let owner = address("owner");
        let plan = plan(&ground.vm, &owner, &ground.markets, &ground.names).unwrap();
        for step in &plan.steps[..next] {
            let one = step.instruction(&owner, &plan.group);
            ground.vm.run(&[one], &[&keypair("owner")]).unwrap();
        }
        Self { ground, group: plan.group, step: plan.steps[next].clone() }
    }

    fn instruction(&self, step: &Step) -> Instruction {
        step.instruction(&address("owner"), &self.group)
    }

    fn run(&mut self, one: Instruction) -> Outcome {
        self.ground.vm.run(&[one], &[&keypair("owner")])
    }

    fn group(&mut self, edit: impl FnOnce(&mut GroupParams)) -> Outcome {
        let mut step = self.step.clone();
        let Step::Group { params, .. } = &mut step else { panic!("{step}") };
        edit(params);
        self.run(self.instruction(&step))
    }

    fn underlying(&mut self, edit: impl FnOnce(&mut UnderlyingParams)) -> Outcome {
        let mut step = self.step.clone();
        let Step::Underlying { params, .. } = &mut step else { panic!("{step}") };
        edit(params);
        self.run(self.instruction(&step))
    }

    fn token(&mut self, edit: impl FnOnce(&mut NewCollateral)) -> Outcome {
        let mut step = self.step.clone();
        let Step::Token { token, .. } = &mut step else { panic!("{step}") };
        edit(token);
        self.run(self.instruction(&step))
    }

    fn perpetual(&mut self, edit: impl FnOnce(&mut InstrumentParams, &mut u16)) -> Outcome {
        let mut step = self.step.clone();
        let Step::Instrument { params, underlying, .. } = &mut step else { panic!("{step}") };
        edit(params, underlying);
        self.run(self.instruction(&step))
    }

    /// The step as it is, but with one oracle account bent first.
    fn with_feed(&mut self, name: &str, edit: impl FnOnce(&mut Feed)) -> Outcome {
        let mut feed = self.ground.feeds[name].clone();
        edit(&mut feed);
        self.ground.vm.put(feed.address, feed.owner, feed.data());
        self.run(self.instruction(&self.step))
    }

    /// A second group of the same owner with the same markets.
    fn other_group(&mut self) -> Address {
        let mut markets = self.ground.markets.clone();
        markets.group.id = 1;
        apply(&mut self.ground.vm, &keypair("owner"), &markets, &self.ground.names).unwrap();
        pda::group(&address("owner"), 1)
    }
}

#[test]
fn a_groups_terms_of_liquidation_are_bounded() {
    let mut listing = Listing::at(GROUP);
    let edits: [fn(&mut GroupParams); 7] = [
        |params| params.beta_min_ppm = params.beta_max_ppm + 1,
        |params| params.beta_max_ppm = 1_000_000,
        |params| params.duration_slots = 0,
        |params| params.depth_full_ppm = 0,
        |params| params.buffer_ppm = 1_000_001,
        |params| params.insurance_cut_ppm = 1_000_001,
        |params| params.deleverage_slots = 0,
    ];
    for edit in edits {
        expect_error(listing.group(edit), "ParameterOutOfBounds");
    }
    let edits: [fn(&mut GroupParams); 3] = [
        |params| params.owner_first_seconds = 3_601,
        |params| params.cool_down_seconds = 86_399,
        |params| params.cool_down_seconds = 30 * 86_400 + 1,
    ];
    for edit in edits {
        expect_error(listing.group(edit), "ParameterOutOfBounds");
    }
    for seconds in [3_599, 30 * 86_400 + 1] {
        let Step::Group { roles, .. } = &mut listing.step else { panic!("the group") };
        let sound = std::mem::replace(&mut roles.timelock.timelock_seconds, seconds);
        expect_error(listing.group(|_| ()), "ParameterOutOfBounds");
        let Step::Group { roles, .. } = &mut listing.step else { panic!("the group") };
        roles.timelock.timelock_seconds = sound;
    }
    expect_error(listing.group(|params| params.dust_quote_atoms = u64::MAX), "OutOfRange");
    // The widest that may be.
    let widest = |params: &mut GroupParams| {
        params.beta_min_ppm = 999_999;
        params.beta_max_ppm = 999_999;
        params.duration_slots = 1;
        params.depth_full_ppm = 1;
        params.buffer_ppm = 1_000_000;
        params.insurance_cut_ppm = 1_000_000;
        params.deleverage_slots = 1;
        params.dust_quote_atoms = 0;
        params.owner_first_seconds = 3_600;
        params.cool_down_seconds = 30 * 86_400;
    };
    listing.group(widest).unwrap();
    // The same number twice: the system program's word for an account in use.
    expect_error(listing.group(|_| ()), "Custom(0)");
}

#[test]
fn a_token_of_thirteen_decimals_is_neither_quote_nor_collateral() {
    let mut listing = Listing::at(GROUP);
    listing.ground.mint("USDC", 13, SPL_TOKEN, &[]);
    expect_error(listing.group(|_| ()), "TooManyDecimals");

    let mut listing = Listing::at(TOKEN_SOL);
    listing.ground.mint("SOL", 13, SPL_TOKEN, &[]);
    expect_error(listing.token(|_| ()), "TooManyDecimals");
    listing.ground.mint("SOL", 12, SPL_TOKEN, &[]);
    listing.token(|_| ()).unwrap();
}

#[test]
fn an_underlyings_bounds_are_bounded() {
    let mut listing = Listing::at(SOL);
    let edits: [fn(&mut UnderlyingParams); 26] = [
        |params| params.age_seconds_max = 0,
        |params| params.age_seconds_max = 601,
        |params| params.confidence_ppm_max = 0,
        |params| params.confidence_ppm_max = 500_001,
        |params| params.dispersion_ppm_max = 0,
        |params| params.dispersion_ppm_max = 500_001,
        |params| params.jump_ppm_max = 0,
        |params| params.jump_ppm_max = 500_001,
        |params| params.stable.slope_ppm_per_second = 0,
        |params| params.stable.slope_ppm_per_second = 500_001,
        |params| params.stable.catch_up_seconds_max = 0,
        |params| params.reference.slope_ppm_per_second = 0,
        |params| params.reference.slope_ppm_per_second = 500_001,
        |params| params.reference.catch_up_seconds_max = 0,
        // One refresh would carry the jump reference further than a jump.
        |params| params.reference.catch_up_seconds_max = 11,
        |params| params.scan_lower_ppm = 0,
        |params| params.scan_lower_ppm = params.scan_upper_ppm + 1,
        |params| params.open_interest_lower_quote_atoms = params.open_interest_upper_quote_atoms,
        |params| params.open_interest_upper_quote_atoms = 1 << 63,
        |params| params.depth_quote_atoms = 1 << 63,
        |params| params.initial_multiplier_ppm = 999_999,
        |params| params.initial_multiplier_ppm = 10_000_001,
        // 1.5 times 15 % over 0.0056 % is more than 4,000.
        |params| (params.scan_lower_ppm, params.basis_ppm) = (56, 0),
        |params| params.basis_ppm = params.scan_lower_ppm + 1,
        |params| params.basis_ppm = u32::MAX,
        // A short would lose nothing by the basis, but a long less than it.
        |params| {
            params.scenarios = vec![scenario(-10_000, 1_000_000), scenario(900_000, 1_000_000)]
        },
    ];
    for (at, edit) in edits.into_iter().enumerate() {
        let outcome = listing.underlying(edit);
        assert!(outcome.is_err(), "edit {at} went through");
        expect_error(outcome, "ParameterOutOfBounds");
    }
    let widest = |params: &mut UnderlyingParams| {
        params.age_seconds_max = 600;
        params.confidence_ppm_max = 500_000;
        params.dispersion_ppm_max = 1;
        params.jump_ppm_max = 500_000;
        params.stable.slope_ppm_per_second = 1;
        params.reference.slope_ppm_per_second = 500_000;
        params.reference.catch_up_seconds_max = 1;
        params.stable.catch_up_seconds_max = u32::MAX;
        params.scan_upper_ppm = params.scan_lower_ppm;
        params.open_interest_lower_quote_atoms = 0;
        params.open_interest_upper_quote_atoms = (1 << 63) - 1;
        params.depth_quote_atoms = 0;
        params.initial_multiplier_ppm = 10_000_000;
        params.basis_ppm = params.scan_lower_ppm;
    };
    listing.underlying(widest).unwrap();
}

fn scenario(shock_ppm: i32, weight_ppm: u32) -> ScenarioParams {
    ScenarioParams { shock_ppm, volatility_ppm: 0, weight_ppm }
}

#[test]
fn a_scenario_set_loses_on_both_sides_and_damps() {
    let mut listing = Listing::at(SOL);
    let (down, up) = (scenario(-1_000_000, 1_000_000), scenario(1_000_000, 1_000_000));
    let sets = [
        vec![],
        vec![down],
        vec![up],
        vec![down, scenario(0, 1_000_000)],
        // A weight of nothing is no loss.
        vec![down, scenario(1_000_000, 0)],
        vec![down, scenario(1_000_000, 1_000_001)],
        vec![down, scenario(10_000_001, 1_000_000)],
        vec![up, scenario(i32::MIN, 1_000_000)],
        vec![down, up, ScenarioParams { volatility_ppm: 10_000_001, ..up }],
        [vec![up; 16], vec![down]].concat(),
    ];
    for set in sets {
        let outcome = listing.underlying(|params| params.scenarios = set);
        expect_error(outcome, "ScenarioSetInvalid");
    }
    let sixteen = [vec![up; 15], vec![scenario(-10_000_000, 1_000_000)]].concat();
    let outcome = listing.underlying(|params| params.scenarios = sixteen.clone());
    // Ten scan ranges of 15 % are more than there is to lose.
    expect_error(outcome, "ParameterOutOfBounds");
    let narrow = |params: &mut UnderlyingParams| {
        params.scenarios = sixteen;
        params.scan_upper_ppm = 100_000;
    };
    listing.underlying(narrow).unwrap();
}

#[test]
fn no_scenario_leads_to_more_than_eight_times_the_price() {
    let mut listing = Listing::at(SOL);
    let far = |scan_ppm: u32| {
        move |params: &mut UnderlyingParams| {
            params.scenarios = vec![scenario(-1_000_000, 1_000_000), scenario(10_000_000, 100_000)];
            (params.scan_lower_ppm, params.scan_upper_ppm) = (scan_ppm, 900_000);
        }
    };
    expect_error(listing.underlying(far(700_001)), "ScenarioSetInvalid");
    listing.underlying(far(700_000)).unwrap();
}

#[test]
fn an_underlying_has_one_or_two_named_sources() {
    let mut listing = Listing::at(ETH);
    let edits: [fn(&mut Vec<SourceParams>); 5] = [
        |sources| sources.clear(),
        |sources| *sources = vec![sources[0]; 3],
        |sources| sources[0].kind = 0,
        |sources| sources[0].kind = 3,
        // Nothing but its address tells one push account from another.
        |sources| sources[0].address = Address::default(),
    ];
    for edit in edits {
        let outcome = listing.underlying(|params| edit(&mut params.sources));
        expect_error(outcome, "OracleSourceInvalid");
    }
    // A pull source may leave its account open, but not its feed.
    let mut listing = Listing::at(SOL);
    let outcome = listing.underlying(|params| params.sources[0].feed_id[0] ^= 1);
    expect_error(outcome, "OracleWrongFeed");
    listing.underlying(|params| params.sources[0].address = Address::default()).unwrap();
}

#[test]
fn the_oracle_accounts_are_those_that_the_sources_name() {
    let mut listing = Listing::at(SOL);
    let oracle = 6;
    let whole = listing.instruction(&listing.step.clone());
    let mut missing = whole.clone();
    missing.accounts.pop();
    expect_error(listing.run(missing), "RiskAccountMissing");
    let mut surplus = whole.clone();
    let other = listing.ground.feeds["BTC/USD"].address;
    surplus.accounts.push(surplus.accounts[oracle].clone());
    surplus.accounts[oracle + 1].pubkey = other;
    expect_error(listing.run(surplus), "RiskAccountSurplus");
    let mut foreign = whole.clone();
    foreign.accounts[oracle].pubkey = other;
    expect_error(listing.run(foreign), "OracleWrongFeed");
    listing.run(whole).unwrap();
}

#[test]
fn a_listing_starts_from_a_sound_price_only() {
    let flaws: [(fn(&mut Feed), &str); 9] = [
        (|feed| feed.set("0", "0"), "OracleNotPositive"),
        (|feed| feed.price = -1, "OracleNotPositive"),
        (|feed| feed.verified = false, "OracleNotVerified"),
        (|feed| feed.owner = address("mallory"), "OracleWrongOwner"),
        (|feed| feed.published -= 61, "OracleStale"),
        (|feed| feed.published += 61, "OracleStale"),
        (|feed| feed.set("150", "3.01"), "OracleUncertain"),
        (|feed| feed.kind = FeedKind::Pull([7; 32]), "OracleWrongFeed"),
        // The bytes of the other layout.
        (|feed| feed.kind = FeedKind::Push, "OracleUnreadable"),
    ];
    let mut listing = Listing::at(SOL);
    for (flaw, error) in flaws {
        expect_error(listing.with_feed("SOL/USD", flaw), error);
    }
    listing.with_feed("SOL/USD", |feed| feed.set("151", "3")).unwrap();

    let mut listing = Listing::at(ETH);
    expect_error(listing.with_feed("ETH/USD", |feed| feed.trading = false), "OracleHalted");
    expect_error(
        listing.with_feed("ETH/USD", |feed| feed.owner = address("mallory")),
        "OracleWrongOwner",
    );
}

#[test]
fn only_the_groups_owner_lists() {
    for next in [QUOTE, TOKEN_USDC, PERP] {
        let mut listing = Listing::at(next);
        let one = listing.step.instruction(&address("mallory"), &listing.group);
        listing.ground.vm.svm.airdrop(&address("mallory"), 1_000_000_000_000).unwrap();
        let outcome = listing.ground.vm.run(&[one], &[&keypair("mallory")]);
        expect_error(outcome, "NotGroupOwner");
        // The owner is named, but only mallory signs.
        let mut one = listing.instruction(&listing.step.clone());
        one.accounts[0].pubkey = address("mallory");
        one.accounts[1].is_signer = false;
        let outcome = listing.ground.vm.run(&[one], &[&keypair("mallory")]);
        expect_error(outcome, "MissingRequiredSignature");
    }
}

#[test]
fn underlyings_and_contracts_come_one_by_one() {
    for next in [SOL, PERP] {
        let mut listing = Listing::at(next);
        for wrong in [4, 5, u16::MAX] {
            let mut step = listing.step.clone();
            match &mut step {
                Step::Underlying { index, .. } => *index = wrong,
                Step::Instrument { index, .. } => *index = wrong,
                other => panic!("{other}"),
            }
            let outcome = listing.run(listing.instruction(&step));
            expect_error(outcome, "IndexExhausted");
        }
    }
}

#[test]
fn the_quote_token_comes_first_on_the_first_underlying() {
    let mut listing = Listing::at(TOKEN_USDC);
    let sol = listing.ground.names.get("SOL").unwrap();
    expect_error(listing.token(|token| token.mint = sol), "QuoteMustComeFirst");
    expect_error(listing.token(|token| token.underlying = 1), "QuoteMustComeFirst");
    listing.token(|_| ()).unwrap();
    // And comes once.
    expect_error(listing.token(|_| ()), "Custom(0)");
}

#[test]
fn a_contracts_terms_are_bounded() {
    let mut listing = Listing::at(PERP);
    let edits: [fn(&mut InstrumentParams); 7] = [
        |params| params.tick_quote_atoms_per_lot = 0,
        |params| params.price_band_ppm = 0,
        |params| params.price_band_ppm = 200_001,
        |params| params.pnl_weight_ppm = 1_000_001,
        |params| params.trade_fee_ppm = 10_001,
        // No refresh could read it.
        |params| params.premium_impact_quote_atoms = 1 << 63,
        |params| params.premium_impact_quote_atoms = 0,
    ];
    for edit in edits {
        expect_error(listing.perpetual(|params, _| edit(params)), "ParameterOutOfBounds");
    }
    expect_error(listing.perpetual(|params, _| params.lot_mantissa = 0), "OutOfRange");
    for exponent in [i32::MIN, i32::MAX, 400, -400] {
        let outcome = listing.perpetual(|params, _| params.lot_exponent = exponent);
        expect_error(outcome, "OutOfRange");
    }
    let widest = |params: &mut InstrumentParams, _: &mut u16| {
        params.price_band_ppm = 200_000;
        params.pnl_weight_ppm = 1_000_000;
        params.trade_fee_ppm = 10_000;
        params.open_interest_cap_lots = u64::MAX;
    };
    listing.perpetual(widest).unwrap();
}

#[test]
fn there_is_no_contract_on_the_quote_token() {
    let mut listing = Listing::at(PERP);
    let outcome = listing.perpetual(|_, underlying| *underlying = 0);
    expect_error(outcome, "UnknownUnderlying");
}

#[test]
fn what_prices_a_listing_is_of_the_same_group() {
    let underlying = 3;
    for next in [TOKEN_SOL, PERP] {
        let mut listing = Listing::at(next);
        let other = listing.other_group();
        let mut one = listing.instruction(&listing.step.clone());
        assert_eq!(one.accounts[underlying].pubkey, pda::underlying(&listing.group, 1));
        one.accounts[underlying].pubkey = pda::underlying(&other, 1);
        expect_error(listing.run(one), "WrongGroup");
    }
}

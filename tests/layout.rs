//! Did an account's layout or an error's number move? Clients, indexers and every account that
//! already lies on a chain depend on both, so they are compared to `tests/snapshots/layout.txt`
//! to the letter. `cargo xtask layout --update` rewrites the file where a change is meant.

use std::fmt::Write;
use std::mem::offset_of;

use anchor_lang::Discriminator;
use plimsoll::state::{
    Collateral, Deleveraging, Expiry, Group, Instrument, Insurance, MarginAccount, Pool, Proposal,
    Row, Stake, StoredArray, StoredKink, StoredPrice, StoredScenario, StoredSlice, StoredSlope,
    StoredSource, Underlying, Word128,
};

const SNAPSHOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots/layout.txt");
const IDL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/idl/plimsoll.json");

/// Name, offset and size of a field, in bytes from the start of its struct.
type Field = (&'static str, usize, usize);

fn size_of_field<S, F>(_: fn(&S) -> &F) -> usize {
    size_of::<F>()
}

macro_rules! fields {
    ($kind:ty: $($field:ident)+) => {{
        let fields: Vec<Field> = vec![$((
            stringify!($field),
            offset_of!($kind, $field),
            size_of_field(|one: &$kind| &one.$field),
        )),+];
        table(stringify!($kind), size_of::<$kind>(), &fields)
    }};
}

/// One line for the struct and one for each field. The fields must fill the struct, so that a
/// field which this file forgot is noticed.
fn table(name: &str, size: usize, fields: &[Field]) -> String {
    let mut text = format!("{name}: {size} bytes\n");
    let mut end = 0;
    for (field, offset, bytes) in fields {
        assert_eq!(*offset, end, "{name} has something before {field} that is not listed");
        end = offset + bytes;
        writeln!(text, "  {offset:>5} {bytes:>5} {field}").unwrap();
    }
    assert_eq!(end, size, "{name} has something at its end that is not listed");
    text
}

/// Discriminator and size of an account as it lies on the chain.
fn account<T: Discriminator>(name: &str) -> String {
    let mark: String = T::DISCRIMINATOR.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    });
    format!("{name}: discriminator {mark}, {} bytes\n", T::DISCRIMINATOR.len() + size_of::<T>())
}

fn accounts() -> String {
    [
        account::<Group>("Group"),
        account::<Underlying>("Underlying"),
        account::<Collateral>("Collateral"),
        account::<Instrument>("Instrument"),
        account::<Pool>("Pool"),
        account::<Insurance>("Insurance"),
        account::<MarginAccount>("MarginAccount"),
        account::<Stake>("Stake"),
        account::<Proposal>("Proposal"),
        account::<Deleveraging>("Deleveraging"),
        account::<Expiry>("Expiry"),
    ]
    .concat()
}

fn layouts() -> String {
    [
        fields!(Group: version bump id underlying_count collateral_count instrument_count
            quote_decimals padding creator owner quote_mint beta_min_ppm beta_max_ppm duration_slots
            depth_full_ppm buffer_ppm insurance_cut_ppm deleverage_slots dust_quote_atoms pending_owner
            guardian lister risk_manager launched_at timelock_seconds window_seconds proposal_count
            paused_until pause_budget_seconds pause_budget_at owner_first_seconds cool_down_seconds
            insurance_cap_quote_atoms publisher reserved),
        fields!(Underlying: version bump index source_count scenario_count padding group name
            sources age_seconds_max confidence_ppm_max dispersion_ppm_max jump_ppm_max published_at
            stable reference scan_lower_ppm scan_upper_ppm open_interest_lower_quote_atoms
            open_interest_upper_quote_atoms open_interest_quote_atoms loss_long_ppm loss_short_ppm
            concentration_slope_ppm concentration_max_ppm depth_quote_atoms basis_ppm
            initial_multiplier_ppm widening_ppm padding_2 scenarios first_expiry_at price_moves scenarios_at
            reserved owner_first_until reserved_2),
        fields!(Collateral: version bump vault_bump decimals index underlying group mint
            token_program vault scale deposit_index borrow_index deposit_shares borrow_shares
            deposit_cap_token_atoms borrow_cap_token_atoms base_deposit_index base_borrow_index
            deposit_rate borrow_rate accrued_seconds accrued_at reserve kinks kink_count
            reserve_share_ppm utilisation_ppm_max outflow_ppm outflow_free_token_atoms
            outflow_free_cap_token_atoms outflow_level_token_atoms outflow_free_level_token_atoms
            outflow_at ramp_from ramp_seconds weight_ppm losses_shared insurance_cap_quote_atoms
            outflow_free_at insured_day insured_quote_atoms tightened_at reserved),
        fields!(Instrument: version bump pool_bump kind status padding index underlying padding_2
            group name lot tick_quote_atoms_per_lot price_band_ppm pnl_weight_ppm trade_fee_ppm
            padding_3 open_interest_cap_lots open_interest_lots open_interest_quote_atoms long_index
            short_index funding_rate funding_at funding_seconds_max funding_cap_ppm premium_band_ppm
            premium_seconds premium_impact_quote_atoms losses_pending_quote_atoms loss_cap_ppm
            settle_reward_ppm settle_reward_quote_atoms_max insurance_cap_quote_atoms loss_day
            loss_long loss_short loss_insured_quote_atoms long_deleveragings short_deleveragings
            small_day small_count expires_at strike array payer tightened_at
            reserved),
        fields!(StoredArray: refreshed_at price per_price fair low high delta short_floor gamma vega theta outcomes
            shift fading padding seconds_max move_max),
        fields!(Expiry: version bump underlying open_count group payer expires_at earlier_at later_at
            slice published_at basis_ppm confidence_ppm basis_ppm_max confidence_ppm_min
            widening_ppm_per_hour fresh_seconds step_ppm basis_step_ppm step_seconds
            volatility_scan_ppm short_floor_ppm array_seconds_max array_move_ppm padding samples
            settlement_price settled_at reserved),
        fields!(StoredSlice: a b rho m sigma),
        fields!(Pool: version bump index padding group instrument open_interest_lots
            cash_quote_atoms fees_quote_atoms volume_lots debt dust debt_mark_quote_atoms
            premium_ppb premium_mean_ppb premium_at settled_long_lots settled_short_lots row_weight
            reserved reserved_2),
        fields!(Insurance: version bump padding group balance_quote_atoms received_quote_atoms
            paid_quote_atoms stake_shares epoch repaid_quote_atoms discount_day
            discount_paid_quote_atoms spent_quote_atoms reserved),
        fields!(MarginAccount: version bump sub_account row_count token_count padding group owner
            delegate delegate_expires_at episode_slot silent_since_slot seen_slot resized_at reserved
            rows),
        fields!(Row: key shares lots quote settled_debt_quote_atoms owed_quote_atoms rewarded_at
            closed_short deleveragings borne_quote_atoms weight),
        fields!(Deleveraging: version bump of_shorts padding group instrument payer number
            before_lots after_lots waiting_lots remainder padding_2 index price slot reserved),
        fields!(Stake: version bump padding group owner shares exiting_shares exit_at epoch
            reserved),
        fields!(StoredKink: utilisation_ppm rate_ppm),
        fields!(Proposal: version bump state vetoable payload_len padding group id proposer payer
            proposed_slot proposed_at executable_at dies_at payload),
        fields!(StoredSource: kind address feed_id),
        fields!(StoredScenario: shock_ppm volatility_ppm weight_ppm),
        fields!(StoredSlope: price updated_at slope_ppm_per_second catch_up_seconds_max),
        fields!(StoredPrice: mantissa exponent),
        fields!(Word128: low high),
    ]
    .join("\n")
}

fn idl() -> serde_json::Value {
    let text = std::fs::read_to_string(IDL).expect("run `cargo xtask build` first");
    serde_json::from_str(&text).unwrap()
}

/// Number, name and message of every error, as clients read them in the IDL.
fn errors() -> String {
    let idl = idl();
    let lines = idl["errors"].as_array().unwrap().iter().map(|error| {
        let text = |field: &str| error[field].as_str().unwrap_or_default();
        format!("{} {}: {}\n", error["code"], text("name"), text("msg"))
    });
    lines.collect()
}

#[test]
fn layouts_and_error_numbers_are_those_of_the_snapshot() {
    let found = format!(
        "# Accounts, with the discriminator in front.\n{}\n\
         # Offset and size of every field, behind the discriminator.\n{}\n\
         # Errors.\n{}",
        accounts(),
        layouts(),
        errors()
    );
    if std::env::var_os("PLIMSOLL_UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(SNAPSHOT, &found).unwrap();
    }
    let stored = std::fs::read_to_string(SNAPSHOT).unwrap();
    for (line, (found, stored)) in found.lines().zip(stored.lines()).enumerate() {
        assert_eq!(found, stored, "line {} of layout.txt", line + 1);
    }
    assert_eq!(found, stored);
}

#[test]
fn the_snapshot_covers_every_account_of_the_idl() {
    let idl = idl();
    let mut listed: Vec<&str> = idl["accounts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    listed.sort_unstable();
    let all = accounts();
    let mut own: Vec<&str> = all.lines().map(|line| line.split_once(':').unwrap().0).collect();
    own.sort_unstable();

    assert_eq!(own, listed);
}

#[test]
fn the_idl_carries_the_numbers_that_the_client_knows() {
    let idl = idl();
    let errors = idl["errors"].as_array().unwrap();

    for error in errors {
        let code = u32::try_from(error["code"].as_u64().unwrap()).unwrap();
        assert_eq!(plimsoll_client::error_name(code), error["name"].as_str());
    }
    assert_eq!(errors.len(), plimsoll_client::error::PROGRAM_ERRORS.len());
}

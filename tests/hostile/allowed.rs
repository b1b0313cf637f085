//! What goes through although it was bent, and why that is right. Nothing else may.

use std::cell::RefCell;
use std::collections::BTreeSet;

/// A row of the table: instruction or scene, part, bend, reason. A star stands for anything; a part
/// in angle brackets is a kind of account.
type Row = (&'static str, &'static str, &'static str, &'static str);

const OWN: &str = "only this program makes such an account, and only at its seeds";
const PAYER: &str = "whoever signs may pay the rent";
const ANY_TOKENS: &str = "any token account will do";
const OWNERS_CHOICE: &str = "the group's owner decides, and users read it before they come";
const LIMIT: &str = "a looser limit of the bidder's own";
const NAME: &str = "a name is for people";
const ANYBODY: &str = "anybody may, the proposal decides";
const NO_ROW: &str = "an account without such a row stays as it is";
const SMALL_STEP: &str = "a small step";
const FUNDING_RESTS: &str = "open interest is valued at slow prices, and funding rests meanwhile";

/// The first row that fits gives the reason.
const ALLOWED: &[Row] = &[
    ("*", "data", "one byte more", "what follows the arguments is not read"),
    ("*", "payer", "other signer", PAYER),
    ("*", "payer", "doubled", PAYER),
    ("*", "<stored>", "elsewhere", OWN),
    ("*", "<oracle>", "short", "an update may be shorter than its account"),
    ("*", "mint", "of the other token program", "a mint that is listed never changes its program"),
    // Creating a group, and listing.
    ("create_group", "quote_mint", "*", "any mint of either program may be the quote token"),
    ("create_group", "argument params.beta_min_ppm", "zero", OWNERS_CHOICE),
    ("create_group", "argument params.duration_slots", "most", OWNERS_CHOICE),
    ("create_group", "argument params.depth_full_ppm", "most", OWNERS_CHOICE),
    ("create_group", "argument params.buffer_ppm", "zero", OWNERS_CHOICE),
    ("create_group", "argument params.insurance_cut_ppm", "zero", OWNERS_CHOICE),
    ("create_group", "argument params.dust_quote_atoms", "zero", OWNERS_CHOICE),
    ("create_group", "argument params.deleverage_slots", "most", OWNERS_CHOICE),
    ("create_*", "argument params.name", "*", NAME),
    ("create_underlying", "<oracle>", "largest price", "a first price has none to jump from"),
    (
        "create_underlying",
        "argument params.sources[0].feed_id",
        "all ones",
        "a push account is named by its address alone",
    ),
    ("create_underlying", "argument params.stable.catch_up_seconds_max", "most", OWNERS_CHOICE),
    ("create_underlying", "argument params.open_interest_lower_*", "zero", OWNERS_CHOICE),
    ("create_underlying", "argument params.concentration_*", "*", OWNERS_CHOICE),
    ("create_underlying", "argument params.depth_quote_atoms", "zero", OWNERS_CHOICE),
    ("create_underlying", "argument params.basis_ppm", "zero", OWNERS_CHOICE),
    ("create_underlying", "argument params.scenarios[0].*", "*", "one mild scenario of sixteen"),
    ("create_collateral", "underlying", "sibling", OWNERS_CHOICE),
    ("create_collateral", "argument *", "*", OWNERS_CHOICE),
    ("create_instrument", "argument params.*", "*", OWNERS_CHOICE),
    ("create_group", "argument params.owner_first_seconds", "zero", OWNERS_CHOICE),
    ("create_group", "argument params.insurance_cap_quote_atoms", "*", OWNERS_CHOICE),
    ("create_group", "argument roles.*", "*", OWNERS_CHOICE),
    ("create_*, by a proposal", "authority", "*", ANYBODY),
    // Governing.
    ("propose_owner", "argument address", "all zeros", "takes the offer back"),
    ("propose_owner", "argument address", "all ones", "any key may be offered the group"),
    ("propose, new oracles", "<oracle>", "largest price", "it will be a jump until it is near"),
    ("execute", "executor", "other signer", ANYBODY),
    ("tighten", "argument what.cap_token_atoms", "zero", "nothing may be paid in any more"),
    ("*", "group", "* paused", "another class of instructions is"),
    // Margin accounts.
    ("set_delegate", "margin_account", "other group", "the signer owns that account as well"),
    ("set_delegate", "argument delegate", "all zeros", "revokes"),
    ("set_delegate", "argument delegate", "all ones", "any key may be a delegate"),
    ("set_delegate", "argument expires_at", "most", "a delegate for ever"),
    // Tokens.
    ("deposit", "margin_account", "sibling", "anybody may pay in for anybody"),
    ("deposit", "source", "elsewhere", ANY_TOKENS),
    ("add_to_insurance", "source", "elsewhere", ANY_TOKENS),
    ("stake_insurance", "source", "elsewhere", ANY_TOKENS),
    ("unstake", "destination", "*", ANY_TOKENS),
    ("request_unstake", "argument shares", "zero", "takes the request back"),
    ("withdraw", "destination", "*", ANY_TOKENS),
    ("withdraw", "argument borrow_token_atoms_max", "most", "a looser limit of the owner's own"),
    // Trades, refreshes and bids.
    ("trade", "argument lots", "-1", "a sale"),
    (
        "refresh_underlying",
        "<oracle>",
        "largest price",
        "the references follow by their slopes only",
    ),
    ("refresh_collateral", "collateral", "sibling", "anybody may refresh any token"),
    ("refresh_instrument", "<oracle>", "*", FUNDING_RESTS),
    ("settle_position, a loss*", "settler", "sibling", "anybody may earn the reward"),
    (
        "settle_position, an option that has settled",
        "margin_account",
        "sibling",
        "anybody may have anybody paid out",
    ),
    (
        "mark_account",
        "+ oracle ETH/USD",
        "*",
        "the account is below its line even where this row counts generously",
    ),
    (
        "liquidate, a bankrupt account",
        "+ oracle ETH/USD",
        "*",
        "a row without a price stays where it is, and shields no other",
    ),
    (
        "deleverage, a settled loss",
        "+ oracle ETH/USD",
        "*",
        "a row without a price counts generously, and shields no other",
    ),
    (
        "resize_position",
        "margin_account",
        "sibling",
        "a position that need not go through stays as it is",
    ),
    ("liquidate", "argument request.share_max", "most", "more than the whole is the whole"),
    ("liquidate", "argument limits.*", "*", LIMIT),
    // Expiries and contracts.
    ("create_expiry", "argument params.*", "*", OWNERS_CHOICE),
    ("create_contract", "expiry", "sibling", OWNERS_CHOICE),
    ("create_contract", "argument params.instrument.*", "*", OWNERS_CHOICE),
    ("publish_surface", "expiry", "sibling", "the publisher publishes every expiry of the group"),
    ("publish_surface", "argument slice.*", "-1", SMALL_STEP),
    ("publish_surface", "argument basis_ppm", "*", SMALL_STEP),
    ("sample_settlement", "expiry", "sibling", "another one that is due may be sampled by anybody"),
    ("refresh_risk_array", "instrument", "* array", "a new array replaces it"),
    (
        "refresh_risk_array, after the settlement",
        "<oracle>",
        "*",
        "the settlement price is known, and no other is needed",
    ),
    ("close_expiry", "payer", "read-only", "who pays the fee is written anyway"),
    ("close_contract", "payer", "read-only", "who pays the fee is written anyway"),
    ("close_contract", "instrument", "* array", "what a lot was worth has been paid out"),
    (
        "renew_position",
        "margin_account",
        "sibling",
        "anybody may, any row of the pool's instrument",
    ),
    ("renew_position", "pool", "sibling", NO_ROW),
    ("renew_position", "argument underlying", "*", NO_ROW),
    (
        "settle_position, an option that has settled",
        "<oracle>",
        "*",
        "what a settled contract pays is known, and no price is needed",
    ),
    (
        "settle_position, an option that has settled",
        "+ instrument C",
        "stale array",
        "a settlement price does not age",
    ),
    (
        "settle_position, a loss, for a reward",
        "settler",
        "not passed",
        "a settlement without a reward",
    ),
    // Views.
    ("view_*", "margin_account", "sibling", "anybody may look at any account"),
    (
        "view_underlying",
        "+ oracle ETH/USD",
        "*",
        "what is asked for does not depend on another underlying",
    ),
    ("view_withdrawable", "argument collateral_key", "zero", "the key of the quote token"),
];

/// A paused class is refused, whatever the table above says: scene and bend.
const PAUSED: [(&str, &str); 6] = [
    ("deleverage", "bids paused"),
    ("trade", "trades paused"),
    ("withdraw, a loan", "borrows paused"),
    ("liquidate, a slice", "bids paused"),
    ("liquidate, a bankrupt account", "bids paused"),
    ("settle_position, a profit", "profits paused"),
];

thread_local! {
    static USED: RefCell<BTreeSet<usize>> = const { RefCell::new(BTreeSet::new()) };
}

/// Why a bent instruction may go through. `scene` is its name and what is special about the scene,
/// `kind` that of a bent account.
pub fn reason(scene: &str, part: &str, kind: &str, bend: &str) -> Option<&'static str> {
    let instruction = scene.split(',').next().unwrap_or_default();
    if PAUSED.contains(&(scene, bend)) {
        return None;
    }
    let fits = |pattern: &str, text: &str| match pattern.split_once('*') {
        Some((start, end)) => text.starts_with(start) && text.ends_with(end),
        None => pattern == text,
    };
    let at = ALLOWED.iter().position(|(own_scene, own_part, own_bend, _)| {
        (fits(own_scene, scene) || *own_scene == instruction)
            && (fits(own_part, part) || *own_part == kind)
            && fits(own_bend, bend)
    })?;
    USED.with_borrow_mut(|used| used.insert(at));
    Some(ALLOWED[at].3)
}

/// Rows that nothing needed: what they allow is refused by now.
pub fn unused() -> Vec<&'static Row> {
    USED.with_borrow(|used| {
        let unused = ALLOWED.iter().enumerate().filter(|(at, _)| !used.contains(at));
        unused.map(|(_, row)| row).collect()
    })
}

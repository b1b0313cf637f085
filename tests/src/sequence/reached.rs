//! What has a step brought about, besides going through? Counted, so that a report shows which of
//! the rarer paths random sequences reach.

use plimsoll_model::margin::{health, Check};
use plimsoll_model::{Action, Change, Deed, Group, Market};

/// One atom in steps of what is owed.
const ATOM: i128 = 1 << 48;

/// Everything of note.
pub(crate) fn reached(
    action: &Action,
    before: &Group,
    after: &Group,
    market: &Market,
) -> Vec<&'static str> {
    let mut all = Vec::new();
    let mut note = |holds: bool, what| {
        if holds {
            all.push(what);
        }
    };
    if let Action::Bid { account, .. } = action {
        let stands = health(before, market, &before.accounts[account], Check::Maintenance);
        let bankrupt = stands.is_ok_and(|health| health.equity.surely_negative());
        note(bankrupt, "bid on a bankrupt account");
    }
    for (old, new) in before.instruments.iter().zip(&after.instruments) {
        let pending = |one: &plimsoll_model::Instrument| one.losses_pending_quote_atoms;
        note(pending(new) > pending(old), "loss laid to an instrument");
        let shares = matches!(action, Action::ShareLoss { .. }) && pending(new) < pending(old);
        let charged = new.loss_day != old.loss_day
            || new.loss_long > old.loss_long
            || new.loss_short > old.loss_short;
        let charged = charged && (new.loss_long > 0 || new.loss_short > 0);
        note(shares && charged, "loss shared by the other side");
        note(new.pool.debt >= old.pool.debt + ATOM, "loss left as an instrument's debt");
        note(new.pool.debt + ATOM <= old.pool.debt, "instrument's debt repaid");
    }
    let tokens = before.collaterals.iter().zip(&after.collaterals);
    let borne = tokens.filter(|(old, new)| old.losses_shared != new.losses_shared).count();
    note(borne > 0, "loss borne by depositors of a token");
    let paid = |group: &Group| group.insurance.paid_quote_atoms;
    note(paid(after) > paid(before), "insurance fund paid");
    note(after.insurance.epoch > before.insurance.epoch, "insurance fund used up");
    for (id, old) in &before.accounts {
        let now = after.accounts.get(id).map_or(0, |one| one.episode_slot);
        note(old.episode_slot == 0 && now != 0, "episode begun");
        note(old.episode_slot != 0 && now == 0, "episode ended");
    }
    let roles = [&before.governance, &after.governance];
    note(roles[0].owner != roles[1].owner, "owner replaced");
    note(roles[0].guardian != roles[1].guardian, "guardian replaced");
    if let Action::Govern { deed: Deed::Execute(id), .. } = action {
        note(true, carried_out(&before.governance.proposals[id].change));
    }
    if let Action::Govern { deed: Deed::List(_, proposal), .. } = action {
        note(true, if proposal.is_some() { "listed by proposal" } else { "listed before launch" });
    }
    all
}

fn carried_out(change: &Change) -> &'static str {
    match change {
        Change::Underlying { .. } => "changed: terms of an underlying",
        Change::UnderlyingOracles { .. } => "changed: sources of an underlying",
        Change::Collateral { .. } => "changed: terms of a token",
        Change::Instrument { .. } => "changed: terms of an instrument",
        Change::Group(_) => "changed: terms of liquidation",
        Change::Timelock { .. } => "changed: timelock and window",
        Change::Owner(_) => "changed: offer to an owner",
        Change::Guardian(_) => "changed: guardian",
        Change::Lister(_) => "changed: lister",
        Change::RiskManager(_) => "changed: risk manager",
        Change::Publisher(_) => "changed: publisher",
        _ => "changed: a listing",
    }
}

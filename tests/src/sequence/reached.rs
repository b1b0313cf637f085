//! What has a step brought about, besides going through? Counted, so that a report shows which of
//! the rarer paths random sequences reach.

use plimsoll_model::margin::{detail, health, Check};
use plimsoll_model::{Action, Change, Deed, Group, Kind, Market};

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
    let kept = after.instruments.numbered();
    let kept = kept.filter_map(|(index, new)| Some((before.instruments.get(index)?, new)));
    for (old, new) in kept {
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
    note_contracts(action, before, after, market, &mut note);
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

/// What happened to contracts.
fn note_contracts(
    action: &Action,
    before: &Group,
    after: &Group,
    market: &Market,
    note: &mut impl FnMut(bool, &'static str),
) {
    let contract = |index: usize| before.instruments[index].contract.as_ref();
    let lots = |group: &Group, id: &u16, index: usize| {
        let row = group.accounts.get(id).and_then(|one| one.positions.get(&index));
        row.map_or(0, |row| row.lots)
    };
    let samples = before.underlyings.iter().zip(&after.underlyings);
    for (old, new) in samples {
        let settled = new.expiries.iter().filter(|(at, one)| {
            one.settled_at != 0 && old.expiries.get(at).is_some_and(|old| old.settled_at == 0)
        });
        note(settled.count() > 0, "expiry settled");
    }
    match action {
        Action::Trade { instrument, accounts, .. } => {
            let Some(one) = contract(*instrument) else { return };
            note(true, "contract traded");
            let inside = market.now.seconds >= one.expires_at - 1_800;
            note(inside, "contract traded in its window");
            note(one.kind == Kind::Future, "future traded");
            let short = accounts.iter().any(|id| lots(after, id, *instrument) < 0);
            note(one.kind != Kind::Future && short, "option held short");
            let on = before.instruments[*instrument].underlying;
            note(accounts.iter().any(|id| is_capped(after, market, *id, on)), CAPPED);
        }
        Action::Settle { account, instrument, .. } => {
            let Some(one) = contract(*instrument) else { return };
            let paid = one.settled && lots(before, account, *instrument) != 0;
            note(paid, "position paid out at the settlement price");
            note(!one.settled, "contract settled by its array");
        }
        Action::Bid { account, .. } => {
            let moved = before.accounts[account].positions.keys();
            let moved = moved.filter(|index| contract(**index).is_some());
            let mut moved = moved
                .filter(|index| lots(before, account, **index) != lots(after, account, **index));
            note(moved.next().is_some(), "bid took contracts");
        }
        Action::Deleverage { instrument, .. } => {
            note(contract(*instrument).is_some(), "contract deleveraged");
        }
        Action::ShareLoss { instrument, .. } => {
            note(contract(*instrument).is_some(), "loss of a contract shared");
            let settled = contract(*instrument).is_some_and(|one| one.settled);
            note(settled, "loss of a settled contract shared");
        }
        Action::CloseContract { instrument, .. } => {
            note(true, "contract closed");
            let pool = &before.instruments[*instrument].pool;
            note(pool.volume_lots > 0, "contract closed that was traded");
            note(pool.cash_quote_atoms > 0, "closed contract's cash left to the insurance fund");
        }
        Action::RefreshArray { instrument } => {
            let now = after.instruments[*instrument].contract.as_ref();
            note(now.is_some_and(|one| one.settled), "settlement price taken over");
            note(now.is_some_and(|one| one.array.fading), "array refreshed in its window");
        }
        _ => {}
    }
}

/// Counts accounts whose options can lose less than their scenarios say.
const CAPPED: &str = "requirement capped by the largest loss at expiry";

fn is_capped(group: &Group, market: &Market, id: u16, underlying: usize) -> bool {
    let parts = detail(group, market, &group.accounts[&id], underlying);
    parts.is_some_and(|parts| parts.is_capped(&group.underlyings[underlying], Check::Initial))
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

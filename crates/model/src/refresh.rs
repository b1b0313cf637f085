//! What anybody may do to keep a group up to date.

use crate::group::{AccountId, Slope};
use crate::margin::Health;
use crate::market::Grade;
use crate::number::{binary, ceil, clamp, floor, least, most, one, ppb, ppm, whole, zero, Exact};
use crate::step::{unsigned, Step};

impl Step<'_> {
    pub(crate) fn refresh_underlying(&mut self, index: usize) {
        let quote = self.market.quotes[index].clone();
        let usable = [Grade::Valid, Grade::Jumping].contains(&quote.grade);
        if !usable {
            return self.refuse_price(index);
        }
        let now = self.now().seconds;
        let stable = follow(&self.before.underlyings[index].stable, &quote.usd, now);
        let reference = follow(&self.before.underlyings[index].reference, &quote.usd, now);
        let seen = self.seen().map(|seen| {
            let one = &seen.underlyings[index];
            (one.stable.usd.clone(), one.reference.usd.clone())
        });
        let (stable_usd, reference_usd) =
            seen.unwrap_or((stable.usd.clone(), reference.usd.clone()));
        let near = |exact: &Exact, stored: &Exact| {
            let off = exact * binary(1, 58);
            stored >= &(exact - &off) && stored <= &(exact + off)
        };
        let sound = near(&stable.usd, &stable_usd) && near(&reference.usd, &reference_usd);
        self.expect(sound, || {
            format!("stable price {stable_usd}, reference {reference_usd}: too far off")
        });
        let first = self.before.terms.owner_first_seconds;
        let one = &mut self.next.underlyings[index];
        one.stable = Slope { usd: stable_usd, ..stable };
        one.reference = Slope { usd: reference_usd, ..reference };
        // Where the oracle had stood still, owners act first for a while.
        let gap = 4 * i64::from(one.age_seconds_max);
        if quote.published.saturating_sub(one.published_at) > gap {
            let first = i64::try_from(first).unwrap_or(i64::MAX);
            one.owner_first_until = one.owner_first_until.max(now.saturating_add(first));
        }
        one.published_at = one.published_at.max(quote.published.min(now));
    }

    pub(crate) fn refresh_instrument(&mut self, index: usize) {
        let instrument = self.before.instruments[index].clone();
        // What has settled widens nothing.
        let lots = if instrument.is_settled() { 0 } else { instrument.pool.open_interest_lots };
        let exact = self.market.stable(instrument.underlying) * &instrument.lot * whole(lots);
        let off = &exact * binary(1, 56);
        let notional = self.adopt(
            "open interest's notional",
            |seen| i128::from(seen.instruments[index].open_interest_quote_atoms),
            &(whole(ceil(&(&exact - &off)))),
            &(&exact + off),
        );
        let underlying = &self.before.underlyings[instrument.underlying];
        let total = i128::from(underlying.open_interest_quote_atoms)
            - i128::from(instrument.open_interest_quote_atoms)
            + notional;
        let lower = whole(underlying.open_interest_lower_quote_atoms);
        let upper = whole(underlying.open_interest_upper_quote_atoms);
        let part = match upper > lower {
            true => clamp((whole(total) - &lower) / (upper - lower), zero(), one()),
            false if whole(total) > lower => one(),
            false => zero(),
        };
        let (least_scan, most_scan) =
            (ppm(underlying.scan_lower_ppm), ppm(underlying.scan_upper_ppm));
        let reach = most_scan - &least_scan;
        let scan = &least_scan + part * &reach;
        let widening = scan / &least_scan * whole(1_000_000);
        // The part of the way and the scan range itself are kept in parts per million, rounded up.
        let loose = (whole(1) + reach) / least_scan + whole(1);
        let at = instrument.underlying;
        let widening = self.adopt(
            "widening",
            |seen| i128::from(seen.underlyings[at].widening_ppm),
            &whole(floor(&widening)),
            &(&widening + loose),
        );
        let one = &mut self.next.instruments[index];
        one.open_interest_lots = lots;
        one.open_interest_quote_atoms = unsigned(notional);
        let one = &mut self.next.underlyings[at];
        one.open_interest_quote_atoms = unsigned(total);
        one.widening_ppm = u32::try_from(widening).unwrap_or(u32::MAX);
        self.set_funding(index);
    }

    /// Up to now at the rate that held, from now on at one by the mean premium: an eighth of it per
    /// hour, within the cap; none while the price is not valid.
    fn set_funding(&mut self, index: usize) {
        let now = self.now().seconds;
        let old = self.before.instruments[index].clone();
        let (estimate, mean) = self.passed(index);
        self.store_premium(index, [estimate.clone(), estimate], mean);
        let mean = self.next.instruments[index].pool.premium_mean_ppb;
        let rate = match self.market.grade(old.underlying) {
            Grade::Valid => {
                let cap = ppm(old.funding_cap_ppm);
                let hourly = clamp(ppb(mean) / whole(8), -cap.clone(), cap);
                let price = self.market.mid(old.underlying) * &old.lot;
                hourly * price / whole(3_600) * whole(1_i64 << 32)
            }
            _ => zero(),
        };
        // Toward zero.
        let loose = one() + most(rate.clone(), -rate.clone()) * binary(1, 50);
        let (low, high) = match rate < zero() {
            true => (rate.clone() - binary(1, 20), &rate + loose),
            false => (&rate - loose, &rate + binary(1, 20)),
        };
        let pick = |seen: &crate::Group| i128::from(seen.instruments[index].funding_rate);
        let rate = self.adopt("funding rate", pick, &low, &high);
        let instrument = &mut self.next.instruments[index];
        instrument.long_index = old.index(1, now);
        instrument.short_index = old.index(-1, now);
        instrument.funding_rate = i64::try_from(rate).unwrap_or(i64::MAX);
        instrument.funding_at = old.funding_at.max(now);
    }

    pub(crate) fn mark(&mut self, id: AccountId) {
        self.require_fresh(&[id], &[]);
        if !self.require_current(id) {
            return;
        }
        let account = self.before.accounts[&id].clone();
        let (spare, health) = self.spare(&account);
        if account.episode_slot == 0 && !spare.surely_negative() {
            let names = self.refusals(&account);
            match spare.surely_not_negative() {
                true => drop(self.require(false, &names)),
                false => names.into_iter().for_each(|name| self.may_fail(name)),
            }
        }
        let open = self.is_open(id, &health);
        if account.episode_slot == 0 && open {
            self.account(id).episode_slot = self.now().slot;
        }
        self.see_if_below(id, &health, open);
        self.end_episode(id);
    }
}

impl Step<'_> {
    /// May somebody bid? Where that is within rounding, what was stored says.
    fn is_open(&self, id: AccountId, health: &Health) -> bool {
        let owners = self.is_owners_turn(id, health).unwrap_or_else(|| {
            let now = self.now().slot;
            self.seen().is_some_and(|seen| seen.accounts[&id].seen_slot != now)
        });
        self.may_bid(id) && !owners
    }

    /// Bears witness that an account is below its line, where it is; where that is within rounding,
    /// what was stored says.
    fn see_if_below(&mut self, id: AccountId, health: &Health, open: bool) {
        let surplus = health.surplus();
        let now = self.now().slot;
        // Where others may not bid, nothing is noticed, and what was is forgotten; a bid may have been
        // heard in this very slot.
        let noticed = self.seen().map(|seen| {
            let one = &seen.accounts[&id];
            match open {
                true => one.seen_slot == now,
                false => one.seen_slot == 0 && self.before.accounts[&id].seen_slot != 0,
            }
        });
        let below = match surplus.surely_negative() || surplus.surely_not_negative() {
            true => surplus.surely_negative(),
            false => noticed.unwrap_or(false),
        };
        if below && open {
            self.see_silence(id);
        } else if below {
            let account = self.account(id);
            (account.silent_since_slot, account.seen_slot) = (0, 0);
        }
    }
}

/// A price follows another by at most its slope times the seconds since, or what it may catch up.
fn follow(old: &Slope, target: &Exact, now: i64) -> Slope {
    let elapsed = now.saturating_sub(old.updated_at).max(0);
    let elapsed = elapsed.min(i64::from(old.catch_up_seconds_max));
    let reach = &old.usd * least(ppm(old.ppm_per_second) * whole(elapsed), one());
    let usd = clamp(target.clone(), &old.usd - &reach, &old.usd + reach);
    Slope { usd, updated_at: old.updated_at.max(now), ..old.clone() }
}

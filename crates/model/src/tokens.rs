//! Tokens in and out.

use num_traits::Signed;

use crate::group::{AccountId, Person};
use crate::margin::{Check, QUOTE};
use crate::number::{binary, ceil, floor, ppm, slack, steps_floor, whole, Exact, Near, INDEX_BITS};
use crate::pause::Paused;
use crate::step::{unsigned, Step};

impl Step<'_> {
    /// Changes a balance by token atoms at the indices of now. What is stored is rounded against
    /// the account, by less than two steps.
    pub(crate) fn change(&mut self, id: AccountId, token: usize, delta: &Exact) {
        let collateral = &self.next.collaterals[token];
        let before = self.next.accounts[&id].tokens.get(&token).copied().unwrap_or(0);
        // Across zero whole atoms count: a fraction of a deposit is left to the pool, and one of a
        // debt is paid up.
        let held = collateral.balance(before);
        let atoms = whole(floor(&held)) + delta;
        let dust = &held + delta;
        let crosses = match before > 0 {
            true => delta.is_negative() && !atoms.is_positive(),
            false => before < 0 && delta.is_positive() && !atoms.is_negative(),
        };
        let after = if crosses { atoms } else { held + delta };
        let index = match after.is_negative() {
            true => collateral.borrow_index,
            false => collateral.deposit_index,
        };
        let exact = after / binary(index, INDEX_BITS);
        let high = whole(steps_floor(&exact));
        let low = match crosses || index == 1 << INDEX_BITS {
            true => high.clone(),
            false => &high - whole(2),
        };
        let pick = |group: &crate::Group| {
            let account = group.accounts.get(&id);
            account.and_then(|account| account.tokens.get(&token)).copied().unwrap_or(0)
        };
        let shares = self.adopt("token balance", pick, &low, &high);
        self.store(id, token, shares);
        if shares == 0 && before > 0 {
            // What is left below one atom is set aside.
            self.next.collaterals[token].reserve += steps_floor(&dust).max(0);
            *self.open_reserves.entry(token).or_default() += 1;
        }
    }

    /// Stores a balance, and the totals with it.
    pub(crate) fn store(&mut self, id: AccountId, token: usize, shares: i128) {
        let tokens = &mut self.account(id).tokens;
        let before = match shares {
            0 => tokens.remove(&token),
            _ => tokens.insert(token, shares),
        };
        let before = before.unwrap_or(0);
        let one = &mut self.next.collaterals[token];
        one.deposit_shares += shares.max(0) - before.max(0);
        one.borrow_shares += before.min(0) - shares.min(0);
    }

    /// What an account owes of a token (atoms, rounded up).
    pub(crate) fn owes(group: &crate::Group, id: AccountId, token: usize) -> i128 {
        let shares = group.accounts[&id].tokens.get(&token).copied().unwrap_or(0);
        -floor(&group.collaterals[token].balance(shares.min(0)))
    }

    /// Moves tokens from a wallet into the vault.
    pub(crate) fn pay_in(&mut self, person: Person, token: usize, amount: u64) {
        let wallet = self.next.wallets.entry((person, token)).or_default();
        let enough = *wallet >= amount;
        *wallet = wallet.saturating_sub(amount);
        // The token programs' own words.
        self.require(enough, &["Custom(1)"]);
        let vault = &mut self.next.collaterals[token].vault_token_atoms;
        *vault = vault.saturating_add(amount);
    }

    pub(crate) fn deposit(&mut self, person: Person, id: AccountId, token: usize, amount: u64) {
        self.require(amount > 0, &["ZeroAmount"]);
        let account = &self.before.accounts[&id];
        let own = account.owner == person
            || (account.delegate == Some(person)
                && self.now().seconds < account.delegate_expires_at);
        let may_open = account.tokens.contains_key(&token) || token == QUOTE || own;
        self.require(may_open, &["RowMustExist"]);
        self.pay_in(person, token, amount);
        if self.fails() {
            return;
        }
        self.accrue(token);
        self.flow_in(token, amount);
        self.change(id, token, &whole(amount));
        self.rebase(token);
        let one = &self.next.collaterals[token];
        let positive = self.next.accounts[&id].tokens.get(&token).is_some_and(|own| *own > 0);
        let room = whole(one.deposit_cap_token_atoms) - whole(ceil(&one.deposits()));
        self.require(!positive || !room.is_negative(), &["DepositCapExceeded"]);
    }

    pub(crate) fn withdraw(
        &mut self,
        signer: Person,
        id: AccountId,
        token: usize,
        amount: u64,
        borrow_max: u64,
    ) {
        self.require(amount > 0, &["ZeroAmount"]);
        self.require(self.before.accounts[&id].owner == signer, &["NotAccountOwner"]);
        self.require_current(id);
        self.require_fresh(&[id], &[]);
        let fits = i64::try_from(amount).is_ok();
        self.require(fits, &["MathOverflow", "VaultIllLiquid"]);
        self.accrue(token);
        let one = &self.next.collaterals[token];
        let lendable = one.deposits() - one.borrows();
        let spare = Near { exact: lendable - whole(amount), slack: whole(1) };
        let index_one = one.deposit_index == 1 << INDEX_BITS && one.borrow_index == 1 << INDEX_BITS;
        let spare = if index_one { Near::certain(spare.exact) } else { spare };
        self.require_not_negative(&spare, "VaultIllLiquid");
        self.require(amount <= one_vault(self, token), &["VaultIllLiquid"]);

        self.flow_out(token, amount);
        let owed = Self::owes(&self.next, id, token);
        self.change(id, token, &whole(-i128::from(amount)));
        self.rebase(token);
        let borrowed = Self::owes(&self.next, id, token) - owed;
        if borrowed > 0 {
            self.require_unpaused(Paused::Borrow);
            self.require(borrowed <= i128::from(borrow_max), &["BorrowBeyondLimit"]);
            self.require_borrowable(token);
            self.require_utilisation(token);
        }
        let vault = &mut self.next.collaterals[token].vault_token_atoms;
        *vault = vault.saturating_sub(amount);
        let wallet = self.next.wallets.entry((signer, token)).or_default();
        *wallet = wallet.saturating_add(amount);
        self.check(id, Check::Withdrawal);
    }

    /// A new borrow may stand.
    pub(crate) fn require_borrowable(&mut self, token: usize) {
        let one = &self.next.collaterals[token];
        let (borrows, cap) = (one.borrows(), one.borrow_cap_token_atoms);
        self.require(cap > 0, &["BorrowNotAllowed"]);
        let within = whole(ceil(&borrows)) <= whole(cap);
        self.require(cap == 0 || within, &["BorrowCapExceeded"]);
    }

    /// Borrows are no larger a part of deposits than they may be. That is kept in parts per million,
    /// rounded up.
    fn require_utilisation(&mut self, token: usize) {
        let one = &self.next.collaterals[token];
        let (borrows, deposits) = (one.borrows(), one.deposits());
        let exact = ppm(one.utilisation_ppm_max) * &deposits - &borrows;
        let room = Near { exact, slack: slack(&borrows) };
        self.require_not_negative(&room, "UtilisationExceeded");
    }

    pub(crate) fn insure(&mut self, person: Person, amount: u64) {
        self.require(amount > 0, &["ZeroAmount"]);
        self.pay_in(person, QUOTE, amount);
        let balance = self.before.insurance.balance_quote_atoms;
        let sum = i128::from(balance) + i128::from(amount);
        self.require(i64::try_from(sum).is_ok(), &["MathOverflow"]);
        self.next.insurance.balance_quote_atoms = unsigned(sum);
    }
}

fn one_vault(step: &Step<'_>, token: usize) -> u64 {
    step.before.collaterals[token].vault_token_atoms
}

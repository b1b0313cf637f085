//! Opening, closing, delegating.

use crate::group::{Account, AccountId, Person};
use crate::step::Step;

impl Step<'_> {
    pub(crate) fn open(&mut self, id: AccountId, owner: Person) {
        self.require_launched();
        // The system program refuses an address that is in use.
        self.require(!self.before.accounts.contains_key(&id), &["Custom(0)"]);
        self.next.accounts.insert(id, Account { owner, ..Account::default() });
    }

    pub(crate) fn close(&mut self, id: AccountId, signer: Person) {
        let account = &self.before.accounts[&id];
        self.require(account.owner == signer, &["NotAccountOwner"]);
        let empty = account.tokens.is_empty() && account.positions.is_empty();
        self.require(empty, &["AccountNotEmpty"]);
        self.next.accounts.remove(&id);
    }

    pub(crate) fn delegate(
        &mut self,
        id: AccountId,
        signer: Person,
        delegate: Option<Person>,
        expires_at: i64,
    ) {
        self.require(self.before.accounts[&id].owner == signer, &["NotAccountOwner"]);
        let ahead = expires_at > self.now().seconds;
        self.require(delegate.is_none() || ahead, &["ExpiryInThePast"]);
        let account = self.account(id);
        account.delegate = delegate;
        account.delegate_expires_at = if delegate.is_some() { expires_at } else { 0 };
    }
}

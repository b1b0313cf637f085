//! Walks the trailing accounts and verifies each before it is read.

use anchor_lang::prelude::*;

use crate::error::PlimsollError;
use crate::state::{Collateral, Instrument, Pool, Underlying};

/// An account of this program that lies in a group under an index.
pub(crate) trait Member {
    /// The group it belongs to.
    fn group(&self) -> &Address;
    /// Its index within the group.
    fn index(&self) -> u16;
}

macro_rules! member {
    ($($account:ty),+) => {$(
        impl Member for $account {
            #[inline]
            fn group(&self) -> &Address {
                &self.group
            }
            #[inline]
            fn index(&self) -> u16 {
                self.index
            }
        }
    )+};
}
member!(Underlying, Collateral, Instrument, Pool);

/// The trailing accounts, taken one by one.
pub(crate) struct RiskAccounts {
    views: Vec<AccountView>,
    next: usize,
}

impl RiskAccounts {
    /// All trailing accounts of an instruction.
    pub(crate) fn new(views: Vec<AccountView>) -> Self {
        Self { views, next: 0 }
    }

    /// The next account, unverified. `RiskAccountMissing` if there is none.
    #[inline(always)]
    pub(crate) fn take_view(&mut self) -> Result<AccountView> {
        let Some(view) = self.views.get(self.next) else {
            return Err(self.missing());
        };
        self.next = self.next.saturating_add(1);
        Ok(*view)
    }

    #[cold]
    #[inline(never)]
    fn missing(&self) -> Error {
        msg!("risk account {} is missing", self.next);
        PlimsollError::RiskAccountMissing.into()
    }

    /// The next account, which must be the `T` with this group and index.
    // As a call it would cost a quarter more than what it does.
    #[inline(always)]
    pub(crate) fn take<T>(
        &mut self,
        group: &Address,
        index: u16,
    ) -> Result<(Account<T>, AccountView)>
    where
        T: Member + Owner + Discriminator + bytemuck::Pod,
    {
        let view = self.take_view()?;
        let Ok(account) = Account::<T>::load(view) else {
            return Err(self.refusal(&view, PlimsollError::RiskAccountForeign));
        };
        if account.index() != index || !anchor_lang::address_eq(account.group(), group) {
            return Err(self.refusal(&view, PlimsollError::RiskAccountUnexpected));
        }
        Ok((account, view))
    }

    /// The next account, which must be the writable `T` with this group and index.
    pub(crate) fn take_mut<T>(&mut self, group: &Address, index: u16) -> Result<Account<T>>
    where
        T: Member + Owner + Discriminator + bytemuck::Pod,
    {
        let (account, view) = self.take::<T>(group, index)?;
        drop(account);
        require!(!self.is_doubled(&view), PlimsollError::RiskAccountDuplicate);
        // SAFETY: the read-only load was dropped, no other trailing account is this one, and
        // Anchor has compared it to the declared writable accounts.
        unsafe { Account::<T>::load_mut(view) }
    }

    /// `RiskAccountSurplus` unless all accounts were taken.
    pub(crate) fn finish(self) -> Result<()> {
        if self.next < self.views.len() {
            msg!("risk account {} is surplus", self.next);
            let view = self.views.get(self.next).copied();
            let doubled = view.is_some_and(|view| self.is_doubled(&view));
            return Err(match doubled {
                true => PlimsollError::RiskAccountDuplicate.into(),
                false => PlimsollError::RiskAccountSurplus.into(),
            });
        }
        Ok(())
    }

    /// The account just taken does not fit its place: says where, and whether it came twice.
    #[cold]
    #[inline(never)]
    fn refusal(&self, view: &AccountView, otherwise: PlimsollError) -> Error {
        msg!("risk account {} does not fit its place", self.next.saturating_sub(1));
        match self.is_doubled(view) {
            true => PlimsollError::RiskAccountDuplicate.into(),
            false => otherwise.into(),
        }
    }

    fn is_doubled(&self, view: &AccountView) -> bool {
        let same = |other: &&AccountView| other.address() == view.address();
        self.views.iter().filter(same).count() > 1
    }
}

//! Laws of balances: whatever comes, goes, accrues and is lost, a vault holds what is deposited
//! less what is lent, and every rounding favours it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use num_bigint::BigInt;
use plimsoll_fuzz::Bytes;
use plimsoll_risk::{
    reserve_gain, stake_shares, stake_value, write_down, Accrual, BalanceTotals, Curve, Kink,
    Outflow, Rate, RiskError,
};
use plimsoll_units::{
    Index, MathError, QuoteAtoms, Ratio, Seconds, Shares, TokenAtoms, UnixSeconds,
};

/// A vault and four accounts, and three stakers in a fund.
#[derive(Clone)]
struct Vault {
    totals: BalanceTotals,
    rows: [Shares; 4],
    accrual: Accrual,
    curve: Curve,
    reserve_share: Ratio,
    reserve: Shares,
    held: i128,
    now: UnixSeconds,
    stakes: [u128; 3],
    fund: i64,
    bucket: Outflow,
    /// What went out since the bucket was last empty, and when that was.
    out: (u128, UnixSeconds),
}

const GAP_MAX: Seconds = Seconds::new(7 * 86_400);
const CAP: u64 = 1_000_000;

fuzz_target!(|data: &[u8]| {
    let bytes = &mut Bytes::new(data);
    let now = UnixSeconds::new(1_000_000);
    let Some(curve) = curve(bytes) else { return };
    let mut vault = Vault {
        totals: BalanceTotals {
            deposit_index: Index::ONE,
            borrow_index: Index::ONE,
            deposits: Shares::ZERO,
            borrows: Shares::ZERO,
        },
        rows: [Shares::ZERO; 4],
        accrual: Accrual {
            base_deposit: Index::ONE,
            base_borrow: Index::ONE,
            deposit_rate: Rate::ZERO,
            borrow_rate: Rate::ZERO,
            seconds: Seconds::ZERO,
            at: now,
        },
        curve,
        reserve_share: bytes.ratio(1_000_000),
        reserve: Shares::ZERO,
        held: 0,
        now,
        stakes: [0; 3],
        fund: 0,
        bucket: Outflow { level: 0, at: now },
        out: (0, now),
    };
    for _ in 0..64 {
        if bytes.is_empty() {
            break;
        }
        let mut next = vault.clone();
        if next.step(bytes).is_ok() {
            vault = next;
        }
        vault.require_laws();
    }
});

fn curve(bytes: &mut Bytes<'_>) -> Option<Curve> {
    let (middle, low, high) = (bytes.half(), bytes.half(), bytes.half());
    let kink = |utilisation, rate| Kink {
        utilisation: Ratio::from_ppm(utilisation),
        rate: Ratio::from_ppm(rate),
    };
    let kinks = [
        kink(0, 0),
        kink(middle % 1_000_000, low % 1_000_000),
        kink(1_000_000, high % 100_000_001),
    ];
    Curve::new(&kinks).ok()
}

impl Vault {
    fn step(&mut self, bytes: &mut Bytes<'_>) -> Result<(), RiskError> {
        match bytes.below(6) {
            0 | 1 => self.change(bytes),
            2 => self.lose(bytes),
            3 => self.stake(bytes),
            4 => self.accrue(bytes),
            _ => self.pay_out(bytes),
        }
    }

    /// Time passes, and indices follow.
    fn accrue(&mut self, bytes: &mut Bytes<'_>) -> Result<(), RiskError> {
        self.now = self.now.checked_add(Seconds::new(bytes.size(24)))?;
        self.accrual = self.accrual.advance(self.now, GAP_MAX);
        let (deposit, borrow) = self.accrual.indices()?;
        assert!(deposit >= self.totals.deposit_index && borrow >= self.totals.borrow_index);
        let gain = reserve_gain(&self.totals, deposit, borrow)?;
        assert!(!gain.is_negative());
        self.reserve = self.reserve.checked_add(gain)?;
        (self.totals.deposit_index, self.totals.borrow_index) = (deposit, borrow);
        Ok(())
    }

    fn rebase(&mut self) -> Result<(), RiskError> {
        self.accrual = self.accrual.rebase(&self.totals, &self.curve, self.reserve_share)?;
        Ok(())
    }

    fn change(&mut self, bytes: &mut Bytes<'_>) -> Result<(), RiskError> {
        self.accrue(bytes)?;
        let at = bytes.below(4);
        let delta = TokenAtoms::new(bytes.amount(52));
        let before = self.totals.atoms(self.rows[at])?;
        self.rows[at] = self.totals.change(self.rows[at], delta)?;
        // Nobody gains by coming in or going out.
        let after = self.totals.atoms(self.rows[at])?;
        assert!(after <= before.checked_add(delta)?, "a change of balances made money");
        self.held += i128::from(delta.get());
        self.rebase()
    }

    fn lose(&mut self, bytes: &mut Bytes<'_>) -> Result<(), RiskError> {
        self.accrue(bytes)?;
        let loss = TokenAtoms::new(i64::try_from(bytes.size(52)).unwrap());
        let index = write_down(&self.totals, loss)?;
        assert!(index <= self.totals.deposit_index);
        self.totals.deposit_index = index;
        // It left the vault by another way.
        self.held -= i128::from(loss.get());
        self.rebase()
    }

    fn stake(&mut self, bytes: &mut Bytes<'_>) -> Result<(), RiskError> {
        let who = bytes.below(3);
        let total: u128 = self.stakes.iter().sum();
        let fund = QuoteAtoms::new(self.fund);
        match bytes.below(3) {
            0 => {
                let amount = i64::try_from(bytes.size(50)).unwrap();
                let shares = stake_shares(QuoteAtoms::new(amount), total, fund)?;
                let after = total.checked_add(shares).ok_or(MathError::Overflow)?;
                self.stakes[who] += shares;
                self.fund = self.fund.checked_add(amount).ok_or(MathError::Overflow)?;
                let worth = stake_value(shares, after, QuoteAtoms::new(self.fund))?;
                assert!(worth.get() <= amount, "a stake is worth more than was paid");
            }
            1 => {
                let shares = self.stakes[who].min(u128::from(bytes.word()));
                let worth = stake_value(shares, total, fund)?;
                self.stakes[who] -= shares;
                self.fund -= worth.get();
            }
            _ => self.fund = self.fund.saturating_add(bytes.amount(50)).max(0),
        }
        Ok(())
    }

    fn pay_out(&mut self, bytes: &mut Bytes<'_>) -> Result<(), RiskError> {
        self.now = self.now.checked_add(Seconds::new(bytes.size(14)))?;
        let amount = bytes.size(22);
        let drained = self.bucket.drained(self.now, CAP);
        assert_eq!(self.bucket.drained(self.now, CAP).level, drained.drained(self.now, CAP).level);
        if drained.level == 0 {
            self.out = (0, self.now);
        }
        match self.bucket.pay(amount, CAP, self.now) {
            Ok(paid) => {
                self.bucket = paid;
                self.out.0 += u128::from(amount);
            }
            Err(room) => assert!(room < amount && room <= CAP),
        }
        Ok(())
    }

    fn require_laws(&self) {
        let big = |x: i128| BigInt::from(x);
        let worth = |shares: Shares, index: Index| big(shares.get()) * BigInt::from(index.get());
        let (mut deposits, mut borrows) = (0_i128, 0_i128);
        for row in self.rows {
            match row.is_negative() {
                true => borrows -= row.get(),
                false => deposits += row.get(),
            }
        }
        let totals = &self.totals;
        assert_eq!((deposits, borrows), (totals.deposits.get(), totals.borrows.get()));
        // In 2^-112 atoms: what is held and owed covers what was deposited, and the reserve.
        let owned = (big(self.held) << 112u32) + worth(totals.borrows, totals.borrow_index);
        let owed =
            worth(totals.deposits, totals.deposit_index) + (big(self.reserve.get()) << 64u32);
        assert!(owned >= owed, "the vault is short by {} of 2^-112 atoms", owed - owned);
        let stakes: u128 = self.stakes.iter().sum();
        let values = self.stakes.iter().map(|shares| {
            let value = stake_value(*shares, stakes, QuoteAtoms::new(self.fund)).unwrap();
            i128::from(value.get())
        });
        assert!(
            values.sum::<i128>() <= i128::from(self.fund),
            "stakes are worth more than the fund"
        );
        // A bucket's size at once, and as much an hour.
        let seconds = u128::from(self.now.elapsed_since(self.out.1).get());
        let most = u128::from(CAP) + u128::from(CAP) * seconds / 3_600 + 1;
        assert!(self.out.0 <= most, "{} went out, at most {most}", self.out.0);
    }
}

//! Which powers of ten does a price need? A table that the compiler fills.

use crate::wide;

/// Largest exponent of the table.
const POWER_MAX: usize = 64;

/// 10^n = `MANTISSAS[n] * 2^exponent(n)`, mantissas with their top bit set. Exact up to 10^27
/// (5^27 < 2^63), cut after 64 bits above: a relative error below 2^-63.
const MANTISSAS: [u64; POWER_MAX + 1] = mantissas();

/// The mantissa and the binary exponent of 10^n, for n up to 64.
#[inline]
pub(crate) const fn power_of_ten(n: u32) -> Option<(u64, i64)> {
    let index = wide::widen_index(n);
    if index > POWER_MAX {
        return None;
    }
    // The lint forbids an index that could panic; the line above is why this one cannot.
    #[allow(clippy::indexing_slicing)]
    Some((MANTISSAS[index], exponent(n)))
}

/// floor(n · log2(10)) − 63; 217706 / 2^16 is close enough to log2(10) for every n of the table.
#[inline]
const fn exponent(n: u32) -> i64 {
    // n <= 64: the product stays below 2^24.
    (wide::widen_u32_i64(n).wrapping_mul(217_706) >> 16).wrapping_sub(63)
}

/// Evaluated by the compiler only: powers with 128 bits, of which the upper 64 are kept.
#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects)]
const fn mantissas() -> [u64; POWER_MAX + 1] {
    let mut table = [0; POWER_MAX + 1];
    let mut mantissa: u128 = 1 << 127;
    let mut n = 0;
    loop {
        table[n] = wide::high_u64(mantissa);
        if n == POWER_MAX {
            return table;
        }
        // m * 10 / 16 lies in [5/8, 5/4) of the range: once or not at all more to the left.
        let eighth = mantissa >> 3;
        let scaled = (mantissa >> 1) + eighth;
        // The bits that the two shifts lost: below one unit in 2^127, 64 times over.
        mantissa = if scaled >> 127 == 1 { scaled } else { scaled << 1 };
        n += 1;
    }
}

// The exponents of the formula are those of the table's own steps at both ends and at the
// points where a wrong rounding of log2(10) would show first.
const _: () = {
    assert!(exponent(0) == -63 && exponent(1) == -60 && exponent(3) == -54);
    assert!(exponent(19) == 0 && exponent(28) == 30 && exponent(64) == 149);
    assert!(MANTISSAS.len() == POWER_MAX + 1);
};

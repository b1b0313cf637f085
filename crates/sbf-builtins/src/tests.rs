//! The kernels against the host's own 128-bit arithmetic.

use crate::kernel::{divide, divide_signed, multiply, remainder, remainder_signed};

/// A generator of our own (xorshift64*), so that a run is the same everywhere.
struct Random(u64);

impl Random {
    fn word(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A value of any width, all widths alike.
    fn value(&mut self) -> u128 {
        let wide = (u128::from(self.word()) << 64) | u128::from(self.word());
        wide >> (self.word() % 128)
    }
}

fn assert_all(a: u128, b: u128) {
    assert_eq!(multiply(a, b), a.wrapping_mul(b), "{a} * {b}");
    if b == 0 {
        return;
    }
    let (n, d) = (a as i128, b as i128);
    assert_eq!(divide(a, b), a / b, "{a} / {b}");
    assert_eq!(remainder(a, b), a % b, "{a} % {b}");
    assert_eq!(divide_signed(n, d), n.wrapping_div(d), "{n} / {d}");
    assert_eq!(remainder_signed(n, d), n.wrapping_rem(d), "{n} % {d}");
}

#[test]
fn kernels_agree_with_the_host_on_random_values_of_all_widths() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for _ in 0..400_000 {
        let (a, b) = (random.value(), random.value());
        assert_all(a, b);
        assert_all(a.wrapping_neg(), b);
        assert_all(a, b.wrapping_neg());
    }
}

#[test]
fn kernels_agree_with_the_host_around_powers_of_two() {
    let near = |bit: u32| {
        let power = 1_u128 << bit;
        [power.wrapping_sub(1), power, power.wrapping_add(1), power.wrapping_neg()]
    };
    for a in (0..128).flat_map(near) {
        for b in (0..128).flat_map(near) {
            assert_all(a, b);
        }
    }
}

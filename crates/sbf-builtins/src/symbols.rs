//! The names that LLVM calls. The memory functions come from `solana-compiler-builtins`.

use solana_compiler_builtins as _;

use crate::kernel;

/// `a · b mod 2^128`, of signed and unsigned alike.
///
/// # Safety
/// Called by compiled code, with values only.
#[no_mangle]
pub unsafe extern "unadjusted" fn __multi3(a: u128, b: u128) -> u128 {
    kernel::multiply(a, b)
}

/// `⌊n / d⌋`; the caller has refused `d = 0`.
///
/// # Safety
/// Called by compiled code, with values only.
#[no_mangle]
pub unsafe extern "unadjusted" fn __udivti3(n: u128, d: u128) -> u128 {
    kernel::divide(n, d)
}

/// `n − d · ⌊n / d⌋`; the caller has refused `d = 0`.
///
/// # Safety
/// Called by compiled code, with values only.
#[no_mangle]
pub unsafe extern "unadjusted" fn __umodti3(n: u128, d: u128) -> u128 {
    kernel::remainder(n, d)
}

/// `n / d` towards zero; the caller has refused `d = 0` and the one overflow.
///
/// # Safety
/// Called by compiled code, with values only.
#[no_mangle]
pub unsafe extern "unadjusted" fn __divti3(n: i128, d: i128) -> i128 {
    kernel::divide_signed(n, d)
}

/// What `n / d` towards zero leaves, with the sign of `n`.
///
/// # Safety
/// Called by compiled code, with values only.
#[no_mangle]
pub unsafe extern "unadjusted" fn __modti3(n: i128, d: i128) -> i128 {
    kernel::remainder_signed(n, d)
}

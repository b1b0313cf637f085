//! What does the exponential start from in each of its cells?
//!
//! Made by `scripts/tables.py`. Cell `j` stands for 2^(-j/32).

/// `2^(-j/32) / sqrt(2 pi)` in steps of 2^-64: the density's constant is in the table.
#[rustfmt::skip]
pub(crate) static DENSITY: [u64; 32] = [
    0x662114cf50d94234, 0x63f0d89aa75afb61, 0x61cc9d9900c8f8f0, 0x5fb421f02b4c095d,
    0x5da7252f318e5b7d, 0x5ba568469d26ce2f, 0x59aead80e37a509d, 0x57c2b87afc2a66cc,
    0x55e14e1d202ce3d5, 0x540a3493b0adcd96, 0x523d334844e1250b, 0x507a12daddeefc04,
    0x4ec09d1b4028d464, 0x4d109d0270bbbfc8, 0x4b69deac57171873, 0x49cc2f518143f62a,
    0x48375d410a6db447, 0x46ab37daa2dff99a, 0x45278f88b8c2b781, 0x43ac35bac0e0848d,
    0x4238fcdf9ec7903d, 0x40cdb8602b993179, 0x3f6a3c99dadfc0f6, 0x3e0e5ed97cc60bf5,
    0x3cb9f5561d0f3336, 0x3b6cd72bfe313e30, 0x3a26dc57aff80bbb, 0x38e7ddb1411997fc,
    0x37afb4e78b27cbe6, 0x367e3c7b984f3568, 0x35534fbc225520a7, 0x342ecac12a4a931d,
];

/// `exp(r)` in `u = 32 r`, in steps of 2^-63, the constant first.
#[rustfmt::skip]
pub(crate) const SERIES: ([u64; 5], [u64; 2]) = (
    [
        0x8000000000000007, 0x03fffffffffffd7a, 0x001000000000285c, 0x00002aaaaaa9b89a,
        0x0000005555580875,
    ],
    [0x088849432, 0x000b8e9a3],
);

/// `ln 2 / 32` in steps of 2^-64.
pub(crate) const STEP: u64 = 0x058b90bfbe8e7bcd;

/// `32 / ln 2` in steps of 2^-58.
pub(crate) const STEPS: u64 = 0xb8aa3b295c17f0bc;

//! A program that does 128-bit arithmetic inside the VM, so that a test can compare it with the
//! host's. It is never deployed.
//!
//! Its one account holds records: two operands, then room for the five results, all little-endian.
//! A divisor of zero leaves the quotients as they are.

#[cfg(target_arch = "bpf")]
use plimsoll_sbf_builtins as _;

/// Two operands and their results, as they stand in the account's data.
#[repr(C)]
pub struct Record {
    /// Factor or dividend.
    pub a: [u8; 16],
    /// Factor or divisor.
    pub b: [u8; 16],
    /// `a · b mod 2^128`.
    pub product: [u8; 16],
    /// `a / b`, unsigned.
    pub quotient: [u8; 16],
    /// `a mod b`, unsigned.
    pub remainder: [u8; 16],
    /// `a / b` towards zero, as signed values.
    pub quotient_signed: [u8; 16],
    /// What that leaves.
    pub remainder_signed: [u8; 16],
}

/// Bytes of one record.
pub const RECORD_SIZE_BYTES: usize = core::mem::size_of::<Record>();

/// Computes every record's results.
pub fn compute(records: &mut [Record]) {
    for record in records {
        multiply(record);
        if record.b != [0; 16] {
            divide(record);
            rest(record);
            divide_signed(record);
            rest_signed(record);
        }
    }
}

// One function each, never inlined: side by side the compiler would derive a remainder from the
// quotient and not call for it.

#[inline(never)]
fn multiply(record: &mut Record) {
    let (a, b) = (u128::from_le_bytes(record.a), u128::from_le_bytes(record.b));
    record.product = a.wrapping_mul(b).to_le_bytes();
}

#[inline(never)]
fn divide(record: &mut Record) {
    let (a, b) = (u128::from_le_bytes(record.a), u128::from_le_bytes(record.b));
    record.quotient = a.wrapping_div(b).to_le_bytes();
}

#[inline(never)]
fn rest(record: &mut Record) {
    let (a, b) = (u128::from_le_bytes(record.a), u128::from_le_bytes(record.b));
    record.remainder = a.wrapping_rem(b).to_le_bytes();
}

#[inline(never)]
fn divide_signed(record: &mut Record) {
    let (a, b) = (i128::from_le_bytes(record.a), i128::from_le_bytes(record.b));
    record.quotient_signed = a.wrapping_div(b).to_le_bytes();
}

#[inline(never)]
fn rest_signed(record: &mut Record) {
    let (a, b) = (i128::from_le_bytes(record.a), i128::from_le_bytes(record.b));
    record.remainder_signed = a.wrapping_rem(b).to_le_bytes();
}

/// Where the program starts.
///
/// # Safety
/// The loader passes its serialised input, with one account that the program owns and may write.
#[cfg(target_os = "solana")]
#[no_mangle]
pub unsafe extern "C" fn entrypoint(input: *mut u8) -> u64 {
    // Number of accounts; flags; key, owner; lamports; length of the data.
    const LENGTH_AT: usize = 8 + 8 + 32 + 32 + 8;
    // SAFETY: the loader's layout puts an aligned length there, and that many bytes behind it.
    let records = unsafe {
        let length_bytes = input.add(LENGTH_AT).cast::<u64>().read() as usize;
        let data = input.add(LENGTH_AT + 8).cast::<Record>();
        core::slice::from_raw_parts_mut(data, length_bytes / RECORD_SIZE_BYTES)
    };
    compute(records);
    0
}

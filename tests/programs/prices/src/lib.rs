//! Stands in for Pyth on a cluster of one's own: what an instruction holds is written to the start of
//! its one account, whoever asks. A cluster that loads it at the addresses of Pyth's programs has the
//! prices that its owner wants; where Pyth is, nobody can.

/// Where the program starts. An error of 1 means that there is not one account, of 2 that it is too
/// short; that the account is the program's own the runtime sees to.
///
/// # Safety
/// The loader passes its serialised input.
#[cfg(target_os = "solana")]
#[no_mangle]
pub unsafe extern "C" fn entrypoint(input: *mut u8) -> u64 {
    // Number of accounts; flags; key, owner; lamports; length of the data.
    const LENGTH_AT: usize = 8 + 8 + 32 + 32 + 8;
    // What an account may grow by; its rent epoch comes behind.
    const GROWTH: usize = 10_240;
    // SAFETY: the loader's layout puts an aligned word at each of these places; the account's data is
    // as long as the first length says, and the instruction's as the second.
    unsafe {
        if input.cast::<u64>().read() != 1 {
            return 1;
        }
        let length = input.add(LENGTH_AT).cast::<u64>().read() as usize;
        let data = input.add(LENGTH_AT + 8);
        let behind = data.add((length + GROWTH).next_multiple_of(8) + 8);
        let written = behind.cast::<u64>().read() as usize;
        if written > length {
            return 2;
        }
        for at in 0..written {
            // Volatile, since of a plain loop the compiler makes a call to `memcpy`, which is not here.
            data.add(at).write_volatile(behind.add(8 + at).read());
        }
    }
    0
}

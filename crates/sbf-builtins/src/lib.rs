//! The five 128-bit operations that a compiler calls by name, for a program that the upstream
//! compiler built for the chain. Everywhere else this crate is empty.
//!
//! LLVM expects their result in registers, while rustc returns an `i128` of a Rust or C function
//! through a hidden pointer on this target: the stock builtins then write to a wrong address. The
//! ABI `unadjusted` leaves the signature as LLVM has it. Anza's compiler (`cargo build-sbf`) brings
//! its own builtins; its `target_arch` is not `bpf`, so that nothing of this is compiled there.
//!
//! The program links this crate with `#[cfg(target_arch = "bpf")] use plimsoll_sbf_builtins as _;`.
//! Every number of the program rests on it: `tests/int128.rs` runs it inside the VM.

#![no_std]
#![cfg_attr(target_arch = "bpf", feature(abi_unadjusted))]
#![cfg_attr(target_arch = "bpf", allow(internal_features))]

#[cfg(any(target_arch = "bpf", test))]
mod kernel;

#[cfg(target_arch = "bpf")]
mod symbols;

#[cfg(test)]
mod tests;

//! Attacks that happened elsewhere, played here to the end.

mod drift;
mod mango;
mod marginfi;
mod ring;

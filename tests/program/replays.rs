//! Attacks that happened elsewhere, played here to the end.

mod drift;

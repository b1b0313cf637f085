//! What should a trader or a risk manager see of a run?
//!
//! Floating point is used here and in the rooms below, for pixels and per cents, and nowhere else.

mod canvas;
mod csv;
mod option_books;
mod option_picture;
mod picture;
mod summary;
mod tables;
mod terminal;

pub use csv::steps;
pub use option_books::option_books;
pub use option_picture::option_picture;
pub use picture::picture;
pub use summary::Summary;
pub use tables::{comparison, report};

/// Quote atoms in a dollar.
const ATOMS: f64 = 1_000_000.0;

/// Quote atoms as dollars with commas.
fn money(atoms: i64) -> String {
    let dollars = crate::prices::grouped(atoms.unsigned_abs() / 1_000_000);
    match atoms < 0 {
        true => format!("-{dollars}"),
        false => dollars,
    }
}

/// `part` of `whole` in per cent.
fn per_cent(part: i64, whole: i64) -> f64 {
    match whole {
        0 => 0.0,
        _ => part as f64 * 100.0 / whole as f64,
    }
}

/// Hour and minute (UTC) of a time.
fn clock(time: i64) -> String {
    let minutes = time.rem_euclid(86_400) / 60;
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

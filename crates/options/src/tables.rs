//! Which numbers were computed beforehand? `scripts/tables.py` makes them, and says how.

pub(crate) mod exp;
pub(crate) mod grid;
pub(crate) mod ln;
pub(crate) mod mills;

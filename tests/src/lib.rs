//! What every test of the built program shares.

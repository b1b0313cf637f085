//! Tests of the built program, one file per topic, in one binary: linking the VM costs more time
//! than running it.

mod lifecycle;
mod migration;
mod view;

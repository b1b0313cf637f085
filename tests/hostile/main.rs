//! Does every instruction refuse everything that can be wrong with its accounts and arguments, by
//! a name that says what it was?
//!
//! No case is picked by hand. For each instruction of the IDL there is one scene in which it goes
//! through; then each of its accounts is bent in every way that applies to its kind, and each of
//! its arguments is set to its extremes. What came of it is compared to the committed table
//! `tests/snapshots/hostile.txt` (`cargo xtask hostile --update` rewrites it), and what goes
//! through all the same must have its reason in `allowed`.
//!
//! | room | question |
//! |---|---|
//! | `idl` | which accounts and arguments are there |
//! | `scenes` | in which world does an instruction go through |
//! | `stand_ins` | which account could take another's place |
//! | `bends` | in which ways can an account be wrong |
//! | `table` | what came of it |
//! | `allowed` | what may go through, and why |

mod allowed;
mod bends;
mod idl;
mod scenes;
mod stand_ins;
mod table;

use std::collections::BTreeSet;

use crate::allowed::unused;
use crate::idl::Idl;
use crate::scenes::{Scene, OPTION_SCENES, SCENES};
use crate::table::Section;

const SNAPSHOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots/hostile.txt");

/// What stands above the table.
const HEAD: &str = "\
What every instruction says when one of its accounts or arguments is wrong. Written by
`cargo xtask hostile --update` from transactions against the built program; every one that failed
changed no byte.

An instruction, its accounts by their names in the IDL, behind them the trailing ones (+), then
its arguments. Under each: the error, and the bends that lead to it. `|` parts the errors of a bend
that has several forms. What goes through has its reason beside it.

Bends of an account, where they apply:
  unsigned, other signer     of one that signs: the flag is missing; mallory signs instead
  other key                  of one that is only named: mallory
  read-only                  of one that is written
  elsewhere                  the same bytes (of a new one: none) at an address without seeds
  of another program         the same bytes, owned by a program that has nothing to do with it
  of the other token program the same bytes, owned by Token-2022
  other kind                 some other stored account; of a program: another program
  sibling                    another of its kind in the same group; of a token program: the other one
  other mint, other owner    of a token account: one that differs in this
  other group                the same account of a second group with the same markets
  doubled                    each other account of the same instruction in its place
  left out                   what follows moves up
  not passed                 of an optional one: the program in its place
  closed, zeroed, short      no lamports and no bytes; all bytes zero; one byte missing
  in use                     of a new one: there is something already
  stale array, no array      of an instrument: its risk array is too old, or was never made
  stale, uncertain, zero price, negative price, largest price, halted
                             of an oracle account; halted is not verified for a pull feed
  trades, borrows, bids, profits paused
                             of a group
A key that signs is not read, so nothing that lies there matters. Programs cannot be closed.
An optional account that is not there is given as the program itself.
An argument is set to the smallest and largest that its bytes can hold; of a list, the first
element and the length are.
";

#[test]
fn every_instruction_of_the_idl_has_a_scene() {
    let idl = Idl::read();
    let known: BTreeSet<&str> =
        SCENES.iter().chain(OPTION_SCENES).map(|(name, _, _)| *name).collect();
    assert_eq!(known, idl.instructions().collect());
}

#[test]
fn what_is_wrong_is_refused_by_its_name() {
    let idl = Idl::read();
    let title = |name: &str, what: &str| match what {
        "" => name.to_string(),
        what => format!("{name}, {what}"),
    };
    let plain = SCENES.iter().map(|(name, what, make)| {
        Section::of(Scene::new(name, *make, &idl), &title(name, what), &idl)
    });
    let options = OPTION_SCENES.iter().map(|(name, what, make)| {
        Section::of(Scene::with_options(name, *make, &idl), &title(name, what), &idl)
    });
    let sections: Vec<Section> = plain.chain(options).collect();
    let mut text = HEAD.to_string();
    text.extend(sections.iter().map(|one| one.text.as_str()));
    let attempts: usize = sections.iter().map(|one| one.attempts).sum();
    println!("{attempts} transactions");

    if std::env::var_os("PLIMSOLL_UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(SNAPSHOT, &text).unwrap();
    }
    let unexpected: Vec<&String> = sections.iter().flat_map(|one| &one.unexpected).collect();
    assert!(unexpected.is_empty(), "went through: {unexpected:#?}");
    assert!(unused().is_empty(), "no longer needed: {:#?}", unused());
    let committed = std::fs::read_to_string(SNAPSHOT).unwrap_or_default();
    for (now, then) in text.lines().zip(committed.lines()) {
        assert_eq!(now, then, "see tests/hostile/main.rs");
    }
    assert_eq!(text.lines().count(), committed.lines().count(), "see tests/hostile/main.rs");
}

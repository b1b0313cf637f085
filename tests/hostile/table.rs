//! Runs every attempt, and writes down what came of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use plimsoll_client::{Address, Instruction};
use plimsoll_tests::{Failure, World};

use crate::allowed::reason;
use crate::bends::{Attempt, Bench, BENDS};
use crate::idl::{Idl, Place, Shape};
use crate::scenes::{run, signers, Scene};
use crate::stand_ins::{role, Catalogue};

/// What came of the attempts of one cell: names of errors.
type Seen = BTreeSet<String>;

/// How something that went through is named among the errors.
const PASSED: &str = "goes through";

/// The table of one instruction.
pub struct Section {
    /// What `tests/snapshots/hostile.txt` says.
    pub text: String,
    /// Cells that went through without a reason.
    pub unexpected: Vec<String>,
    /// How many transactions ran.
    pub attempts: usize,
}

impl Section {
    /// Bends every account and every argument of a scene's instruction.
    pub fn of(mut scene: Scene, title: &str, idl: &Idl) -> Self {
        let mut section =
            Self { text: format!("\n{title}\n"), unexpected: Vec::new(), attempts: 0 };
        let catalogue = Catalogue::of(&mut scene);
        let declared = idl.accounts(scene.name);
        for at in 0..scene.one.accounts.len() {
            let label = label(&scene, &catalogue, &declared, at);
            let kind = role(&scene, idl, &scene.one.accounts[at]).to_string();
            let mut cells = Vec::new();
            for bend in BENDS {
                let bench = Bench { scene: &scene, catalogue: &catalogue, idl };
                let attempts = bench.attempts(at, bend);
                if attempts.is_empty() {
                    continue;
                }
                let seen = attempts.into_iter().map(|one| section.run(&mut scene, one)).collect();
                cells.push((bend.to_string(), seen));
            }
            section.block(title, (&label, &kind), cells);
        }
        section.arguments(&mut scene, title, idl);
        section
    }

    fn arguments(&mut self, scene: &mut Scene, title: &str, idl: &Idl) {
        for place in idl.places(scene.name, &scene.one.data) {
            let mut cells = Vec::new();
            for (name, value) in extremes(&place) {
                let mut one = scene.one.clone();
                let bytes = &mut one.data[place.at..place.at + place.bytes];
                if *bytes == value[..] {
                    continue;
                }
                bytes.copy_from_slice(&value);
                let attempt = Attempt { one, put: Vec::new() };
                cells.push((name.to_string(), Seen::from([self.run(scene, attempt)])));
            }
            self.block(title, (&format!("argument {}", place.path), ""), cells);
        }
        let (mut short, mut long) = (scene.one.clone(), scene.one.clone());
        short.data.pop();
        long.data.push(0);
        let mut cells = Vec::new();
        for (name, one) in [("one byte less", short), ("one byte more", long)] {
            let attempt = Attempt { one, put: Vec::new() };
            cells.push((name.to_string(), Seen::from([self.run(scene, attempt)])));
        }
        self.block(title, ("data", ""), cells);
    }

    /// Runs one attempt and undoes it. That a failure changed nothing is checked where it runs.
    fn run(&mut self, scene: &mut Scene, attempt: Attempt) -> String {
        self.attempts += 1;
        let svm = &mut scene.world.vm.svm;
        let before: Vec<_> = attempt
            .put
            .iter()
            .map(|(address, _)| (*address, svm.get_account(address).unwrap_or_default()))
            .collect();
        let pristine = svm.clone();
        for (address, account) in attempt.put {
            svm.set_account(address, account).unwrap();
        }
        let touched = !before.is_empty();
        let signers = signers(&attempt.one);
        match run(scene, &attempt.one, &signers) {
            Err(failure) => {
                for (address, account) in before {
                    scene.world.vm.svm.set_account(address, account).unwrap();
                }
                name(&failure)
            }
            Ok(_) => {
                // What was put there broke the laws by itself.
                if !touched {
                    require_laws(scene, &attempt.one);
                }
                scene.world.vm.svm = pristine;
                PASSED.to_string()
            }
        }
    }

    /// Writes the cells of one account or argument, gathered by what came of them.
    fn block(&mut self, title: &str, of: (&str, &str), cells: Vec<(String, Seen)>) {
        let (part, kind) = of;
        if cells.is_empty() {
            return;
        }
        writeln!(self.text, "  {part}").unwrap();
        let mut lines: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (bend, seen) in cells {
            let mut outcome = Vec::from_iter(seen.iter().cloned()).join(" | ");
            if seen.contains(PASSED) {
                match reason(title, part, kind, &bend) {
                    Some(reason) => write!(outcome, " ({reason})").unwrap(),
                    None => self.unexpected.push(format!("{title}: {part}: {bend}")),
                }
            }
            lines.entry(outcome).or_default().push(bend);
        }
        for (outcome, bends) in lines {
            writeln!(self.text, "    {outcome}: {}", bends.join(", ")).unwrap();
        }
    }
}

/// What went through must leave books that balance.
fn require_laws(scene: &mut Scene, one: &Instruction) {
    let World { vm, directory, .. } = &mut scene.world;
    let listed = directory.clone();
    // A mint that was listed just now is among the accounts.
    let named: Vec<Address> = one.accounts.iter().map(|meta| meta.pubkey).collect();
    directory.refresh(vm, &named).unwrap();
    let broken = scene.world.broken_law();
    assert!(broken.is_none(), "{}: {broken:?}", scene.name);
    scene.world.directory = listed;
}

/// How an account is called: by its name in the IDL and, behind those, by what it is.
fn label(scene: &Scene, catalogue: &Catalogue, declared: &[&str], at: usize) -> String {
    match declared.get(at) {
        Some(name) => (*name).to_string(),
        None => {
            let address = &scene.one.accounts[at].pubkey;
            format!("+ {}", catalogue.label(address).expect("a trailing account that nobody knows"))
        }
    }
}

/// Names of an error, with the program that it comes from where that is not this one.
fn name(failure: &Failure) -> String {
    let failed = failure.logs.iter().find_map(|line| {
        let (program, _) = line.strip_prefix("Program ")?.split_once(" failed: ")?;
        Some(program)
    });
    let custom = failure.name.strip_prefix("Custom(").and_then(|rest| rest.strip_suffix(')'));
    let by = match failed {
        Some("11111111111111111111111111111111") => "system program",
        Some(program) if program.starts_with("Token") => "token program",
        _ => return failure.name.clone(),
    };
    let name = match (by, custom) {
        ("system program", Some("0")) => "AccountAlreadyInUse",
        ("system program", Some("1")) => "ResultWithNegativeLamports",
        ("token program", Some("1")) => "InsufficientFunds",
        ("token program", Some("2")) => "InvalidMint",
        ("token program", Some("3")) => "MintMismatch",
        ("token program", Some("4")) => "OwnerMismatch",
        _ => &failure.name,
    };
    format!("{by}: {name}")
}

/// The smallest and largest things that a place can hold.
fn extremes(place: &Place) -> Vec<(&'static str, Vec<u8>)> {
    let zero = vec![0; place.bytes];
    let ones = vec![0xff; place.bytes];
    let (mut top, mut bottom) = (ones.clone(), zero.clone());
    *top.last_mut().unwrap() = 0x7f;
    *bottom.last_mut().unwrap() = 0x80;
    match place.shape {
        Shape::Unsigned => vec![("zero", zero), ("most", ones)],
        Shape::Signed => vec![("zero", zero), ("-1", ones), ("most", top), ("least", bottom)],
        Shape::Opaque => vec![("all zeros", zero), ("all ones", ones)],
    }
}

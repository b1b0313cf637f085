//! The house rules that neither rustfmt nor clippy checks.
//!
//! Sizes of files and functions, a door plate (`//!`) on every file, no cast or panic in the code
//! that decides about money, a reason beside every `unsafe`, no file that nobody includes, and
//! nothing of one machine (paths, addresses) in what is committed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::shell::{because, heading, read, say, Outcome};

const FILE_LINES_MAX: usize = 400;
const TEST_FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;
const INLINE_TEST_LINES_MAX: usize = 150;

/// Where a wrong number or a panic costs money.
const STRICT: [&str; 4] =
    ["programs/", "crates/units/src/", "crates/risk/src/", "crates/options/src/"];

/// The one file of those that may cast.
const CASTS: &str = "crates/units/src/wide.rs";

/// What strict code does without.
const STRICT_WORDS: [&str; 6] = [".unwrap()", ".expect(", "f64", "f32", "unreachable!", "panic!"];

/// What no code keeps. Spelled in parts, so that this file passes its own check.
const MARKS: [&str; 4] =
    [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("X", "XX"), concat!("dbg", "!(")];

/// Signs of one machine.
const MACHINE: [&str; 4] =
    [concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/wo", "rk/"), concat!("/Us", "ers/")];

/// What stands before every address.
const ADDRESS: &str = concat!(":", "//");

/// Addresses that a text may name: where formats and licences are published, and this machine.
const HOSTS: [&str; 8] = [
    "127.0.0.1",
    "localhost",
    "docs.rs",
    "github.com",
    "www.apache.org",
    // The name of a picture's format, not a place.
    "www.w3.org/2000/svg",
    "eips.ethereum.org",
    "doi.org",
];

/// One file and what was found in it.
struct Room<'a> {
    name: &'a str,
    text: &'a str,
    faults: Vec<String>,
}

/// Checks every file that git would commit.
pub fn check(root: &Path) -> Outcome {
    heading("tidy");
    let mut list = Command::new("git");
    list.args(["ls-files", "--cached", "--others", "--exclude-standard"]).current_dir(root);
    let names = read(&mut list)?;
    let names: BTreeSet<&str> = names.lines().filter(|name| root.join(name).is_file()).collect();
    let mut faults = Vec::new();
    for name in &names {
        let bytes = fs::read(root.join(name)).map_err(because(name))?;
        let Ok(text) = String::from_utf8(bytes) else {
            continue;
        };
        let mut room = Room { name, text: &text, faults: Vec::new() };
        room.machine();
        if name.ends_with(".rs") {
            room.rust();
            if !is_included(root, name, &names) {
                room.fault(0, "no `mod` includes this file");
            }
        }
        faults.append(&mut room.faults);
    }
    for fault in &faults {
        println!("{fault}");
    }
    if faults.is_empty() {
        say(&format!("{} files", names.len()));
        return Ok(());
    }
    Err(format!("{} places are untidy", faults.len()))
}

impl Room<'_> {
    /// Notes a fault; line 0 means the whole file.
    fn fault(&mut self, line: usize, what: &str) {
        let place = if line == 0 { String::new() } else { format!(":{line}") };
        self.faults.push(format!("{}{place}: {what}", self.name));
    }

    fn is_test(&self) -> bool {
        self.name.starts_with("tests/")
            || self.name.contains("/tests/")
            || self.name.ends_with("tests.rs")
    }

    /// Nothing of one machine or network.
    fn machine(&mut self) {
        let text = self.text;
        for (index, line) in text.lines().enumerate() {
            if MACHINE.iter().any(|sign| line.contains(sign)) {
                self.fault(index + 1, "a path of one machine");
            }
            for address in line.split(ADDRESS).skip(1) {
                if !HOSTS.iter().any(|host| address.starts_with(host)) {
                    self.fault(index + 1, "an address on the network");
                }
            }
        }
    }

    fn rust(&mut self) {
        let text = self.text;
        let lines: Vec<&str> = text.lines().collect();
        if !text.starts_with("//!") && !text.starts_with("#!") {
            self.fault(1, "does not open with `//!`");
        }
        let most = if self.is_test() { TEST_FILE_LINES_MAX } else { FILE_LINES_MAX };
        if lines.len() > most {
            self.fault(0, &format!("{} lines, over {most}", lines.len()));
        }
        for (index, line) in lines.iter().enumerate() {
            if MARKS.iter().any(|mark| line.contains(mark)) {
                self.fault(index + 1, "an unfinished place");
            }
            self.function(&lines, index);
            self.unsafe_reason(&lines, index);
        }
        if STRICT.iter().any(|folder| self.name.starts_with(folder)) && !self.is_test() {
            self.strict(&lines);
        }
    }

    /// A function ends where a brace stands under its first letter, as rustfmt writes it.
    fn function(&mut self, lines: &[&str], at: usize) {
        let line = lines[at];
        let body = line.trim_start();
        let words = body.split_whitespace().take_while(|word| !word.contains('('));
        let opens = body.contains('(')
            && (body.starts_with("fn ") || body.starts_with("pub") || body.starts_with("unsafe"))
            && words.clone().any(|word| word == "fn");
        if !opens || body.ends_with(';') || body.ends_with('}') {
            return;
        }
        let indent = &line[..line.len() - body.len()];
        let close = format!("{indent}}}");
        let length = lines[at..].iter().position(|line| *line == close).map_or(0, |n| n + 1);
        if length > FUNCTION_LINES_MAX {
            self.fault(at + 1, &format!("a function of {length} lines"));
        }
    }

    /// `unsafe` code says why it holds.
    fn unsafe_reason(&mut self, lines: &[&str], at: usize) {
        let body = lines[at].trim_start();
        if body.starts_with("//") || !(body.contains("unsafe {") || body.contains("unsafe impl")) {
            return;
        }
        let near = lines[at.saturating_sub(4)..at].iter().any(|line| line.contains("// SAFETY:"));
        if !near && self.name != "xtask/src/tidy.rs" {
            self.fault(at + 1, "`unsafe` without `// SAFETY:`");
        }
    }

    /// No cast, float or panic, outside tests.
    fn strict(&mut self, lines: &[&str]) {
        let tests = lines.iter().position(|line| line.starts_with("mod tests {"));
        let end = tests.unwrap_or(lines.len());
        if lines.len() - end > INLINE_TEST_LINES_MAX {
            self.fault(end + 1, "more tests than fit beside the code: give them a file");
        }
        let mut naming = false;
        for (index, line) in lines[..end].iter().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            naming |= code.contains("use ");
            for word in STRICT_WORDS.iter().filter(|word| code.contains(*word)) {
                self.fault(index + 1, &format!("`{word}` in strict code"));
            }
            let casts = code.contains(" as ") && !code.contains('<') && !naming;
            if casts && self.name != CASTS {
                self.fault(index + 1, "`as` in strict code");
            }
            // A `use` gives names by `as`, up to its semicolon.
            naming &= !code.contains(';');
        }
    }
}

/// Whether cargo or some `mod` leads to a file.
fn is_included(root: &Path, name: &str, names: &BTreeSet<&str>) -> bool {
    let path = Path::new(name);
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let folder = path.parent().unwrap_or(Path::new(""));
    if ["main", "lib", "build"].contains(&stem.as_str()) {
        return true;
    }
    // Targets that cargo finds by itself or that a manifest names.
    let roots = ["tests", "benches", "examples", "bin"];
    let manifest = |folder: &Path| fs::read_to_string(root.join(folder).join("Cargo.toml")).ok();
    let own = folder.file_name().is_some_and(|last| roots.iter().any(|root| last == *root));
    if own && folder.parent().is_some_and(|up| manifest(up).is_some()) {
        return true;
    }
    if folder.ancestors().filter_map(manifest).any(|text| {
        text.lines().any(|line| line.starts_with("path") && line.contains(&format!("{stem}.rs")))
    }) {
        return true;
    }
    let (module, parent) = if stem == "mod" {
        let module = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        (module, folder.parent().unwrap_or(Path::new("")))
    } else {
        (stem, folder)
    };
    let plate = format!("mod {module};");
    let own_file = parent.with_extension("rs");
    let mut near: Vec<PathBuf> = names.iter().map(PathBuf::from).collect();
    near.retain(|file| file.parent() == Some(parent) || *file == own_file);
    near.iter().any(|file| {
        let text = fs::read_to_string(root.join(file)).unwrap_or_default();
        text.lines().any(|line| line.trim_end().ends_with(&plate))
    })
}

//! How xtask runs other programs: says what it does, shows that it lives, and fails with a reason.
//!
//! A program that reports its own progress (cargo) keeps the terminal. One that does not writes
//! into a log file, while a line every few seconds tells how long it has been at it; the end of the
//! log is shown only if it fails.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A result whose error is a sentence for the person at the terminal, remedy included.
pub type Outcome<T = ()> = Result<T, String>;

/// How long a silent program may run before it is reported as still running.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// Opens a section of the output.
pub fn heading(text: &str) {
    println!("\n== {text}");
}

/// Tells about one step inside a section.
pub fn say(text: &str) {
    println!("   {text}");
}

/// Turns an I/O error into a sentence.
pub fn because<E: std::fmt::Display>(what: impl std::fmt::Display) -> impl FnOnce(E) -> String {
    move |error| format!("{what}: {error}")
}

/// Runs a program that shows its own progress; a non-zero exit is an error.
pub fn run(command: &mut Command) -> Outcome {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.status().map_err(because(format!("cannot start `{name}`")))?;
    if status.success() {
        return Ok(());
    }
    Err(format!("`{}` failed ({status})", line_of(command)))
}

/// Runs a program that shows nothing useful, with its output in `log` and a heartbeat meanwhile.
pub fn run_logged(command: &mut Command, what: &str, log: &Path) -> Outcome {
    say(&format!("{what} ..."));
    let file = File::create(log).map_err(because(log.display()))?;
    let also = file.try_clone().map_err(because(log.display()))?;
    let name = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(file)
        .stderr(also)
        .spawn()
        .map_err(because(format!("cannot start `{name}`")))?;
    let start = Instant::now();
    let mut told = start;
    let status = loop {
        if let Some(status) = child.try_wait().map_err(because(&name))? {
            break status;
        }
        if told.elapsed() >= HEARTBEAT {
            told = Instant::now();
            say(&format!("{what} ... {} s", start.elapsed().as_secs()));
        }
        thread::sleep(Duration::from_millis(50));
    };
    if status.success() {
        return Ok(());
    }
    Err(format!("{what} failed ({status}). The end of its output:\n{}", tail(log)))
}

/// The standard output of a program, without the line break at its end.
pub fn read(command: &mut Command) -> Outcome<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(because(format!("cannot start `{name}`")))?;
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr);
        return Err(format!("`{}` failed: {}", line_of(command), reason.trim()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

/// Whether `name` is a program that PATH leads to.
pub fn on_path(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(name).is_file())
}

/// The command as a person would type it.
fn line_of(command: &Command) -> String {
    let program = command.get_program().to_string_lossy().into_owned();
    let rest = command.get_args().map(|word| word.to_string_lossy().into_owned());
    std::iter::once(program).chain(rest).collect::<Vec<_>>().join(" ")
}

/// The last lines of a log file.
fn tail(log: &Path) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(15)..].join("\n")
}

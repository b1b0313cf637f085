//! The demonstration: runs the evening, prints the report, and writes it with its picture.

use std::fs;
use std::io::{IsTerminal, Write as _};
use std::path::Path;
use std::process::{Command, ExitCode};

use plimsoll_sim::act_two;
use plimsoll_sim::options::{Options, HELP};
use plimsoll_sim::prices::Feed;
use plimsoll_sim::report::{
    comparison, option_books, option_picture, picture, report, steps, Summary,
};
use plimsoll_sim::run::{run, Outcome, Stage};

/// Where `cargo xtask build` puts the program.
const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/deploy/plimsoll.so");

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    match demonstrate(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn demonstrate(options: &Options) -> Result<(), String> {
    let start = std::time::Instant::now();
    // A folder that cannot be written to is better known before than after.
    let out = &options.out;
    let cannot =
        |error: std::io::Error| format!("{}: cannot be written to: {error}", out.display());
    fs::create_dir_all(out).map_err(cannot)?;
    let outcome = staged(options, "the evening")?;
    let mut text = report(&outcome);
    if !options.single {
        text.push_str(&compared(options, &outcome)?);
    }
    fs::write(out.join("report.txt"), &text).map_err(cannot)?;
    fs::write(out.join("steps.csv"), steps(&outcome)).map_err(cannot)?;
    let svg = out.join("demo.svg");
    fs::write(&svg, picture(&outcome)).map_err(cannot)?;
    let act = act_two::run(options, &outcome.path, Path::new(PROGRAM))?;
    let second = option_books(&act);
    fs::write(out.join("options.txt"), &second).map_err(cannot)?;
    fs::write(out.join("options.svg"), option_picture(&act)).map_err(cannot)?;
    print!("{text}{second}");
    println!(
        "\nreport.txt, steps.csv, demo.svg, options.txt and options.svg are in {}",
        out.display()
    );
    let drawn = rendered(&svg, &out.join("demo.png"));
    eprintln!(
        "{} ({:.1} s in all)",
        if drawn { "demo.png too" } else { "no demo.png: rsvg-convert is not installed" },
        start.elapsed().as_secs_f64()
    );
    Ok(())
}

/// One run with its progress bar.
fn staged(options: &Options, name: &str) -> Result<Outcome, String> {
    let shown = !options.plain && std::io::stderr().is_terminal();
    let mut last = usize::MAX;
    let mut progress = |stage: Stage, done: usize, all: usize| {
        const WIDTH: usize = 40;
        let filled = done * WIDTH / all.max(1);
        let stage = match stage {
            Stage::Opening => "opening accounts",
            Stage::Running => "running",
        };
        // Drawing costs more than stepping: only where something moves.
        if shown && filled != last {
            last = filled;
            let bar = format!("{}{}", "=".repeat(filled), " ".repeat(WIDTH - filled));
            eprint!("\r{name:<28} [{bar}] {stage:<16} {done}/{all}   ");
            let _ = std::io::stderr().flush();
        }
    };
    let outcome = run(options, Path::new(PROGRAM), &mut progress);
    if shown {
        eprint!("\r{:100}\r", "");
    }
    outcome
}

/// The same traders with other keepers, and with the other price.
fn compared(options: &Options, outcome: &Outcome) -> Result<String, String> {
    let capital = options.capital_dollars;
    let other = match options.feed {
        Feed::Perpetual => Feed::Spot,
        Feed::Spot => Feed::Perpetual,
    };
    let rows = [
        ("a quarter of the keepers' capital", capital / 4, options.feed),
        ("half of it", capital / 2, options.feed),
        ("this run", capital, options.feed),
        ("four times as much", capital * 4, options.feed),
        ("the other price in the oracles", capital, other),
    ];
    let mut runs = Vec::new();
    for (name, capital_dollars, feed) in rows {
        let summary = if name == "this run" {
            Summary::of(outcome)
        } else {
            let options = Options { capital_dollars, feed, ..options.clone() };
            Summary::of(&staged(&options, name)?)
        };
        runs.push((format!("{name} ({feed})"), summary));
    }
    Ok(comparison(&runs))
}

/// Draws the picture in pixels, if the tool for it is there.
fn rendered(svg: &Path, png: &Path) -> bool {
    // One of an earlier run would show another evening.
    let _ = fs::remove_file(png);
    let mut command = Command::new("rsvg-convert");
    command.args(["-z", "1.5", "-o"]).arg(png).arg(svg);
    command.status().is_ok_and(|status| status.success())
}

//! The part of `cargo xtask build` that needs crates: the IDL, and a key pair.
//!
//! `idl PROGRAM_FOLDER FILE` writes the IDL of the program there, `keypair FILE` a fresh key pair
//! in the form that Solana's tools read.

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anchor_lang_idl::build::IdlBuilder;
use solana_keypair::{write_keypair_file, Keypair};
use solana_signer::Signer;

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["idl", program, file] => write_idl(program, Path::new(file)),
        ["keypair", file] => write_keypair(Path::new(file)),
        _ => Err("usage: plimsoll-idl idl PROGRAM_FOLDER FILE | keypair FILE".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("error: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn write_idl(program: &str, file: &Path) -> Result<(), Box<dyn Error>> {
    // The builder would hand this on to cargo as a toolchain, and gets its name wrong.
    env::remove_var("RUSTUP_TOOLCHAIN");
    // It sets compiler flags of its own: in the shared target folder all would be built anew.
    env::set_var("CARGO_TARGET_DIR", env::current_dir()?.join("target/idl-build"));
    let flags = ["--lib", "--ignore-rust-version"].map(str::to_owned).to_vec();
    let builder = IdlBuilder::new().program_path(PathBuf::from(program)).skip_lint(true);
    let idl = builder.cargo_args(flags).build()?;
    create_folder_of(file)?;
    fs::write(file, serde_json::to_string_pretty(&idl)? + "\n")?;
    Ok(())
}

fn write_keypair(file: &Path) -> Result<(), Box<dyn Error>> {
    create_folder_of(file)?;
    let pair = Keypair::new();
    write_keypair_file(&pair, file)?;
    println!("   address {}", pair.pubkey());
    Ok(())
}

fn create_folder_of(file: &Path) -> Result<(), Box<dyn Error>> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    Ok(())
}

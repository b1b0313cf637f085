//! The machine's own Rust, and what the machine must be.
//!
//! A C compiler is there: without one, cargo could not have linked xtask.

use std::env;
use std::process::Command;

use crate::shell::{on_path, read, run_logged, Outcome};

/// Variables that `cargo run` and rustup hand down, and that mislead another cargo.
const HANDED_DOWN: [&str; 8] = [
    "RUSTUP_TOOLCHAIN",
    "RUSTC",
    "RUSTC_WRAPPER",
    "RUSTFLAGS",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_TARGET_DIR",
    "CARGO_BUILD_TARGET",
    "LD_LIBRARY_PATH",
];

/// The machine's own cargo, as if it had been typed at the prompt.
pub fn cargo() -> Command {
    clean(Command::new("cargo"))
}

/// Takes the traces of the running cargo out of a command's environment.
pub fn clean(mut command: Command) -> Command {
    for name in HANDED_DOWN {
        command.env_remove(name);
    }
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command
}

/// `--ignore-rust-version`, where the compiler is older than Agave 4.3 declares (it needs less).
pub fn ignore_rust_version() -> Vec<&'static str> {
    const DECLARED: u32 = 97;
    let version = read(clean(Command::new("rustc")).arg("--version")).unwrap_or_default();
    let minor = version.split('.').nth(1).and_then(|minor| minor.parse().ok());
    if minor.is_some_and(|minor: u32| minor <= DECLARED) {
        vec!["--ignore-rust-version"]
    } else {
        Vec::new()
    }
}

/// OpenSSL's headers, which a bank in a test (`solana-program-test`) is compiled with.
pub fn require_openssl() -> Outcome {
    let found = on_path("pkg-config")
        && read(Command::new("pkg-config").args(["--exists", "openssl"])).is_ok();
    match found {
        true => Ok(()),
        false => install("OpenSSL's headers, for the tests", &["pkg-config", "libssl-dev"]),
    }
}

/// A C++ compiler, for the library that drives the fuzz targets.
pub fn require_cxx() -> Outcome {
    match on_path("c++") {
        true => Ok(()),
        false => install("a C++ compiler, for the fuzz targets", &["g++"]),
    }
}

/// Installs packages where that may be done, or says how.
fn install(what: &str, packages: &[&str]) -> Outcome {
    let remedy = format!("apt-get install {}", packages.join(" "));
    if !on_path("apt-get") || read(Command::new("id").arg("-u"))? != "0" {
        return Err(format!("this takes {what}: `{remedy}`"));
    }
    let log = env::temp_dir().join("plimsoll-apt.log");
    let mut update = Command::new("apt-get");
    run_logged(update.arg("update"), "reading the machine's package lists", &log)?;
    let mut install = Command::new("apt-get");
    install.args(["install", "--yes", "--no-install-recommends"]).args(packages);
    install.env("DEBIAN_FRONTEND", "noninteractive");
    run_logged(&mut install, &format!("installing {what}"), &log)
        .map_err(|reason| format!("{reason}\nBy hand: `{remedy}`"))
}

/// The upstream toolchain is unpacked from packages for Debian on x86-64.
pub fn require_debian() -> Outcome {
    let other = "install `cargo build-sbf` and take `--toolchain platform-tools`";
    if env::consts::OS != "linux" || env::consts::ARCH != "x86_64" {
        return Err(format!(
            "the upstream toolchain comes as packages for Linux on x86-64, and this is {} on {}: \
             {other}",
            env::consts::OS,
            env::consts::ARCH
        ));
    }
    for name in ["apt-get", "dpkg-deb"] {
        if !on_path(name) {
            return Err(format!("`{name}` is not here, is this Debian? Otherwise {other}"));
        }
    }
    Ok(())
}

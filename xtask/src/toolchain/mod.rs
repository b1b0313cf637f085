//! Where the compiler of the on-chain program comes from, and its setup.
//!
//! Two ways lead to the same `.so`. `cargo build-sbf` (Anza's platform-tools) is taken where it is
//! installed. Otherwise the upstream compiler is put together from Debian packages and crates.io
//! alone, in a folder of the user's cache that all clones share; an installed Rust is not touched.
//!
//! Every step of the setup makes one folder, under another name until it is complete: a setup that
//! was interrupted goes on where it stopped, and one that is done does nothing.

mod apt;
mod target;

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::host;
use crate::shell::{because, heading, on_path, run, say, Outcome};
use apt::{Apt, Archive, Suite};
pub use target::{Halves, OUTPUT};

/// Raised when a step of the setup changes, so that an older folder is not mistaken for this one.
const RECIPE: &str = "sbf-1";

/// The version of the linker that turns LLVM's BPF object into sBPF.
const LINKER_VERSION: &str = "0.2.6";

/// Which compiler builds the program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// `cargo build-sbf`.
    PlatformTools,
    /// Upstream rustc, std and LLVM with `sbpf-linker`.
    Upstream,
}

/// What the command line says about the toolchain.
#[derive(Default)]
pub struct Choice {
    /// `--toolchain`; without it, platform-tools where present.
    pub kind: Option<Kind>,
    /// `--toolchain-dir`; without it, the user's cache.
    pub folder: Option<PathBuf>,
}

/// A toolchain that is ready to build.
pub enum Toolchain {
    /// `cargo build-sbf`, found on PATH.
    PlatformTools,
    /// The upstream compiler in its folder.
    Upstream(Upstream),
}

/// Paths inside the folder of the upstream toolchain.
pub struct Upstream {
    root: PathBuf,
}

impl Choice {
    /// The kind that was asked for, or the one that is there.
    pub fn kind(&self) -> Kind {
        let present = on_path("cargo-build-sbf");
        self.kind.unwrap_or(if present { Kind::PlatformTools } else { Kind::Upstream })
    }

    fn root(&self) -> Outcome<PathBuf> {
        if let Some(folder) = &self.folder {
            let here = env::current_dir().map_err(because("current folder"))?;
            return Ok(here.join(folder).join(RECIPE));
        }
        let cache = env::var_os("XDG_CACHE_HOME").filter(|path| !path.is_empty());
        let home = env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
        let cache = cache.map(PathBuf::from).or(home);
        let cache = cache.ok_or("neither XDG_CACHE_HOME nor HOME is set: give --toolchain-dir")?;
        Ok(cache.join("plimsoll").join(RECIPE))
    }
}

/// Makes the toolchain ready; does nothing where it is.
pub fn setup(choice: &Choice) -> Outcome<Toolchain> {
    heading("toolchain");
    if choice.kind() == Kind::PlatformTools {
        if !on_path("cargo-build-sbf") {
            return Err(
                "`cargo build-sbf` is not on PATH: install Anza's platform-tools, or take \
                        `--toolchain upstream`"
                    .to_owned(),
            );
        }
        say("cargo build-sbf, found on PATH");
        return Ok(Toolchain::PlatformTools);
    }
    let upstream = Upstream { root: choice.root()? };
    say(&format!("the upstream compiler, in {}", upstream.root.display()));
    upstream.make_ready()?;
    Ok(Toolchain::Upstream(upstream))
}

impl Upstream {
    /// rustc, cargo and the std sources.
    fn rust(&self) -> PathBuf {
        self.root.join("rust")
    }

    /// LLVM 23 and all the libraries under it, down to libc.
    fn llvm(&self) -> PathBuf {
        self.root.join("llvm")
    }

    fn linker(&self) -> PathBuf {
        self.root.join("linker")
    }

    fn library(&self) -> PathBuf {
        self.root.join("library")
    }

    /// Runs the steps that are not done yet.
    fn make_ready(&self) -> Outcome {
        fs::create_dir_all(&self.root).map_err(because(self.root.display()))?;
        let path = self.root.join("lock");
        let lock = File::create(&path).map_err(because(path.display()))?;
        if lock.try_lock().is_err() {
            say("another setup is at work in this folder, waiting for it ...");
            lock.lock().map_err(because(path.display()))?;
        }
        if !self.rust().exists() {
            host::require_debian()?;
            self.fetch_rust()?;
        }
        if !self.llvm().exists() {
            host::require_debian()?;
            self.fetch_llvm()?;
        }
        if !self.linker().exists() {
            self.install_linker()?;
        }
        if !self.library().exists() {
            target::copy_library(&self.rust(), &self.library())?;
        }
        target::write_wrapper(&self.root, &self.llvm(), &self.linker())?;
        target::write_spec(&self.root)?;
        say("ready");
        Ok(())
    }

    fn fetch_rust(&self) -> Outcome {
        let suites = [
            Suite { archive: Archive::Main, name: "bookworm" },
            Suite { archive: Archive::Security, name: "bookworm-security" },
        ];
        // The machine's own C compiler and C library serve here.
        let provided = ["gcc", "binutils", "libc6", "libc6-dev", "libc-dev", "debconf"];
        let apt = Apt::open(&self.root.join("apt-rust"), &suites, &provided)?;
        apt.unpack(&["rustc-web", "cargo-web", "rust-web-src"], &self.rust())
    }

    fn fetch_llvm(&self) -> Outcome {
        let suites = [Suite { archive: Archive::Main, name: "sid" }];
        let apt = Apt::open(&self.root.join("apt-llvm"), &suites, &[])?;
        apt.unpack(&["libllvm23"], &self.llvm())
    }

    fn install_linker(&self) -> Outcome {
        say("building sbpf-linker (two to three minutes) ...");
        let part = self.root.join("linker.part");
        let mut install = host::cargo();
        install.args(["install", "--locked", "--version", LINKER_VERSION, "--root"]);
        install.arg(&part).args(["sbpf-linker", "--target-dir"]);
        install.arg(self.root.join("linker-target"));
        run(&mut install)?;
        fs::rename(&part, self.linker()).map_err(because(self.linker().display()))?;
        let _ = fs::remove_dir_all(self.root.join("linker-target"));
        Ok(())
    }

    /// A cargo of this toolchain that builds for the chain into `target_dir`.
    pub fn cargo(&self, target_dir: &Path, halves: Halves) -> Command {
        let bin = self.rust().join("usr/bin");
        let mut command = host::clean(Command::new(bin.join("cargo")));
        command
            .env("RUSTC", bin.join("rustc"))
            .env("RUSTDOC", bin.join("rustdoc"))
            .env("LD_LIBRARY_PATH", self.rust().join("usr/lib").join(target::TRIPLET))
            .env("CARGO_TARGET_DIR", target_dir)
            .env("CARGO_INCREMENTAL", "0")
            .env("RUSTFLAGS", target::rustflags(halves))
            .env("RUSTC_BOOTSTRAP", "1")
            .env("RUSTC_BOOTSTRAP_SYNTHETIC_TARGET", "1")
            .env("__CARGO_TESTS_ONLY_SRC_ROOT", self.library())
            .env("CARGO_PROFILE_RELEASE_LTO", "false")
            .env("CARGO_PROFILE_RELEASE_PANIC", "abort");
        command
    }

    /// What follows `cargo build`.
    pub fn build_flags(&self) -> Vec<String> {
        let spec = self.root.join(target::SPEC);
        let mut flags: Vec<String> = target::BUILD_FLAGS.iter().map(|&f| f.to_owned()).collect();
        flags.extend(["--target".to_owned(), spec.display().to_string()]);
        flags
    }
}

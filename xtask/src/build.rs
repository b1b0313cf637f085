//! Makes what is deployed: the program's `.so`, its IDL, and a key pair for a local cluster.
//!
//! Each program is built on its own (`-p`, its own default features, a target folder of its own):
//! in a build of the whole workspace another member could turn on `cpi`, and with it
//! `no-entrypoint`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::host;
use crate::shell::{because, heading, read, run, say, Outcome};
use crate::toolchain::{self, Choice, Halves, Toolchain};

/// Where the results go, under the workspace.
pub const DEPLOY: &str = "target/deploy";

/// Where the program goes that re-checks its accounts' invariants after each instruction. Upstream's
/// linker has nothing to mend in it: what it computes otherwise than the one that is deployed, the
/// second run of the tests shows ([`Halves`]).
pub const CHECKED: &str = "target/deploy/checked";

/// One program and how it is built.
struct Program {
    package: &'static str,
    folder: &'static str,
    features: &'static str,
    out: &'static str,
    halves: Halves,
}

const PLIMSOLL: Program = Program {
    package: "plimsoll",
    folder: "programs/plimsoll",
    features: "",
    out: DEPLOY,
    halves: Halves::Used,
};

/// For `tests/int128.rs`; never deployed.
const PROBE: Program = Program { package: "int128", folder: "tests/programs/int128", ..PLIMSOLL };

/// For `tests/options.rs`; never deployed.
const OPTIONS_PROBE: Program =
    Program { package: "options_probe", folder: "tests/programs/options", ..PLIMSOLL };

/// Stands in for Pyth on a local cluster, and in a test of setting one up; never deployed.
const PRICES: Program =
    Program { package: "local_prices", folder: "tests/programs/prices", ..PLIMSOLL };

/// Sets up the toolchain if need be and builds everything.
pub fn all(root: &Path, choice: &Choice) -> Outcome {
    programs(root, choice)?;
    idl(root)?;
    keypair(root)
}

/// Builds the programs alone.
pub fn programs(root: &Path, choice: &Choice) -> Outcome {
    let toolchain = toolchain::setup(choice)?;
    PLIMSOLL.build(root, &toolchain)?;
    PROBE.build(root, &toolchain)?;
    OPTIONS_PROBE.build(root, &toolchain)?;
    PRICES.build(root, &toolchain)
}

/// Builds the program with its own checks in, for a second run of the tests.
pub fn checked(root: &Path, choice: &Choice) -> Outcome {
    let toolchain = toolchain::setup(choice)?;
    let (features, halves) = ("check-invariants", Halves::Avoided);
    let program = Program { features, out: CHECKED, halves, ..PLIMSOLL };
    program.build(root, &toolchain)
}

impl Program {
    fn build(&self, root: &Path, toolchain: &Toolchain) -> Outcome {
        let path = format!("{}/{}.so", self.out, self.package);
        heading(&format!("program {path}"));
        let start = Instant::now();
        fs::create_dir_all(root.join(self.out)).map_err(because(self.out))?;
        match toolchain {
            Toolchain::PlatformTools => self.with_platform_tools(root)?,
            Toolchain::Upstream(upstream) => self.with_upstream(root, upstream)?,
        }
        let size_bytes = fs::metadata(root.join(&path)).map_err(because(&path))?.len();
        let seconds = start.elapsed().as_secs();
        say(&format!("{size_bytes} bytes, in {seconds} s"));
        Ok(())
    }

    fn with_platform_tools(&self, root: &Path) -> Outcome {
        let mut build = host::cargo();
        build.args(["build-sbf", "--arch", "v3"]);
        if !self.features.is_empty() {
            build.args(["--features", self.features]);
        }
        build.arg("--manifest-path").arg(root.join(self.folder).join("Cargo.toml"));
        run(build.arg("--sbf-out-dir").arg(root.join(self.out)).current_dir(root))
    }

    fn with_upstream(&self, root: &Path, upstream: &toolchain::Upstream) -> Outcome {
        // A folder each: the one's std is not the other's.
        let target_dir = root.join(match self.halves {
            Halves::Used => "target/sbf",
            Halves::Avoided => "target/sbf-checked",
        });
        let mut build = upstream.cargo(&target_dir, self.halves);
        build.args(["build", "-p", self.package, "--lib", "--features", self.features]);
        run(build.args(upstream.build_flags()).current_dir(root))?;
        let built = target_dir.join(toolchain::OUTPUT).join(format!("lib{}.so", self.package));
        let to = root.join(self.out).join(format!("{}.so", self.package));
        // By another name first: a test may be reading the old one.
        let part = to.with_extension("part");
        fs::copy(&built, &part).map_err(because(built.display()))?;
        fs::rename(&part, &to).map_err(because(to.display()))
    }
}

/// Writes `target/idl/plimsoll.json` from the program's sources.
pub fn idl(root: &Path) -> Outcome {
    heading("IDL");
    helper(root, &["idl", "programs/plimsoll", "target/idl/plimsoll.json"])?;
    say("target/idl/plimsoll.json");
    Ok(())
}

/// Makes a key pair for a deployment of one's own, where there is none.
///
/// A test cluster loads the program at the address of its `declare_id!`, without a key. Whoever
/// deploys it elsewhere needs a key, and puts that key's address into `declare_id!`.
pub fn keypair(root: &Path) -> Outcome {
    let path = format!("{DEPLOY}/plimsoll-keypair.json");
    if root.join(&path).exists() {
        return Ok(());
    }
    say(&format!("{path}: a fresh key pair, for a deployment under your own address"));
    helper(root, &["keypair", &path])
}

/// Runs the small program that may use crates, which xtask itself may not.
fn helper(root: &Path, words: &[&str]) -> Outcome {
    let mut command = host::cargo();
    command.args(["run", "--quiet", "-p", "plimsoll-idl"]).args(host::ignore_rust_version());
    run(command.arg("--").args(words).current_dir(root))
}

/// The folder of the workspace.
pub fn workspace() -> Outcome<PathBuf> {
    let mut command = host::cargo();
    command.args(["locate-project", "--workspace", "--message-format", "plain"]);
    let manifest = read(&mut command)?;
    let folder = Path::new(&manifest).parent().ok_or("the workspace has no folder")?;
    Ok(folder.to_owned())
}

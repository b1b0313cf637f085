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
use crate::toolchain::{self, Choice, Toolchain};

/// Package, folder: what is built for the chain. The second is a probe for `tests/int128.rs`.
const PROGRAMS: [(&str, &str); 2] = [
    ("plimsoll", "programs/plimsoll"),
    ("int128", "tests/programs/int128"),
];

/// Where the results go, under the workspace.
pub const DEPLOY: &str = "target/deploy";

/// Sets up the toolchain if need be and builds everything.
pub fn all(root: &Path, choice: &Choice) -> Outcome {
    programs(root, choice)?;
    idl(root)?;
    keypair(root)
}

/// Builds the programs alone.
pub fn programs(root: &Path, choice: &Choice) -> Outcome {
    let toolchain = toolchain::setup(choice)?;
    fs::create_dir_all(root.join(DEPLOY)).map_err(because(DEPLOY))?;
    for (package, folder) in PROGRAMS {
        heading(&format!("program {package}"));
        let start = Instant::now();
        match &toolchain {
            Toolchain::PlatformTools => with_platform_tools(root, folder)?,
            Toolchain::Upstream(upstream) => with_upstream(root, package, upstream)?,
        }
        let path = so(root, package);
        let size_bytes = fs::metadata(&path).map_err(because(path.display()))?.len();
        let seconds = start.elapsed().as_secs();
        say(&format!(
            "{DEPLOY}/{package}.so: {size_bytes} bytes, in {seconds} s"
        ));
    }
    Ok(())
}

/// The path of a built program.
pub fn so(root: &Path, package: &str) -> PathBuf {
    root.join(DEPLOY).join(format!("{package}.so"))
}

fn with_platform_tools(root: &Path, folder: &str) -> Outcome {
    let mut build = host::cargo();
    build
        .arg("build-sbf")
        .args(["--arch", "v3", "--manifest-path"]);
    build
        .arg(root.join(folder).join("Cargo.toml"))
        .arg("--sbf-out-dir")
        .arg(root.join(DEPLOY));
    run(build.current_dir(root))
}

fn with_upstream(root: &Path, package: &str, upstream: &toolchain::Upstream) -> Outcome {
    let target_dir = root.join("target/sbf");
    let mut build = upstream.cargo(&target_dir);
    build
        .args(["build", "-p", package, "--lib"])
        .args(upstream.build_flags());
    run(build.current_dir(root))?;
    let built = target_dir
        .join(toolchain::OUTPUT)
        .join(format!("lib{package}.so"));
    let to = so(root, package);
    fs::copy(&built, &to).map_err(because(built.display()))?;
    Ok(())
}

/// Writes `target/idl/plimsoll.json` from the program's sources.
pub fn idl(root: &Path) -> Outcome {
    heading("IDL");
    helper(
        root,
        &["idl", "programs/plimsoll", "target/idl/plimsoll.json"],
    )?;
    say("target/idl/plimsoll.json");
    Ok(())
}

/// Makes a key pair to deploy the program with on a local cluster, where there is none.
pub fn keypair(root: &Path) -> Outcome {
    let path = format!("{DEPLOY}/plimsoll-keypair.json");
    if root.join(&path).exists() {
        return Ok(());
    }
    helper(root, &["keypair", &path])?;
    say(&format!(
        "{path}: a fresh key pair, for a local cluster only"
    ));
    Ok(())
}

/// Runs the small program that may use crates, which xtask itself may not.
fn helper(root: &Path, words: &[&str]) -> Outcome {
    let mut command = host::cargo();
    command
        .args(["run", "--quiet", "-p", "plimsoll-idl"])
        .args(host::ignore_rust_version());
    run(command.arg("--").args(words).current_dir(root))
}

/// The folder of the workspace.
pub fn workspace() -> Outcome<PathBuf> {
    let mut command = host::cargo();
    command.args(["locate-project", "--workspace", "--message-format", "plain"]);
    let manifest = read(&mut command)?;
    let folder = Path::new(&manifest)
        .parent()
        .ok_or("the workspace has no folder")?;
    Ok(folder.to_owned())
}

//! Fetches Debian packages and unpacks them into a folder, without touching the system.
//!
//! apt does the work, with lists, cache and package database of its own inside the tool folder. It
//! keeps the machine's own configuration (proxy, credentials) and mirror, and checks signatures
//! against Debian's keyring as always. Nothing is installed and no root rights are needed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::shell::{because, read, run_logged, say, Outcome};

/// Debian's archive keys, part of every Debian system.
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// One suite that packages may come from.
pub struct Suite {
    /// `main` or `security`: which of the machine's mirrors to ask.
    pub archive: Archive,
    /// The suite's name there.
    pub name: &'static str,
}

/// The two archives that a Debian machine knows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Archive {
    /// Releases and `sid`.
    Main,
    /// Security updates.
    Security,
}

/// An apt of our own, under one folder.
pub struct Apt {
    folder: PathBuf,
}

impl Apt {
    /// Prepares the folder and fetches the package lists of `suites`. Packages in `provided` count
    /// as installed: the machine's own are used, and nothing is fetched on their account.
    pub fn open(folder: &Path, suites: &[Suite], provided: &[&str]) -> Outcome<Self> {
        for sub in ["lists/partial", "cache/archives/partial", "state", "etc"] {
            fs::create_dir_all(folder.join(sub)).map_err(because(folder.display()))?;
        }
        let mut sources = String::new();
        for suite in suites {
            let mirror = mirror_of(suite.archive)?;
            sources.push_str(&format!("deb [signed-by={KEYRING}] {mirror} {} main\n", suite.name));
        }
        let status: String = provided.iter().map(|name| installed_stanza(name)).collect();
        write(&folder.join("etc/sources.list"), &sources)?;
        write(&folder.join("state/status"), &status)?;
        let apt = Self { folder: folder.to_owned() };
        let names: Vec<&str> = suites.iter().map(|suite| suite.name).collect();
        let what = format!("reading Debian's package lists ({})", names.join(", "));
        run_logged(apt.get().arg("update"), &what, &folder.join("update.log"))
            .map_err(|reason| format!("{reason}\nIs the machine's Debian mirror reachable?"))?;
        Ok(apt)
    }

    /// Fetches `packages` with all that they depend on and unpacks them into `target`, which
    /// appears only when it is complete. Lists and archives have served then, and go.
    pub fn unpack(self, packages: &[&str], target: &Path) -> Outcome {
        let archives = self.folder.join("cache/archives");
        let what = format!("fetching {}", packages.join(", "));
        let mut fetch = self.get();
        fetch.args(["install", "--yes", "--download-only", "--no-install-recommends"]);
        run_logged(fetch.args(packages), &what, &self.folder.join("fetch.log"))?;
        let part = target.with_extension("part");
        let _ = fs::remove_dir_all(&part);
        fs::create_dir_all(&part).map_err(because(part.display()))?;
        let mut files: Vec<PathBuf> = fs::read_dir(&archives)
            .map_err(because(archives.display()))?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|kind| kind == "deb"))
            .collect();
        files.sort();
        say(&format!("unpacking {} packages ...", files.len()));
        for file in &files {
            read(Command::new("dpkg-deb").arg("--extract").arg(file).arg(&part))?;
        }
        fs::rename(&part, target).map_err(because(target.display()))?;
        fs::remove_dir_all(&self.folder).map_err(because(self.folder.display()))
    }

    /// `apt-get` with every folder that it writes to moved into ours.
    fn get(&self) -> Command {
        let mut command = Command::new("apt-get");
        let own = |name: &str| self.folder.join(name).display().to_string();
        let options = [
            format!("Dir::State={}", own("state")),
            format!("Dir::State::Lists={}", own("lists")),
            format!("Dir::State::status={}", own("state/status")),
            format!("Dir::Cache={}", own("cache")),
            format!("Dir::Cache::archives={}", own("cache/archives")),
            format!("Dir::Etc::sourcelist={}", own("etc/sources.list")),
            "Dir::Etc::sourceparts=/dev/null".to_owned(),
            "Dir::Etc::preferencesparts=/dev/null".to_owned(),
            "Acquire::Languages=none".to_owned(),
            "APT::Sandbox::User=".to_owned(),
            "Debug::NoLocking=true".to_owned(),
        ];
        for option in options {
            command.arg("-o").arg(option);
        }
        command.env("DEBIAN_FRONTEND", "noninteractive").env("LC_ALL", "C");
        command
    }
}

/// The address of the machine's own mirror of an archive, from its own apt configuration.
fn mirror_of(archive: Archive) -> Outcome<String> {
    let mut query = Command::new("apt-get");
    query.args(["indextargets", "--format", "$(REPO_URI) $(RELEASE)", "Created-By: Packages"]);
    let targets = read(&mut query)?;
    let mut found = targets.lines().filter_map(|line| line.split_once(' '));
    let security = |suite: &str| suite.contains("-security") || suite.contains("/updates");
    let hit = found.find(|(_, suite)| match archive {
        Archive::Security => security(suite),
        Archive::Main => {
            ["bookworm", "trixie", "forky", "stable", "testing", "unstable", "sid"].contains(suite)
        }
    });
    let missing = match archive {
        Archive::Security => "no security archive",
        Archive::Main => "no Debian release",
    };
    hit.map(|(address, _)| address.to_owned()).ok_or_else(|| {
        format!(
            "the machine's apt configuration names {missing}: add Debian's to its sources, or \
             install `cargo build-sbf` and take `--toolchain platform-tools`"
        )
    })
}

/// A line of the package database that lets `name` pass for installed.
fn installed_stanza(name: &str) -> String {
    format!(
        "Package: {name}\nStatus: install ok installed\nVersion: 99:99\nArchitecture: amd64\n\
         Multi-Arch: same\nMaintainer: none\nDescription: the machine's own\n\n"
    )
}

fn write(path: &Path, text: &str) -> Outcome {
    fs::write(path, text).map_err(because(path.display()))
}

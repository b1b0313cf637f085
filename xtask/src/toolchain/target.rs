//! What the upstream compiler must know to build for the chain: a target, std for it, a linker.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::shell::{because, read, say, Outcome};

/// Debian's name of the folder that holds this machine's libraries.
pub const TRIPLET: &str = "x86_64-linux-gnu";

/// The target's file, in the toolchain's folder; its stem names the output folder.
pub const SPEC: &str = "sbpf-solana.json";

/// The linker that the target names, in the toolchain's folder.
const WRAPPER: &str = "link";

/// The target's output folder inside a target folder.
pub const OUTPUT: &str = "sbpf-solana/release";

/// Flags of `cargo build`: std is built with the program, and a panic is a bare abort.
pub const BUILD_FLAGS: [&str; 6] = [
    "--release",
    "-Zjson-target-spec",
    "-Zbuild-std=std,panic_abort",
    "-Zbuild-std-features=",
    "-Zpanic-immediate-abort",
    // Agave's crates declare more than they need, also where they are not built.
    "--ignore-rust-version",
];

/// Flags of rustc. The Solana crates take their on-chain branches by `target_os = "solana"`, which
/// std does not know; for std the target is a `zkvm`.
///
/// The VM reads a word at any address, so that a field of a packed account is one instruction
/// (`allows-misaligned-mem-access`). A copy of more than eight words calls `memcpy`: the system
/// call behind it costs less than the loads and stores would (`bpf-max-stores-per-memfunc`). LLVM 23 has no
/// `-Os` of its own: functions carry that wish, and the linker is told `-O2`.
const RUSTFLAGS: [&str; 13] = [
    "-Zunstable-options",
    "-Cpanic=immediate-abort",
    "-Clink-arg=--arch=v3",
    "-Clink-arg=-O2",
    "-Clink-arg=--export=entrypoint",
    "-Clink-arg=--cpu-features=+allows-misaligned-mem-access",
    "-Clink-arg=--llvm-args=-bpf-stack-size=4096,--bpf-allows-libcalls,\
     -bpf-max-stores-per-memfunc=8",
    "--cfg",
    "target_os=\"solana\"",
    "-A",
    "explicit_builtin_cfgs_in_flags",
    "-A",
    "unexpected_cfgs",
];

/// Does the compiler compute in halves of registers?
///
/// LLVM takes it that a sum of 32 bits leaves zeros above; the VM extends its sign. The linker mends
/// what depends on that, by an analysis of its own (its `--sbpf-optimize`, which is no optimisation:
/// without it option values come out wrong). Code without such sums costs a hundredth more, and needs
/// no mending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Halves {
    /// What is deployed.
    Used,
    /// To compare with.
    Avoided,
}

/// Flags of rustc in one word.
pub fn rustflags(halves: Halves) -> String {
    let cpu = match halves {
        Halves::Used => "-Ctarget-cpu=v3",
        Halves::Avoided => "-Ctarget-cpu=v2",
    };
    format!("{} {cpu}", RUSTFLAGS.join(" "))
}

/// The one line of std that this target needs: the alignment that its allocator may count on.
const ALLOC: &str = "std/src/sys/alloc/mod.rs";

/// Copies std's sources and gives `bpf` its line.
pub fn copy_library(rust: &Path, library: &Path) -> Outcome {
    say("copying the sources of std ...");
    let sources = rust.join("usr/src");
    let found = fs::read_dir(&sources).map_err(because(sources.display()))?;
    let from = found
        .filter_map(|entry| Some(entry.ok()?.path().join("library")))
        .find(|path| path.join("std").is_dir() && !path.is_symlink())
        .ok_or_else(|| format!("no std sources under {}", sources.display()))?;
    let part = library.with_extension("part");
    let _ = fs::remove_dir_all(&part);
    read(Command::new("cp").arg("-a").arg(&from).arg(&part))?;
    let file = part.join(ALLOC);
    let text = fs::read_to_string(&file).map_err(because(file.display()))?;
    let anchor = "target_arch = \"wasm32\",";
    let patched = text.replacen(anchor, &format!("{anchor}\n    target_arch = \"bpf\","), 1);
    if patched == text {
        return Err(format!("{ALLOC} of this std is not as expected: MIN_ALIGN needs `bpf`"));
    }
    fs::write(&file, patched).map_err(because(file.display()))?;
    fs::rename(&part, library).map_err(because(library.display()))?;
    // The compiler's own sources beside std's are a third of the folder, and not used.
    fs::remove_dir_all(&sources).map_err(because(sources.display()))
}

/// Writes the script that runs the linker on the unpacked LLVM and the C library that it needs.
pub fn write_wrapper(root: &Path, llvm: &Path, linker: &Path) -> Outcome {
    let libraries = llvm.join("usr/lib").join(TRIPLET);
    let program = linker.join("bin/sbpf-linker");
    let script = format!(
        "#!/bin/sh\nL='{}'\nLD_LIBRARY_PATH=\"$L\" exec \"$L/ld-linux-x86-64.so.2\" \
         --library-path \"$L\" '{}' \"$@\"\n",
        libraries.display(),
        program.display()
    );
    let path = root.join(WRAPPER);
    write_if_changed(&path, &script)?;
    let mode = fs::Permissions::from_mode(0o755);
    fs::set_permissions(&path, mode).map_err(because(path.display()))
}

/// Writes the target's description.
pub fn write_spec(root: &Path) -> Outcome {
    let linker = root.join(WRAPPER);
    let spec = SPEC_TEXT.replace("@LINKER@", &linker.display().to_string());
    write_if_changed(&root.join(SPEC), &spec)
}

const SPEC_TEXT: &str = r#"{
  "arch": "bpf",
  "atomic-cas": true,
  "crt-objects-fallback": "false",
  "data-layout": "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128",
  "dynamic-linking": true,
  "linker": "@LINKER@",
  "linker-flavor": "bpf",
  "linker-is-gnu": false,
  "llvm-target": "bpfel",
  "max-atomic-width": 64,
  "merge-functions": "disabled",
  "no-builtins": true,
  "obj-is-bitcode": true,
  "os": "zkvm",
  "panic-strategy": "immediate-abort",
  "relocation-model": "static",
  "singlethread": true,
  "target-endian": "little",
  "target-pointer-width": 64,
  "vendor": "solana"
}
"#;

/// Leaves a file alone that says this already: cargo rebuilds all when the target is newer.
fn write_if_changed(path: &PathBuf, text: &str) -> Outcome {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    fs::write(path, text).map_err(because(path.display()))
}

//! `cargo xtask check-platforms`: Windows and macOS, looked at from a Debian machine.
//!
//! Debian's own Rust carries the sources of the standard library, which lets it build for targets that have no binary of
//! it here. Windows links with MinGW, and what needs no web view runs under Wine. macOS is type-checked: nothing is
//! linked, so a stand-in for Apple's C compiler is enough.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use anyhow::{Context, Result, bail};

use crate::{
    checks::Ran,
    packages::{self, Need},
    run::{self, run, spelled},
    suites, workspace,
};

/// A part of the look at other systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Part {
    /// Builds and links the Windows program
    Windows,
    /// Takes the Windows program, without its window, through two calls under Wine
    Program,
    /// Runs the tests of the crates without a web view under Wine, and those of the program's library
    Wine,
    /// Type-checks the program for macOS
    Macos,
}

const ALL: [Part; 4] = [Part::Windows, Part::Program, Part::Wine, Part::Macos];

const WINDOWS: &str = "x86_64-pc-windows-gnu";
const MACOS: &str = "aarch64-apple-darwin";

const WINE: &str = "/usr/lib/wine/wine64";
const WINE_SERVER: &str = "/usr/lib/wine/wineserver64";

/// What Windows programs start the web view with; the build lays it beside them.
const WEB_VIEW: &str = "WebView2Loader.dll";

/// The crates whose tests run under Wine, beside the program's library. The simulator's drive Node, which is not a
/// Windows program here.
const UNDER_WINE: [&str; 6] = ["domain", "owners", "pbx", "salesforce", "store", "engine"];

/// The step of `cargo xtask test`: what cannot be installed is said.
pub(crate) fn check() -> Result<Ran> {
    run_parts(&[], true, true)
}

/// Runs the chosen parts, or all.
///
/// # Errors
///
/// A part failed, or its toolchain is missing and that was not allowed.
pub(crate) fn run_parts(only: &[Part], allow_missing: bool, yes: bool) -> Result<Ran> {
    let parts = if only.is_empty() { &ALL } else { only };
    if let Err(missing) = toolchain(yes) {
        let names: Vec<String> = parts.iter().map(|part| format!("{part:?}")).collect();
        let left = format!("{}: {missing:#}", names.join(", "));
        if allow_missing {
            println!("skipped: {left}");
            return Ok(Ran::Short(left));
        }
        bail!("the toolchain for other systems is missing; not checked: {left}");
    }
    let mut failed = Vec::new();
    for part in parts {
        let started = Instant::now();
        let result = match part {
            Part::Windows => windows(),
            Part::Program => program(),
            Part::Wine => wine(),
            Part::Macos => macos(),
        };
        let took = started.elapsed().as_secs();
        match result {
            Ok(()) => println!("{part:?}: ok ({took} s)"),
            Err(error) => {
                println!("{part:?}: FAILED ({took} s): {error:#}");
                failed.push(format!("{part:?}"));
            }
        }
    }
    if failed.is_empty() { Ok(Ran::Whole) } else { bail!("failed: {}", failed.join(", ")) }
}

fn toolchain(yes: bool) -> Result<()> {
    if !cfg!(target_os = "linux") {
        bail!(
            "This runs on Debian and Ubuntu, whose Rust carries the sources of the standard library"
        );
    }
    packages::ensure(&[Need::Build, Need::Platforms], packages::agreed_beforehand(yes))?;
    if !Path::new("/usr/lib/rustlib/src/rust/library").exists() {
        bail!("Debian's rust-web-src is not where it was expected");
    }
    Ok(())
}

fn windows() -> Result<()> {
    suites::built_ui()?;
    run(&mut cargo("build", WINDOWS, &["-p", "patchcord"])?)?;
    let program = folder().join(WINDOWS).join("debug/patchcord.exe");
    let size = fs::metadata(&program).with_context(|| format!("{}", program.display()))?.len();
    println!("{} ({} MB, with debug information)", program.display(), size / 1_000_000);
    Ok(())
}

fn program() -> Result<()> {
    windows()?;
    let programs = folder().join(WINDOWS).join("debug");
    random_numbers(&programs)?;
    run(&mut run::cargo(["build", "--locked", "-p", "simulator"]))?;
    let mut test = Command::new("node");
    test.args(["--test", "--test-reporter=spec", "windows.test.mjs"])
        .current_dir(workspace().join("tests/window"))
        .env("WINE", WINE)
        .env("WINDOWS_PROGRAM", programs.join("patchcord.exe"))
        .env("SIMULATOR_BIN", suites::program("simulator"));
    under_wine(&mut test)
}

fn wine() -> Result<()> {
    let programs = folder().join(WINDOWS).join("debug");
    let tests = programs.join("deps");
    fs::create_dir_all(&tests)?;
    random_numbers(&tests)?;
    let packages: Vec<&str> = UNDER_WINE.iter().flat_map(|name| ["-p", *name]).collect();
    let crates = tests_under_wine(&packages, &["--lib", "--bins", "--tests"]);
    // The program's library is linked with the web view's, which is never called.
    windows()?;
    fs::copy(programs.join(WEB_VIEW), tests.join(WEB_VIEW)).context(WEB_VIEW)?;
    let program = tests_under_wine(&["-p", "patchcord"], &["--lib"]);
    crates.and(program)
}

fn tests_under_wine(packages: &[&str], targets: &[&str]) -> Result<()> {
    let mut tests = cargo("test", WINDOWS, packages)?;
    tests
        .args(targets)
        .arg("--no-fail-fast")
        .env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER", WINE);
    under_wine(&mut tests)
}

/// Runs a command whose programs run under Wine, in a Windows of our own.
fn under_wine(command: &mut Command) -> Result<()> {
    let own = |command: &mut Command| {
        command
            .env("WINESERVER", WINE_SERVER)
            .env("WINEPREFIX", folder().join("wine"))
            .env("WINEDEBUG", "-all")
            // Neither Mono nor Gecko: Wine would ask for them in a window.
            .env("WINEDLLOVERRIDES", "mscoree=;mshtml=");
    };
    own(command);
    let result = run(command);
    // Wine's server waits for the next program otherwise. There may be none left to end.
    let mut end = Command::new(WINE_SERVER);
    own(&mut end);
    let _ = end.arg("--kill").status();
    result
}

/// Lays a stand-in for `bcryptprimitives.dll`, which Wine 8 lacks, beside the tests.
fn random_numbers(programs: &Path) -> Result<()> {
    const SOURCE: &str = "\
#include <windows.h>
#include <ntsecapi.h>
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length) {
    return RtlGenRandom(data, (ULONG)length);
}
";
    let source = folder().join("bcryptprimitives.c");
    fs::write(&source, SOURCE)?;
    run(Command::new("x86_64-w64-mingw32-gcc")
        .args(["-shared", "-o"])
        .arg(programs.join("bcryptprimitives.dll"))
        .arg(&source)
        .arg("-ladvapi32"))
}

fn macos() -> Result<()> {
    suites::built_ui()?;
    let stand_in = folder().join("stand-in");
    fs::create_dir_all(&stand_in)?;
    let compiler = stand_in.join("cc");
    script(&compiler, COMPILER)?;
    let archiver = stand_in.join("ar");
    script(&archiver, ARCHIVER)?;
    run(cargo("check", MACOS, &["-p", "patchcord"])?
        .env("CC_aarch64_apple_darwin", &compiler)
        .env("CXX_aarch64_apple_darwin", &compiler)
        .env("AR_aarch64_apple_darwin", &archiver)
        .env("RANLIB_aarch64_apple_darwin", "/bin/true")
        .env("SDKROOT", &stand_in))
}

/// Writes an empty file where the compiler would have written an object.
const COMPILER: &str = r#"#!/bin/sh
while [ $# -gt 0 ]; do
    if [ "$1" = -o ]; then : > "$2"; fi
    shift
done
"#;

/// Writes an empty library.
const ARCHIVER: &str = r#"#!/bin/sh
for argument; do
    case "$argument" in *.a) : > "$argument" ;; esac
done
"#;

fn script(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text)?;
    run(Command::new("chmod").arg("+x").arg(path))
}

/// Returns Debian's cargo for a target, with the standard library built from its sources.
fn cargo(verb: &str, target: &str, args: &[&str]) -> Result<Command> {
    fs::create_dir_all(folder())?;
    let path = env::var_os("PATH").unwrap_or_default();
    let path =
        env::join_paths([PathBuf::from("/usr/bin")].into_iter().chain(env::split_paths(&path)))?;
    let mut command = Command::new("/usr/bin/cargo");
    command
        .args([
            verb,
            "-Z",
            "build-std=std,panic_abort,panic_unwind",
            "--target",
            target,
            "--locked",
        ])
        .args(args)
        .current_dir(workspace())
        .env("PATH", path)
        .env("RUSTC", "/usr/bin/rustc")
        .env("RUSTDOC", "/usr/bin/rustdoc")
        // `-Z build-std` is an unstable flag of the stable compiler.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_DIR", folder())
        // Twenty thousand objects with line tables would fill the disk for nothing.
        .env("CARGO_PROFILE_DEV_DEBUG", "0");
    // Left by the cargo that runs us, and meant for another toolchain.
    for name in ["CARGO", "RUSTUP_TOOLCHAIN", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"] {
        command.env_remove(name);
    }
    println!("{}", spelled(&command));
    Ok(command)
}

fn folder() -> PathBuf {
    workspace().join("target/platforms")
}

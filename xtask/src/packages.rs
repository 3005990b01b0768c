//! What the machine must have before anything builds: Debian and Ubuntu packages, Node, the npm packages.
//!
//! Everything that is about to be installed is named first. `sudo` is asked for, unless the person said yes beforehand.

use std::{
    env, fs,
    io::{self, IsTerminal, Write},
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};

use crate::run::{self, npm, output};

/// What a chore is going to do, and so what it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// Building the app.
    Build,
    /// A session bus with a secret store.
    Keyring,
    /// The tests: a display, a session bus with a secret store and notifications, three browsers, a clock
    /// that can be set.
    Test,
    /// The Windows program and its tests, the look at macOS.
    Platforms,
}

impl Need {
    fn packages(self) -> &'static [&'static str] {
        match self {
            Self::Build => &["build-essential", "pkg-config", "libwebkit2gtk-4.1-dev"],
            Self::Keyring => &["dbus-daemon", "dbus-bin", "gnome-keyring"],
            Self::Test => &[
                "xvfb",
                "xauth",
                "dbus-daemon",
                "gnome-keyring",
                "gsettings-desktop-schemas",
                "libglib2.0-bin",
                "dunst",
                "chromium",
                "firefox-esr",
                "webkit2gtk-driver",
                "xdg-utils",
                "fonts-noto-cjk",
                "iproute2",
                "xdotool",
                "libfaketime",
            ],
            Self::Platforms => &[
                "rustc-web",
                "cargo-web",
                "rust-web-src",
                "gcc-mingw-w64-x86-64",
                "g++-mingw-w64-x86-64",
                "wine64",
                "wine",
            ],
        }
    }
}

/// Makes sure that the machine has what `needs` name.
///
/// # Errors
///
/// Something is missing and cannot be installed, or the person said no.
pub(crate) fn ensure(needs: &[Need], yes: bool) -> Result<()> {
    node()?;
    if !cfg!(target_os = "linux") {
        elsewhere(needs);
        return Ok(());
    }
    let wanted: Vec<&str> = needs.iter().flat_map(|need| need.packages()).copied().collect();
    if run::find("apt-get").is_none() {
        println!(
            "This is not Debian or Ubuntu. What they call {} has to be here already.",
            wanted.join(", ")
        );
        return Ok(());
    }
    let missing = missing(&wanted)?;
    if missing.is_empty() {
        return Ok(());
    }
    println!("Installing with apt-get: {}", missing.join(" "));
    let root = output(Command::new("id").arg("-u"))? == b"0\n";
    if !root && run::find("sudo").is_none() {
        bail!(
            "these packages need an administrator, and there is no sudo: apt-get install {}",
            missing.join(" ")
        );
    }
    if !root && !yes && !agreed("Run sudo apt-get now?")? {
        bail!("not installed; when it suits you: sudo apt-get install {}", missing.join(" "));
    }
    apt(root, &["update", "-qq"])?;
    let install = ["install", "-y", "-qq", "--no-install-recommends"];
    apt(root, &[&install[..], &missing].concat())
}

/// Says that no question is wanted: the machine is one of CI's, or the person said so.
pub(crate) fn agreed_beforehand(yes: bool) -> bool {
    yes || env::var("CI").is_ok_and(|value| !value.is_empty() && value != "false")
}

/// Installs the npm packages of a folder exactly as its lock file says, unless that has been done.
///
/// # Errors
///
/// npm failed.
pub(crate) fn npm_ci(folder: &str) -> Result<()> {
    let folder_path = crate::workspace().join(folder);
    let lock = folder_path.join("package-lock.json");
    if is_newer(&folder_path.join("node_modules/.package-lock.json"), &lock) {
        return Ok(());
    }
    println!("Installing the npm packages of {folder} (npm ci)");
    run::run(&mut npm(folder, ["ci", "--no-audit", "--no-fund"]))
}

/// The oldest Node that the UI's tools run on.
const NODE: (u32, u32) = (20, 19);

fn node() -> Result<()> {
    let version = output(Command::new("node").arg("--version")).context(
        "Node.js builds the window: install version 20.19 or newer from https://nodejs.org",
    )?;
    let version = String::from_utf8_lossy(&version).trim().to_owned();
    let mut parts = version.trim_start_matches('v').split('.').map(str::parse);
    let (Some(Ok(major)), Some(Ok(minor))) = (parts.next(), parts.next()) else {
        bail!("`node --version` said {version:?}, which is not a version");
    };
    if (major, minor) < NODE {
        bail!(
            "Node.js {version} is too old: install version 20.19 or newer from https://nodejs.org"
        );
    }
    if run::find(if cfg!(windows) { "npm.cmd" } else { "npm" }).is_none() {
        bail!("npm is missing: it comes with Node.js, https://nodejs.org");
    }
    Ok(())
}

fn elsewhere(needs: &[Need]) {
    if cfg!(target_os = "macos") {
        println!("Needed on macOS: the Xcode command line tools (xcode-select --install).");
    } else {
        println!(
            "Needed on Windows: the C++ build tools of Visual Studio, and the WebView2 runtime, which Windows 11 has."
        );
    }
    if needs.contains(&Need::Test) {
        println!("The window and screen tests run on Debian and Ubuntu only.");
    }
}

fn missing<'a>(wanted: &[&'a str]) -> Result<Vec<&'a str>> {
    let mut missing = Vec::new();
    for &package in wanted {
        let status = Command::new("dpkg-query")
            .args(["--show", "--showformat=${db:Status-Status}", package])
            .stderr(Stdio::null())
            .output()
            .context("dpkg-query says which packages are installed")?;
        if status.stdout != b"installed" {
            missing.push(package);
        }
    }
    Ok(missing)
}

fn apt(root: bool, args: &[&str]) -> Result<()> {
    let mut command = if root {
        Command::new("apt-get")
    } else {
        let mut command = Command::new("sudo");
        command.arg("apt-get");
        command
    };
    run::run(command.args(args).env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null()))
}

fn agreed(question: &str) -> Result<bool> {
    if !io::stdin().is_terminal() {
        bail!("there is no terminal to ask on: pass --yes to install without a question");
    }
    print!("{question} [y/N] ");
    io::stdout().flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn is_newer(file: &Path, than: &Path) -> bool {
    let changed = |path: &Path| fs::metadata(path).and_then(|data| data.modified()).ok();
    matches!((changed(file), changed(than)), (Some(file), Some(than)) if file >= than)
}

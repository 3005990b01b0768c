//! Libraries by other people that read the same numbers: libphonenumber-js, Google's in C++, and Python's.
//!
//! The first comes with npm and is there. The others are packages of Debian (`libphonenumber-dev`, `python3-phonenumbers`),
//! whose metadata may be years old; where the machine has none of them the run says so, and how they come there.

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, ensure};

/// What a library has made of the numbers.
pub(crate) struct Reading {
    /// E.164, or nothing where it is not valid.
    pub(crate) numbers: Vec<String>,
    /// Milliseconds for one number, round by round.
    pub(crate) took: Vec<f64>,
}

/// Has libphonenumber-js read the numbers.
pub(crate) fn javascript(
    folder: &Path,
    texts: &[(&str, String)],
    rounds: usize,
) -> Result<Reading> {
    let mut node = Command::new("node");
    node.arg("time.mjs").current_dir(folder);
    read(node, texts, rounds)
}

/// Has Google's library read the numbers. `Err` within: why it is not here.
pub(crate) fn cpp(
    folder: &Path,
    texts: &[(&str, String)],
    rounds: usize,
) -> Result<Result<Reading, String>> {
    const COMES: &str = "`apt-get install libphonenumber-dev g++` brings it";
    let built = tempfile::tempdir()?;
    let program = built.path().join("time");
    let compiled = Command::new("c++")
        .args(["-std=c++17", "-O2", "-o"])
        .arg(&program)
        .arg(folder.join("time.cc"))
        .arg("-lphonenumber")
        .output();
    match compiled {
        Err(error) => Ok(Err(format!("there is no C++ compiler ({error}); {COMES}"))),
        Ok(output) if !output.status.success() => {
            let said = String::from_utf8_lossy(&output.stderr);
            let why = said.lines().find(|line| line.contains("error")).unwrap_or("no reason given");
            Ok(Err(format!("it does not compile: {why}; {COMES}")))
        }
        Ok(_) => read(Command::new(program), texts, rounds).map(Ok),
    }
}

/// Has Python's library read the numbers. `Err` within: why it is not here.
pub(crate) fn python(
    folder: &Path,
    texts: &[(&str, String)],
    rounds: usize,
) -> Result<Result<Reading, String>> {
    const COMES: &str =
        "`apt-get install python3-phonenumbers` or `pip install phonenumbers` brings it";
    // The first of the path may be another than the system's, whose packages it does not know.
    let knows_it = |python: &&str| {
        let asked = Command::new(python).args(["-c", "import phonenumbers"]).output();
        asked.is_ok_and(|output| output.status.success())
    };
    let Some(python) = ["python3", "/usr/bin/python3"].into_iter().find(knows_it) else {
        return Ok(Err(format!("no python3 has the module phonenumbers; {COMES}")));
    };
    let mut python = Command::new(python);
    python.arg("time.py").current_dir(folder);
    read(python, texts, rounds).map(Ok)
}

fn read(mut peer: Command, texts: &[(&str, String)], rounds: usize) -> Result<Reading> {
    peer.arg(rounds.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = peer.spawn().with_context(|| format!("{peer:?} could not be started"))?;
    let lines: String =
        texts.iter().map(|(country, text)| format!("{country}\t{text}\n")).collect();
    let mut stdin = child.stdin.take().context("a pipe")?;
    stdin.write_all(lines.as_bytes())?;
    drop(stdin);
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "{peer:?} ended: {}", output.status);
    let text = String::from_utf8(output.stdout)?;
    let mut lines = text.lines();
    let took = lines.next().context("the times")?;
    let took = took.split(' ').map(str::parse).collect::<Result<_, _>>()?;
    Ok(Reading { numbers: lines.map(str::to_owned).collect(), took })
}

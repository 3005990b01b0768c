//! The built program itself, as an administrator meets it on the command line: policy files, and files that nobody else
//! may read.

#![expect(clippy::unwrap_used, reason = "helpers of tests: what cannot be done ends the test")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

fn patchcord(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_patchcord"));
    command.env_remove("PATCHCORD_POLICY").arg("--home").arg(home);
    command
}

fn file(folder: &Path, text: &str) -> PathBuf {
    let file = folder.join("policy.toml");
    fs::write(&file, text).unwrap();
    file
}

fn said(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_valid_policy_is_called_valid_with_what_it_locks() {
    let folder = tempfile::tempdir().unwrap();
    let policy = file(folder.path(), "[pop]\nwhen = \"answer\"\n[numbers]\ncountry = \"DE\"\n");
    let output = patchcord(folder.path()).args(["policy", "check"]).arg(policy).output().unwrap();
    let (code, out, _) = said(&output);
    assert_eq!(code, Some(0));
    assert_eq!(out, "valid; as a policy it locks numbers.country, pop.when\n");
}

#[test]
fn every_mistake_of_a_policy_has_a_line_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let policy =
        file(folder.path(), "[pop]\nwhen = \"now\"\n[salesforce]\ncallback_ports = [0]\nkey = 1\n");
    let output = patchcord(folder.path()).args(["policy", "check"]).arg(&policy).output().unwrap();
    let (code, out, error) = said(&output);
    assert_eq!((code, out.as_str()), (Some(1), ""));
    let lines: Vec<&str> = error.lines().collect();
    let name = policy.display();
    assert_eq!(lines.len(), 3, "{error}");
    for (line, (at, key)) in
        lines.iter().zip([(2, "pop.when"), (4, "salesforce.callback_ports"), (5, "salesforce.key")])
    {
        assert!(line.starts_with(&format!("{name}, line {at}: {key}: ")), "{line}");
    }
    let gone = patchcord(folder.path()).args(["policy", "check", "/not/there"]).output().unwrap();
    assert_eq!(gone.status.code(), Some(1));
}

#[test]
fn a_policy_that_is_wrong_or_named_and_missing_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let policy = file(folder.path(), "[pop]\nwhen = \"now\"\n");
    for (policy, says) in
        [(policy.clone(), "line 2: pop.when"), (folder.path().join("gone.toml"), "missing")]
    {
        let output = patchcord(&folder.path().join("home"))
            .args(["run", "--headless"])
            .env("PATCHCORD_POLICY", &policy)
            .output()
            .unwrap();
        let (code, _, error) = said(&output);
        assert_eq!(code, Some(1), "{error}");
        assert!(error.contains(&policy.display().to_string()) && error.contains(says), "{error}");
    }
}

#[test]
fn what_is_in_force_can_be_printed_as_a_policy() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    fs::create_dir(&home).unwrap();
    fs::write(home.join("settings.toml"), "[numbers]\ncountry = \"AT\"\n").unwrap();
    let policy = file(folder.path(), "[pop]\nwhen = \"never\"\n");
    let output = patchcord(&home)
        .args(["policy", "export"])
        .env("PATCHCORD_POLICY", &policy)
        .output()
        .unwrap();
    let (code, out, error) = said(&output);
    assert_eq!((code, error.as_str()), (Some(0), ""));
    for line in ["country = \"AT\"", "when = \"never\"", "# extension = \"\""] {
        assert!(out.lines().any(|found| found == line), "{line} is not in {out}");
    }
    let printed = file(folder.path(), &out);
    let output = patchcord(&home).args(["policy", "check"]).arg(printed).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
}

#[cfg(unix)]
mod unix {
    use std::{
        io::{BufRead, BufReader},
        os::unix::fs::PermissionsExt,
        process::{Child, Stdio},
    };

    use super::*;

    /// Starts the engine where every new file would be open to all, and waits until it says that it runs. Returns what
    /// it said before.
    fn starts(home: &Path) -> (Child, Vec<String>) {
        let mut child = Command::new("sh")
            .args(["-c", "umask 000; exec \"$0\" run --headless --home \"$1\""])
            .args([env!("CARGO_BIN_EXE_patchcord"), &home.display().to_string()])
            .env_remove("PATCHCORD_POLICY")
            .env_remove("DBUS_SESSION_BUS_ADDRESS")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut said = Vec::new();
        for line in lines.map_while(Result::ok) {
            if line.starts_with("Patchcord is running") {
                return (child, said);
            }
            said.push(line);
        }
        // It has closed its standard error, so it has ended, or is about to.
        child.wait().unwrap();
        panic!("it did not start: {said:?}");
    }

    fn ends(mut child: Child) {
        let sent = Command::new("kill").arg(child.id().to_string()).status().unwrap();
        assert!(sent.success());
        child.wait().unwrap();
    }

    /// What is below a folder and open to others.
    fn open_to_others(folder: &Path) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            let here = std::iter::once(folder.clone());
            let within = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
            for path in here.chain(within) {
                let about = fs::symlink_metadata(&path).unwrap();
                if about.permissions().mode() & 0o077 != 0 {
                    found.push(path.clone());
                }
                if about.is_dir() && path != folder {
                    folders.push(path);
                }
            }
        }
        found
    }

    #[test]
    fn nobody_else_can_read_anything_whatever_the_umask() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("home");
        let (child, said) = starts(&home);
        assert_eq!(said, Vec::<String>::new());
        assert_eq!(open_to_others(&home), Vec::<PathBuf>::new());
        let paths = fs::read_dir(&home).unwrap().count();
        assert!(paths >= 4, "there is something to look at");
        ends(child);
        assert_eq!(open_to_others(&home), Vec::<PathBuf>::new());
    }

    #[test]
    fn what_was_opened_by_hand_is_closed_and_said_and_the_rest_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("home");
        ends(starts(&home).0);
        let theirs = home.join("notes.txt");
        fs::write(&theirs, "mine").unwrap();
        let opened =
            [home.clone(), home.join("journal.db"), home.join("logs").join("patchcord.log")];
        for path in opened.iter().chain([&theirs]) {
            fs::set_permissions(path, fs::Permissions::from_mode(0o777)).unwrap();
        }
        let (child, said) = starts(&home);
        for path in &opened {
            let line = format!("{} stood open to other users", path.display());
            assert!(said.iter().any(|said| said.starts_with(&line)), "{line}: {said:?}");
        }
        assert_eq!(open_to_others(&home), [theirs]);
        ends(child);
    }
}

//! The program itself: what it prints first, and that it answers every line.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
};

use serde_json::Value;

#[test]
fn the_program_prints_its_addresses_and_answers_every_line() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_simulator"))
        .args(["--seed-demo", "--tls", "--consent", "auto"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
    let mut next = || -> Value { serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap() };
    let facts = next();
    assert!(facts["pbx"]["address"].as_str().unwrap().starts_with("https://127.0.0.1:"));
    assert_eq!(facts["pbx"]["certificate_sha256"].as_str().unwrap().len(), 64);
    assert!(facts["salesforce"]["login"].as_str().unwrap().starts_with("http://localhost:"));
    let mut input = program.stdin.take().unwrap();
    writeln!(input, "ring +49301234567 4101\nanswer\nhangup\nrecords Contact\nno such line\nquit")
        .unwrap();
    let told: Vec<Value> = (0..5).map(|_| next()).collect();
    assert!(told[..4].iter().all(|one| one["ok"] == true), "{told:?}");
    assert_eq!(told[3]["found"][0]["Name"], "Anna Meyer");
    assert_eq!(told[4]["ok"], false);
    assert!(program.wait().unwrap().success());
}

//! Every command of the program ends in its time, whoever answers: nobody, an engine that was stopped, one whose places
//! are all taken, something that is no engine, another user.
//!
//! The list of commands is the program's own help, so that a new one cannot be forgotten here.

#![cfg(target_os = "linux")]

#[path = "deadlines/engine.rs"]
mod engine;

use std::{
    collections::BTreeMap,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use scenarios::left_out;

use self::engine::{Place, program};

/// The five seconds of a quick command, and what starting a program takes on a busy computer.
const QUICK: Duration = Duration::from_secs(9);

/// A command that may talk to the PBX, to Salesforce or to a person has a longer limit in the program. Here it has nobody to
/// talk to: two quick answers, the sign of life and its own, are all that it waits for.
const LONG: Duration = Duration::from_secs(14);

/// A line for each command, without those that talk to no engine, and how long it may take here.
const LINES: &[(&str, &[&str], Duration)] = &[
    ("", &[], LONG),
    ("run", &["--headless"], QUICK),
    (
        "connect pbx",
        &["--address", "http://127.0.0.1:9", "--client-id", "id", "--secret-stdin"],
        LONG,
    ),
    (
        "connect salesforce",
        &["--login", "http://127.0.0.1:9", "--consumer-key", "k", "--no-browser"],
        LONG,
    ),
    ("bind", &["--auto"], LONG),
    ("enable", &[], QUICK),
    ("disable", &[], QUICK),
    ("disconnect", &["--yes"], LONG),
    ("dial", &["+49301234567", "--yes"], LONG),
    ("link", &["tel:+49301234567"], LONG),
    ("hangup", &[], LONG),
    ("status", &["--json"], QUICK),
    ("calls", &["--json"], QUICK),
    ("explain", &["+49301234567", "--json"], LONG),
    ("unread-numbers", &["--json"], QUICK),
    ("doctor", &["--json"], LONG),
    ("retry", &[], LONG),
    ("note", &["1767600923.417", "--text", "hello"], QUICK),
    ("policy export", &[], QUICK),
    ("sync", &["--json"], LONG),
];

/// These ask no engine: they have one of their own, a file, or nothing.
const ALONE: [&str; 3] = ["demo", "policy check", "help"];

#[derive(Debug)]
struct Ended {
    code: Option<i32>,
    out: String,
    error: String,
    took: Duration,
}

/// Runs a command to its end, or ends it when it takes much too long.
fn run(place: &Place, command: &str, rest: &[&str]) -> Ended {
    let begun = Instant::now();
    let mut words: Vec<&str> = command.split(' ').filter(|word| !word.is_empty()).collect();
    words.extend(rest);
    let mut child = place
        .command()
        .args(&words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    if let Some(mut input) = child.stdin.take() {
        // Only one of them reads it.
        let _ = std::io::Write::write_all(&mut input, b"secret");
    }
    while child.try_wait().expect("a child").is_none() {
        if begun.elapsed() > QUICK * 2 {
            let _ = child.kill();
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let took = begun.elapsed();
    let output = child.wait_with_output().expect("it has ended");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ended { code: output.status.code(), out: text(output.stdout), error: text(output.stderr), took }
}

/// Runs every command at once, and returns what came of each.
fn all(place: &Place) -> BTreeMap<&'static str, Ended> {
    std::thread::scope(|scope| {
        // A few at a time: this is about the program's deadlines and not the computer's.
        let mut ended = BTreeMap::new();
        for some in LINES.chunks(5) {
            let running: Vec<_> = some
                .iter()
                .map(|(command, rest, _)| (*command, scope.spawn(|| run(place, command, rest))))
                .collect();
            for (command, thread) in running {
                ended.insert(command, thread.join().expect("no panic"));
            }
        }
        ended
    })
}

/// Says that every command failed in time with one line that says this, and nothing else.
fn all_say(place: &Place, says: &[&str]) {
    for (command, ended) in all(place) {
        // The one answer that needs nobody's: a second engine is refused by whoever holds the home.
        let Ended { code, out, error, took } = &ended;
        assert!(*took <= QUICK, "`{command}` took {took:?}: {error}");
        assert_eq!((*code, out.as_str()), (Some(1), ""), "`{command}`: {error}");
        assert_eq!(error.trim_end().lines().count(), 1, "`{command}`: {error}");
        for says in says {
            assert!(error.contains(says), "`{command}`: {error}");
        }
    }
}

#[test]
fn the_commands_here_are_all_that_the_program_has() {
    fn leaves(path: &str, found: &mut Vec<String>) {
        let mut help = Command::new(program());
        let output = help.args(path.split(' ').filter(|word| !word.is_empty())).arg("--help");
        let text = String::from_utf8(output.output().expect("help").stdout).expect("a text");
        let commands = text.lines().skip_while(|line| *line != "Commands:").skip(1);
        let names: Vec<&str> = commands
            .take_while(|line| !line.is_empty())
            .filter_map(|line| line.split_whitespace().next())
            .collect();
        if names.is_empty() {
            found.push(path.to_owned());
        }
        for name in names.into_iter().filter(|name| path.is_empty() || *name != "help") {
            leaves(format!("{path} {name}").trim(), found);
        }
    }
    // Without a command it is the desktop app.
    let mut found = vec![String::new()];
    leaves("", &mut found);
    found.sort();
    let mut here: Vec<&str> = LINES.iter().map(|(command, ..)| *command).chain(ALONE).collect();
    here.sort_unstable();
    assert_eq!(found, here);
}

#[test]
fn without_an_engine_every_command_ends_and_says_that_none_runs_where_it_needs_one() {
    let place = Place::new();
    for (command, rest, limit) in LINES.iter().filter(|(command, ..)| *command != "run") {
        let ended = run(&place, command, rest);
        let needs_none =
            ["status", "calls", "explain", "doctor", "policy export"].contains(command);
        let code = match *command {
            _ if needs_none => 0,
            // No display; no secret store that would keep anything.
            "" | "connect pbx" | "connect salesforce" => 1,
            // Whose records, nobody has said.
            "unread-numbers" => 1,
            _ => 3,
        };
        assert_eq!(ended.code, Some(code), "`{command}`: {ended:?}");
        assert!(ended.took <= *limit, "`{command}` took {:?}", ended.took);
    }
}

#[test]
fn a_stopped_engine_keeps_nobody_and_is_named() {
    let place = Place::new();
    let engine = place.starts_engine();
    engine.stops();
    all_say(&place, &["does not answer", &format!("process {}", engine.pid()), "nd that process"]);
    // What it finds when it goes on are questions: nobody's call is made, and nothing is switched.
    engine.goes_on();
    let status = run(&place, "status", &["--json"]);
    assert_eq!(status.code, Some(0), "{status:?}");
    assert!(!status.out.contains("\"disabled\""), "{}", status.out);
}

#[test]
fn what_is_no_engine_is_not_believed() {
    for garbage in [
        &b"HTTP/1.1 400 Bad Request\r\n\r\n"[..],
        b"{\"id\":1,\"result\":{\"Ok\":{\"reply\":\"from another version\"}}}\n",
        b"[]\n",
        b"\xff\xfe\x00\n",
    ] {
        let place = Place::new();
        let _held = place.is_held();
        let _listener = place.listens(Some(garbage.to_vec()), false);
        all_say(&place, &["is not understood", "uit Patchcord and start it again"]);
    }
}

#[test]
fn one_that_takes_every_line_and_says_nothing_is_given_up() {
    let place = Place::new();
    let _held = place.is_held();
    let _listener = place.listens(None, false);
    all_say(&place, &["does not answer", "nd that process"]);
}

#[test]
fn one_that_hangs_up_at_once_is_not_taken_for_none() {
    let place = Place::new();
    let _held = place.is_held();
    place.hangs_up();
    all_say(&place, &["does not answer", "nd that process"]);
}

#[test]
fn one_that_sends_without_end_is_given_up() {
    let place = Place::new();
    let _held = place.is_held();
    let _listener = place.listens(Some(vec![b' '; 1 << 16]), true);
    for (command, ended) in all(&place) {
        assert!(ended.took <= QUICK, "`{command}` took {:?}", ended.took);
        assert_eq!(ended.code, Some(1), "`{command}`: {ended:?}");
    }
}

#[test]
fn thirty_two_that_idle_keep_nobody_out() {
    let place = Place::new();
    let _engine = place.starts_engine();
    let idle = place.connections(32);
    for command in ["status", "calls", "policy export", "disable", "enable"] {
        let ended = run(&place, command, &[]);
        assert_eq!(ended.code, Some(0), "`{command}`: {ended:?}");
        assert!(ended.took < Duration::from_secs(4), "`{command}` took {:?}", ended.took);
    }
    // Those that never said a word are let go.
    std::thread::sleep(Duration::from_secs(6));
    for mut connection in idle {
        connection.set_read_timeout(Some(Duration::from_secs(2))).expect("a socket");
        let end = std::io::Read::read(&mut connection, &mut [0; 1]);
        assert_eq!(end.expect("it was closed"), 0);
    }
}

#[test]
fn every_command_ends_while_all_places_are_taken_and_taken_again() {
    let place = Place::new();
    let _engine = place.starts_engine();
    let squatters = place.squatters(32);
    // A second engine has nothing to ask, and a sign-in waits for a person.
    let alone = ["run", "connect salesforce"];
    for (command, rest, limit) in LINES.iter().filter(|(command, ..)| !alone.contains(command)) {
        let ended = run(&place, command, rest);
        assert!(ended.code.is_some() && ended.took <= *limit, "`{command}` took {:?}", ended.took);
        assert!(!ended.error.contains("does not answer"), "`{command}`: {}", ended.error);
    }
    // A crowd that is gone, or that nobody had to push aside, has proved nothing.
    assert!(squatters.displaced() > 0);
}

#[test]
fn watchers_leave_room_for_others_and_stay() {
    let place = Place::new();
    let engine = place.starts_engine();
    let mut watchers = place.connections(32);
    let answers: Vec<String> = watchers
        .iter_mut()
        .map(|line| engine::asks(line, r#"{"id":1,"command":"watch"}"#))
        .collect();
    let refused =
        answers.iter().filter(|answer| answer.contains("control.too_many_watchers")).count();
    assert_eq!(refused, 8, "{answers:?}");
    let ended = run(&place, "status", &["--json"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    // With every place taken by somebody at work or watching, a command still ends.
    engine.stops();
    let ended = run(&place, "status", &["--json"]);
    assert_eq!((ended.code, ended.out.as_str()), (Some(1), ""), "{ended:?}");
    assert!(ended.took <= QUICK && ended.error.contains("does not answer"), "{ended:?}");
    engine.goes_on();
}

#[test]
fn a_storm_of_commands_loses_none() {
    let place = Place::new();
    let _engine = place.starts_engine();
    std::thread::scope(|scope| {
        let running: Vec<_> =
            (0..40).map(|_| scope.spawn(|| run(&place, "policy export", &[]))).collect();
        for thread in running {
            let ended = thread.join().expect("no panic");
            assert_eq!(ended.code, Some(0), "{ended:?}");
        }
    });
}

#[test]
fn a_socket_of_another_user_is_told_nothing() {
    if !engine::is_root() {
        left_out("only root can be several users");
        return;
    }
    let place = Place::new();
    let _held = place.is_held();
    let heard = place.folder().join("heard");
    let _stranger = place.strangers_listener(&place.socket(), &heard);
    all_say(&place, &["belongs to user 65534", "nothing was said"]);
    assert_eq!(text(&heard), "", "not a word was said");
}

fn text(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap_or_default()
}

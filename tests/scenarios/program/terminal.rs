//! What is asked on a terminal, a real one: `script` (of Debian's essential bsdutils) puts one between a person and the
//! program.

use std::{
    io::{Read as _, Write as _},
    process::{Child, Stdio},
};

use engine::view::{Integration, LinkState};
use scenarios::eventually;

use crate::desk::{Desk, Office};

/// A command at a terminal, and everything that is on the screen.
struct Terminal {
    child: Child,
    screen: String,
}

impl Terminal {
    fn runs(desk: &Desk, words: &[&str]) -> Self {
        let plain = desk.command(words);
        let line = std::iter::once(plain.get_program())
            .chain(plain.get_args())
            .map(|word| format!("'{}'", word.to_str().expect("a plain word")))
            .collect::<Vec<_>>()
            .join(" ");
        let child = desk
            .other("script")
            .args(["--quiet", "--return", "--command", &line, "/dev/null"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("there is script");
        Self { child, screen: String::new() }
    }

    /// Reads until the program waits for an answer to its question.
    fn reads_the_question(&mut self) {
        let out = self.child.stdout.as_mut().expect("it is piped");
        let mut byte = [0];
        while !self.screen.ends_with("[y/N] ") {
            assert_eq!(out.read(&mut byte).expect("a screen"), 1, "{}", self.screen);
            self.screen.push(char::from(byte[0]));
        }
    }

    /// Types an answer. Returns the exit code and the screen.
    fn types(mut self, answer: &str) -> (Option<i32>, String) {
        let mut keys = self.child.stdin.take().expect("it is piped");
        writeln!(keys, "{answer}").expect("it reads");
        let mut rest = Vec::new();
        let mut out = self.child.stdout.take().expect("it is piped");
        out.read_to_end(&mut rest).expect("a screen");
        let code = self.child.wait().expect("it ends").code();
        self.screen.push_str(&String::from_utf8_lossy(&rest));
        (code, self.screen)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn disconnecting_is_asked_for_on_a_terminal_and_nowhere_else() {
    let office = Office::open().await;
    let desk = office.desk("mara");
    let engine = desk.starts().await;
    office.connects(&desk).await;

    let (code, said) = desk.runs(&["disconnect"], "y\n");
    assert_eq!(code.code(), Some(2), "a pipe is no person: {said}");
    assert!(said.contains("--yes"), "{said}");

    for no in ["n", "", "maybe"] {
        let mut terminal = Terminal::runs(&desk, &["disconnect"]);
        terminal.reads_the_question();
        assert!(
            terminal.screen.contains("secrets on this computer are forgotten"),
            "{}",
            terminal.screen
        );
        let (code, screen) = terminal.types(no);
        assert_eq!(code, Some(1), "{no:?}: {screen}");
        assert!(screen.contains("nothing was changed"), "{no:?}: {screen}");
    }
    let status = desk.status();
    assert_eq!(status.integration, Integration::Connected);
    assert_eq!((office.salesforce.grants(), office.pbx.live_tokens()), (1, 1));

    let mut terminal = Terminal::runs(&desk, &["disconnect"]);
    terminal.reads_the_question();
    let (code, screen) = terminal.types("y");
    assert_eq!(code, Some(0), "{screen}");
    eventually("everything is given back", || async {
        (office.salesforce.grants(), office.pbx.live_tokens()) == (0, 0)
    })
    .await;
    let status = desk.status();
    assert_eq!(status.integration, Integration::Disconnected);
    assert_eq!(status.salesforce.state, LinkState::NotConfigured);
    engine.quits().await;
}

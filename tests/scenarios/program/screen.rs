//! A screen that nobody sees.

use std::{
    io::{BufRead as _, BufReader},
    process::Stdio,
};

use crate::desk::{Desk, Neighbour};

/// A display server of one desk. Ends with this value.
pub(crate) struct Screen {
    _server: Neighbour,
    name: String,
}

impl Screen {
    pub(crate) fn of(desk: &Desk) -> Self {
        let mut server = desk
            .other("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "800x600x24", "-nolisten", "tcp"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("there is Xvfb");
        let mut number = String::new();
        let out = server.stdout.take().expect("it is piped");
        BufReader::new(out).read_line(&mut number).expect("a number");
        Self { _server: Neighbour(server), name: format!(":{}", number.trim()) }
    }

    /// What `DISPLAY` is to say.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

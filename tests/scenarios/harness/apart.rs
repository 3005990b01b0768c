//! The desk as a process of its own, seen from the test.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command},
};

use engine::ports::{SecretName, Secrets as _};

use crate::Office;

/// A running desk. Killed when it is dropped.
#[derive(Debug)]
pub struct Apart(Child);

impl Apart {
    /// Kills it, as `kill -9` does.
    pub fn is_killed(mut self) {
        self.end();
    }

    /// Has it stand still: it neither runs nor knows that time passes, as in a computer that sleeps.
    #[cfg(unix)]
    pub fn sleeps(&self) {
        self.signal("-STOP");
    }

    /// Lets it go on.
    #[cfg(unix)]
    pub fn wakes_up(&self) {
        self.signal("-CONT");
    }

    #[cfg(unix)]
    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").arg(signal).arg(self.0.id().to_string()).status();
        assert!(sent.expect("there is kill").success(), "the process is there");
    }

    fn end(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        self.0.wait().expect("it is ours");
    }
}

impl Drop for Apart {
    fn drop(&mut self) {
        self.end();
    }
}

impl Office {
    /// The program starts as a process of its own: `desk` is the program `env!("CARGO_BIN_EXE_desk")`. It takes the
    /// secrets along; [`Self::takes_back`] brings them back.
    pub fn starts_apart(&self, desk: &str) -> Apart {
        Apart(Command::new(desk).arg(self.home.path()).spawn().expect("the desk's program starts"))
    }

    /// Puts the secrets where a desk of its own finds them.
    pub fn hands_over(&self) {
        fs::create_dir_all(secrets(self.home.path())).expect("a folder");
        for name in SecretName::ALL {
            if let Some(secret) = self.secrets.peek(name) {
                fs::write(secrets(self.home.path()).join(name.as_str()), secret).expect("a file");
            }
        }
    }

    /// Takes the secrets back from a desk of its own that has ended.
    pub fn takes_back(&self) {
        for name in SecretName::ALL {
            match fs::read_to_string(secrets(self.home.path()).join(name.as_str())) {
                Ok(secret) => self.secrets.plant(name, &secret),
                Err(_) => self.secrets.delete(name).expect("the store is not locked"),
            }
        }
    }

    /// Returns the pages that a desk of its own has opened.
    pub fn opened_apart(&self) -> Vec<String> {
        let opened = fs::read_to_string(self.home.path().join("opened")).unwrap_or_default();
        opened.lines().map(str::to_owned).collect()
    }
}

fn secrets(home: &Path) -> PathBuf {
    home.join("secrets")
}

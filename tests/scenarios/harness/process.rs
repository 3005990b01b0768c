//! A desk as a process of its own: what the operating system kills or stops, it kills or stops as a whole.
//!
//! `desk HOME` runs the engine on HOME until it is killed. The secret store is a folder beside the databases, the
//! browser a file with a line for each page.

use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    path::PathBuf,
    sync::Arc,
};

use engine::{
    Mode, Setup,
    home::Home,
    ports::{DeskFacts, Desktop, Fact, Late, Note, SecretName, Secrets, SystemClock, Tray},
    view::SecretsKind,
};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

#[tokio::main(worker_threads = 2)]
async fn main() {
    let home = PathBuf::from(std::env::args_os().nth(1).expect("desk HOME"));
    let setup = Setup {
        home: Home::under(&home),
        policy: Vec::new(),
        secrets: Arc::new(Folder(home.join("secrets"))),
        desktop: Arc::new(Paper(home.join("opened"))),
        clock: Arc::new(SystemClock),
        network: engine::network::watch(),
        mode: Mode::Live,
        test_call: None,
        sign_in: engine::SIGN_IN,
        bulk_above: engine::BULK_ABOVE,
        region: None,
    };
    let engine = engine::start(setup).await.expect("the engine starts");
    std::future::pending::<()>().await;
    drop(engine);
}

/// Writes down which pages were opened.
#[derive(Debug)]
struct Paper(PathBuf);

impl Desktop for Paper {
    fn open(&self, url: &Url, _late: Late) -> Result<(), String> {
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.0)
            .map_err(|error| error.to_string())?;
        // In one write: a kill leaves the whole line or nothing.
        file.write_all(format!("{url}\n").as_bytes()).map_err(|error| error.to_string())
    }

    fn notify(&self, _note: Note) {}

    fn withdraw(&self, _id: &str) {}

    fn show(&self, _tray: &Tray) {}

    fn raise_window(&self) {}

    fn quit(&self) {}

    fn look(&self) -> DeskFacts {
        let unseen = || Fact::Unseen("This desk is a file".to_owned());
        DeskFacts {
            browser: unseen(),
            notifications: unseen(),
            proxy: unseen(),
            tel_links: unseen(),
        }
    }
}

/// A secret store that a kill leaves old or new.
#[derive(Debug)]
struct Folder(PathBuf);

impl Secrets for Folder {
    fn get(&self, name: SecretName) -> Result<Option<SecretString>, String> {
        Ok(fs::read_to_string(self.0.join(name.as_str())).ok().map(SecretString::from))
    }

    fn set(&self, name: SecretName, secret: &SecretString) -> Result<(), String> {
        let beside = self.0.join(format!("{}.new", name.as_str()));
        fs::write(&beside, secret.expose_secret())
            .and_then(|()| fs::rename(&beside, self.0.join(name.as_str())))
            .map_err(|error| error.to_string())
    }

    fn delete(&self, name: SecretName) -> Result<(), String> {
        let _ = fs::remove_file(self.0.join(name.as_str()));
        Ok(())
    }

    fn kind(&self) -> SecretsKind {
        SecretsKind::Keyring
    }
}

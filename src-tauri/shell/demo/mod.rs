//! `patchcord demo`: the desktop app on a simulated PBX and a simulated Salesforce org, in a home that is thrown away.

mod consent;
mod script;

use std::{fs::OpenOptions, io::Write, sync::Arc, time::Duration};

use engine::{
    Handle, TestCall,
    command::{Command, Reply},
    home::{Home, private},
    view::BindingState,
};
use simulator::{OrgConfig, Pbx, PbxConfig, Salesforce};
use tempfile::TempDir;

use crate::{
    app::{Kind, Live, NO_DISPLAY, Place, runtime, sentence},
    desk::has_display,
    logging::say,
    secrets,
    tray::{Spot, with_main_loop},
};

/// Whose phone the demonstration rings.
const EXTENSION: &str = "4101";
/// Anna Meyer of the simulated org.
const KNOWN: &str = "+49301234567";

/// Runs the demonstration until it is quit. `calls`: with a scripted series of calls.
pub(crate) fn run(calls: bool) -> u8 {
    if !has_display() {
        say(NO_DISPLAY);
        return 1;
    }
    let folder = match own_folder() {
        Ok(folder) => folder,
        Err(error) => {
            say(&format!("a folder for the demonstration cannot be made: {error}"));
            return 1;
        }
    };
    with_main_loop(true, move |spot| runtime().block_on(demonstrate(folder, spot, calls)))
}

/// Makes a folder that only this user can read: an open one is what a home is warned about.
fn own_folder() -> std::io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.prefix("patchcord-demo-").tempdir()
}

async fn demonstrate(folder: TempDir, spot: Spot, calls: bool) -> u8 {
    let office = Office {
        pbx: Pbx::start(PbxConfig::default()).await,
        org: Salesforce::start(OrgConfig {
            consent: simulator::salesforce::Consent::Auto,
            ..OrgConfig::demo()
        })
        .await,
    };
    match office.open(&folder, spot).await {
        Ok(live) => {
            say(&format!(
                "Patchcord runs on a simulated phone system at {} and a simulated Salesforce org at {}; quit it in the tray or with Ctrl+C",
                office.pbx.address(),
                office.org.login()
            ));
            let (engine, quit) = (live.handle(), live.quit());
            // The systems end with their last handle: this one stays until the program ends.
            let playing = office.clone();
            tokio::spawn(async move {
                tokio::select! {
                    () = quit.cancelled() => {}
                    () = play(&playing, &engine, calls) => {}
                }
            });
            live.until_the_end().await
        }
        Err(sentence) => {
            say(&sentence);
            1
        }
    }
}

/// The two simulated systems.
#[derive(Clone, Debug)]
struct Office {
    pbx: Pbx,
    org: Salesforce,
}

impl Office {
    /// Starts the app in the folder, set up as far as a file can.
    async fn open(&self, folder: &TempDir, spot: Spot) -> Result<Live, String> {
        let home = Home::under(folder.path());
        let lock = home.lock().map_err(|error| error.to_string())?;
        let settings = home.settings_file();
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        private(&mut options);
        options
            .open(&settings)
            .and_then(|mut file| file.write_all(self.settings().as_bytes()))
            .map_err(|error| format!("{} cannot be written: {error}", settings.display()))?;
        let pbx = self.pbx.clone();
        let ring: TestCall = Arc::new(move || {
            script::one_call(pbx.clone());
        });
        let place = Place { home, argument: Some(folder.path().to_owned()) };
        let kind =
            Kind { place, spot, face: true, open: true, policy: Vec::new(), test_call: Some(ring) };
        let started = Live::start(kind, lock, secrets::for_this_session).await;
        started.map_err(|why| why.line().to_owned())
    }

    fn settings(&self) -> String {
        format!(
            "[pbx]\naddress = \"{}\"\nclient_id = \"{}\"\n\n[salesforce]\nlogin = \"{}\"\nconsumer_key = \"{}\"\n\n[numbers]\ncountry = \"DE\"\n",
            self.pbx.address(),
            self.pbx.client_id(),
            self.org.login(),
            self.org.consumer_key()
        )
    }

    async fn connect(&self, engine: &Handle) -> Result<(), String> {
        let failed = |problem| sentence(&problem);
        engine
            .ask(Command::ConnectPbx {
                address: self.pbx.address(),
                client_id: self.pbx.client_id(),
                secret: self.pbx.client_secret(),
                pin: None,
                country: None,
            })
            .await
            .map_err(failed)?;
        consent::sign_in(engine, self.org.login(), self.org.consumer_key()).await?;
        bound(engine).await
    }
}

/// Waits until the engine has found the extension, which it does by itself once both sides are connected.
async fn bound(engine: &Handle) -> Result<(), String> {
    for _ in 0..150 {
        match engine.ask(Command::Status).await {
            Ok(Reply::Status(status)) if status.binding.state == BindingState::Bound => {
                return Ok(());
            }
            Ok(_) => tokio::time::sleep(Duration::from_millis(200)).await,
            Err(problem) => return Err(sentence(&problem)),
        }
    }
    Err("no extension was found for the simulated user".to_owned())
}

async fn play(office: &Office, engine: &Handle, calls: bool) {
    if let Err(sentence) = office.connect(engine).await {
        say(&format!("the demonstration could not connect: {sentence}"));
        return;
    }
    if calls {
        script::series(&office.pbx).await;
    }
}

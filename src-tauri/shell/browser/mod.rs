//! The default browser, started on a page.
//!
//! On Linux the command behind the default browser is found ahead of time and started directly: `xdg-open` is a
//! shell script that takes 15 ms on a quiet machine and 300 ms on a busy one (`performance.md`). Where that way does
//! not exist or fails to start, and on the other systems, the `webbrowser` crate opens the page.

#[cfg(target_os = "linux")]
mod command;
#[cfg(target_os = "linux")]
pub(crate) mod default;

use std::{sync::mpsc, thread, time::Duration};

use engine::ports::Fact;

use url::Url;

/// How long a browser may take to start.
const PATIENCE: Duration = Duration::from_secs(5);

/// The way to the default browser.
#[derive(Debug)]
pub(crate) struct Browser {
    #[cfg(target_os = "linux")]
    default: default::DefaultBrowser,
    #[cfg(target_os = "linux")]
    runtime: tokio::runtime::Handle,
}

impl Browser {
    /// Looks for the default browser in the background, so that the first page does not wait for it. Must be called
    /// on a Tokio runtime, which reaps the started commands.
    pub(crate) fn new() -> Self {
        #[cfg(target_os = "linux")]
        return Self {
            default: default::DefaultBrowser::find(),
            runtime: tokio::runtime::Handle::current(),
        };
        #[cfg(not(target_os = "linux"))]
        Self {}
    }

    /// Starts the browser on `url`, and returns when its command has been started, or after five seconds. `late` is
    /// called when the started command ends as failed within five seconds.
    ///
    /// # Errors
    ///
    /// Says that no browser could be started.
    pub(crate) fn open(
        &self,
        url: &Url,
        late: impl FnOnce() + Send + 'static,
    ) -> Result<(), String> {
        if !matches!(url.scheme(), "https" | "http") {
            // The engine passes only pages of the signed-in org; this is the last door.
            return Err("this is not a web page".to_owned());
        }
        #[cfg(target_os = "linux")]
        return self.start(url, late);
        #[cfg(not(target_os = "linux"))]
        {
            drop(late);
            by_library(url)
        }
    }

    #[cfg(target_os = "linux")]
    fn start(&self, url: &Url, late: impl FnOnce() + Send + 'static) -> Result<(), String> {
        let chosen = std::env::var("BROWSER").ok().filter(|value| !value.is_empty());
        let commands = match &chosen {
            Some(value) => command::of_variable(value, url.as_str()),
            None => self.default.command(url.as_str()).into_iter().collect(),
        };
        let _context = self.runtime.enter();
        for arguments in commands {
            match command::start(&arguments) {
                Ok(child) => {
                    self.runtime.spawn(command::reap(child, PATIENCE, late));
                    return Ok(());
                }
                Err(error) => tracing::warn!(%error, "the browser's command could not be started"),
            }
        }
        self.default.forget();
        by_library(url)
    }
}

#[cfg(target_os = "linux")]
impl Browser {
    /// Says which browser opens pages, for whoever checks the set-up.
    pub(crate) fn look(&self) -> Fact {
        let chosen = std::env::var("BROWSER").ok().filter(|value| !value.is_empty());
        let page = "https://example.com/";
        let program = match &chosen {
            Some(value) => command::of_variable(value, page).into_iter().next(),
            None => self.default.command(page),
        };
        match (program.and_then(|words| words.into_iter().next()), chosen) {
            (Some(program), Some(_)) if !default::installed(&program) => Fact::Missing {
                found: format!("The variable BROWSER names {program}, which is not there"),
                todo: "Correct the variable, or leave it out".to_owned(),
            },
            (Some(program), Some(_)) => {
                Fact::Is(format!("Pages open with {program}, as the variable BROWSER says"))
            }
            (Some(program), None) => Fact::Is(format!("Pages open with {program}")),
            (None, _) => Fact::Missing {
                found: "No default browser is set".to_owned(),
                todo: "Choose a default browser in the system's settings".to_owned(),
            },
        }
    }
}

#[cfg(not(target_os = "linux"))]
impl Browser {
    /// Both systems have a browser built in, and open pages with whichever is the default.
    pub(crate) fn look(&self) -> Fact {
        Fact::Is("Pages open with the system's default browser".to_owned())
    }
}

/// Opens a page through the `webbrowser` crate, which may wait for other programs.
fn by_library(url: &Url) -> Result<(), String> {
    let (done, wait) = mpsc::sync_channel(1);
    let page = url.to_string();
    thread::Builder::new()
        .name("browser".to_owned())
        .spawn(move || {
            // Nobody may be waiting any more.
            let _ = done.send(webbrowser::open(&page));
        })
        .map_err(|error| error.to_string())?;
    match wait.recv_timeout(PATIENCE) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("it did not start within five seconds".to_owned()),
    }
}

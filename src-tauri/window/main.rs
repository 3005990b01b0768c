//! The window's program: a web view, and one more client of the control socket. It holds no secret and no file of the
//! engine's, and the page in it is treated as if somebody else had written it.

// On Windows no console comes up beside the window.
#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]

mod acts;
mod ask;
mod bridge;
mod frame;
mod gate;
mod life;
mod told;

use std::{
    io::{Read, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use clap::Parser;
use engine::{
    command::{Command, Reply},
    home::{Home, HomeLock, LockError, private_folder},
    view::Problem,
};
use shell::client::{NO_DISPLAY, Place, SHOWN, has_display, raise_the_other_window, say};
use tauri::{
    Manager, State, WebviewUrl, WebviewWindow, WebviewWindowBuilder, WindowEvent,
    webview::{DownloadEvent, NewWindowResponse},
};
use url::Url;

#[cfg(windows)]
use crate::life::Loss;
use crate::{
    acts::Acts,
    bridge::{Both, Bridge},
    frame::Frame,
    gate::{Gate, not_allowed},
    life::Life,
};

/// The only window's name, which the page's permissions are given to.
const MAIN: &str = "main";
/// How often it is looked whether the window's lock is free, and how long lies between.
const LOOKS: u32 = 4;
const LOOK: std::time::Duration = std::time::Duration::from_millis(50);

/// The window of Patchcord. `patchcord` starts it; by itself it shows the state of the instance that runs.
#[derive(Debug, Parser)]
#[command(name = "patchcord-window", version = engine::VERSION, max_term_width = 100)]
struct Arguments {
    /// The folder that `patchcord --home DIR` was given
    #[arg(long, value_name = "DIR")]
    home: Option<PathBuf>,
    /// Started by the engine, which holds our standard input and writes to it when we should go
    #[arg(long, hide = true)]
    child: bool,
    /// Started in the place of an engine that could not start, for this reason
    #[arg(long, hide = true, value_name = "PROBLEM", value_parser = problem)]
    not_started: Option<Problem>,
}

fn main() -> ExitCode {
    let Arguments { home, child, not_started } = Arguments::parse();
    let code = match Place::named(home) {
        Ok(place) => run(&place, child, not_started),
        Err(sentence) => {
            say(&sentence);
            1
        }
    };
    ExitCode::from(code)
}

fn problem(text: &str) -> Result<Problem, serde_json::Error> {
    serde_json::from_str(text)
}

/// Tells whoever started this window to say why there is no engine that it is on the screen.
fn say_shown() {
    // Who has read it once does not listen any more.
    let _ = writeln!(std::io::stdout(), "{SHOWN}");
}

/// Returns what the build put in: the page, its policy and permissions.
#[cfg(all(target_os = "linux", not(feature = "tauri-tray")))]
fn context() -> tauri::Context {
    tauri::generate_context!()
}

/// Where the tray is Tauri's, the library has it, and a program may have it only once.
#[cfg(any(not(target_os = "linux"), feature = "tauri-tray"))]
use shell::client::context;

/// Shows the window until it is closed.
fn run(place: &Place, child: bool, not_started: Option<Problem>) -> u8 {
    if !has_display() {
        say(NO_DISPLAY);
        return 1;
    }
    let _lock = match lock(&place.home) {
        Ok(lock) => Some(lock),
        Err(LockError::AlreadyRunning { .. }) => {
            return match &not_started {
                None => raise_the_other_window(&place.home),
                Some(problem) if told::hand_over(&place.home, problem) => {
                    say_shown();
                    0
                }
                Some(_) => 1,
            };
        }
        Err(error @ LockError::Unusable(_)) => {
            say(&error.to_string());
            // Why there is no engine may be the very same, and is shown all the same.
            if not_started.is_none() {
                return 1;
            }
            None
        }
    };
    let runtime =
        match tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => {
                say(&format!("the window cannot be opened: {error}"));
                return 1;
            }
        };
    tauri::async_runtime::set(runtime.handle().clone());
    // Some of what can go wrong with a display ends in a panic of the libraries.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        say(&format!("the window has failed ({place})"));
    }));
    let shown = std::panic::AssertUnwindSafe(|| show(place, child, not_started, &runtime));
    let result = std::panic::catch_unwind(shown);
    runtime.shutdown_background();
    match result {
        Ok(Ok(())) => 0,
        Err(_) => {
            say(
                "the window cannot be shown on this display; `patchcord run --headless` needs none",
            );
            1
        }
        Ok(Err(error)) => {
            say(&format!(
                "the window cannot be opened: {error}; `patchcord run --headless` needs none"
            ));
            1
        }
    }
}

/// Takes the place of the only window of this home. An engine that looks whether a window is open holds it for a moment.
fn lock(home: &Home) -> Result<HomeLock, LockError> {
    let mut lock = home.lock_window();
    for _ in 0..LOOKS {
        if !matches!(lock, Err(LockError::AlreadyRunning { .. })) {
            break;
        }
        std::thread::sleep(LOOK);
        lock = home.lock_window();
    }
    lock
}

fn show(
    place: &Place,
    child: bool,
    not_started: Option<Problem>,
    runtime: &tokio::runtime::Runtime,
) -> tauri::Result<()> {
    let frame = Frame::of(&place.home);
    let (bridge, life, acts) = (Bridge::telling(not_started), Life::default(), Acts::default());
    let home = place.home.clone();
    let keep = frame.clone();
    let app = tauri::Builder::default()
        .manage(bridge.clone())
        .manage(life.clone())
        .manage(Gate::new(acts.clone()))
        .invoke_handler(tauri::generate_handler![send])
        .setup(move |app| {
            let window = build(app, &frame)?;
            if child {
                end_with_the_engine(app.handle().clone());
            }
            look_after(&window, &bridge, &life, &acts)?;
            bridge.begin(home, window, life);
            Ok(())
        })
        .on_window_event(move |window, event| {
            if let WindowEvent::CloseRequested { .. } = event {
                keep.remember(window);
            }
        });
    #[cfg(target_os = "macos")]
    let app = app.on_web_content_process_terminate(|view| {
        let (life, bridge) = (view.state::<Life>(), view.state::<Bridge>());
        if let Some(window) = view.app_handle().get_webview_window(MAIN) {
            life.failed(&window, &bridge);
        }
    });
    let _context = runtime.enter();
    let app = app.build(context())?;
    app.run_return(|_, _| {});
    Ok(())
}

fn build(app: &tauri::App, frame: &Frame) -> tauri::Result<WebviewWindow> {
    let builder = WebviewWindowBuilder::new(app, MAIN, WebviewUrl::App("index.html".into()))
        .title("Patchcord")
        .min_inner_size(frame::SMALLEST.0, frame::SMALLEST.1)
        .on_navigation(is_our_page)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .on_download(|_, event| !matches!(event, DownloadEvent::Requested { .. }))
        .disable_drag_drop_handler()
        .devtools(cfg!(debug_assertions));
    // What the library keeps for itself is in this home, and closed to others.
    let kept = frame.data().join("webview");
    let builder = match private_folder(&kept) {
        Ok(()) => builder.data_directory(kept),
        // Of a home that cannot be written. Nothing is kept then, which is what is wanted anyway.
        Err(error) if !kept.exists() => {
            say(&format!("the folder {} cannot be made: {error}", kept.display()));
            builder
        }
        Err(error) => {
            say(&format!("the folder {} is not private: {error}", kept.display()));
            builder.data_directory(kept)
        }
    };
    // Nothing of what the page shows is kept on disk. The test driver cannot reach such a web view.
    let driven = std::env::var("TAURI_WEBVIEW_AUTOMATION").as_deref() == Ok("true");
    let builder = builder.incognito(!driven);
    frame.place(builder, app).build()
}

/// Sees what people press, and whether the page's process lives.
#[cfg(target_os = "linux")]
fn look_after(
    window: &WebviewWindow,
    bridge: &Bridge,
    life: &Life,
    acts: &Acts,
) -> tauri::Result<()> {
    let (ours, bridge, life, acts) = (window.clone(), bridge.clone(), life.clone(), acts.clone());
    window.with_webview(move |view| {
        let view = view.inner();
        acts.watch(&view);
        life.watch(&view, &ours, &bridge);
    })
}

/// WebView2 tells of the end of its processes; keys and clicks go to them and are not seen here.
#[cfg(windows)]
fn look_after(
    window: &WebviewWindow,
    bridge: &Bridge,
    life: &Life,
    _acts: &Acts,
) -> tauri::Result<()> {
    let (ours, bridge, life) = (window.clone(), bridge.clone(), life.clone());
    window.with_webview(move |view| {
        life::watch_processes(&view.controller(), move |what| match what {
            Loss::Page => life.failed(&ours, &bridge),
            Loss::View => life.ended(&ours, &bridge),
        });
    })
}

/// The end of the page's process is told to the application as a whole.
#[cfg(not(any(target_os = "linux", windows)))]
fn look_after(
    _window: &WebviewWindow,
    _bridge: &Bridge,
    _life: &Life,
    _acts: &Acts,
) -> tauri::Result<()> {
    Ok(())
}

/// The page may go nowhere but to itself.
fn is_our_page(url: &Url) -> bool {
    match url.scheme() {
        "tauri" => url.host_str() == Some("localhost"),
        // Windows has no schemes of our own in its web view.
        "http" => {
            cfg!(windows) && url.host_str() == Some("tauri.localhost") && url.port().is_none()
        }
        _ => false,
    }
}

/// Ends with the program; stays, with a word about it, when the engine dies without one.
fn end_with_the_engine(app: tauri::AppHandle) {
    std::thread::spawn(move || {
        let mut word = [0; 1];
        if matches!(std::io::stdin().lock().read(&mut word), Ok(1)) {
            if let Some(window) = app.get_webview_window(MAIN) {
                // Closing as a person would, so that the frame is remembered.
                let _ = window.close();
            } else {
                app.exit(0);
            }
        }
    });
}

/// The one command of the page: passes a wish on to the engine, once a person has agreed where that is needed.
#[tauri::command]
async fn send(
    command: Command,
    window: WebviewWindow,
    bridge: State<'_, Bridge>,
    life: State<'_, Life>,
    gate: State<'_, Gate>,
) -> Result<Reply, Problem> {
    if !is_for_windows(&command) {
        return Err(not_allowed());
    }
    if matches!(command, Command::WindowShown) {
        life.answered();
        bridge.page_is_there();
    }
    gate.pass(command, &Both { bridge: &bridge, window: &window }).await
}

/// Ending the program, raising the window and handing a link over are for the tray and the command line.
fn is_for_windows(command: &Command) -> bool {
    match command {
        Command::Quit
        | Command::RaiseWindow
        | Command::ShowSettings
        | Command::Link { .. }
        // It changes how numbers are read, which is asked about where settings are changed.
        | Command::ConnectPbx { country: Some(_), .. }
        // Its own program says that, not the page.
        | Command::WindowFailed { .. } => false,
        Command::Status
        | Command::Calls { .. }
        | Command::Settings
        | Command::Watch
        | Command::Dial { .. }
        | Command::ConfirmLink { .. }
        | Command::DismissLink { .. }
        | Command::TakeLinks
        | Command::TestLinks
        | Command::HangUp { .. }
        | Command::Explain { .. }
        | Command::Doctor
        | Command::Retry { .. }
        | Command::Enable
        | Command::Disable
        | Command::Disconnect
        | Command::ConnectPbx { country: None, .. }
        | Command::PbxAddress { .. }
        | Command::PbxCertificate { .. }
        | Command::ConnectSalesforce { .. }
        | Command::CancelSignIn
        | Command::PasteAddress { .. }
        | Command::Bind { .. }
        | Command::Extensions
        | Command::BindingTable { .. }
        | Command::PlanBindings { .. }
        | Command::SaveBindings { .. }
        | Command::TeamFile { .. }
        | Command::OpenRecord { .. }
        | Command::OpenTask { .. }
        | Command::UndoCreated { .. }
        | Command::Choose { .. }
        | Command::RememberedChoices
        | Command::UnreadNumbers
        | Command::ForgetChoice { .. }
        | Command::FindRecords { .. }
        | Command::MoveCall { .. }
        | Command::Note { .. }
        | Command::ReadNote { .. }
        | Command::Related { .. }
        | Command::Discard { .. }
        | Command::Restore { .. }
        | Command::Sync { .. }
        | Command::RefreshIndex { .. }
        | Command::PausePops { .. }
        | Command::SetLanguage { .. }
        | Command::ChangeSettings { .. }
        | Command::ExportSettings
        | Command::WindowShown
        | Command::TestCall => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_stays_where_it_is() {
        let may = |url: &str| is_our_page(&Url::parse(url).unwrap());
        assert!(may("tauri://localhost/index.html"));
        for url in [
            "https://example.com/",
            "http://tauri.evil.com/",
            "http://tauri.localhost:8080/",
            "tauri://evil/",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "data:text/html,x",
            "about:blank",
        ] {
            assert!(!may(url), "{url}");
        }
    }

    #[test]
    fn a_window_cannot_end_the_program() {
        assert!(!is_for_windows(&Command::Quit));
        assert!(!is_for_windows(&Command::Link { uri: String::new() }));
        assert!(is_for_windows(&Command::Status));
    }
}

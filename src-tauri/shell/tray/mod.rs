//! The tray icon: a shape for the state, and a short menu.
//!
//! What it shows is plain data; the two ways of showing it know nothing of calls. On Linux the icon speaks D-Bus by
//! itself (`docs/decisions/0002-tray.md`), on Windows and macOS it is Tauri's.

#[cfg(all(target_os = "linux", not(feature = "tauri-tray")))]
mod linux;
#[cfg(any(not(target_os = "linux"), feature = "tauri-tray"))]
mod system;

use engine::ports::{Tray, TrayShape};
#[cfg(all(target_os = "linux", not(feature = "tauri-tray")))]
pub(crate) use linux::{Spot, with_main_loop};
#[cfg(any(not(target_os = "linux"), feature = "tauri-tray"))]
pub use system::context;
#[cfg(any(not(target_os = "linux"), feature = "tauri-tray"))]
pub(crate) use system::{Spot, with_main_loop};

use crate::plain;

/// What a person wants of the tray.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// The window.
    Open,
    /// The window, at the page of settings.
    Settings,
    /// No pages for an hour.
    Pause,
    /// Pages again.
    Resume,
    /// The end of the program.
    Quit,
}

/// What the icon looks like now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Face {
    shape: TrayShape,
    line: String,
    paused: bool,
}

impl Default for Face {
    fn default() -> Self {
        Self { shape: TrayShape::Idle, line: "Starting".to_owned(), paused: false }
    }
}

impl From<&Tray> for Face {
    fn from(tray: &Tray) -> Self {
        Self { shape: tray.shape, line: plain::one_line(&tray.line, 100), paused: tray.paused }
    }
}

/// A row of the menu.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Row {
    Wish(&'static str, Wish),
    /// To read, not to press.
    Line(String),
    Separator,
}

impl Face {
    /// Returns the icon, a PNG of 32 pixels.
    fn icon(&self) -> &'static [u8] {
        match self.shape {
            TrayShape::Connected => include_bytes!("../../../icons/tray/connected.png"),
            TrayShape::Idle => include_bytes!("../../../icons/tray/idle.png"),
            TrayShape::Ringing => include_bytes!("../../../icons/tray/ringing.png"),
            TrayShape::OnCall => include_bytes!("../../../icons/tray/on-call.png"),
            TrayShape::Paused => include_bytes!("../../../icons/tray/paused.png"),
            TrayShape::NeedsYou => include_bytes!("../../../icons/tray/needs-you.png"),
        }
    }

    fn tool_tip(&self) -> String {
        format!("Patchcord: {}", self.line)
    }

    fn menu(&self) -> Vec<Row> {
        let pause = if self.paused {
            Row::Wish("Resume pop-ups", Wish::Resume)
        } else {
            Row::Wish("Pause pop-ups for 1 hour", Wish::Pause)
        };
        vec![
            Row::Wish("Open Patchcord", Wish::Open),
            pause,
            Row::Separator,
            Row::Line(self.line.clone()),
            Row::Separator,
            Row::Wish("Settings", Wish::Settings),
            Row::Wish("Quit Patchcord", Wish::Quit),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_menu_offers_what_can_be_done_now() {
        let mut face = Face::default();
        assert!(face.menu().contains(&Row::Wish("Pause pop-ups for 1 hour", Wish::Pause)));
        face.paused = true;
        assert!(face.menu().contains(&Row::Wish("Resume pop-ups", Wish::Resume)));
        assert!(face.menu().contains(&Row::Line("Starting".to_owned())));
        assert!(face.menu().contains(&Row::Wish("Settings", Wish::Settings)));
    }
}

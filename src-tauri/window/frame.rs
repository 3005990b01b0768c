//! Where the window was and how large, kept beside the engine's files from one time to the next.

use std::{
    fs::OpenOptions,
    io::Write,
    path::{Path, PathBuf},
};

use engine::home::{Home, open_private};
use serde::{Deserialize, Serialize};
use tauri::{App, WebviewWindowBuilder, Window, Wry};

/// The first time, in logical pixels.
const FIRST: (f64, f64) = (360.0, 600.0);
/// Never smaller, in logical pixels.
pub(super) const SMALLEST: (f64, f64) = (320.0, 420.0);
/// Never larger, whatever the file says.
const LARGEST: f64 = 4_000.0;

/// The window's frame in `window.json`.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    data: PathBuf,
    kept: Option<Kept>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Kept {
    /// Inside, in logical pixels.
    width: f64,
    height: f64,
    /// The upper left corner, in physical pixels of the whole desktop.
    x: i32,
    y: i32,
    maximized: bool,
}

impl Frame {
    /// Reads the last frame of this home; a file that cannot be read is as good as none.
    pub(super) fn of(home: &Home) -> Self {
        let data = home.data().to_owned();
        let kept =
            std::fs::read(file(&data)).ok().and_then(|text| serde_json::from_slice(&text).ok());
        Self { data, kept }
    }

    /// Returns the folder of this home's files.
    pub(super) fn data(&self) -> &Path {
        &self.data
    }

    /// Gives a window its last frame: the size always, the place only where a screen is.
    pub(super) fn place<'a>(
        &self,
        builder: WebviewWindowBuilder<'a, Wry, App>,
        app: &App,
    ) -> WebviewWindowBuilder<'a, Wry, App> {
        let Some(kept) = self.kept else {
            return builder.inner_size(FIRST.0, FIRST.1);
        };
        let builder = builder
            .inner_size(
                kept.width.clamp(SMALLEST.0, LARGEST),
                kept.height.clamp(SMALLEST.1, LARGEST),
            )
            .maximized(kept.maximized);
        let screens = app.available_monitors().unwrap_or_default();
        let screen = screens.iter().find(|screen| {
            let (corner, size) = (screen.position(), screen.size());
            within(kept.x, corner.x, size.width) && within(kept.y, corner.y, size.height)
        });
        match screen {
            Some(screen) => builder.position(
                f64::from(kept.x) / screen.scale_factor(),
                f64::from(kept.y) / screen.scale_factor(),
            ),
            None => builder,
        }
    }

    /// Keeps the frame that the window has now.
    pub(super) fn remember(&self, window: &Window) {
        let kept = || {
            let scale = window.scale_factor().ok()?;
            let size = window.inner_size().ok()?.to_logical::<f64>(scale);
            // Wayland does not say where a window is.
            let corner = window.outer_position().unwrap_or_default();
            let maximized = window.is_maximized().ok()?;
            let before = self.kept.filter(|_| maximized);
            let (width, height) =
                before.map_or((size.width, size.height), |kept| (kept.width, kept.height));
            Some(Kept { width, height, x: corner.x, y: corner.y, maximized })
        };
        let Some(kept) = kept() else { return };
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        let text = serde_json::to_vec(&kept).unwrap_or_default();
        // Where it cannot be kept, the window opens as it did the first time.
        let _ = open_private(&mut options, &file(&self.data))
            .and_then(|mut file| file.write_all(&text));
    }
}

fn file(data: &Path) -> PathBuf {
    data.join("window.json")
}

/// Says whether enough of the window would be on the screen to take hold of it.
fn within(place: i32, start: i32, length: u32) -> bool {
    let (place, start) = (i64::from(place), i64::from(start));
    place >= start - 8 && place + 64 <= start + i64::from(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_not_put_where_no_screen_is() {
        assert!(within(0, 0, 1920));
        assert!(within(1856, 0, 1920));
        assert!(!within(1900, 0, 1920));
        assert!(!within(-200, 0, 1920));
        assert!(within(-200, -1920, 1920));
    }

    #[test]
    fn a_broken_file_is_as_good_as_none() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::under(dir.path());
        assert_eq!(Frame::of(&home).kept, None);
        home.prepare().unwrap();
        std::fs::write(file(home.data()), "{").unwrap();
        assert_eq!(Frame::of(&home).kept, None);
        let kept = Kept { width: 400.0, height: 700.0, x: 10, y: 20, maximized: false };
        std::fs::write(file(home.data()), serde_json::to_vec(&kept).unwrap()).unwrap();
        assert_eq!(Frame::of(&home).kept, Some(kept));
    }
}

//! Renders the drawings in `icons/` into what Tauri, Windows and macOS take.
//!
//! `rsvg-convert` (Debian: `librsvg2-bin`) does the drawing. The two containers, `.ico` and `.icns`, are lists of PNG
//! pictures with a table in front, and are written here.

use std::{fs, path::Path, process::Command};

use anyhow::{Context, Result};

use crate::{run, workspace};

/// What Windows asks for. The first is the one that Tauri shows as the window's.
const ICO_SIZES: [u16; 6] = [32, 16, 24, 48, 64, 256];

/// Kinds of entry and their sizes in pixels.
/// Source: Apple Icon Image format, the PNG types since Mac OS X 10.7.
const ICNS_TYPES: [(&[u8; 4], u16); 8] = [
    (b"ic11", 32),
    (b"ic12", 64),
    (b"ic07", 128),
    (b"ic13", 256),
    (b"ic08", 256),
    (b"ic14", 512),
    (b"ic09", 512),
    (b"ic10", 1024),
];

/// The tray's shapes, in the words of `engine::ports::TrayShape`.
const TRAY: [&str; 6] = ["connected", "idle", "ringing", "on-call", "paused", "needs-you"];

/// Renders everything again.
pub(crate) fn render() -> Result<()> {
    let icons = workspace().join("icons");
    let app = icons.join("icon.svg");
    for (name, size) in
        [("32x32.png", 32), ("128x128.png", 128), ("128x128@2x.png", 256), ("icon.png", 512)]
    {
        write(&icons.join(name), &png(&app, size)?)?;
    }

    let layers =
        ICO_SIZES.iter().map(|&size| Ok((size, png(&app, size)?))).collect::<Result<Vec<_>>>()?;
    write(&icons.join("icon.ico"), &ico(&layers))?;

    let layers = ICNS_TYPES
        .iter()
        .map(|&(kind, size)| Ok((kind, png(&app, size)?)))
        .collect::<Result<Vec<_>>>()?;
    write(&icons.join("icon.icns"), &icns(&layers))?;

    for shape in TRAY {
        let drawing = icons.join("tray").join(format!("{shape}.svg"));
        write(&drawing.with_extension("png"), &png(&drawing, 32)?)?;
    }
    Ok(())
}

fn png(drawing: &Path, size: u16) -> Result<Vec<u8>> {
    let size = size.to_string();
    run::output(
        Command::new("rsvg-convert").args(["--width", &size, "--height", &size]).arg(drawing),
    )
    .context("rsvg-convert draws the icons (Debian: apt-get install librsvg2-bin)")
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(path, bytes).with_context(|| format!("writing {}", path.display()))?;
    println!("{} ({} bytes)", path.display(), bytes.len());
    Ok(())
}

/// Puts PNG pictures into an `.ico`: a header, a table of 16-byte rows, the pictures.
fn ico(layers: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let count = u16::try_from(layers.len()).expect("a handful of layers");
    let mut file = Vec::new();
    for word in [0u16, 1, count] {
        file.extend(word.to_le_bytes());
    }
    let mut offset = 6 + 16 * u32::from(count);
    for (size, picture) in layers {
        // 256 does not fit into the byte and is spelled 0.
        let side = u8::try_from(*size).unwrap_or(0);
        let length = u32::try_from(picture.len()).expect("icons are small");
        file.extend([side, side, 0, 0]);
        file.extend(1u16.to_le_bytes());
        file.extend(32u16.to_le_bytes());
        file.extend(length.to_le_bytes());
        file.extend(offset.to_le_bytes());
        offset += length;
    }
    for (_, picture) in layers {
        file.extend(picture);
    }
    file
}

/// Puts PNG pictures into an `.icns`: each with its four letters and its length, the whole likewise.
fn icns(layers: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    let chunk = |kind: &[u8; 4], body: &[u8]| {
        let length = u32::try_from(body.len() + 8).expect("icons are small");
        [kind.as_slice(), &length.to_be_bytes(), body].concat()
    };
    let body: Vec<u8> = layers.iter().flat_map(|(kind, picture)| chunk(kind, picture)).collect();
    chunk(b"icns", &body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_an_ico_points_at_its_pictures() {
        let file = ico(&[(32, vec![1, 2, 3]), (256, vec![9])]);
        assert_eq!(file[4], 2);
        assert_eq!(file[6], 32);
        assert_eq!(file[22], 0, "256 is spelled 0");
        let offset = u32::from_le_bytes(file[34..38].try_into().unwrap()) as usize;
        assert_eq!(file[offset..], [9]);
    }

    #[test]
    fn an_icns_states_its_own_length() {
        let file = icns(&[(b"ic07", vec![1, 2, 3])]);
        assert_eq!(file.len(), 8 + 8 + 3);
        assert_eq!(file[4..8], 19u32.to_be_bytes());
        assert_eq!(&file[8..12], b"ic07");
    }
}

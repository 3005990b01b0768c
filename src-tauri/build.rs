//! Prepares Tauri's part of the build, and sees to it that there is a page to build in.

use std::{env, fs, path::Path};

fn main() {
    println!("cargo:rerun-if-changed=ui/dist");
    println!("cargo:rerun-if-changed=src-tauri/capabilities");
    println!("cargo:rerun-if-changed=src-tauri/permissions");
    page();
    tauri_build::try_build(
        tauri_build::Attributes::new()
            .capabilities_path_pattern("./src-tauri/capabilities/*.json")
            .app_manifest(
                tauri_build::AppManifest::new()
                    .permissions_path_pattern("./src-tauri/permissions/*.toml"),
            )
            .windows_attributes(
                tauri_build::WindowsAttributes::new()
                    .app_manifest(include_str!("windows.manifest")),
            ),
    )
    .unwrap_or_else(|error| {
        eprintln!("{error:#}");
        std::process::exit(1);
    });
}

/// A release without the page would be a program without a window: it stops here. A debug build gets a stand-in, so
/// that the core can be worked on without Node.
fn page() {
    let index = Path::new("ui/dist/index.html");
    if index.exists() {
        return;
    }
    let advice = "build the UI first: cd ui && npm ci && npm run build";
    if env::var("PROFILE").as_deref() == Ok("release") {
        eprintln!("{advice}");
        std::process::exit(1);
    }
    println!("cargo:warning=the window will be empty; {advice}");
    let page =
        format!("<!doctype html><meta charset=\"utf-8\"><title>Patchcord</title><p>{advice}\n");
    if let Err(error) = fs::create_dir_all("ui/dist").and_then(|()| fs::write(index, page)) {
        eprintln!("ui/dist/index.html could not be written: {error}");
        std::process::exit(1);
    }
}

//! The window on a home that `--home` names: what it keeps for itself stays there.

use std::{
    io::{BufRead as _, BufReader},
    os::unix::fs::PermissionsExt as _,
    path::PathBuf,
    process::Stdio,
};

use scenarios::eventually;

use crate::desk::{Desk, Neighbour, Office, files};

/// A screen that nobody sees. Returns it and its name.
fn screen(desk: &Desk) -> (Neighbour, String) {
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
    (Neighbour(server), format!(":{}", number.trim()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn what_the_window_keeps_for_itself_stays_in_its_home_and_is_closed_to_others() {
    let office = Office::open().await;
    let desk = office.desk("mara");
    let (_screen, display) = screen(&desk);
    let desk = desk.knows("DISPLAY", &display).knows("NO_AT_BRIDGE", "1");
    let engine = desk.starts().await;
    let program = PathBuf::from(std::env::var("PATCHCORD_BIN").expect("as the others"));
    let window = desk
        .other(&program.with_file_name("patchcord-window").display().to_string())
        .arg("--home")
        .arg(desk.home())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the window's program lies beside");
    let window = Neighbour(window);
    let kept = desk.home().join("webview");
    eventually("the web view has a folder", || async { kept.is_dir() }).await;
    // It writes the first things while the page loads; the page has loaded when it has asked for the state.
    let id = window.0.id().to_string();
    eventually("the page is there", || async {
        let children = desk.other("pgrep").args(["-P", &id]).output().expect("there is pgrep");
        !children.stdout.is_empty()
    })
    .await;
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;

    let mode = std::fs::metadata(&kept).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    let user = PathBuf::from(desk.variable("HOME"));
    let strayed: Vec<PathBuf> = files(&user)
        .into_iter()
        .map(|(path, _)| path)
        .filter(|path| path.display().to_string().contains("atchcord"))
        .collect();
    assert_eq!(strayed, Vec::<PathBuf>::new());
    assert!(!user.join(".local/share/io.github.patchcord.Patchcord").exists());
    drop(window);
    engine.quits().await;
}

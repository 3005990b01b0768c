//! Starting with the session, on a desktop of its own: what the switch writes is started as a session starts it, by
//! GIO, from a folder whose name has what the Desktop Entry rules want escaped. But for the per cent sign: GIO looks for
//! a program of that name without reading the doubled sign as one.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use scenarios::eventually;

use crate::{
    desk::{Desk, Neighbour, Office},
    screen::Screen,
};

/// A program in the user's own home: no `--home` is named.
fn begins(desk: &Desk, program: &Path, word: &str) -> Child {
    let mut command = desk.other(program.to_str().expect("text"));
    command.arg(word).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("it starts")
}

/// Whether an instance answers: a command that needs one ends with 3 where there is none.
fn answers(desk: &Desk, program: &Path) -> bool {
    let told = begins(desk, program, "hangup").wait().expect("it ends");
    told.code() != Some(3)
}

async fn quits(desk: &Desk, program: &Path, process: u32) {
    let told = Command::new("kill").arg(process.to_string()).status();
    assert!(told.expect("there is kill").success());
    eventually("it has ended", || async { !answers(desk, program) }).await;
}

/// The processes of this program file.
fn processes(of: &Path) -> Vec<u32> {
    let entries = fs::read_dir("/proc").expect("it is there").flatten();
    entries
        .filter(|entry| fs::read_link(entry.path().join("exe")).is_ok_and(|exe| exe == of))
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_session_starts_what_the_switch_has_written_hidden_from_any_folder() {
    let office = Office::open().await;
    let desk = office.desk("mara");
    let screen = Screen::of(&desk);
    let desk = desk.knows("DISPLAY", screen.name()).knows("XDG_CURRENT_DESKTOP", "GNOME");
    let built = PathBuf::from(std::env::var_os("PATCHCORD_BIN").expect("it names the program"));
    let folder = desk.folder.join(r#"My Apps $HOME "100f" `x` \n & ;"#);
    fs::create_dir_all(&folder).expect("a folder");
    let own = folder.join("patchcord");
    fs::copy(&built, &own).expect("a copy");

    let first = Neighbour(begins(&desk, &own, "--hidden"));
    let entry = desk.folder.join("user/.config/autostart/Patchcord.desktop");
    eventually("the entry is written", || async { entry.is_file() }).await;
    eventually("it runs", || async { answers(&desk, &own) }).await;
    let text = fs::read_to_string(&entry).expect("it is there");
    assert!(text.starts_with("[Desktop Entry]\n"), "{text}");
    assert!(text.contains("Type=Application\n"), "{text}");
    assert!(text.contains("Name=Patchcord\n"), "{text}");
    quits(&desk, &own, first.0.id()).await;
    drop(first);

    // A new session.
    let mut launch = desk.other("gio");
    launch
        .arg("launch")
        .arg(&entry)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    assert!(launch.status().expect("there is gio").success(), "{text}");
    eventually("it runs", || async { answers(&desk, &own) }).await;
    let started = processes(&own);
    assert_eq!(started.len(), 1, "the engine, and no window");
    let words = fs::read(format!("/proc/{}/cmdline", started[0])).expect("it runs");
    let words: Vec<&[u8]> = words.split(|byte| *byte == 0).collect();
    assert_eq!(words[1..], [b"--hidden".as_slice(), b""], "one program, one word");
    quits(&desk, &own, started[0]).await;
}

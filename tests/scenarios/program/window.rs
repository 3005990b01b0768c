//! The window on a home that `--home` names, or that is thrown away: what it keeps for itself stays there.

use std::{
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use scenarios::eventually;

use crate::{
    desk::{Desk, Neighbour, Office, files},
    screen::Screen,
};

/// Waits until the page is there: a second start ends well once the page has answered that it is shown.
async fn is_shown(second_start: impl Fn() -> Command) {
    eventually("the page is shown", || {
        let mut second_start = second_start();
        second_start.stdout(Stdio::null()).stderr(Stdio::null());
        async move {
            let ended = tokio::task::spawn_blocking(move || second_start.status());
            ended.await.expect("no panic").expect("the program starts").code() == Some(0)
        }
    })
    .await;
}

/// The files of the programs that lie below a folder but not in the home.
fn strayed(user: &Path) -> Vec<PathBuf> {
    let named = |path: &PathBuf| path.display().to_string().contains("atchcord");
    files(user).into_iter().map(|(path, _)| path).filter(named).collect()
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777
}

/// A desk with a screen, and no bus of the person at this computer.
fn seen(office: &Office) -> (Desk, Screen) {
    let desk = office.desk("mara");
    let screen = Screen::of(&desk);
    (desk.knows("DISPLAY", screen.name()).knows("NO_AT_BRIDGE", "1"), screen)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn what_the_window_keeps_for_itself_stays_in_its_home_and_is_closed_to_others() {
    let office = Office::open().await;
    let (desk, _screen) = seen(&office);
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
    is_shown(|| desk.command(&[])).await;

    assert_eq!(mode(&kept), 0o700);
    let user = PathBuf::from(desk.variable("HOME"));
    assert_eq!(strayed(&user), Vec::<PathBuf>::new());
    assert!(!user.join(".local/share/io.github.patchcord.Patchcord").exists());
    drop(window);
    engine.quits().await;
}

/// The demonstration throws its home away, and with it what its window keeps.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn what_the_window_of_a_demonstration_keeps_for_itself_stays_in_the_demonstrations_home() {
    let office = Office::open().await;
    let (desk, _screen) = seen(&office);
    let place = desk.folder.join("temporary");
    std::fs::create_dir(&place).expect("a folder");
    let desk = desk.knows("TMPDIR", &place.display().to_string());
    let program = std::env::var("PATCHCORD_BIN").expect("as the others");
    let demo = desk
        .other(&program)
        .arg("demo")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut demo = Neighbour(demo);
    let home = || {
        let entries = std::fs::read_dir(&place).expect("a folder").flatten();
        let mut homes = entries.map(|entry| entry.path()).filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("patchcord-demo-")
        });
        homes.next()
    };
    eventually("the web view has a folder", || async {
        home().is_some_and(|home| home.join("webview").is_dir())
    })
    .await;
    let home = home().expect("it is there");
    is_shown(|| {
        let mut second_start = desk.other(&program);
        second_start.arg("--home").arg(&home);
        second_start
    })
    .await;

    assert_eq!((mode(&home), mode(&home.join("webview"))), (0o700, 0o700));
    assert_eq!(strayed(Path::new(desk.variable("HOME"))), Vec::<PathBuf>::new());
    let told = Command::new("kill").arg(demo.0.id().to_string()).status();
    assert!(told.expect("there is kill").success());
    eventually("it has ended", || {
        let ended = demo.0.try_wait().expect("it is ours").is_some();
        async move { ended }
    })
    .await;
    assert!(!home.exists(), "it is thrown away");
}

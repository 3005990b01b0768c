//! What a test cannot do on this computer is said, so that a run that proved less does not look whole.

use std::{env, fs::OpenOptions, io::Write as _};

/// The file that `cargo xtask test` reads afterwards. Without it only the test's own output says so.
const FILE: &str = "PATCHCORD_LEFT_OUT";

/// Says that a test, or a part of it, is not run here, and why.
pub fn left_out(why: &str) {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    eprintln!("not run: {why}");
    let Some(file) = env::var_os(FILE) else { return };
    let mut file = OpenOptions::new().create(true).append(true).open(file).expect("a file");
    // One write, for others write there at the same time.
    file.write_all(format!("{why}\t{test}\n").as_bytes()).expect("a line");
}

//! Ports for servers and callbacks that a test names before anything listens on them.

use std::{
    fs::File,
    net::{Ipv4Addr, Ipv6Addr, TcpListener},
    ops::Range,
    sync::{Mutex, PoisonError},
};

/// Ports below those that the system gives to clients: what is away must find its port free when it comes back.
const PORTS: Range<u16> = 20_000..32_000;
/// A step without a common factor with the number of ports, so that processes one after the other begin far apart.
const STEP: u64 = 4_999;

/// A port's own file, locked for as long as this process lives: no other process is given the same port.
static HELD: Mutex<Vec<File>> = Mutex::new(Vec::new());

/// Returns a port that nothing listens on, on both loopback families, and that no other call of this function returns.
///
/// # Panics
///
/// If there is none.
pub fn free_port() -> u16 {
    let folder = std::env::temp_dir().join("simulator-ports");
    // Where another user has made them, the look whether a port is free has to do.
    let _ = std::fs::create_dir_all(&folder);
    let begin = u64::from(std::process::id()) * STEP;
    let count = u64::try_from(PORTS.len()).expect("a small number");
    for n in 0..count {
        let offset = u16::try_from((begin + n) % count).expect("below the number of ports");
        let port = PORTS.start + offset;
        let mark = File::create(folder.join(port.to_string())).ok();
        if mark.as_ref().is_none_or(|mark| mark.try_lock().is_ok()) && is_free(port) {
            HELD.lock().unwrap_or_else(PoisonError::into_inner).extend(mark);
            return port;
        }
    }
    panic!("no port is free");
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
        && TcpListener::bind((Ipv6Addr::LOCALHOST, port))
            .map_or_else(|error| error.kind() != std::io::ErrorKind::AddrInUse, |_| true)
}

//! A home, and what may be at the other end of its control socket.

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _},
    os::unix::{
        fs::PermissionsExt as _,
        net::{UnixListener, UnixStream},
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use tempfile::TempDir;

pub(crate) fn program() -> PathBuf {
    PathBuf::from(std::env::var_os("PATCHCORD_BIN").expect("PATCHCORD_BIN names the program"))
}

pub(crate) fn is_root() -> bool {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let user = status.lines().find_map(|line| line.strip_prefix("Uid:")).expect("a user");
    user.split_whitespace().nth(1) == Some("0")
}

/// A home without display, session bus and secret store.
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("ours");
        for name in ["home", "user", "run"] {
            fs::create_dir(folder.path().join(name)).expect("a folder");
        }
        Self { folder }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.folder().join("home")
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.home().join("control.sock")
    }

    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(program());
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder().join("user"))
            .env("XDG_RUNTIME_DIR", self.folder().join("run"))
            .arg("--home")
            .arg(self.home());
        command
    }

    /// Starts the real engine, and waits until it says that it runs.
    pub(crate) fn starts_engine(&self) -> Engine {
        let mut child = self
            .command()
            .args(["run", "--headless"])
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let lines = BufReader::new(child.stderr.take().expect("it is piped")).lines();
        let mut said = Vec::new();
        for line in lines.map_while(Result::ok) {
            said.push(line);
            if said.last().is_some_and(|line| line.starts_with("Patchcord is running")) {
                return Engine(child);
            }
        }
        let _ = child.wait();
        panic!("it did not start: {said:?}");
    }

    /// Holds the home as an engine does.
    pub(crate) fn is_held(&self) -> File {
        let path = self.home().join("engine.lock");
        let mut file = OpenOptions::new().create(true).append(true).open(path).expect("a file");
        file.try_lock().expect("it is free");
        write!(file, "{}", std::process::id()).expect("a file");
        file
    }

    /// Listens where the engine should, says this after each line that comes, once or without end, and nothing otherwise.
    pub(crate) fn listens(&self, says: Option<Vec<u8>>, endless: bool) -> PathBuf {
        let listener = UnixListener::bind(self.socket()).expect("a socket");
        // It ends with this process.
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let says = says.clone();
                std::thread::spawn(move || {
                    let Ok(mut answers) = stream.try_clone() else { return };
                    for _ in BufReader::new(stream).lines().map_while(Result::ok) {
                        let Some(says) = &says else { continue };
                        while answers.write_all(says).is_ok() && endless {}
                    }
                });
            }
        });
        self.socket()
    }

    /// Listens where the engine should, and hangs up at once.
    pub(crate) fn hangs_up(&self) {
        let listener = UnixListener::bind(self.socket()).expect("a socket");
        // It ends with this process.
        std::thread::spawn(move || listener.incoming().for_each(drop));
    }

    pub(crate) fn connections(&self, count: usize) -> Vec<UnixStream> {
        (0..count).map(|_| UnixStream::connect(self.socket()).expect("it listens")).collect()
    }

    /// So many idle connections, each replaced at once when it is let go, until the returned value is dropped.
    pub(crate) fn squatters(&self, count: usize) -> Squatters {
        let counter = Arc::new(AtomicUsize::new(0));
        let (socket, there) = (self.socket(), Arc::downgrade(&counter));
        let thread = std::thread::spawn(move || {
            let mut held: Vec<UnixStream> = Vec::new();
            while let Some(displaced) = there.upgrade() {
                let before = held.len();
                // What was closed has something to read: its end.
                held.retain_mut(|stream| {
                    matches!(stream.read(&mut [0; 1]), Err(error) if error.kind() == ErrorKind::WouldBlock)
                });
                displaced.fetch_add(before - held.len(), Ordering::Relaxed);
                while held.len() < count {
                    let stream = UnixStream::connect(&socket).expect("it listens");
                    stream.set_nonblocking(true).expect("a socket");
                    held.push(stream);
                }
                drop(displaced);
                std::thread::sleep(Duration::from_millis(5));
            }
        });
        Squatters { displaced: counter, thread }
    }

    /// Somebody else listens at a path, writes down what is said, and answers that all is well.
    pub(crate) fn strangers_listener(&self, path: &Path, heard: &Path) -> Engine {
        fs::write(heard, "").expect("a file");
        fs::set_permissions(heard, Permissions::from_mode(0o666)).expect("ours");
        let folder = path.parent().expect("a folder");
        fs::set_permissions(folder, Permissions::from_mode(0o777)).expect("ours");
        let child = Command::new("setpriv")
            .args(["--reuid=65534", "--regid=65534", "--clear-groups", "perl", "-e", LISTENER])
            .args([path, heard])
            .spawn()
            .expect("setpriv and perl are there");
        let until = Instant::now() + Duration::from_secs(10);
        while !path.exists() {
            assert!(Instant::now() < until, "nobody listens at {}", path.display());
            std::thread::sleep(Duration::from_millis(20));
        }
        Engine(child)
    }
}

/// Listens at the first argument and adds what it hears to the file that the second one names.
pub(crate) const LISTENER: &str = r#"
use IO::Socket::UNIX;
umask 0;
my $listener = IO::Socket::UNIX->new(Local => $ARGV[0], Listen => 64) or die "$!";
$SIG{CHLD} = "IGNORE";
while (my $client = $listener->accept) {
    next if fork;
    open(my $heard, ">>", $ARGV[1]) or die "$!";
    while (my $line = <$client>) {
        syswrite($heard, $line);
        my ($id) = $line =~ /"id":(\d+)/;
        syswrite($client, qq({"id":$id,"result":{"Ok":{"reply":"done"}}}\n));
    }
    exit;
}
"#;

/// A crowd that leaves no place free. It goes with this value.
pub(crate) struct Squatters {
    displaced: Arc<AtomicUsize>,
    thread: JoinHandle<()>,
}

impl Squatters {
    /// Returns how many of them had to give way so far. Panics where the crowd is gone.
    pub(crate) fn displaced(&self) -> usize {
        assert!(!self.thread.is_finished(), "the crowd is gone");
        self.displaced.load(Ordering::Relaxed)
    }
}

/// A process that listens. It ends with this value.
pub(crate) struct Engine(Child);

impl Engine {
    pub(crate) fn pid(&self) -> u32 {
        self.0.id()
    }

    pub(crate) fn stops(&self) {
        self.is_sent("-STOP");
    }

    pub(crate) fn goes_on(&self) {
        self.is_sent("-CONT");
    }

    fn is_sent(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.pid().to_string()]).status();
        assert!(sent.expect("kill is there").success());
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // A stopped process as well.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Says a line and returns the answer.
pub(crate) fn asks(line: &mut UnixStream, request: &str) -> String {
    line.set_read_timeout(Some(Duration::from_secs(10))).expect("a socket");
    writeln!(line, "{request}").expect("it listens");
    let mut answer = String::new();
    BufReader::new(line).read_line(&mut answer).expect("an answer");
    answer
}

//! The command line. Its names, answers and exit codes are a contract: `contract.md` §1.

#[cfg(test)]
mod advice;
mod ask;
mod connect;
mod files;
mod findings;
mod link;
mod note;
mod policy;
mod words;

use std::{io::Write, path::PathBuf, process::ExitCode};

use clap::{Args, CommandFactory, Parser, Subcommand};
use engine::command::Command;

use self::note::Note;
use crate::{
    app::{self, Place},
    demo,
    logging::say,
    window,
};

/// The thing asked for failed.
const FAILED: u8 = 1;
/// The command was used wrongly.
const USAGE: u8 = 2;
/// No instance is running, and the command needs one.
const NOT_RUNNING: u8 = 3;

/// What is so from now on.
const DISABLED: &str =
    "Disabled; every setting is kept. Calls are not logged from now on, and not caught up later.";

/// Yeastar P-Series calls in Salesforce: the caller's record on the screen, one-click calls, every call logged once.
#[derive(Debug, Parser)]
#[command(name = "patchcord", version = engine::VERSION, max_term_width = 100)]
struct Arguments {
    /// Puts settings, journal, logs and control socket under DIR
    #[arg(long, value_name = "DIR", global = true)]
    home: Option<PathBuf>,
    /// Starts in the tray, without the window
    #[arg(long)]
    hidden: bool,
    #[command(subcommand)]
    wish: Option<Wish>,
}

#[derive(Debug, Subcommand)]
enum Wish {
    /// Runs in the foreground, until interrupted
    Run {
        /// Without window, tray and notifications; pages still open
        #[arg(long, required = true)]
        headless: bool,
    },
    /// The desktop app on a simulated PBX and Salesforce org, in a throw-away home
    Demo {
        /// Places a scripted series of calls
        #[arg(long)]
        calls: bool,
    },
    /// Connects one of the two sides: verifies first, then stores
    #[command(subcommand)]
    Connect(Side),
    /// Binds the signed-in Salesforce user to a PBX extension
    Bind(Bind),
    /// Switches the integration on
    Enable,
    /// Switches the integration off and keeps every setting
    Disable,
    /// Forgets settings and secrets and revokes tokens
    Disconnect {
        /// Does not ask
        #[arg(long)]
        yes: bool,
    },
    /// Calls a number from your extension
    Dial {
        /// As people write it
        #[arg(allow_hyphen_values = true)]
        number: String,
        /// Does not ask
        #[arg(long)]
        yes: bool,
    },
    /// Takes a link to a number (tel:, callto:, sip:, patchcord:); `patchcord LINK` is the same
    Link {
        /// As the system hands it over
        #[arg(value_name = "LINK", allow_hyphen_values = true)]
        uri: String,
    },
    /// Ends the current call
    #[command(name = "hangup")]
    HangUp,
    /// Says how everything is
    Status(Json),
    /// Lists calls, newest first
    Calls {
        #[command(flatten)]
        json: Json,
        /// At most so many
        #[arg(long, value_name = "N", default_value_t = 20)]
        limit: u32,
    },
    /// Says how a number is read, which records match and why, and what would follow; writes nothing
    Explain {
        /// As people write it
        #[arg(allow_hyphen_values = true)]
        number: String,
        #[command(flatten)]
        json: Json,
    },
    /// Lists texts in phone fields of records that are no numbers: nobody is found by them
    #[command(name = "unread-numbers")]
    UnreadNumbers(Json),
    /// Checks the whole set-up: what was found, why it matters, who does what where
    Doctor(Json),
    /// Tries waiting or stuck journal entries again now
    Retry {
        /// A call's id or key; all otherwise
        call: Option<String>,
    },
    /// Adds a note and an outcome to a call, or says that it is not to be logged
    Note(Note),
    /// Checks a policy or settings file, or writes one
    #[command(subcommand)]
    Policy(Policy),
    /// Brings the PBX phonebook in line with Salesforce now
    Sync {
        /// Says what would be written, and writes nothing
        #[arg(long)]
        dry_run: bool,
        /// Deletes contacts without asking, however many
        #[arg(long, conflicts_with = "dry_run")]
        yes: bool,
        #[command(flatten)]
        json: Json,
    },
    /// The window's program in the place of this one
    #[command(hide = true)]
    Window {
        /// Started by the engine, which holds our standard input
        #[arg(long)]
        child: bool,
    },
}

#[derive(Clone, Copy, Debug, Args)]
struct Json {
    /// Prints one JSON document and nothing else
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Policy {
    /// Says whether a policy or settings file is valid; every mistake with its line, key and reason
    Check {
        /// The file
        file: PathBuf,
    },
    /// Prints the settings in force as a policy file, without secrets
    Export,
}

#[derive(Debug, Subcommand)]
enum Side {
    /// The PBX
    Pbx {
        /// Its base address, such as https://pbx.example.com:8088
        #[arg(long, value_name = "URL")]
        address: String,
        /// The client id of its API
        #[arg(long, value_name = "ID")]
        client_id: String,
        /// SHA-256 of a self-signed certificate, in hex
        #[arg(long, value_name = "SHA256")]
        pin: Option<String>,
        /// The country whose habits numbers follow, such as DE; this computer's where it is not given
        #[arg(long, value_name = "XX")]
        country: Option<String>,
        /// Reads the client secret from standard input; there is no other way
        #[arg(long, required = true)]
        secret_stdin: bool,
    },
    /// Salesforce
    Salesforce {
        /// The login address, such as https://login.salesforce.com
        #[arg(long, value_name = "URL")]
        login: String,
        /// The consumer key of the External Client App
        #[arg(long, value_name = "KEY")]
        consumer_key: String,
        /// Prints the address of the sign-in instead of opening it
        #[arg(long)]
        no_browser: bool,
    },
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Bind {
    /// By the user's Extension field in Salesforce, then by e-mail address
    #[arg(long)]
    auto: bool,
    /// To this extension
    #[arg(long, value_name = "NUMBER")]
    extension: Option<String>,
}

/// Runs the program and returns its exit code.
pub fn main() -> ExitCode {
    leaves_no_core();
    let arguments = match Arguments::try_parse_from(link::spelled_out(std::env::args_os())) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help goes to standard output and is no failure. Nobody may be there to read either.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { USAGE } else { 0 });
        }
    };
    ExitCode::from(run(arguments))
}

/// Describes every command, so that a test which takes each of them forgets none.
pub fn command_line() -> clap::Command {
    Arguments::command()
}

/// Keeps this process's memory, which holds tokens, out of core files. What it starts inherits that.
///
/// One byte, not none: by that value Linux also hands nothing to a program that collects cores.
/// Source: Linux, fs/coredump.c, "RLIMIT_CORE set to 1"; core(5).
#[cfg(unix)]
fn leaves_no_core() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let most = getrlimit(Resource::Core).maximum;
    let current = u64::from(cfg!(target_os = "linux")).min(most.unwrap_or(u64::MAX));
    if let Err(error) = setrlimit(Resource::Core, Rlimit { current: Some(current), maximum: most })
    {
        say(&format!("a crash may leave a core file with secrets: {error}"));
    }
}

/// Windows writes a dump only where an administrator has asked for one.
#[cfg(not(unix))]
fn leaves_no_core() {}

fn run(Arguments { home: argument, hidden, wish }: Arguments) -> u8 {
    if hidden && wish.is_some() {
        say("--hidden belongs to `patchcord` without a command");
        return USAGE;
    }
    if let Some(Wish::Demo { calls }) = wish {
        if argument.is_some() {
            say("the demonstration has a throw-away home of its own; leave --home out");
            return USAGE;
        }
        return demo::run(calls);
    }
    let place = match Place::named(argument) {
        Ok(place) => place,
        Err(sentence) => {
            say(&sentence);
            return FAILED;
        }
    };
    let home = &place.home;
    match wish {
        None => app::desktop(place, hidden),
        Some(Wish::Run { headless: _ }) => app::headless(place),
        Some(Wish::Demo { calls }) => demo::run(calls),
        Some(Wish::Window { child }) => window::become_it(&place, child),
        Some(Wish::Connect(Side::Pbx { address, client_id, pin, country, secret_stdin: _ })) => {
            connect::pbx(home, address, client_id, pin, country)
        }
        Some(Wish::Connect(Side::Salesforce { login, consumer_key, no_browser })) => {
            connect::salesforce(home, login, consumer_key, !no_browser)
        }
        Some(Wish::Bind(Bind { extension, auto: _ })) => {
            ask::running(home, Command::Bind { extension }, words::done)
        }
        Some(Wish::Enable) => ask::running(home, Command::Enable, |_| "Enabled.".to_owned()),
        Some(Wish::Disable) => ask::running(home, Command::Disable, |_| DISABLED.to_owned()),
        Some(Wish::Disconnect { yes }) => ask::disconnect(home, yes),
        Some(Wish::Dial { number, yes }) => ask::dial(home, number, yes),
        Some(Wish::Link { uri }) => link::hand_over(&place, uri),
        Some(Wish::HangUp) => ask::running(home, Command::HangUp { call: None }, words::done),
        Some(Wish::Status(json)) => ask::either(home, Command::Status, json.json),
        Some(Wish::Calls { json, limit }) => ask::either(home, Command::Calls { limit }, json.json),
        Some(Wish::UnreadNumbers(json)) => ask::either(home, Command::UnreadNumbers, json.json),
        Some(Wish::Explain { number, json }) => {
            ask::either(home, Command::Explain { number }, json.json)
        }
        Some(Wish::Doctor(json)) => ask::either(home, Command::Doctor, json.json),
        Some(Wish::Policy(Policy::Check { file })) => policy::check(&file),
        Some(Wish::Policy(Policy::Export)) => policy::export(home),
        Some(Wish::Sync { dry_run, yes, json }) => ask::sync(home, dry_run, yes, json.json),
        Some(Wish::Note(note)) => note::send(home, note),
        Some(Wish::Retry { call }) => ask::running(home, Command::Retry { call }, words::done),
    }
}

/// Prints on standard output; who does not listen misses it.
fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Runs one command on a thread of its own; nothing here needs more.
fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a process can open what its own loop needs")
        .block_on(work)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Arguments, u8> {
        let words = std::iter::once("patchcord").chain(line.split_whitespace());
        Arguments::try_parse_from(words).map_err(|error| if error.use_stderr() { USAGE } else { 0 })
    }

    #[test]
    fn the_command_line_is_what_the_contract_says() {
        Arguments::command().debug_assert();
        for line in [
            "",
            "--hidden",
            "run --headless --home /tmp/x",
            "demo --calls",
            "connect pbx --address https://pbx --client-id c0ffee --pin AA:BB --secret-stdin",
            "connect pbx --address https://pbx --client-id c0ffee --country DE --secret-stdin",
            "connect salesforce --login https://login.salesforce.com --consumer-key 3MVG --no-browser",
            "bind --auto",
            "bind --extension 4101",
            "disconnect --yes",
            "dial +49301234567 --yes",
            "link tel:+49301234567 --home /tmp/x",
            "link --home /tmp/x tel:+49301234567",
            "link -- tel:+49301234567",
            "link --flag",
            "--home /tmp/x status --json",
            "calls --json --limit 5",
            "explain 0493555017 --json",
            "doctor",
            "doctor --json",
            "policy check policy.toml",
            "policy export",
            "retry 1767600923.417",
            "retry",
            "sync --dry-run --json",
            "sync --yes",
            "note 1767600923.417 --text hello --outcome Reached",
            "note 1767600923.417 --text -5",
            "note 1767600923.417 --outcome Reached",
            "note 1767600923.417 --discard",
        ] {
            assert!(parse(line).is_ok(), "{line}");
        }
    }

    #[test]
    fn what_is_missing_or_too_much_is_a_matter_of_usage() {
        for line in [
            "run",
            "bind",
            "policy",
            "policy check",
            "bind --auto --extension 4101",
            "connect pbx --address https://pbx --client-id c0ffee",
            "connect pbx --address https://pbx --client-id c0ffee --secret s3cret",
            "explain",
            "note",
            "note 1767600923.417",
            "note 1767600923.417 --text hello --discard",
            "unheard-of",
            "link",
            "link tel:1 tel:2",
            "link -- tel:1 --home /tmp/x",
            "link tel:1 --yes",
        ] {
            assert_eq!(parse(line).err(), Some(USAGE), "{line}");
        }
        assert_eq!(parse("--help").err(), Some(0));
    }
}

//! How long each command may take: one table.
//!
//! Whoever asks waits no longer than this, and for a long command only while the engine still answers another one
//! ([`QUICK`]). So an engine that was stopped, or has hung, keeps nobody.

use std::time::Duration;

use engine::command::Command;

/// How long an answer may take that needs nothing but this computer: also the first one of a connection, the first line
/// of a client, and the sign of life during a long command.
pub(crate) const QUICK: Duration = Duration::from_secs(5);
/// How often the engine is asked for a sign of life while a client only watches.
pub(super) const PULSE: Duration = Duration::from_secs(10);

/// How long a command may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    /// [`QUICK`]: memory, a file, the journal.
    Quick,
    /// So long, while the engine answers otherwise.
    Within(Duration),
    /// As long as it needs, while the engine answers otherwise: it has an end of its own that depends on how much there
    /// is to do.
    WhileAlive,
}

/// A few requests to the PBX or Salesforce, each with its own limit, and a repetition.
const NETWORK: Limit = Limit::Within(Duration::from_secs(90));
/// A person may have to unlock the secret store first.
const UNLOCKING: Limit = Limit::Within(Duration::from_secs(5 * 60));
/// Five minutes for the person ([`engine::SIGN_IN`]), and what follows.
const SIGN_IN: Limit = Limit::Within(Duration::from_secs(7 * 60));
/// Users and extensions of a whole office.
const OFFICE: Limit = Limit::Within(Duration::from_secs(15 * 60));

/// Returns how long a command may take.
pub(crate) fn limit(command: &Command) -> Limit {
    match command {
        Command::Status
        | Command::Calls { .. }
        | Command::Settings
        | Command::Watch
        | Command::DismissLink { .. }
        | Command::Enable
        | Command::Disable
        | Command::PbxAddress { .. }
        | Command::CancelSignIn
        | Command::PasteAddress { .. }
        | Command::Extensions
        | Command::PlanBindings { .. }
        | Command::TeamFile { .. }
        | Command::RememberedChoices
        | Command::UnreadNumbers
        | Command::ForgetChoice { .. }
        | Command::Note { .. }
        | Command::ReadNote { .. }
        | Command::Restore { .. }
        | Command::RefreshIndex { .. }
        | Command::PausePops { .. }
        | Command::SetLanguage { .. }
        | Command::ChangeSettings { .. }
        | Command::ExportSettings
        | Command::TestCall
        | Command::WindowShown
        | Command::WindowFailed { .. }
        | Command::Quit => Limit::Quick,
        // The window may have to start.
        Command::RaiseWindow
        | Command::ShowSettings
        | Command::Dial { .. }
        | Command::Link { .. }
        | Command::ConfirmLink { .. }
        | Command::TakeLinks
        | Command::TestLinks
        | Command::HangUp { .. }
        | Command::Explain { .. }
        | Command::Doctor
        | Command::Retry { .. }
        | Command::PbxCertificate { .. }
        | Command::Bind { .. }
        | Command::OpenRecord { .. }
        | Command::OpenTask { .. }
        | Command::UndoCreated { .. }
        | Command::Choose { .. }
        | Command::FindRecords { .. }
        | Command::MoveCall { .. }
        | Command::Related { .. }
        | Command::Discard { .. } => NETWORK,
        Command::ConnectPbx { .. } | Command::Disconnect => UNLOCKING,
        Command::ConnectSalesforce { .. } => SIGN_IN,
        Command::BindingTable { .. } | Command::SaveBindings { .. } => OFFICE,
        Command::Sync { .. } => Limit::WhileAlive,
    }
}

//! The control protocol: what window, command line and tests ask of a running engine, and what it says by itself.
//!
//! One JSON document per line over a local socket. A client sends [`Request`]s and receives [`Frame`]s: one
//! [`Frame::Answer`] per request, in any order, and after [`Command::Watch`] the events. An event carries the whole
//! of what it is about, so a client never merges.

use serde::{Deserialize, Serialize};

use crate::{
    settings::{CountryBy, SettingsPatch},
    view::{
        BindingChange, BindingChoice, BindingTable, CallRow, CallView, Explain, ExtensionView,
        FoundRecord, IndexView, LinkCard, LiveCall, LiveCard, MatterView, MistakeView, NoteView,
        NumberKind, Problem, RememberedChoice, SavedBinding, SecretsKind, SettingsView, SignInView,
        Status, SyncReport, SyncView, UnreadNumber, doctor::CheckRow,
    },
};

/// Longest client secret that is taken, in characters. A PBX makes secrets of 32; what is longer is something else, and
/// trying it would cost one of the five refusals after which the PBX blocks the office.
pub const LONGEST_SECRET: usize = 256;

/// A wish.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Command {
    /// Asks for [`Reply::Status`].
    Status,
    /// Asks for [`Reply::Calls`].
    Calls {
        /// At most so many.
        limit: u32,
    },
    /// Asks for the settings that the window shows.
    Settings,
    /// From now on, sends events; all of them once at the start.
    Watch,
    /// Calls a number from this user's extension.
    Dial {
        /// As a person wrote it.
        number: String,
        /// A person has agreed to call this number.
        confirmed: bool,
    },
    /// Takes a link to a number, as the system hands it over. Nothing is dialled before a person agrees, unless the
    /// settings say so.
    Link {
        /// Anything: it is read as a link and as nothing else.
        uri: String,
    },
    /// Calls the number on the link's card.
    ConfirmLink {
        /// The card's id.
        link: String,
    },
    /// Takes the link's card away.
    DismissLink {
        /// The card's id.
        link: String,
    },
    /// Has the system hand links to this program: [`Reply::LinksTaken`].
    TakeLinks,
    /// Opens a link to nobody's number. Answers when it has come back, or has not.
    TestLinks,
    /// Ends a call.
    HangUp {
        /// Which; the current one otherwise.
        call: Option<String>,
    },
    /// Says what a number means and what would follow. Writes nothing.
    Explain {
        /// As a person wrote it.
        number: String,
    },
    /// Checks the whole set-up. Takes up to half a minute where something hangs.
    Doctor,
    /// Tries entries again now.
    Retry {
        /// A call's id or key; all otherwise.
        call: Option<String>,
    },
    /// Switches the integration on.
    Enable,
    /// Switches it off and keeps everything.
    Disable,
    /// Forgets settings and secrets, revokes tokens.
    Disconnect,
    /// Verifies, then stores settings and secret together, or neither.
    ConnectPbx {
        /// The base address.
        address: String,
        /// The client id.
        client_id: String,
        /// The client secret, of [`LONGEST_SECRET`] characters at most.
        secret: String,
        /// The confirmed fingerprint of a self-signed certificate.
        pin: Option<String>,
        /// The country of the numbers, ISO 3166-1 alpha-2; left as it is where none is given.
        #[serde(default)]
        #[cfg_attr(test, ts(optional))]
        country: Option<String>,
    },
    /// Asks how an address would be read, with the port that nobody wrote. Touches no network.
    PbxAddress {
        /// As a person typed or pasted it.
        address: String,
    },
    /// Asks which certificate a PBX shows, so that a person can compare it.
    PbxCertificate {
        /// The base address.
        address: String,
    },
    /// Signs in with the browser. Answers when that is done.
    ConnectSalesforce {
        /// The login address.
        login: String,
        /// The consumer key.
        consumer_key: String,
        /// Opens the browser; otherwise only [`Event::SignIn`] names the page.
        open_browser: bool,
    },
    /// Gives the sign-in up.
    CancelSignIn,
    /// Gives the address that the browser ended on, when it could not reach this program.
    PasteAddress {
        /// The whole address.
        address: String,
    },
    /// Binds the signed-in user to an extension.
    Bind {
        /// The extension; automatically otherwise.
        extension: Option<String>,
    },
    /// Asks for [`Reply::Extensions`].
    Extensions,
    /// Reads users and extensions, and asks for [`Reply::BindingTable`] without choices.
    BindingTable {
        /// Salesforce's own users as well.
        robots: bool,
    },
    /// Asks for [`Reply::BindingTable`] of the same users and extensions with choices. Changes nothing.
    PlanBindings {
        /// What was chosen.
        choices: Vec<BindingChoice>,
        /// Adds the extension by e-mail for everybody who has none and whose address leaves no doubt.
        automatic: bool,
    },
    /// Writes confirmed changes into the users' profiles; asks for [`Reply::BindingsSaved`].
    SaveBindings {
        /// As a person has seen them.
        changes: Vec<BindingChange>,
    },
    /// Asks for [`Reply::TeamFile`].
    TeamFile {
        /// What was chosen.
        choices: Vec<BindingChoice>,
    },
    /// Opens a record of a call in the browser.
    OpenRecord {
        /// The call.
        call: String,
        /// Which candidate; the one that counts otherwise.
        record: Option<String>,
    },
    /// Opens the Task of a call.
    OpenTask {
        /// The call.
        call: String,
    },
    /// Deletes the record that was created for a call, within ten minutes and while nobody has changed it.
    UndoCreated {
        /// The call.
        call: String,
    },
    /// Says which record a call belongs to.
    Choose {
        /// The call.
        call: String,
        /// The record's id.
        record: String,
        /// Take it for this number from now on.
        remember: bool,
        /// Open its page as well.
        #[serde(default)]
        #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
        open: bool,
    },
    /// Asks for [`Reply::UnreadNumbers`].
    UnreadNumbers,
    /// Asks for [`Reply::Choices`].
    RememberedChoices,
    /// Forgets which record was chosen for a number; several records are then a question again.
    ForgetChoice {
        /// E.164; all numbers otherwise.
        number: Option<String>,
    },
    /// Asks for [`Reply::Records`]: records by name, account or company, whether they have a number or not.
    FindRecords {
        /// As a person typed it.
        text: String,
    },
    /// Moves a finished call to a record, whether that has the number or not. The Task is changed, not repeated.
    MoveCall {
        /// The call.
        call: String,
        /// The record's id.
        record: String,
    },
    /// Adds to a call what an agent has to say about it; what is left out stays as it is, an empty text takes it away.
    /// It is on disk before the answer, [`Reply::Note`].
    Note {
        /// A call's id or key, live or finished.
        call: String,
        /// The note.
        #[serde(default)]
        text: Option<String>,
        /// One of the outcomes of the settings.
        #[serde(default)]
        outcome: Option<String>,
        /// An opportunity or case that [`Command::Related`] has named.
        #[serde(default)]
        related: Option<String>,
        /// When something is to be done, such as `in 2 days` or `下周一`.
        #[serde(default)]
        follow_up: Option<String>,
        /// It is finished: the entry need not wait for it.
        save: bool,
        /// Whoever sends it does not show the call's card, where somebody may be typing.
        #[serde(default)]
        elsewhere: bool,
    },
    /// Asks for [`Reply::Note`].
    ReadNote {
        /// A call's id or key.
        call: String,
    },
    /// Asks for [`Reply::Related`]: open opportunities and cases of a call's record or its account.
    Related {
        /// A call's id or key.
        call: String,
    },
    /// Does not log a call, or deletes its Task.
    Discard {
        /// A call's id or key, live or finished.
        call: String,
    },
    /// Logs a call after all that was not to be logged; a Task that was deleted is made anew. Answers with
    /// [`Reply::Note`].
    Restore {
        /// A call's id or key, live or finished.
        call: String,
    },
    /// Syncs the PBX's phonebook now. Answers with [`Reply::Synced`] when that is done.
    Sync {
        /// Writes nothing.
        dry_run: bool,
        /// However many contacts are deleted, a person has agreed to it.
        agreed: bool,
    },
    /// Has the contact index look for changes now.
    RefreshIndex {
        /// Look at all records again, not only at those that have changed.
        all: bool,
    },
    /// Opens no pages for a while; zero ends the pause.
    PausePops {
        /// How long.
        minutes: u32,
    },
    /// Sets the window's language: `""`, `en`, `zh-CN`.
    SetLanguage {
        /// Which.
        language: String,
    },
    /// Changes what the page of settings shows. Refused as a whole where one value is not possible
    /// ([`Reply::SettingsRefused`]), or where a policy sets a key that would change.
    ChangeSettings {
        /// What is wanted otherwise.
        patch: Box<SettingsPatch>,
    },
    /// Asks for the settings in force as a policy file, without secrets: [`Reply::Text`].
    ExportSettings,
    /// Shows a pretend call: no page, no entry, no network. In the demonstration the simulated phone rings.
    TestCall,
    /// Shows the window. Answers when the page in it has, with [`Command::WindowShown`].
    RaiseWindow,
    /// Shows the window at the page of settings. Answers as [`Command::RaiseWindow`] does.
    ShowSettings,
    /// The page in the window is there, and has heard that it is wanted in front.
    WindowShown,
    /// The window's program says that the page's process has ended, or answers no more.
    WindowFailed {
        /// What becomes of it.
        next: AfterFailure,
    },
    /// Ends the program.
    Quit,
}

/// What a window does whose page has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum AfterFailure {
    /// It loads the page again.
    Reload,
    /// It ends: the next wish for a window starts a new one.
    End,
}

/// Commands may carry a secret or a number: only their name is printed.
impl std::fmt::Debug for Command {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = match self {
            Self::Status => "Status",
            Self::Calls { .. } => "Calls",
            Self::Settings => "Settings",
            Self::Watch => "Watch",
            Self::Dial { .. } => "Dial",
            Self::Link { .. } => "Link",
            Self::ConfirmLink { .. } => "ConfirmLink",
            Self::DismissLink { .. } => "DismissLink",
            Self::TakeLinks => "TakeLinks",
            Self::TestLinks => "TestLinks",
            Self::HangUp { .. } => "HangUp",
            Self::Explain { .. } => "Explain",
            Self::Doctor => "Doctor",
            Self::Retry { .. } => "Retry",
            Self::Enable => "Enable",
            Self::Disable => "Disable",
            Self::Disconnect => "Disconnect",
            Self::ConnectPbx { .. } => "ConnectPbx",
            Self::PbxAddress { .. } => "PbxAddress",
            Self::PbxCertificate { .. } => "PbxCertificate",
            Self::ConnectSalesforce { .. } => "ConnectSalesforce",
            Self::CancelSignIn => "CancelSignIn",
            Self::PasteAddress { .. } => "PasteAddress",
            Self::Bind { .. } => "Bind",
            Self::Extensions => "Extensions",
            Self::BindingTable { .. } => "BindingTable",
            Self::PlanBindings { .. } => "PlanBindings",
            Self::SaveBindings { .. } => "SaveBindings",
            Self::TeamFile { .. } => "TeamFile",
            Self::OpenRecord { .. } => "OpenRecord",
            Self::OpenTask { .. } => "OpenTask",
            Self::UndoCreated { .. } => "UndoCreated",
            Self::Choose { .. } => "Choose",
            Self::UnreadNumbers => "UnreadNumbers",
            Self::RememberedChoices => "RememberedChoices",
            Self::ForgetChoice { .. } => "ForgetChoice",
            Self::FindRecords { .. } => "FindRecords",
            Self::MoveCall { .. } => "MoveCall",
            Self::Note { .. } => "Note",
            Self::ReadNote { .. } => "ReadNote",
            Self::Related { .. } => "Related",
            Self::Discard { .. } => "Discard",
            Self::Restore { .. } => "Restore",
            Self::Sync { .. } => "Sync",
            Self::RefreshIndex { .. } => "RefreshIndex",
            Self::PausePops { .. } => "PausePops",
            Self::SetLanguage { .. } => "SetLanguage",
            Self::ChangeSettings { .. } => "ChangeSettings",
            Self::ExportSettings => "ExportSettings",
            Self::TestCall => "TestCall",
            Self::RaiseWindow => "RaiseWindow",
            Self::ShowSettings => "ShowSettings",
            Self::WindowShown => "WindowShown",
            Self::WindowFailed { .. } => "WindowFailed",
            Self::Quit => "Quit",
        };
        f.write_str(name)
    }
}

/// The answer to a command that succeeded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reply", content = "value", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Reply {
    /// It is done.
    Done,
    /// The state.
    Status(Box<Status>),
    /// The calls, newest first.
    Calls(Vec<CallView>),
    /// The settings.
    Settings(Box<SettingsView>),
    /// Nothing was changed: these values are not possible.
    SettingsRefused(Vec<MistakeView>),
    /// A file's content.
    Text(String),
    /// What a number means.
    Explain(Box<Explain>),
    /// What every check has found.
    Doctor(Vec<CheckRow>),
    /// The PBX rings the agent's phone.
    Dialled {
        /// The PBX's name for the call.
        call: String,
        /// What it was told to dial.
        dialled: String,
    },
    /// This call is ended: as it was before.
    Ended(LiveCall),
    /// A person must agree first: the number as it would be dialled, for the question.
    ConfirmDial {
        /// The number as people read it.
        shown: String,
        /// ISO 3166-1 alpha-2.
        country: Option<String>,
        /// It is abroad, or may cost more for what it is.
        costly: bool,
        /// What the number is.
        kind: NumberKind,
    },
    /// The link is on the screen, and waits for a person.
    LinkShown {
        /// The number as people read it.
        shown: String,
    },
    /// Links come here from now on.
    LinksTaken {
        /// They do; otherwise the system's page is open, where a person chooses.
        chosen: bool,
    },
    /// So many entries are tried again, and so is a side that was in trouble.
    Retried {
        /// How many.
        #[cfg_attr(test, ts(type = "number"))]
        count: u64,
        /// The PBX is connected to again.
        pbx: bool,
        /// Salesforce is asked again.
        salesforce: bool,
    },
    /// Everything was forgotten but these.
    Disconnected {
        /// Entries that wait for the same org.
        #[cfg_attr(test, ts(type = "number"))]
        waiting: u64,
    },
    /// The PBX answers and was stored.
    PbxConnected {
        /// Its serial number.
        serial: String,
        /// Its firmware.
        firmware: String,
        /// Where the secret is kept.
        secrets: SecretsKind,
        /// By which country's habits numbers are read.
        country: String,
        /// Whose word that is.
        country_by: CountryBy,
    },
    /// The address as it would be used.
    PbxAddress {
        /// Scheme, host, and a port unless it is the scheme's own.
        address: String,
    },
    /// The certificate's SHA-256, lower-case hex.
    Certificate {
        /// The fingerprint.
        sha256: String,
        /// Public trust accepts it: no pin is needed.
        trusted: bool,
    },
    /// A user is signed in.
    SalesforceConnected {
        /// The user's name.
        user: String,
        /// The user's login name.
        username: String,
        /// 18 characters.
        org_id: String,
        /// Where the sign-in is kept.
        secrets: SecretsKind,
    },
    /// The user has this extension.
    Bound {
        /// The extension.
        extension: String,
    },
    /// The PBX's extensions.
    Extensions(Vec<ExtensionView>),
    /// Whose extension is whose.
    BindingTable(Box<BindingTable>),
    /// What became of each change, in their order.
    BindingsSaved(Vec<SavedBinding>),
    /// Who has which extension, to be rolled out by policy.
    TeamFile {
        /// For spreadsheets and scripts.
        csv: String,
        /// One policy for each person.
        toml: String,
        /// How many people.
        people: u32,
    },
    /// Texts in phone fields that are no numbers, of the first records that have such.
    UnreadNumbers(Vec<UnreadNumber>),
    /// What was chosen for numbers that several records have, the newest first.
    Choices(Vec<RememberedChoice>),
    /// Records that a search by name has found.
    Records {
        /// The records, best first.
        records: Vec<FoundRecord>,
        /// Salesforce was asked. Otherwise only those that are known here were looked at.
        complete: bool,
    },
    /// What the agent added to a call.
    Note(Box<NoteView>),
    /// The call is not logged.
    Discarded {
        /// Its Task is still there: it is deleted as soon as that is possible.
        pending: bool,
        /// Patchcord runs on another computer of this agent too, and may log the call there.
        #[serde(default)]
        elsewhere: bool,
    },
    /// What a call may be about, the newest first.
    Related(Vec<MatterView>),
    /// What a contact sync has written, or what stands in its way.
    Synced(Box<SyncReport>),
}

/// What the engine says by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", content = "value", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Event {
    /// The state changed.
    Status(Box<Status>),
    /// The list of calls changed: the newest hundred.
    Calls(Vec<CallRow>),
    /// The live calls changed.
    Live(Vec<LiveCard>),
    /// The card of a link is there, has changed or is gone.
    Link(Option<Box<LinkCard>>),
    /// The sign-in moved on.
    SignIn(SignInView),
    /// The contact index moved on.
    Index(IndexView),
    /// The settings changed.
    Settings(Box<SettingsView>),
    /// The contact sync moved on.
    Sync(Box<SyncView>),
    /// The note of a call is on disk, whoever wrote it.
    Note {
        /// The call's id.
        call: String,
        /// What is on disk now.
        note: Box<NoteView>,
    },
    /// Something short to tell a person, such as why a call could not be placed.
    Notice(Problem),
    /// The window is wanted in front.
    RaiseWindow,
    /// The page of settings is wanted.
    ShowSettings,
}

/// A line from a client.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Request {
    /// Chosen by the client, repeated in the answer.
    pub id: u64,
    /// What is wanted.
    #[serde(flatten)]
    pub command: Command,
}

/// A line to a client.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Frame {
    /// The answer to a request.
    Answer {
        /// The request's.
        id: u64,
        /// What came of it.
        result: Result<Reply, Problem>,
    },
    /// Something happened.
    Event(Event),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commands_fields_do_not_take_the_place_of_the_requests() {
        let link = "link-1".to_owned();
        for command in [
            Command::ConfirmLink { link: link.clone() },
            Command::DismissLink { link: link.clone() },
            Command::Link { uri: link },
        ] {
            let line = serde_json::to_string(&Request { id: 7, command: command.clone() }).unwrap();
            let read: Request = serde_json::from_str(&line).expect("it is read as it was written");
            assert_eq!((read.id, &read.command), (7, &command));
        }
    }
}

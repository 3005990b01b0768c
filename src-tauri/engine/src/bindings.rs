//! The window's TypeScript types, made from the protocol's Rust types. The committed file must be fresh.

use std::{fs, path::PathBuf};

use ts_rs::{Config, TS};

use crate::{command, settings, view};

/// Writes the file instead of comparing when this is set; `cargo xtask bindings` does.
const UPDATE: &str = "PATCHCORD_UPDATE_BINDINGS";

fn generated() -> String {
    let config = Config::default();
    macro_rules! types {
        ($($name:ty),* $(,)?) => { [$(format!("export {}\n", <$name as TS>::decl(&config))),*].concat() };
    }
    let types = types![
        view::Problem,
        view::Integration,
        view::SecretsKind,
        view::LinkState,
        view::EventsState,
        view::PbxStatus,
        view::ApiLimit,
        view::SalesforceStatus,
        view::BindingState,
        view::BindingSource,
        view::BindingStatus,
        view::BindingTable,
        view::BindingWriting,
        view::BindingRow,
        view::BindingConflict,
        view::BindingChangeKind,
        view::BindingChoice,
        view::BindingChange,
        view::SavedBinding,
        view::SaveOutcome,
        view::JournalStatus,
        view::ContactsStatus,
        view::IndexPhase,
        view::IndexView,
        view::Way,
        view::LiveCall,
        view::LinksState,
        view::LinksStatus,
        view::Status,
        view::CallResult,
        view::RecordView,
        view::Popped,
        view::JournalState,
        view::JournalView,
        view::CallView,
        view::MatterView,
        view::FollowUpStage,
        view::FollowUpView,
        view::NoteView,
        view::NoteMark,
        view::CallRow,
        view::CardState,
        view::Elapsed,
        view::CandidateView,
        view::LiveCard,
        view::NumberKind,
        view::LinkCard,
        view::FoundRecord,
        view::RememberedChoice,
        view::UnreadNumber,
        view::Searched,
        view::ExplainCandidate,
        view::Decision,
        view::Explain,
        view::ExtensionView,
        view::doctor::CheckState,
        view::doctor::Who,
        view::doctor::Check,
        view::doctor::CheckRow,
        view::SignInView,
        settings::TrunkSpelling,
        settings::CountryBy,
        settings::NumberSettings,
        settings::When,
        settings::Unknown,
        settings::PopSettings,
        settings::JournalSettings,
        settings::AskAfter,
        settings::WrapUpSettings,
        settings::CallerSide,
        settings::NewRecord,
        settings::AutoCreateSettings,
        settings::SyncMode,
        settings::SyncObject,
        settings::ContactSyncSettings,
        settings::DialSettings,
        settings::Language,
        settings::AppSettings,
        settings::EditableSettings,
        settings::SettingsPatch,
        view::MistakeView,
        view::SettingsView,
        view::SkippedRecord,
        view::SyncCalls,
        view::SyncReport,
        view::SyncStep,
        view::SyncProgress,
        view::SyncView,
        command::AfterFailure,
        command::Command,
        command::Reply,
        command::Event,
    ];
    format!("// Made by `cargo xtask bindings` from the engine's types. Do not edit.\n\n{types}")
}

#[test]
fn the_windows_types_are_fresh() {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../ui/src/bindings.ts");
    let fresh = generated();
    if std::env::var_os(UPDATE).is_some() {
        fs::write(&file, &fresh).unwrap();
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        committed == fresh,
        "ui/src/bindings.ts is stale: run `cargo xtask bindings` and commit the file"
    );
}

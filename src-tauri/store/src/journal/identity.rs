//! Which journal is this home's: a random word in `journal.db`, and in a small file beside it.
//!
//! Every start takes a new word. A journal without it, or with an older one, is not the one that the last run left: it
//! was put in its place, from a backup or from another home. The small file lies beside the journal, where both are
//! copied together with their folder, and not with the settings, which may follow a person to another computer.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, TransactionBehavior};

use super::facts;
use crate::{
    error::{Error, Result},
    files,
};

/// The mark of the journal's own word.
pub(super) const WORD: &str = "journal.word";
/// The mark of a journal into which the records of the last days are to be read back.
pub(crate) const REBUILD: &str = "journal.rebuild";

/// Returns the file that has the word, for this journal.
pub(crate) fn file(journal: &Path) -> PathBuf {
    journal.with_extension("word")
}

/// How a journal that was opened came to be here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The last run left it, as far as anything is known.
    Ours,
    /// It was begun a moment ago in place of one that is lost.
    BegunAnew,
}

/// Gives the journal a new word, and says whether it was replaced by another one since the last run.
///
/// What waits in a journal that was replaced may have been sent since: Salesforce is asked first. The need of reading
/// the records back is noted in the same transaction as the word, so that a kill forgets neither.
pub(crate) fn settle(connection: &mut Connection, path: &Path, origin: Origin) -> Result<bool> {
    let of = |error| Error::of(path, error);
    let file = file(path);
    let known = words(&file);
    let its = facts::mark(connection, WORD).map_err(of)?.unwrap_or_default();
    let replaced = origin == Origin::Ours && !known.is_empty() && !known.contains(&its);
    let next: String = connection
        .query_row("SELECT lower(hex(randomblob(16)))", [], |row| row.get(0))
        .map_err(of)?;
    // Either word is right until both places have the new one; that of a journal from elsewhere is not.
    let before = if replaced { known.last() } else { Some(&its) };
    let either: Vec<&str> = before.into_iter().chain([&next]).map(String::as_str).collect();
    keep(&file, &either).map_err(|error| Error::io(&file, error))?;
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(of)?;
    facts::set_mark(&transaction, WORD, Some(&next)).map_err(of)?;
    if replaced || origin == Origin::BegunAnew {
        facts::set_mark(&transaction, REBUILD, Some("1")).map_err(of)?;
        transaction
            .execute("UPDATE delivery SET ask_first = 1 WHERE state = 'waiting'", [])
            .map_err(of)?;
    }
    transaction.commit().map_err(of)?;
    keep(&file, &[&next]).map_err(|error| Error::io(&file, error))?;
    Ok(replaced)
}

fn words(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

fn keep(file: &Path, words: &[&str]) -> io::Result<()> {
    let lines: String = words.iter().map(|word| format!("{word}\n")).collect();
    files::replace(file, &lines)
}

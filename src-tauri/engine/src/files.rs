//! Small files that a crash must leave old or new, and that nobody else may read.

use std::{fs, io, io::Write as _, path::Path};

/// Replaces the file's content: written beside, flushed, and put in place at once. Mode 0600.
pub(crate) fn replace(file: &Path, content: &[u8]) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let beside = file.with_extension("new");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut new = options.open(&beside)?;
    new.write_all(content)?;
    new.sync_all()?;
    fs::rename(&beside, file)
}

//! SQLite: journal, outbox, cursors and the cache of records.

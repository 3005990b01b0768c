-- Schema 2 of cache.db: the contact index, which is all records with a number that one user sees.
--
-- What schema 1 held can be fetched again, and is. Columns are never NULL: an empty text, or a 0, says that there is
-- none. Times are milliseconds since 1970. Ids are kept in 15 characters; the other three follow from them.

DROP TABLE number;
DROP TABLE record;
DROP TABLE org;

-- Whose records: what one user of an org sees is not what another one sees.
CREATE TABLE scope (
    row        INTEGER PRIMARY KEY,
    org        TEXT    NOT NULL,
    user       TEXT    NOT NULL,
    -- Counts the passes over all records. A record that the last pass has not met is not seen any more.
    generation INTEGER NOT NULL DEFAULT 0,
    -- When the pass under way began; 0: there is none.
    pass_begun INTEGER NOT NULL DEFAULT 0,
    -- When a whole pass ended last; 0: never.
    completed  INTEGER NOT NULL DEFAULT 0,
    -- When changes were asked for last.
    checked    INTEGER NOT NULL DEFAULT 0,
    -- Since when a pass that would take much away has been held back; 0: it is not.
    held       INTEGER NOT NULL DEFAULT 0,
    -- By which habits the numbers were read.
    reading    TEXT    NOT NULL DEFAULT '',
    UNIQUE (org, user)
) STRICT;

-- How far the pass and the changes have come, object by object.
CREATE TABLE progress (
    scope    INTEGER NOT NULL REFERENCES scope (row),
    object   INTEGER NOT NULL,
    -- Of the pass: the last id taken in.
    position TEXT    NOT NULL,
    received INTEGER NOT NULL,
    expected INTEGER NOT NULL,
    ended    INTEGER NOT NULL,
    -- Up to when changes are known, by Salesforce's clock.
    changed  INTEGER NOT NULL,
    PRIMARY KEY (scope, object)
) STRICT, WITHOUT ROWID;

-- The API names of phone fields, so that the large table repeats a byte.
CREATE TABLE field (
    row  INTEGER PRIMARY KEY,
    name TEXT    NOT NULL UNIQUE
) STRICT;

-- A record as it is kept for matching, for the window and for the phonebook.
CREATE TABLE record (
    row            INTEGER PRIMARY KEY,
    scope          INTEGER NOT NULL,
    id             TEXT    NOT NULL,
    generation     INTEGER NOT NULL,
    -- 0: Contact, 1: Lead, 2: Account.
    object         INTEGER NOT NULL CHECK (object BETWEEN 0 AND 2),
    person_contact TEXT    NOT NULL,
    -- Empty where it is the first name, a blank and the last name.
    name           TEXT    NOT NULL,
    first_name     TEXT    NOT NULL,
    last_name      TEXT    NOT NULL,
    email          TEXT    NOT NULL,
    account        TEXT    NOT NULL,
    account_name   TEXT    NOT NULL,
    company        TEXT    NOT NULL,
    owner          TEXT    NOT NULL,
    last_activity  INTEGER NOT NULL,
    -- The phone fields: JSON arrays of a field's row, its text, and the number that is found by it (0: none).
    phones         TEXT    NOT NULL,
    UNIQUE (scope, id)
) STRICT;

-- Which records have a number. A look-up is one search in this tree and one in record's.
-- number: a 1 followed by the digits of E.164, so that leading zeros count.
CREATE TABLE number (
    scope  INTEGER NOT NULL,
    number INTEGER NOT NULL,
    record INTEGER NOT NULL,
    PRIMARY KEY (scope, number, record)
) STRICT, WITHOUT ROWID;

-- The first schema of cache.db: Salesforce records and their numbers. All of it can be fetched again.
--
-- Columns are never NULL: an empty text, or a time of 0, says that there is none.

-- The orgs that records belong to, so that the large tables repeat a byte and not 18.
CREATE TABLE org (
    row INTEGER PRIMARY KEY,
    id  TEXT    NOT NULL UNIQUE
) STRICT;

-- A record as it is kept for matching.
CREATE TABLE record (
    row            INTEGER PRIMARY KEY,
    org            INTEGER NOT NULL REFERENCES org (row),
    id             TEXT    NOT NULL,
    object         TEXT    NOT NULL CHECK (object IN ('Contact', 'Lead', 'Account')),
    person_contact TEXT    NOT NULL,
    name           TEXT    NOT NULL,
    account        TEXT    NOT NULL,
    account_name   TEXT    NOT NULL,
    company        TEXT    NOT NULL,
    owner          TEXT    NOT NULL,
    last_activity  INTEGER NOT NULL,
    -- The phone fields as they are spelled in Salesforce: a JSON array of [field, text].
    phones         TEXT    NOT NULL,
    UNIQUE (id, org)
) STRICT;

-- Which records have a number. A look-up is one search in this tree and one in record's.
-- number: a 1 followed by the digits of E.164, so that leading zeros count.
CREATE TABLE number (
    org    INTEGER NOT NULL,
    number INTEGER NOT NULL,
    record INTEGER NOT NULL,
    -- The field that holds it.
    field  TEXT    NOT NULL,
    PRIMARY KEY (org, number, record)
) STRICT, WITHOUT ROWID;

CREATE INDEX number_by_record ON number (record);

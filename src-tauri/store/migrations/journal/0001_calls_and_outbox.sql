-- The first schema of journal.db: calls of this computer's extensions, and what Salesforce is still to be told.
--
-- Times are milliseconds since 1970-01-01T00:00:00Z. An empty text, or a time of 0, says that there is none:
-- columns are never NULL. What may be absent as a whole is a table of its own, with at most one row for a call.

-- Each call that an extension of this computer had a part in, live or finished.
-- The PBX's serial number is part of the name: two PBXes count their calls alike.
CREATE TABLE call (
    row        INTEGER PRIMARY KEY,
    serial     TEXT    NOT NULL,
    extension  TEXT    NOT NULL,
    call       TEXT    NOT NULL,
    finished   INTEGER NOT NULL CHECK (finished IN (0, 1)),
    -- Direction, party and outcome may be empty while the call lives, never afterwards.
    direction  TEXT    NOT NULL CHECK (direction IN ('inbound', 'outbound', 'internal', '')),
    party_kind TEXT    NOT NULL CHECK (party_kind IN ('external', 'extension', 'withheld', 'invalid', '')),
    party      TEXT    NOT NULL,
    started    INTEGER NOT NULL,
    talked_ms  INTEGER NOT NULL CHECK (talked_ms >= 0),
    outcome    TEXT    NOT NULL
        CHECK (outcome IN ('answered', 'missed', 'no_answer', 'busy', 'voicemail', 'failed', 'elsewhere', '')),
    queue      TEXT    NOT NULL,
    did        TEXT    NOT NULL,
    recording  TEXT    NOT NULL,
    -- The PBX's words for why it failed.
    reason     TEXT    NOT NULL,
    -- How many extensions stand before this one in line to log a call that nobody took.
    rank       INTEGER NOT NULL CHECK (rank >= 0),
    CHECK (finished = 0 OR (direction <> '' AND party_kind <> '' AND outcome <> '')),
    UNIQUE (call, serial, extension)
) STRICT;

CREATE INDEX call_by_start ON call (started);

-- What the switchboard must know again after a restart in the middle of a call; gone when the call has finished.
CREATE TABLE live (
    call        INTEGER PRIMARY KEY REFERENCES call (row) ON DELETE CASCADE,
    -- The switchboard's own word, opaque here.
    state       TEXT    NOT NULL,
    answered    INTEGER NOT NULL,
    popped      INTEGER NOT NULL CHECK (popped IN (0, 1)),
    identified  INTEGER NOT NULL CHECK (identified IN (0, 1)),
    -- A JSON array of extensions.
    others_rang TEXT    NOT NULL
) STRICT;

-- What looking the number up has brought for a call, or what a person chose.
CREATE TABLE found (
    call       INTEGER PRIMARY KEY REFERENCES call (row) ON DELETE CASCADE,
    object     TEXT    NOT NULL CHECK (object IN ('Contact', 'Lead', 'Account', '')),
    record     TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    who        TEXT    NOT NULL,
    what       TEXT    NOT NULL,
    candidates INTEGER NOT NULL CHECK (candidates >= 0),
    why        TEXT    NOT NULL
) STRICT;

-- The page that was opened for a call.
CREATE TABLE pop (
    call     INTEGER PRIMARY KEY REFERENCES call (row) ON DELETE CASCADE,
    url      TEXT    NOT NULL,
    after_ms INTEGER NOT NULL
) STRICT;

-- What the agent wrote about a call. Until hold_until the call is not sent: somebody is writing.
CREATE TABLE remark (
    call       INTEGER PRIMARY KEY REFERENCES call (row) ON DELETE CASCADE,
    note       TEXT    NOT NULL,
    outcome    TEXT    NOT NULL,
    hold_until INTEGER NOT NULL
) STRICT;

-- The outbox: how far the Task of a finished call has come. Rows are marked, not removed, by who sends them.
CREATE TABLE delivery (
    call            INTEGER PRIMARY KEY REFERENCES call (row) ON DELETE CASCADE,
    key             TEXT    NOT NULL UNIQUE,
    -- The key that a correction asks for, taken once it is certain what became of the request under the old one.
    next_key        TEXT    NOT NULL,
    -- The Salesforce org and user it belongs to; both empty: written while nobody was signed in.
    org             TEXT    NOT NULL,
    user            TEXT    NOT NULL,
    state           TEXT    NOT NULL CHECK (state IN ('waiting', 'logged', 'stuck', 'skipped')),
    due             INTEGER NOT NULL,
    lease_until     INTEGER NOT NULL,
    attempts        INTEGER NOT NULL CHECK (attempts >= 0),
    -- Ask Salesforce for the key before the first insert.
    ask_first       INTEGER NOT NULL CHECK (ask_first IN (0, 1)),
    -- A request is out, and its answer has not been written here.
    in_flight       INTEGER NOT NULL CHECK (in_flight IN (0, 1)),
    -- The answer to an earlier request was lost: the Task may exist.
    unsure          INTEGER NOT NULL CHECK (unsure IN (0, 1)),
    -- Grows with each change of what the Task says. What was leased is older: the Task needs an update.
    revision        INTEGER NOT NULL,
    leased_revision INTEGER NOT NULL,
    task            TEXT    NOT NULL,
    code            TEXT    NOT NULL,
    text            TEXT    NOT NULL,
    CHECK (state <> 'logged' OR task <> '')
) STRICT;

CREATE INDEX delivery_by_due ON delivery (org, user, due) WHERE state = 'waiting';

-- How far something has been read: the PBX's call records, Salesforce's changes.
CREATE TABLE cursor (
    name  TEXT    NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Small facts that must outlive a restart, such as that the PBX refused the secret.
CREATE TABLE mark (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The record that a person chose for a number that several records share. The number is E.164.
CREATE TABLE choice (
    org    TEXT NOT NULL,
    number TEXT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (org, number)
) STRICT, WITHOUT ROWID;

-- What an agent wants of a call besides note and outcome, and what its Task was given last.

-- Where a note stands, and what it is about.
CREATE TABLE wrap_up (
    call           INTEGER PRIMARY KEY REFERENCES call (row) ON DELETE CASCADE,
    -- 1: something was written and not saved; once the call is over that is to be done.
    open           INTEGER NOT NULL CHECK (open IN (0, 1)),
    -- 1: the agent does not want the call logged.
    discarded      INTEGER NOT NULL CHECK (discarded IN (0, 1)),
    -- The opportunity or case; empty: none.
    related        TEXT    NOT NULL,
    related_object TEXT    NOT NULL,
    related_name   TEXT    NOT NULL
) STRICT;

-- The open Task that reminds the agent of what was agreed; at most one for a call.
CREATE TABLE follow_up (
    call      INTEGER PRIMARY KEY REFERENCES call (row) ON DELETE CASCADE,
    -- As it was typed, and the day that was understood (2026-01-07; empty: none).
    wish      TEXT    NOT NULL,
    day       TEXT    NOT NULL,
    -- draft: the note is not saved. waiting: to be made. made: it is a Task. stuck: a person has to see to it.
    state     TEXT    NOT NULL CHECK (state IN ('draft', 'waiting', 'made', 'stuck')),
    -- The Salesforce org and user it belongs to; both empty: written while nobody was signed in.
    org       TEXT    NOT NULL,
    user      TEXT    NOT NULL,
    due       INTEGER NOT NULL,
    attempts  INTEGER NOT NULL CHECK (attempts >= 0),
    -- A request is or was out whose answer has not been written here: Salesforce is asked before the next.
    unsure    INTEGER NOT NULL CHECK (unsure IN (0, 1)),
    task      TEXT    NOT NULL,
    code      TEXT    NOT NULL,
    text      TEXT    NOT NULL,
    CHECK (state IN ('draft', 'stuck') OR day <> ''),
    CHECK (state <> 'made' OR task <> '')
) STRICT;

CREATE INDEX follow_up_by_due ON follow_up (due) WHERE state = 'waiting';

-- What people may have changed in a Task since this program wrote it, as it was written then.
CREATE TABLE written (
    call        INTEGER PRIMARY KEY REFERENCES call (row) ON DELETE CASCADE,
    numbers     TEXT NOT NULL,
    disposition TEXT NOT NULL,
    note        TEXT NOT NULL,
    facts       TEXT NOT NULL
) STRICT;

-- Records that were created for callers whom no record had.

-- The other side's number as the PBX showed it or as it was dialled: a created record is named by it.
ALTER TABLE call ADD COLUMN spelled TEXT NOT NULL DEFAULT '';

-- Each record that this program created, so that it can be taken back, and so that many at once are noticed.
CREATE TABLE created (
    org    TEXT    NOT NULL,
    record TEXT    NOT NULL,
    object TEXT    NOT NULL CHECK (object IN ('Contact', 'Lead')),
    -- E.164.
    number TEXT    NOT NULL,
    -- The key of the entry that it was created for.
    key    TEXT    NOT NULL,
    made   INTEGER NOT NULL,
    PRIMARY KEY (org, record)
) STRICT, WITHOUT ROWID;

CREATE INDEX created_by_time ON created (org, made);

-- What agents wanted of calls that are not here: their rows were lost with the journal, and they are read back from the PBX.

CREATE TABLE wish (
    serial         TEXT    NOT NULL,
    extension      TEXT    NOT NULL,
    call           TEXT    NOT NULL,
    -- When it began, or a moment after that.
    started        INTEGER NOT NULL,
    open           INTEGER NOT NULL CHECK (open IN (0, 1)),
    discarded      INTEGER NOT NULL CHECK (discarded IN (0, 1)),
    note           TEXT    NOT NULL,
    outcome        TEXT    NOT NULL,
    related        TEXT    NOT NULL,
    related_object TEXT    NOT NULL,
    related_name   TEXT    NOT NULL,
    -- The follow-up, as in the table of that name.
    follow_up      TEXT    NOT NULL,
    day            TEXT    NOT NULL,
    org            TEXT    NOT NULL,
    user           TEXT    NOT NULL,
    PRIMARY KEY (call, serial, extension)
) STRICT, WITHOUT ROWID;

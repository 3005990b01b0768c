-- Schema 3 of cache.db: what the contact sync remembers of the PBX's phonebooks.
--
-- Only to tell what somebody changed on the PBX from what changed in Salesforce. Without it the next run is as right,
-- and counts nothing as changed on the PBX.

-- A phonebook of a PBX, filled from an org.
CREATE TABLE phonebook (
    row  INTEGER PRIMARY KEY,
    name TEXT    NOT NULL UNIQUE
) STRICT;

-- How a contact of ours was when it was last in order.
CREATE TABLE trace (
    phonebook INTEGER NOT NULL,
    -- The Salesforce record, 18 characters.
    record    TEXT    NOT NULL,
    -- Fingerprints of what was written and of what the PBX showed then.
    sent      INTEGER NOT NULL,
    seen      INTEGER NOT NULL,
    PRIMARY KEY (phonebook, record)
) STRICT, WITHOUT ROWID;

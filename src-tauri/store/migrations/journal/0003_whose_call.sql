-- Whose a call is when a person says so, and what its Task said last.

-- 1: a person said so. What a look-up finds afterwards does not replace it.
ALTER TABLE found ADD COLUMN chosen INTEGER NOT NULL DEFAULT 0 CHECK (chosen IN (0, 1));

-- What the Task said when it was written last. What Salesforce shows otherwise since was changed by a person there.
-- An empty subject: not known.
ALTER TABLE delivery ADD COLUMN said_subject TEXT NOT NULL DEFAULT '';
ALTER TABLE delivery ADD COLUMN said_who TEXT NOT NULL DEFAULT '';
ALTER TABLE delivery ADD COLUMN said_what TEXT NOT NULL DEFAULT '';
-- A fingerprint of everything else in it.
ALTER TABLE delivery ADD COLUMN said_rest INTEGER NOT NULL DEFAULT 0;

-- For the list of remembered choices: which record it is, and since when (0: not known).
ALTER TABLE choice ADD COLUMN object TEXT NOT NULL DEFAULT '' CHECK (object IN ('Contact', 'Lead', 'Account', ''));
ALTER TABLE choice ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE choice ADD COLUMN since INTEGER NOT NULL DEFAULT 0;

-- The state of a delivery as one value: see domain::delivery.

-- What is to be so in the end: one Task, or none and why.
ALTER TABLE delivery ADD COLUMN aim TEXT NOT NULL DEFAULT 'log'
    CHECK (aim IN ('log', 'elsewhere', 'settings', 'discarded'));
UPDATE delivery SET aim = CASE code WHEN 'elsewhere' THEN 'elsewhere' ELSE 'settings' END WHERE state = 'skipped';

-- The number of the last lease. A step of a worker names it, and is refused where another worker has taken over.
ALTER TABLE delivery ADD COLUMN lease INTEGER NOT NULL DEFAULT 0 CHECK (lease >= 0);

-- 1: inserted or given another key, and not yet looked whether another computer of the same agent did the same.
ALTER TABLE delivery ADD COLUMN unproven INTEGER NOT NULL DEFAULT 0 CHECK (unproven IN (0, 1));

-- The key that the Task carries, as far as this program wrote it; an empty text: not known. The key of the call itself
-- changes with each correction, and the Task follows.
ALTER TABLE delivery ADD COLUMN said_key TEXT NOT NULL DEFAULT '';
UPDATE delivery SET said_key = key WHERE said_subject <> '';

-- A key that waited for the answer to a request need not wait any more.
UPDATE OR IGNORE delivery SET key = next_key, revision = revision + 1 WHERE next_key <> '';
ALTER TABLE delivery DROP COLUMN next_key;

CREATE INDEX delivery_unproven ON delivery (org, user) WHERE unproven = 1;

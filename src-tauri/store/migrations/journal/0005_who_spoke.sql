-- Who spoke in a call, as the PBX's events told it: which of its records may say for how long this agent did. A record
-- that is read after a restart is judged by this.

-- How long this agent spoke by the events, while the call lives and afterwards. What a record said is in talked_ms.
ALTER TABLE call ADD COLUMN heard_ms INTEGER NOT NULL DEFAULT 0 CHECK (heard_ms >= 0);
-- 1: some of that was not heard from its answer to its end.
ALTER TABLE call ADD COLUMN guessed INTEGER NOT NULL DEFAULT 0 CHECK (guessed IN (0, 1));
-- How often this agent's phone was picked up in it.
ALTER TABLE call ADD COLUMN parts INTEGER NOT NULL DEFAULT 0 CHECK (parts >= 0);
-- 1: the other side had been spoken with before this extension came in, or stayed on the line after it left.
ALTER TABLE call ADD COLUMN passed_on INTEGER NOT NULL DEFAULT 0 CHECK (passed_on IN (0, 1));
-- A JSON array of the other extensions that spoke in it.
ALTER TABLE call ADD COLUMN others_spoke TEXT NOT NULL DEFAULT '[]';

-- Calls that went on when this was added had their time in the other column only.
UPDATE call SET heard_ms = talked_ms, guessed = 1 WHERE finished = 0;

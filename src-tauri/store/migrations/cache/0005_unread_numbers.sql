-- Schema 5 of cache.db: which records have a text in a phone field that is no number, and every number of a field.
--
-- The phone fields of a record from now on: a field that holds several numbers is there once for each, the text only at
-- the first. What is there already is read again, which fills both.

ALTER TABLE record ADD COLUMN unread INTEGER NOT NULL DEFAULT 0;
CREATE INDEX record_unread ON record (scope, id) WHERE unread = 1;

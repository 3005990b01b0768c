-- Schema 4 of cache.db: objects with very many records are fetched by a query in bulk, which goes on after a restart.

-- The job's id; empty: there is none, '-': this user has no queries in bulk.
ALTER TABLE progress ADD COLUMN job     TEXT NOT NULL DEFAULT '';
-- Where its next rows begin; empty: at the first.
ALTER TABLE progress ADD COLUMN locator TEXT NOT NULL DEFAULT '';

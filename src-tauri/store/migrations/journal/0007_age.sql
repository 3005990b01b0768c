-- Indexes, so that a look costs the same after a year as on the first day.

-- What is still to be sent, or waits for a person: counted after each change.
CREATE INDEX delivery_open ON delivery (state, org, user) WHERE state IN ('waiting', 'stuck');

-- Each listed call is looked up here: its record may be one that this program created.
CREATE INDEX created_by_key ON created (key);

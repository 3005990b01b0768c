-- Records whose creation was begun and not seen to its end: a kill, or an answer that did not come. What came of it is asked
-- before the call is logged.
CREATE TABLE begun (
    -- The key of the entry that it is for.
    key    TEXT NOT NULL,
    org    TEXT NOT NULL,
    object TEXT NOT NULL CHECK (object IN ('Contact', 'Lead')),
    -- Empty until Salesforce has answered.
    record TEXT NOT NULL DEFAULT '',
    name   TEXT NOT NULL,
    -- E.164.
    number TEXT NOT NULL,
    PRIMARY KEY (key, org)
) STRICT, WITHOUT ROWID;

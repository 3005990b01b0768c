-- Indexes of what may still be wanted of a call, so that each key of a note finds it without a look at all calls.

CREATE INDEX wrap_up_wished ON wrap_up (call) WHERE open = 1 OR discarded = 1;

CREATE INDEX follow_up_wished ON follow_up (call) WHERE state IN ('draft', 'waiting');

CREATE INDEX call_unfinished ON call (row) WHERE finished = 0;

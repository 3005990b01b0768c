-- Rows as schema 1 of journal.db holds them, in every state that a row can be in.
INSERT INTO call (row, serial, extension, call, finished, direction, party_kind, party, started, talked_ms, outcome,
                  queue, did, recording, reason, rank) VALUES
    (1, '3630A1B2C3', '4101', '1.1', 1, 'inbound', 'external', '+49493555017', 1767600001000, 51000, 'answered', '6400', '+4949355500', 'a.wav', '', 0),
    (2, '3630A1B2C3', '4101', '1.2', 1, 'outbound', 'external', '+49493555018', 1767600002000, 0, 'busy', '', '', '', '486 Busy Here', 0),
    (3, '3630A1B2C3', '4101', '1.3', 1, 'inbound', 'withheld', '', 1767600003000, 0, 'missed', '', '', '', '', 2),
    (4, '3630A1B2C3', '4101', '1.4', 1, 'internal', 'extension', '4102', 1767600004000, 9000, 'answered', '', '', '', '', 0),
    (5, '3630A1B2C3', '4101', '1.5', 0, '', '', '', 1767600005000, 0, '', '', '', '', '', 0);
INSERT INTO live (call, state, answered, popped, identified, others_rang) VALUES (5, 'ringing', 0, 1, 0, '["4102"]');
INSERT INTO found (call, object, record, name, who, what, candidates, why) VALUES
    (1, 'Contact', '0035g0000000001AAA', 'Ada Example', '0035g0000000001AAA', '', 1, 'only match');
INSERT INTO pop (call, url, after_ms) VALUES (1, 'https://example.my.salesforce.com/0035g0000000001AAA', 3);
INSERT INTO remark (call, note, outcome, hold_until) VALUES (1, 'wants an offer', 'Reached', 0);
INSERT INTO delivery (call, key, next_key, org, user, state, due, lease_until, attempts, ask_first, in_flight, unsure,
                      revision, leased_revision, task, code, text) VALUES
    (1, 'ys:3630A1B2C3:1.1:4101', '', '00D5g00000EXAMPEA5', '0055g00000EXAMPAA5', 'logged', 1767600001000, 0, 0, 0, 0, 0, 1, 1, '00T5g0000000001EAA', '', ''),
    (2, 'ys:3630A1B2C3:1.2:4101', '', '00D5g00000EXAMPEA5', '0055g00000EXAMPAA5', 'waiting', 1767600002000, 0, 3, 0, 1, 0, 1, 1, '', 'salesforce.unreachable', 'not reachable'),
    (3, 'ys:3630A1B2C3:1.3:missed', '', '', '', 'waiting', 1767600003000, 0, 0, 1, 0, 0, 1, 0, '', '', ''),
    (4, 'ys:3630A1B2C3:1.4:4101', '', '00D5g00000EXAMPEA5', '0055g00000EXAMPAA5', 'skipped', 1767600004000, 0, 0, 0, 0, 0, 1, 0, '', 'internal', 'internal calls are not logged');
INSERT INTO cursor (name, value) VALUES ('cdr:3630A1B2C3', 1767600005);
INSERT INTO mark (name, value) VALUES ('pbx.refused', 'digest');
INSERT INTO choice (org, number, record) VALUES ('00D5g00000EXAMPEA5', '+49493555017', '0035g0000000001AAA');

-- Tasks that this computer has deleted, or was about to: in the recycle bin they are its own, and no other computer's.
CREATE TABLE deleted (
    call INTEGER NOT NULL REFERENCES call (row) ON DELETE CASCADE,
    task TEXT    NOT NULL,
    PRIMARY KEY (call, task)
) STRICT, WITHOUT ROWID;

-- The tables of a ledger file. docs/FORMAT.md describes them for readers without this program.
-- The text below is compared, byte for byte, with what a file holds: a change here is a new format.

CREATE TABLE entry (
    seq   INTEGER PRIMARY KEY CHECK (seq >= 0),
    id    BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    leaf  BLOB NOT NULL CHECK (length(leaf) = 32),
    bytes BLOB NOT NULL CHECK (length(bytes) BETWEEN 1 AND 65535)
) STRICT;

CREATE TABLE head (
    size INTEGER PRIMARY KEY CHECK (size >= 1),
    note BLOB NOT NULL CHECK (length(note) >= 1)
) STRICT;

CREATE TABLE content (
    digest BLOB NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
    bytes  BLOB NOT NULL
) STRICT;

-- Guards against slips. Only the signed chain guards against people.

CREATE TRIGGER entry_in_order BEFORE INSERT ON entry
WHEN NEW.seq <> (SELECT coalesce(max(seq) + 1, 0) FROM entry)
BEGIN SELECT RAISE(ABORT, 'an entry takes the next place'); END;

CREATE TRIGGER entry_id_is_new BEFORE INSERT ON entry
WHEN EXISTS (SELECT 1 FROM entry WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'an entry has an id of its own'); END;

CREATE TRIGGER entry_is_not_changed BEFORE UPDATE ON entry
BEGIN SELECT RAISE(ABORT, 'an entry is never changed'); END;

CREATE TRIGGER entry_is_not_deleted BEFORE DELETE ON entry
BEGIN SELECT RAISE(ABORT, 'an entry is never deleted'); END;

CREATE TRIGGER head_grows BEFORE INSERT ON head
WHEN NEW.size <= (SELECT coalesce(max(size), 0) FROM head)
  OR NEW.size > (SELECT coalesce(max(seq) + 1, 0) FROM entry)
BEGIN SELECT RAISE(ABORT, 'a head grows, and covers entries that are there'); END;

CREATE TRIGGER head_is_not_changed BEFORE UPDATE ON head
BEGIN SELECT RAISE(ABORT, 'a head is never changed'); END;

CREATE TRIGGER head_is_not_deleted BEFORE DELETE ON head
BEGIN SELECT RAISE(ABORT, 'a head is never deleted'); END;

CREATE TRIGGER content_is_not_changed BEFORE UPDATE ON content
BEGIN SELECT RAISE(ABORT, 'content is never changed'); END;

CREATE TRIGGER content_is_not_deleted BEFORE DELETE ON content
BEGIN SELECT RAISE(ABORT, 'content is never deleted'); END;

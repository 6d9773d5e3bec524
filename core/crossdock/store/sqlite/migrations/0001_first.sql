-- The first schema. Times are microseconds since 1970 in UTC; JSON is text; codec 0 is plain, 1 is zlib.

CREATE TABLE pipelines (
    name TEXT PRIMARY KEY,
    revisions INTEGER NOT NULL DEFAULT 0,   -- how many were ever stored
    effects INTEGER NOT NULL DEFAULT 0,     -- how many it ever set out to make; adopted ones do not count
    last_read INTEGER,                      -- the last complete read
    last_idle INTEGER,                      -- the last complete read that found nothing to do
    reason TEXT                             -- why the last read brought nothing, or how it failed
) WITHOUT ROWID;

-- What a route was made of when it last ran: where that changed, what is held or waiting is planned again.
CREATE TABLE routes (
    pipeline TEXT NOT NULL,
    route TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    PRIMARY KEY (pipeline, route)
) WITHOUT ROWID;

CREATE TABLE cursors (
    pipeline TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    advanced_at INTEGER NOT NULL,
    swept_at INTEGER
) WITHOUT ROWID;

-- What a person stopped for a while; kind is 'pipeline' or 'connection'.
CREATE TABLE pauses (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT,
    PRIMARY KEY (kind, name)
) WITHOUT ROWID;

-- Where this file comes from. `mark` changes with every run and stands in a file beside the store, too: where the two
-- differ, an older copy was put back.
CREATE TABLE lineage (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    mark TEXT,
    before TEXT,                            -- what the file beside says where a process died between the two
    taken_at INTEGER,                       -- in a backup: when it was taken
    restored_at INTEGER,                    -- when the store was last put back
    backup_at INTEGER                       -- and what it knew then: nothing after this
);
INSERT INTO lineage (one) VALUES (1);

-- Which pipelines were read once as a whole since: what was stored before may be in effect without the store knowing.
CREATE TABLE rereads (
    pipeline TEXT PRIMARY KEY,
    restored_at INTEGER NOT NULL,
    last_record INTEGER NOT NULL
) WITHOUT ROWID;

-- ------------------------------------------------------------ what was read

CREATE TABLE records (
    id INTEGER PRIMARY KEY,
    pipeline TEXT NOT NULL,
    account TEXT NOT NULL,
    entity TEXT NOT NULL,
    key TEXT NOT NULL,
    revision INTEGER NOT NULL,
    version INTEGER,                        -- the vendor's
    version_is_time INTEGER NOT NULL DEFAULT 0,
    ordering_key TEXT NOT NULL,
    identifiers TEXT NOT NULL,
    digest BLOB NOT NULL,                   -- keyed by the payload's salt, so it says nothing once that is gone
    read_at INTEGER NOT NULL,
    backfill INTEGER NOT NULL,
    sweep INTEGER NOT NULL
);
CREATE UNIQUE INDEX records_revision ON records (pipeline, key, revision);

-- Apart from the hot rows: a page of hot rows holds dozens, a page of payloads holds one to four.
CREATE TABLE payloads (
    id INTEGER PRIMARY KEY REFERENCES records (id) ON DELETE CASCADE,
    codec INTEGER NOT NULL,
    salt BLOB NOT NULL,
    body BLOB NOT NULL
);

CREATE TABLE identifiers (
    value TEXT NOT NULL,
    pipeline TEXT NOT NULL,
    key TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (value, pipeline, key, name)
) WITHOUT ROWID;

-- ------------------------------------------------------------ what becomes of it

CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY,
    pipeline TEXT NOT NULL,
    route TEXT NOT NULL,
    key TEXT NOT NULL,
    revision INTEGER NOT NULL,
    record_id INTEGER NOT NULL REFERENCES records (id),
    ordering_key TEXT NOT NULL,
    state TEXT NOT NULL,
    open INTEGER DEFAULT 1,                 -- 1 pending, attempted, waiting, held; 2 dead; NULL delivered, skipped
    code TEXT,
    reason TEXT,
    fix TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    read_at INTEGER NOT NULL,
    since INTEGER NOT NULL,
    due_at INTEGER,
    deadline INTEGER,
    settled_at INTEGER,
    look_first INTEGER NOT NULL DEFAULT 0   -- 1: a person took it up later, when it may have been made by hand
);
CREATE UNIQUE INDEX deliveries_revision ON deliveries (pipeline, key, route, revision);
CREATE INDEX deliveries_due ON deliveries (pipeline, route, due_at, id) WHERE due_at IS NOT NULL;
-- Who stands before whom. A change from one open state to another leaves these alone: half the cost of an update.
CREATE INDEX deliveries_order ON deliveries (pipeline, route, ordering_key, id) WHERE open = 1;
-- What a newer revision may supersede, without walking all old revisions of a key.
CREATE INDEX deliveries_unsettled ON deliveries (pipeline, key, route, revision) WHERE open IS NOT NULL;
-- What a link that is written later makes ours.
CREATE INDEX deliveries_not_ours ON deliveries (pipeline, route) WHERE code = 'not_ours' AND state = 'skipped';
-- Counts of what is settled, and the newest success.
CREATE INDEX deliveries_settled ON deliveries (pipeline, state, settled_at) WHERE settled_at IS NOT NULL;

-- What a person decided of a delivery; the next run does it.
CREATE TABLE decisions (
    delivery_id INTEGER PRIMARY KEY REFERENCES deliveries (id),
    choice TEXT NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    at INTEGER NOT NULL,
    ref TEXT,                               -- what exists there, by the person's word
    insist INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE effects (
    id TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL,
    sink TEXT NOT NULL,
    key TEXT NOT NULL,
    version INTEGER NOT NULL,
    state TEXT NOT NULL,
    delivery_id INTEGER REFERENCES deliveries (id), -- NULL: a bundle, which carries the effects of many deliveries
    record_id INTEGER REFERENCES records (id),
    pipeline TEXT NOT NULL,
    route TEXT NOT NULL,
    planned_at INTEGER NOT NULL,
    settled_at INTEGER,
    receipt TEXT,
    erased_at INTEGER                       -- when retention took its requests and answers
);
CREATE UNIQUE INDEX effects_fact ON effects (account, sink, key, version);
CREATE INDEX effects_delivery ON effects (delivery_id);

-- The changed record that an effect stands for, too, since a person agreed.
CREATE TABLE agreed (
    effect_id TEXT PRIMARY KEY REFERENCES effects (id) ON DELETE CASCADE,
    record_id INTEGER NOT NULL REFERENCES records (id)
);

-- What a sink named beside the requests; only where it named something.
CREATE TABLE plans (
    effect_id TEXT PRIMARY KEY REFERENCES effects (id) ON DELETE CASCADE,
    content TEXT,
    memo TEXT,
    facts TEXT NOT NULL
);

CREATE TABLE steps (
    id INTEGER PRIMARY KEY,
    effect_id TEXT NOT NULL REFERENCES effects (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    method TEXT NOT NULL,
    url TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    attempted_at INTEGER,
    answered_at INTEGER,
    lost INTEGER NOT NULL DEFAULT 0,
    status INTEGER,
    followed INTEGER NOT NULL DEFAULT 0     -- 1: not planned, it followed from the answers before it
);
CREATE UNIQUE INDEX steps_position ON steps (effect_id, position);

-- Requests are written once and answers once: journalling an attempt rewrites neither.
CREATE TABLE requests (
    step_id INTEGER PRIMARY KEY REFERENCES steps (id) ON DELETE CASCADE,
    headers TEXT NOT NULL,
    codec INTEGER NOT NULL,
    body BLOB NOT NULL
);
CREATE TABLE answers (
    step_id INTEGER PRIMARY KEY REFERENCES steps (id) ON DELETE CASCADE,
    headers TEXT NOT NULL,
    codec INTEGER NOT NULL,
    body BLOB NOT NULL
);

-- Numbers of bundles. AUTOINCREMENT, because a number is never used again; its carrier bears it as its version.
CREATE TABLE batches (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    sink TEXT NOT NULL,
    allotted_at INTEGER NOT NULL
);

-- Which effects went together, and the effect that carries them: it has the steps.
CREATE TABLE members (
    effect_id TEXT PRIMARY KEY REFERENCES effects (id) ON DELETE CASCADE,
    carrier_id TEXT NOT NULL REFERENCES effects (id)
) WITHOUT ROWID;
CREATE INDEX members_carrier ON members (carrier_id);

-- What effects cover: a fact once in an account, among all effects that are not void. Versions of one effect share it.
CREATE TABLE facts (
    account TEXT NOT NULL,
    fact TEXT NOT NULL,
    effect_id TEXT NOT NULL REFERENCES effects (id) ON DELETE CASCADE,
    sink TEXT NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (account, fact)
) WITHOUT ROWID;
CREATE INDEX facts_effect ON facts (effect_id);

CREATE TABLE links (
    id INTEGER PRIMARY KEY,
    near_account TEXT NOT NULL,
    near_id TEXT NOT NULL,
    near_kind TEXT NOT NULL,
    far_account TEXT NOT NULL,
    far_id TEXT NOT NULL,
    far_kind TEXT NOT NULL,
    lines TEXT NOT NULL,
    detail TEXT,
    effect_id TEXT REFERENCES effects (id),
    at INTEGER NOT NULL
);
CREATE UNIQUE INDEX links_near ON links (near_account, near_id, near_kind, far_account, far_id, far_kind);
CREATE INDEX links_far ON links (far_account, far_id);

-- What persons changed of links, so that it can be taken back.
CREATE TABLE link_changes (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    what TEXT NOT NULL,
    reason TEXT NOT NULL,
    edits TEXT NOT NULL                     -- each link before and after, as JSON
);

CREATE TABLE notices (
    pipeline TEXT NOT NULL,
    code TEXT NOT NULL,
    subject TEXT NOT NULL,
    message TEXT NOT NULL,
    fix TEXT NOT NULL,
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    count INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (pipeline, code, subject)
) WITHOUT ROWID;

-- What a person was told of out of band: once, by whichever process came first.
CREATE TABLE alerts (
    issue TEXT PRIMARY KEY,
    scope TEXT NOT NULL,
    mark TEXT NOT NULL,
    about TEXT NOT NULL,
    told_at INTEGER NOT NULL
) WITHOUT ROWID;

-- ------------------------------------------------------------ the log

CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    pipeline TEXT,
    kind TEXT NOT NULL,
    ref TEXT NOT NULL,
    detail TEXT NOT NULL,
    parts TEXT,                             -- digests of what lies in audit_parts, by name
    hash BLOB NOT NULL
);
CREATE INDEX audit_ref ON audit (ref, seq);
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;
CREATE TRIGGER audit_is_not_cut BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;

-- Who and why, in a person's words: apart, so that they can be erased and the chain still holds.
CREATE TABLE audit_parts (
    seq INTEGER NOT NULL,
    name TEXT NOT NULL,                     -- 'actor' or 'reason'
    salt BLOB,                              -- the key of its digest; NULL like the value once it is erased
    value TEXT,
    PRIMARY KEY (seq, name)
) WITHOUT ROWID;
CREATE TRIGGER audit_parts_are_only_erased BEFORE UPDATE ON audit_parts
WHEN NEW.seq <> OLD.seq OR NEW.name <> OLD.name OR NEW.salt IS NOT NULL OR NEW.value IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;
CREATE TRIGGER audit_parts_are_not_cut BEFORE DELETE ON audit_parts
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;

CREATE TABLE audit_head (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL
);
INSERT INTO audit_head (one, seq, hash)
VALUES (1, 0, X'63726F7373646F636B206175646974206C6F672C2067656E6573697320726F77');

-- ------------------------------------------------------------ webhooks, listings, limits

CREATE TABLE pushes (
    id INTEGER PRIMARY KEY,
    endpoint TEXT NOT NULL,
    event_id TEXT,
    headers TEXT NOT NULL,
    codec INTEGER NOT NULL,
    body BLOB NOT NULL,
    received_at INTEGER NOT NULL,
    done_at INTEGER,
    reason TEXT
);
CREATE UNIQUE INDEX pushes_event ON pushes (endpoint, event_id) WHERE event_id IS NOT NULL;
CREATE INDEX pushes_todo ON pushes (endpoint, id) WHERE done_at IS NULL;

CREATE TABLE catalogue (
    account TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    document TEXT NOT NULL,
    seen_at INTEGER NOT NULL,
    gone_at INTEGER,
    PRIMARY KEY (account, kind, id)
) WITHOUT ROWID;

-- Each bucket of calls as the time at which it will be full again; the rest is for people.
CREATE TABLE quotas (
    account TEXT NOT NULL,
    name TEXT NOT NULL,
    burst INTEGER NOT NULL,
    calls INTEGER NOT NULL,
    per_us INTEGER NOT NULL,
    full_at INTEGER NOT NULL,
    PRIMARY KEY (account, name)
) WITHOUT ROWID;

-- Accounts that cannot be reached.
CREATE TABLE outages (
    account TEXT PRIMARY KEY,
    connection TEXT NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL,                 -- when it is tried again
    trials INTEGER NOT NULL,
    reason TEXT NOT NULL
) WITHOUT ROWID;

-- ------------------------------------------------------------ sealed

CREATE TABLE tokens (
    account TEXT PRIMARY KEY,
    key_id TEXT NOT NULL,
    sealed BLOB NOT NULL,
    at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE secrets (
    name TEXT PRIMARY KEY,
    key_id TEXT NOT NULL,
    sealed BLOB NOT NULL,
    at INTEGER NOT NULL
) WITHOUT ROWID;

-- Which fields the answers of remote systems had, by component and path; the path '' counts the samples.
CREATE TABLE fields (
    component TEXT NOT NULL,
    path TEXT NOT NULL,
    known INTEGER NOT NULL,
    seen INTEGER NOT NULL,
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    last_sample INTEGER NOT NULL,
    PRIMARY KEY (component, path)
) WITHOUT ROWID;

-- Which credentials of a connection worked, and whether they were refused since. Only a keyed digest of them is kept.
CREATE TABLE credentials (
    connection TEXT PRIMARY KEY,
    account TEXT NOT NULL,                  -- identity of the connection
    host TEXT NOT NULL,
    owner TEXT,                             -- whom the remote system says they belong to
    salt BLOB NOT NULL,
    fingerprint BLOB NOT NULL,
    worked_at INTEGER,
    refused_at INTEGER,
    code TEXT,
    reason TEXT,
    fix TEXT
) WITHOUT ROWID;

-- Rights that one process holds for a while.
CREATE TABLE leases (
    name TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    until INTEGER NOT NULL
) WITHOUT ROWID;

-- The cache of one device, version 1 (PRAGMA user_version). Times are Unix milliseconds by the device's own clock, which
-- nobody trusts: they are for people who look.
--
--   spaces --< inferences --< feedback >-- uploads
--   setups --<
--   faces  --<
--   state (key -> value)

-- The feature spaces that inferences were made in; more than one after another bundle was installed.
CREATE TABLE spaces (
    id INTEGER PRIMARY KEY,
    space TEXT NOT NULL UNIQUE,          -- 64 hex digits
    shape TEXT NOT NULL                  -- of one feature, a JSON list
) STRICT;

-- What computed features: where one of these is another, the features may be. A cosine, once it is there, stays.
CREATE TABLE setups (
    id INTEGER PRIMARY KEY,
    app TEXT NOT NULL,                   -- what decodes and prepares photos
    runtime TEXT NOT NULL,
    delegate TEXT NOT NULL,
    system TEXT NOT NULL,
    bundle TEXT NOT NULL,                -- 64 hex digits: the sha256 of its bundle.json
    least_cosine_ppm INTEGER NOT NULL,   -- what that bundle asks of a self-test, in millionths
    cosine_ppm INTEGER,                  -- the self-test's; NULL until it was run
    UNIQUE (app, runtime, delegate, system, bundle)
) STRICT;

-- One run of prefix and head. Ids are never used again, so that feedback cannot meet another photo.
CREATE TABLE inferences (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    sample_id BLOB NOT NULL,             -- 16 bytes: the same photo, face of a photo, or tensor is the same sample
    space INTEGER NOT NULL REFERENCES spaces (id),
    results TEXT NOT NULL,               -- [["Ada", 0.97], ...], best first, at most 20
    unknown INTEGER NOT NULL,            -- 1: the answer was "unknown"
    head_serial INTEGER NOT NULL,        -- 0: the head of the bundle
    setup INTEGER NOT NULL REFERENCES setups (id), -- what computed the feature
    taken_ms INTEGER NOT NULL,
    waiting INTEGER NOT NULL DEFAULT 0,  -- 1: has feedback that is not acknowledged yet; such a row is never pruned
    feature BLOB NOT NULL                -- float32, little-endian, C order; last, as it may fill many pages
) STRICT;
CREATE INDEX inferences_prunable ON inferences (id) WHERE waiting = 0;
CREATE INDEX inferences_of_sample ON inferences (sample_id);

-- The faces of photos, where they were when they were first named: a face that is seen again, a little elsewhere, is the
-- same sample. One that has ever had feedback is kept for good; any other one goes with its last inference.
CREATE TABLE faces (
    sample_id BLOB PRIMARY KEY,          -- 16 bytes
    photo BLOB NOT NULL,                 -- 16 bytes: the id of the photo
    box TEXT NOT NULL,                   -- [left, top, right, bottom], in the photo's pixels
    is_labelled INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX faces_of_photo ON faces (photo);

-- Feedback of the user. Revisions rise with each, so that later feedback on the same sample has the higher one.
CREATE TABLE feedback (
    revision INTEGER PRIMARY KEY AUTOINCREMENT,
    inference INTEGER NOT NULL REFERENCES inferences (id) ON DELETE CASCADE,
    label TEXT NOT NULL,
    is_right INTEGER NOT NULL,           -- 1: the user agreed; 0: the user gave the label
    origin TEXT NOT NULL,                -- group@key id that the device belonged to; '' before enrolment
    given_ms INTEGER NOT NULL,
    upload TEXT REFERENCES uploads (id)  -- NULL until sealed
) STRICT;
CREATE INDEX feedback_of_inference ON feedback (inference);
CREATE INDEX feedback_unsealed ON feedback (revision) WHERE upload IS NULL;

-- Sealed uploads:  waiting -> acknowledged (body dropped)
--                  waiting -> refused (body kept; `push --refused` makes it wait again)
--                  waiting -> dropped, its feedback in no upload again (sealed anew: too large, cut off, or too old)
CREATE TABLE uploads (
    id TEXT PRIMARY KEY,                 -- sha256 of the bytes
    space TEXT NOT NULL,
    origin TEXT NOT NULL,
    device TEXT NOT NULL,                -- id of the device that it was sealed as; it is sent as no other one's
    samples INTEGER NOT NULL,
    size INTEGER NOT NULL,               -- bytes
    sealed_ms INTEGER NOT NULL,
    body BLOB,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'acknowledged', 'refused')),
    problem TEXT                         -- what the service said last, if it was not yes
) STRICT;
CREATE INDEX uploads_unfinished ON uploads (state) WHERE state != 'acknowledged';

-- "secret": 32 random bytes that sample ids are made with; made once, never sent.
CREATE TABLE state (
    key TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT;

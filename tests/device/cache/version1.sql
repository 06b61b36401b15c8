-- A cache as the first version wrote it: an upload acknowledged, one refused and one waiting, feedback in no upload of
-- this group and of another, and an inference without any.
BEGIN TRANSACTION;
CREATE TABLE faces (
    sample_id BLOB PRIMARY KEY,          -- 16 bytes
    photo BLOB NOT NULL,                 -- 16 bytes: the id of the photo
    box TEXT NOT NULL,                   -- [left, top, right, bottom], in the photo's pixels
    is_labelled INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE TABLE feedback (
    revision INTEGER PRIMARY KEY AUTOINCREMENT,
    inference INTEGER NOT NULL REFERENCES inferences (id) ON DELETE CASCADE,
    label TEXT NOT NULL,
    is_right INTEGER NOT NULL,           -- 1: the user agreed; 0: the user gave the label
    origin TEXT NOT NULL,                -- group@key id that the device belonged to; '' before enrolment
    given_ms INTEGER NOT NULL,
    upload TEXT REFERENCES uploads (id)  -- NULL until sealed
) STRICT;
INSERT INTO "feedback" VALUES(1,1,'Ada',1,'',2001,'f5a74da88107fb536b10d7fef703dab753e7ea305d399b91aac79997f58bad93');
INSERT INTO "feedback" VALUES(2,2,'Ben',0,'family@0123456789abcdef',2002,'75e6d440c8c0998bfc840efe6b746ee2fdd24b1bd2c35e90c26ef5a377da09cf');
INSERT INTO "feedback" VALUES(3,2,'Cleo',0,'family@0123456789abcdef',2002,'75e6d440c8c0998bfc840efe6b746ee2fdd24b1bd2c35e90c26ef5a377da09cf');
INSERT INTO "feedback" VALUES(4,3,'Ada',1,'family@0123456789abcdef',2003,'a278d76d6eae0cc90aff89189891d44c60eed717e3bb73c683b01601ed272564');
INSERT INTO "feedback" VALUES(5,4,'Zoë',0,'family@0123456789abcdef',2004,NULL);
INSERT INTO "feedback" VALUES(6,5,'Dan',0,'others@0123456789abcdef',2005,NULL);
CREATE TABLE inferences (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    sample_id BLOB NOT NULL,             -- 16 bytes: the same photo, face of a photo, or tensor is the same sample
    space INTEGER NOT NULL REFERENCES spaces (id),
    results TEXT NOT NULL,               -- [["Ada", 0.97], ...], best first
    unknown INTEGER NOT NULL,            -- 1: the answer was "unknown"
    head_serial INTEGER NOT NULL,        -- 0: the head of the bundle
    runtime TEXT NOT NULL,               -- what computed the feature
    taken_ms INTEGER NOT NULL,
    waiting INTEGER NOT NULL DEFAULT 0,  -- 1: has feedback that is not acknowledged yet; such a row is never pruned
    feature BLOB NOT NULL                -- float32, little-endian, C order; last, as it may fill many pages
) STRICT;
INSERT INTO "inferences" VALUES(1,X'01010101010101010101010101010101',1,'[["Ada", 0.75], ["Zoë", 0.25]]',0,3,'ai-edge-litert 2.3.0',1001,0,X'000000000000803F0000004000004040');
INSERT INTO "inferences" VALUES(2,X'02020202020202020202020202020202',1,'[["Ada", 0.75], ["Zoë", 0.25]]',0,3,'ai-edge-litert 2.3.0',1002,1,X'0000000000000040000080400000C040');
INSERT INTO "inferences" VALUES(3,X'03030303030303030303030303030303',1,'[["Ada", 0.75], ["Zoë", 0.25]]',0,3,'ai-edge-litert 2.3.0',1003,1,X'00000000000040400000C04000001041');
INSERT INTO "inferences" VALUES(4,X'04040404040404040404040404040404',1,'[["Ada", 0.75], ["Zoë", 0.25]]',1,3,'ai-edge-litert 2.3.0',1004,1,X'00000000000080400000004100004041');
INSERT INTO "inferences" VALUES(5,X'05050505050505050505050505050505',1,'[["Ada", 0.75], ["Zoë", 0.25]]',0,3,'ai-edge-litert 2.3.0',1005,1,X'000000000000A0400000204100007041');
INSERT INTO "inferences" VALUES(6,X'06060606060606060606060606060606',1,'[["Ada", 0.75], ["Zoë", 0.25]]',0,3,'ai-edge-litert 2.3.0',1006,0,X'000000000000C0400000404100009041');
CREATE TABLE spaces (
    id INTEGER PRIMARY KEY,
    space TEXT NOT NULL UNIQUE,          -- 64 hex digits
    shape TEXT NOT NULL                  -- of one feature, a JSON list
) STRICT;
INSERT INTO "spaces" VALUES(1,'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','[2, 2]');
CREATE TABLE state (
    key TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT;
INSERT INTO "state" VALUES('secret',X'000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F');
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
INSERT INTO "uploads" VALUES('f5a74da88107fb536b10d7fef703dab753e7ea305d399b91aac79997f58bad93','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','family@0123456789abcdef','dddddddddddddddd',1,375,5000,NULL,'acknowledged',NULL);
INSERT INTO "uploads" VALUES('75e6d440c8c0998bfc840efe6b746ee2fdd24b1bd2c35e90c26ef5a377da09cf','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','family@0123456789abcdef','dddddddddddddddd',1,384,5000,X'60010000000000007B225F5F6D657461646174615F5F223A7B22666F726D6174223A312C227370616365223A2261616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161222C2272756E74696D65223A2261692D656467652D6C697465727420322E332E30222C22636F646563223A22666C6F61743332222C22636F756E74223A312C227368617065223A5B322C325D2C226C6162656C73223A5B22436C656F225D2C2273697A65223A33382C2273746F726564223A32347D2C226665617475726573223A7B226474797065223A22463332222C227368617065223A5B312C345D2C22646174615F6F666673657473223A5B302C31365D7D2C2273616D706C6573223A7B226474797065223A225538222C227368617065223A5B312C32325D2C22646174615F6F666673657473223A5B31362C33385D7D7D2020202020202078DA6360008106072001C4071C98D00033581E0038480224','refused','PUT here: 422 expected this, got that');
INSERT INTO "uploads" VALUES('a278d76d6eae0cc90aff89189891d44c60eed717e3bb73c683b01601ed272564','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','family@0123456789abcdef','dddddddddddddddd',1,377,5000,X'58010000000000007B225F5F6D657461646174615F5F223A7B22666F726D6174223A312C227370616365223A2261616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161222C2272756E74696D65223A2261692D656467652D6C697465727420322E332E30222C22636F646563223A22666C6F61743332222C22636F756E74223A312C227368617065223A5B322C325D2C226C6162656C73223A5B22416461225D2C2273697A65223A33382C2273746F726564223A32357D2C226665617475726573223A7B226474797065223A22463332222C227368617065223A5B312C345D2C22646174615F6F666673657473223A5B302C31365D7D2C2273616D706C6573223A7B226474797065223A225538222C227368617065223A5B312C32325D2C22646174615F6F666673657473223A5B31362C33385D7D7D78DA63600081030E0C0C0E402CE0C88C0658C0F20037CD0206','waiting','PUT here: 503');
CREATE INDEX inferences_prunable ON inferences (id) WHERE waiting = 0;
CREATE INDEX inferences_of_sample ON inferences (sample_id);
CREATE INDEX faces_of_photo ON faces (photo);
CREATE INDEX feedback_of_inference ON feedback (inference);
CREATE INDEX feedback_unsealed ON feedback (revision) WHERE upload IS NULL;
CREATE INDEX uploads_unfinished ON uploads (state) WHERE state != 'acknowledged';
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('inferences',6);
INSERT INTO "sqlite_sequence" VALUES('feedback',6);
COMMIT;
PRAGMA user_version = 1;

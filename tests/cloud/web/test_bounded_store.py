"""A store of which no call takes longer than a client waits. In a process of its own, whose waiting gevent owns."""

import subprocess
import sys

PROGRAM = """
from cloud.web.greenlets import patch_process
patch_process()
import sys, time
from cloud.errors import NotFound, StoreUnreachable, Unavailable, Uncertain
from cloud.store import ByteRange, open_store
from cloud.web.bounded_store import BoundedStore

class Stalled:
    def __getattr__(self, name):
        return lambda *_, **__: time.sleep(60)

def said(call):
    began = time.monotonic()
    try:
        call()
    except Exception as error:
        assert time.monotonic() - began < 10
        return type(error)

stalled = BoundedStore(Stalled(), patience_s=0.05)
reads = [
    lambda: stalled.get("a"),
    lambda: stalled.get("a", ByteRange(0, 5)),
    lambda: stalled.stat("a"),
    lambda: stalled.list("a"),
    lambda: stalled.entries("a"),
]
writes = [
    lambda: stalled.put("a", b""),
    lambda: stalled.put_if_absent("a", b""),
    lambda: stalled.add("a", b""),
    lambda: stalled.put_if_match("a", b"", etag="e"),
    lambda: stalled.delete("a"),
]
assert [said(read) for read in reads] == [Unavailable] * len(reads)
assert [said(write) for write in writes] == [Uncertain] * len(writes)
assert said(stalled.prepare) is StoreUnreachable

store = BoundedStore(open_store(f"dir:{sys.argv[1]}"))
store.prepare()
etag = store.put_if_absent("a/b", b"one")
store.put_if_match("a/b", b"two", etag=etag)
store.add("a/c", b"three")
assert store.get("a/b").body == b"two"
assert store.get("a/c", ByteRange(1, 3)).body == b"hr"
assert store.stat("a/c").size == 5
assert store.list("a/") == [entry.key for entry in store.entries("a/")] == ["a/b", "a/c"]
store.delete("a/b")
assert said(lambda: store.get("a/b")) is NotFound
assert repr(store) == repr(store.store)
print("all of it")
"""


def test_a_call_that_is_not_answered_ends_and_says_whether_it_may_have_happened(tmp_path: object) -> None:
    command = [sys.executable, "-c", PROGRAM, f"{tmp_path}/store"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.stdout, ended.stderr, ended.returncode) == ("all of it\n", "", 0)

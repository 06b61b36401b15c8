"""The layout of the store: the key of every object.

::

    spaces/<space>/<file>                                 the training bundle, as registered
    inbox/<group>/<space>/<device>.<generation>/<sha256>  an upload as it came
    receipts/<group>/<space>/<device>.<generation>/<sha256>   empty: this upload is in the dataset
    rejected/<group>/<space>/<device>.<generation>/<sha256>/upload, reason.json   an upload that cannot be read
    dataset/<group>/<space>/HEAD                          pointer
    dataset/<group>/<space>/shards/<sha256>               immutable samples
    registry/<group>/<space>/HEAD                         pointer
    registry/<group>/<space>/releases/<sha256>            payload and report of one release
    spaces-of/<group>                                     pointer to the signed list of a group's spaces
    trials/<group>/<space>/<cycle>/<trial>                what a trial did
    objects/<group>/<sha256>/<space>.<publication>        heads and label lists, served to the group only, and weights
    named/<group>/<space>                                 what the pool's pointers named when it was swept last
    devices/<device>                                      who it is, and the hash of its token
    excluded/<group>/<device>                             empty: its samples are left out of what is trained on
    allowed/<group>/<label id>                            empty: this label need not wait for a second device
    codes/<id>                                            an enrolment code: its hash, and whom it let in
    operators/<id>                                        an operator, and the hash of its token
    requests/<id>                                         what an operator asks of releases, until it is carried out
    outcomes/<id>                                         what became of it
    erasures/<id>                                         samples that are to be erased; the worker's journal of it
    tombstones/<id>                                       that samples were erased: when, by whom, how many
    keys/verify                                           the public key that devices get when they enrol
    keys/chain                                            all public keys so far, each signed by the one before
    keys/seal                                             what tells tokens that were given out from those made up
    copies/complete                                       in a back-up: that it is whole
    workers/<id>                                          what a worker last said of itself
    lease/<group>/<space>                                 pointer: which worker has the pool (`cloud.store.lease`)
    duty/<name>                                           pointer: which worker does what one alone may do
    begun/<group>/<space>                                 empty: a worker has begun, and something may be left to do
    probe/<random>                                        written and removed by the start-up check
    probe/ready                                           written when somebody asks whether the service is ready

Keys are ASCII, and no key is also the folder of another one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cloud.errors import Damaged
from contract.patterns import DEVICE_PATTERN, GROUP_PATTERN, HEX64_PATTERN

INBOX = "inbox/"
RECEIPTS = "receipts/"
REJECTED = "rejected/"
DATASETS = "dataset/"
DEVICES = "devices/"
EXCLUDED = "excluded/"
ALLOWED = "allowed/"
CODES = "codes/"
OPERATORS = "operators/"
ERASURES = "erasures/"
TOMBSTONES = "tombstones/"
SPACES = "spaces/"
SPACE_LISTS = "spaces-of/"
REGISTRIES = "registry/"
TRIALS = "trials/"
WORKERS = "workers/"
LEASES = "lease/"
DUTIES = "duty/"
BEGUN = "begun/"
OBJECTS = "objects/"
NAMED = "named/"
REQUESTS = "requests/"
OUTCOMES = "outcomes/"
VERIFY = "keys/verify"
CHAIN = "keys/chain"
SEAL = "keys/seal"
COPIES = "copies/"
COMPLETE = "copies/complete"
PROBES = "probe/"
READY = "probe/ready"

PUBLICATION_PATTERN = re.compile("[0-9a-f]{16}")
"""What files of one pool are written by together: drawn at random, so that no key is ever written twice."""

_POOL_KEY = re.compile(rf"[a-z]+/(?P<group>{GROUP_PATTERN.pattern})/(?P<space>{HEX64_PATTERN.pattern})/")
_INBOX_KEY = re.compile(
    rf"inbox/(?P<group>{GROUP_PATTERN.pattern})/(?P<space>{HEX64_PATTERN.pattern})"
    rf"/(?P<device>{DEVICE_PATTERN.pattern})\.(?P<generation>[0-9]{{1,9}})/(?P<sha256>{HEX64_PATTERN.pattern})"
)
_OBJECT_KEY = re.compile(
    rf"objects/(?P<group>{GROUP_PATTERN.pattern})/(?P<sha256>{HEX64_PATTERN.pattern})"
    rf"/(?P<space>{HEX64_PATTERN.pattern})\.(?P<publication>{PUBLICATION_PATTERN.pattern})"
)


@dataclass(frozen=True, slots=True, order=True)
class Pool:
    """One group's samples in one space."""

    group: str
    space: str

    @property
    def path(self) -> str:
        """The pool's part of a key."""
        return f"{self.group}/{self.space}"


@dataclass(frozen=True, slots=True, order=True)
class InboxUpload:
    """One upload of one device in one pool: what an inbox key says."""

    pool: Pool
    device: str
    generation: int
    sha256: str
    """The upload's id: the hash of its bytes."""

    @property
    def name(self) -> str:
        """What distinguishes it from other uploads in its pool."""
        return f"{self.device}.{self.generation}/{self.sha256}"

    @property
    def path(self) -> str:
        """The upload's part of a key."""
        return f"{self.pool.path}/{self.name}"


@dataclass(frozen=True, slots=True)
class ObjectCopy:
    """A file of a release, as one publication wrote it: what its key says."""

    pool: Pool
    sha256: str
    publication: str


def space_file(space: str, name: str) -> str:
    """Return the key of a file of a registered training bundle."""
    return f"{SPACES}{space}/{name}"


def inbox(upload: InboxUpload) -> str:
    """Return the key under which an upload waits to be merged."""
    return f"{INBOX}{upload.path}"


def pool_inbox(pool: Pool) -> str:
    """Return the prefix of all uploads that wait in one pool."""
    return f"{INBOX}{pool.path}/"


def device_inbox(pool: Pool, device_id: str) -> str:
    """Return the prefix of all uploads of one device that wait in one pool, whatever their generation."""
    return f"{pool_inbox(pool)}{device_id}."


def after_pool(prefix: str, pool: Pool) -> str:
    """Return a string after every key of a pool under a prefix, and before those of the next: "0" follows the slash."""
    return f"{prefix}{pool.path}0"


def parse_pool(key: str) -> Pool:
    """Return the pool that a key under any prefix belongs to.

    Raises:
        Damaged: the key names no pool.
    """
    match = _POOL_KEY.match(key)
    if match is None:
        raise Damaged(f"{key}: expected <prefix>/<group>/<space>/...")
    return Pool(match["group"], match["space"])


def parse_inbox(key: str) -> InboxUpload:
    """Read what an inbox key says.

    Raises:
        Damaged: this service writes no such key.
    """
    match = _INBOX_KEY.fullmatch(key)
    if match is None:
        raise Damaged(f"{key}: expected inbox/<group>/<space>/<device>.<generation>/<sha256>")
    return InboxUpload(Pool(match["group"], match["space"]), match["device"], int(match["generation"]), match["sha256"])


def pool_receipts(pool: Pool) -> str:
    """Return the prefix of the receipts of a pool."""
    return f"{RECEIPTS}{pool.path}/"


def pool_rejected(pool: Pool) -> str:
    """Return the prefix of the uploads of a pool that were set aside, and their reasons."""
    return f"{REJECTED}{pool.path}/"


def receipt(upload: InboxUpload) -> str:
    """Return the key of the empty object that says that an upload is in the dataset."""
    return f"{RECEIPTS}{upload.path}"


def rejected_upload(upload: InboxUpload) -> str:
    """Return the key of the bytes of an upload that was set aside."""
    return f"{REJECTED}{upload.path}/upload"


def rejected_reason(upload: InboxUpload) -> str:
    """Return the key of the reason why an upload was set aside."""
    return f"{REJECTED}{upload.path}/reason.json"


def dataset_pointer(pool: Pool) -> str:
    """Return the key of the pointer to a pool's shards."""
    return f"{DATASETS}{pool.path}/HEAD"


def pool_shards(pool: Pool) -> str:
    """Return the prefix of a pool's shards."""
    return f"{DATASETS}{pool.path}/shards/"


def shard(pool: Pool, sha256: str) -> str:
    """Return the key of an immutable piece of a pool's dataset."""
    return f"{pool_shards(pool)}{sha256}"


def registry_pointer(pool: Pool) -> str:
    """Return the key of the pointer to a pool's releases."""
    return f"{REGISTRIES}{pool.path}/HEAD"


def pool_releases(pool: Pool) -> str:
    """Return the prefix of a pool's releases."""
    return f"{REGISTRIES}{pool.path}/releases/"


def release(pool: Pool, sha256: str) -> str:
    """Return the key of one release: its payload and report."""
    return f"{pool_releases(pool)}{sha256}"


def space_list(group: str) -> str:
    """Return the key of the pointer to the signed list of a group's spaces."""
    return f"{SPACE_LISTS}{group}"


def pool_trials(pool: Pool) -> str:
    """Return the prefix of the records of a pool's trials."""
    return f"{TRIALS}{pool.path}/"


def trial(pool: Pool, cycle: str, name: str) -> str:
    """Return the key of what one trial of a training cycle did."""
    return f"{pool_trials(pool)}{cycle}/{name}"


def group_objects(group: str) -> str:
    """Return the prefix of a group's heads, label lists and weights."""
    return f"{OBJECTS}{group}/"


def shared_object(group: str, sha256: str) -> str:
    """Return the prefix of all copies of a head or label list, which only its group may fetch."""
    return f"{group_objects(group)}{sha256}/"


def object_copy(pool: Pool, sha256: str, publication: str) -> str:
    """Return the key of the copy that one publication of a pool has written."""
    return f"{shared_object(pool.group, sha256)}{pool.space}.{publication}"


def find_object(key: str) -> ObjectCopy | None:
    """Read what the key of a copy says; None where this service writes no such key."""
    match = _OBJECT_KEY.fullmatch(key)
    return ObjectCopy(Pool(match["group"], match["space"]), match["sha256"], match["publication"]) if match else None


def named(pool: Pool) -> str:
    """Return the key of what a pool's pointers named when it was swept last."""
    return f"{NAMED}{pool.path}"


def device(device_id: str) -> str:
    """Return the key of a device's document."""
    return f"{DEVICES}{device_id}"


def excluded_of(group: str) -> str:
    """Return the prefix of the marks of a group's excluded devices."""
    return f"{EXCLUDED}{group}/"


def excluded(group: str, device_id: str) -> str:
    """Return the key of the mark that a device's samples are left out of what is trained on."""
    return f"{excluded_of(group)}{device_id}"


def allowed_of(group: str) -> str:
    """Return the prefix of the marks of a group's labels that an operator has allowed."""
    return f"{ALLOWED}{group}/"


def allowed(group: str, label_id: str) -> str:
    """Return the key of the mark that a label need not wait for a second device."""
    return f"{allowed_of(group)}{label_id}"


def code(code_id: str) -> str:
    """Return the key of an enrolment code's document."""
    return f"{CODES}{code_id}"


def operator(operator_id: str) -> str:
    """Return the key of an operator's document."""
    return f"{OPERATORS}{operator_id}"


def request(request_id: str) -> str:
    """Return the key of what an operator asks of releases."""
    return f"{REQUESTS}{request_id}"


def outcome(request_id: str) -> str:
    """Return the key of what became of a request."""
    return f"{OUTCOMES}{request_id}"


def erasure(erasure_id: str) -> str:
    """Return the key of samples that are to be erased."""
    return f"{ERASURES}{erasure_id}"


def tombstone(erasure_id: str) -> str:
    """Return the key of what is left of an erasure."""
    return f"{TOMBSTONES}{erasure_id}"


def worker(worker_id: str) -> str:
    """Return the key of what a worker last said of itself."""
    return f"{WORKERS}{worker_id}"


def lease(pool: Pool) -> str:
    """Return the key of the pointer to who has a pool."""
    return f"{LEASES}{pool.path}"


def duty(name: str) -> str:
    """Return the key of the pointer to who does what one worker alone may do."""
    return f"{DUTIES}{name}"


def begun(pool: Pool) -> str:
    """Return the key of the mark that something may be left to do in a pool."""
    return f"{BEGUN}{pool.path}"


def parse_begun(key: str) -> Pool:
    """Return the pool of a mark. Raises as `parse_pool` does."""
    return parse_pool(f"{key}/")


def probe(name: str) -> str:
    """Return the key of an object of the start-up check."""
    return f"{PROBES}{name}"

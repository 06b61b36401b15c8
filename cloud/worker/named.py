"""What a pool's pointers named when it was swept last: a small object, whose time is that of the store's own clock.

::

    named/<group>/<space>    {"format": 1, "registry": "<commit>", "dataset": "<commit>", "newest": n,
                              "is_clean": true or false,
                              "shards": ["<sha256>", ...], "releases": [...], "publications": [...]}

What was in the store by then, was not among these, and is not named now, has had no name for all the time since: names
are not used twice. So nobody has to remember when something lost its name, and a restart forgets nothing. Losing the
object costs a day.
"""

from __future__ import annotations

from dataclasses import dataclass

from cloud.dataset.pointer import DatasetPointer
from cloud.errors import Damaged
from cloud.releases.registry import Registry
from cloud.store import keys
from cloud.store.documents import reading
from cloud.store.keys import Pool
from cloud.store.store import ListedObject, ObjectStore
from contract.documents import Fields, Json, encode_json, parse_document

NAMED_FORMAT = 1
MAX_NAMED_BYTES = 64 << 20
MAX_NAMES = 1 << 20


@dataclass(frozen=True, slots=True)
class Named:
    """What two pointers named."""

    registry: str
    """The commit of the pointer; empty: there was none."""
    dataset: str
    newest: int
    """So many releases of each channel were to keep their files."""
    shards: frozenset[str]
    releases: frozenset[str]
    publications: frozenset[str]
    is_clean: bool = False
    """Whether nothing else was there: as long as neither pointer moves, and nobody works on the pool, so it stays."""

    @classmethod
    def of(
        cls, dataset: DatasetPointer, current: Registry, *, releases: frozenset[str], newest: int, is_clean: bool
    ) -> Named:
        """Take down what is named now; `releases` as far back as they are kept."""
        return cls(
            registry=current.pointer.commit if current.pointer else "",
            dataset=dataset.commit,
            newest=newest,
            shards=frozenset(ref.sha256 for ref in dataset.shards),
            releases=releases,
            publications=frozenset(current.publications),
            is_clean=is_clean,
        )

    @classmethod
    def parse(cls, fields: Fields) -> Named:
        """Read what `document` wrote. Raises a `ContractError`."""
        fields.check_format(NAMED_FORMAT)
        return cls(
            registry=fields.text("registry"),
            dataset=fields.text("dataset"),
            newest=fields.integer("newest"),
            shards=frozenset(fields.texts("shards", max_items=MAX_NAMES)),
            releases=frozenset(fields.texts("releases", max_items=MAX_NAMES)),
            publications=frozenset(fields.texts("publications", max_items=MAX_NAMES)),
            is_clean=fields.boolean("is_clean"),
        )

    def document(self) -> dict[str, Json]:
        """Write it as the store keeps it."""
        return {
            "format": NAMED_FORMAT,
            "registry": self.registry,
            "dataset": self.dataset,
            "newest": self.newest,
            "shards": sorted(self.shards),
            "releases": sorted(self.releases),
            "publications": sorted(self.publications),
            "is_clean": self.is_clean,
        }

    def names(self, pool: Pool, key: str) -> bool:
        """Tell whether it names a shard, a release or a file of its pool, by its key."""
        copy = keys.find_object(key)
        if copy is not None:
            return copy.publication in self.publications
        sha256 = key.rpartition("/")[2]
        return sha256 in (self.shards if key.startswith(keys.pool_shards(pool)) else self.releases)

    def stands(self, dataset: DatasetPointer, current: Registry, *, newest: int) -> bool:
        """Tell whether both pointers are still those, and the setting is."""
        commit = current.pointer.commit if current.pointer else ""
        return (self.registry, self.dataset, self.newest) == (commit, dataset.commit, newest)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was named, and when."""

    named: Named
    at: float
    """Seconds of the store's clock."""

    def saw_nameless(self, pool: Pool, one: ListedObject, *, now: float) -> bool:
        """Tell whether something was there by then, and had no name.

        What was written later than `now`, by the same clock, was so before that was set back: its time says nothing.
        """
        return (one.modified < self.at or one.modified > now) and not self.named.names(pool, one.key)


def read(store: ObjectStore, pool: Pool) -> Snapshot | None:
    """Read what was taken down last; None where there is nothing, or it cannot be read. Raises `StoreError`."""
    listed = store.entries(keys.named(pool), limit=1)
    if not listed:
        return None
    try:
        return Snapshot(read_named(store, pool), listed[0].modified)
    except Damaged:
        return None  # another one takes its place


def read_named(store: ObjectStore, pool: Pool) -> Named:
    """Read what was named.

    Raises:
        NotFound: nothing was taken down.
        Damaged: it is not what was written.
    """
    key = keys.named(pool)
    body = store.get(key).body
    with reading(key):
        return Named.parse(parse_document(body, where=key, max_bytes=MAX_NAMED_BYTES))


def write(store: ObjectStore, pool: Pool, named: Named) -> None:
    """Take down what is named, in place of what was. Raises `StoreError`."""
    store.put(keys.named(pool), encode_json(named.document()))

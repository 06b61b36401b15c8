"""What the registry of a pool does not name: releases and files that nobody can return to.

These are releases that lost a race, that were signed anew, or are older than the history; and files of publications
that were cut short, or are not kept any more.

A release's serial is part of it. A pointer never goes back to a serial that it has passed, so a release of one that it
has passed, and that is in no chain, is nobody's for ever. A file's key is written once (`cloud.releases.objects`). What
is found here is deleted after the pointer was moved (`registry.settle`): whoever had read it before, and could name
something that is found, loses the swap.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from cloud.errors import Damaged, NotFound
from cloud.releases import stored
from cloud.releases.history import links
from cloud.releases.kept import Link, kept_of
from cloud.releases.registry import Registry
from cloud.store import keys
from cloud.store.documents import reading
from cloud.store.keys import Pool
from cloud.store.listing import entries_under
from cloud.store.store import ListedObject, ObjectStore
from contract.history import MAX_HISTORY
from contract.manifest import Channel, Manifest

RECORDS_KEPT = MAX_HISTORY + 20
"""Of a channel: more than anybody is shown, so that a chain which grows as it is read does not end too early."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class History:
    """What is kept of the releases of a pool."""

    releases: frozenset[str]
    """Their names, as far back as they are kept."""
    publications: frozenset[str]
    """Whose files are to be kept."""


def read_history(store: ObjectStore, pool: Pool, current: Registry, *, newest: int) -> History | None:
    """Read what is to be kept of a pool's releases; None where a chain is broken, and so nobody knows.

    `newest` says how many of each channel keep their files. One read for each release.

    Raises:
        StoreError: the store failed.
    """
    releases: set[str] = set()
    publications: set[str] = set()
    for one in current.channels.values():
        chain: list[Link] = []
        try:
            chain += links(store, pool, one, limit=RECORDS_KEPT)
        except (NotFound, Damaged) as error:
            logger.error("releases of %s are not swept, as their history is broken: %s", pool.path, error)
            return None
        releases.update(link.sha256 for link in chain)
        publications |= kept_of(
            chain[:MAX_HISTORY],
            withdrawn=one.manifest.withdraws,
            publications=current.publications,
            newest=newest,
        )
    return History(frozenset(releases), frozenset(publications))


def unnamed_releases(store: ObjectStore, pool: Pool, named: frozenset[str]) -> Iterator[ListedObject]:
    """Yield the releases of a pool that are not among those that are kept. Raises `StoreError`."""
    prefix = keys.pool_releases(pool)
    return (one for one in entries_under(store, prefix) if one.key.removeprefix(prefix) not in named)


def unnamed_files(store: ObjectStore, pool: Pool, publications: Iterable[str]) -> Iterator[ListedObject]:
    """Yield the files of a pool, and of no other one of its group, whose publication is not kept. Raises `StoreError`.

    What has another key than this service writes is left alone.
    """
    kept = frozenset(publications)
    for one in entries_under(store, keys.group_objects(pool.group)):
        copy = keys.find_object(one.key)
        if copy is not None and copy.pool == pool and copy.publication not in kept:
            yield one


def serials_of(
    store: ObjectStore, pool: Pool, found: Iterable[ListedObject], current: Registry
) -> Mapping[Channel, int]:
    """Return the serials that a registry has to pass before some releases are deleted, so that none is named later.

    That is none for all that it has passed. One that cannot be read may have the next serial of any channel.

    Raises:
        StoreError: the store failed.
    """
    passed: dict[Channel, int] = {}
    for one in found:
        try:
            release = stored.get_release(store, pool, one.key.rpartition("/")[2])
            with reading(one.key):
                manifest = Manifest.parse(release.payload)
        except NotFound:
            continue
        except Damaged:
            passed |= {channel: max(current.next_serial(channel), passed.get(channel, 0)) for channel in Channel}
            continue
        if manifest.serial >= current.next_serial(manifest.channel):
            passed[manifest.channel] = max(manifest.serial, passed.get(manifest.channel, 0))
    return passed

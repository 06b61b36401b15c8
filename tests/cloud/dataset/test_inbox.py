"""The inbox: adding twice is adding once, and what waits is found pool by pool."""

from pathlib import Path

import pytest

from cloud.dataset import inbox
from cloud.errors import Unavailable
from cloud.store import ObjectStore, keys
from cloud.store.keys import InboxUpload, Pool

DEVICE = "d" * 32


def waiting(group: str, space: str = "5", sha256: str = "a") -> InboxUpload:
    return InboxUpload(Pool(group, space * 64), DEVICE, 0, sha256 * 64)


def test_adding_twice_is_adding_once(store: ObjectStore) -> None:
    assert inbox.add(store, waiting("home"), b"body")
    assert not inbox.add(store, waiting("home"), b"body")
    assert inbox.pending(store, waiting("home").pool).uploads == [waiting("home")]


def test_what_waits_is_listed_for_its_own_pool_only(store: ObjectStore) -> None:
    for each in (waiting("home"), waiting("home-2"), waiting("home", "6"), waiting("home", "5", "b")):
        inbox.add(store, each, b"")
    assert inbox.pending(store, Pool("home", "5" * 64)).uploads == [waiting("home"), waiting("home", "5", "b")]
    assert inbox.pending(store, Pool("home", "5" * 64), limit=1).uploads == [waiting("home")]


def test_every_pool_with_news_is_named_once(store: ObjectStore) -> None:
    """A group whose name begins with another's sorts before it, because "-" sorts before "/"."""
    for group in ("home", "home-2", "a", "zoo"):
        for sha256 in "abc":
            inbox.add(store, waiting(group, "5", sha256), b"")
    inbox.add(store, waiting("home", "6"), b"")
    found = inbox.pools_with_news(store)
    assert sorted(found) == [
        Pool("a", "5" * 64),
        Pool("home", "5" * 64),
        Pool("home", "6" * 64),
        Pool("home-2", "5" * 64),
        Pool("zoo", "5" * 64),
    ]


def test_an_empty_inbox_has_no_news(store: ObjectStore) -> None:
    assert inbox.pools_with_news(store) == []


def test_a_stray_object_hides_nothing(store: ObjectStore, caplog: pytest.LogCaptureFixture) -> None:
    store.put("inbox/README", b"")
    store.put(f"{keys.pool_inbox(waiting('home').pool)}stray", b"")
    inbox.add(store, waiting("home"), b"")
    assert inbox.pools_with_news(store) == [waiting("home").pool]
    assert inbox.pending(store, waiting("home").pool).uploads == [waiting("home")]
    assert "inbox/README" in caplog.text


def test_what_could_not_be_kept_is_not_acknowledged(directory_store: ObjectStore, tmp_path: Path) -> None:
    (tmp_path / "directory-store/.writing").rmdir()
    with pytest.raises(Unavailable):
        inbox.add(directory_store, waiting("home"), b"body")
    assert inbox.pools_with_news(directory_store) == []


def test_an_inbox_key_is_read_back_as_it_was_written() -> None:
    assert keys.parse_inbox(keys.inbox(waiting("home"))) == waiting("home")

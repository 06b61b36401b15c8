"""What is remembered of pools is what the last look asked for."""

import pytest

from cloud.overview import memory as module
from cloud.overview.memory import FORGOTTEN_AFTER_S, Memory
from cloud.releases.stored import Release
from cloud.store.keys import Pool

POOL, OTHER = Pool("home", "5" * 64), Pool("work", "5" * 64)
RELEASE = Release(b"", None, {}, None, 0)


def is_known(memory: Memory, pool: Pool, name: str) -> bool:
    asked: list[str] = []

    def read() -> Release:
        asked.append(name)
        return RELEASE

    memory.begin(pool).releases.get(name, read)
    return not asked


def look(memory: Memory, pool: Pool, *names: str, now: float = 0.0) -> None:
    begun = memory.begin(pool)
    for name in names:
        begun.releases.get(name, lambda: RELEASE)
    memory.end(pool, begun, now=now)


def test_what_the_last_look_did_not_ask_for_is_forgotten() -> None:
    memory = Memory()
    look(memory, POOL, "a", "b")
    look(memory, POOL, "b", "c")
    assert [is_known(memory, POOL, name) for name in "abc"] == [False, True, True]


def test_a_look_that_does_not_come_to_its_end_changes_nothing() -> None:
    memory = Memory()
    look(memory, POOL, "a")
    memory.begin(POOL).releases.get("b", lambda: RELEASE)
    assert [is_known(memory, POOL, name) for name in "ab"] == [True, False]


def test_pools_that_are_gone_or_at_which_nobody_looks_are_forgotten() -> None:
    memory = Memory()
    look(memory, POOL, "a", now=10)
    look(memory, OTHER, "a", now=20)
    memory.forget(all_but={POOL, OTHER}, now=10 + FORGOTTEN_AFTER_S)
    assert is_known(memory, POOL, "a")
    memory.forget(all_but={POOL, OTHER}, now=11 + FORGOTTEN_AFTER_S)
    assert [is_known(memory, pool, "a") for pool in (POOL, OTHER)] == [False, True]
    memory.forget(all_but={POOL}, now=20)
    assert not is_known(memory, OTHER, "a")


def test_what_would_be_too_much_of_all_pools_is_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_RELEASES", 3)
    memory = Memory()
    look(memory, POOL, "a", "b")
    look(memory, OTHER, "c", "d")
    look(memory, POOL, "a", "b")
    assert [is_known(memory, POOL, "a"), is_known(memory, OTHER, "c")] == [True, False]

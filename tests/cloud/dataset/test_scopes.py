"""Which rows an erasure means, and a shard without them."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from cloud.dataset.columns import Columns, join_columns
from cloud.dataset.scopes import AgeScope, DeviceScope, GroupScope, LabelScope, Scope, count_samples, parse_scope
from cloud.dataset.shard_rows import keep_rows
from cloud.dataset.shards import ShardRef
from cloud.store.keys import Pool
from contract.documents import Fields, Json
from contract.errors import ContractError
from contract.self_test import SelfTest
from tests.cloud.conftest import SELF_TEST
from tests.cloud.dataset.shard_making import columns_of

PHONE, TABLET = "a" * 32, "b" * 32
POOL = Pool("home", "5" * 64)
OTHER_TEST = SelfTest(SELF_TEST.setup, 990_001)
Row = tuple[str, int, int, int, str]
"""Device, generation, sample, revision, label."""


def shard(*rows: Row, merged: int = 0) -> tuple[ShardRef, Columns]:
    """A shard with an upload of its own for each row."""
    columns = columns_of([(device, sample, revision, label) for device, _, sample, revision, label in rows])
    count = len(rows)
    own = replace(
        columns.arrivals,
        generations=np.array([row[1] for row in rows], np.uint32),
        self_test_index=np.array([number % 2 for number in range(count)], np.uint32),
        merged=np.full(count, merged, np.uint64),
    )
    return ShardRef("0" * 64, 0, count, merged), replace(columns, arrivals=own)


def meant(scope: Scope, *pieces: tuple[ShardRef, Columns]) -> list[list[bool]]:
    return [flags.tolist() for flags in scope.rows(pieces)]


def test_of_a_device_its_rows_are_meant_up_to_its_generation() -> None:
    piece = shard((PHONE, 0, 1, 0, "Ada"), (TABLET, 0, 2, 0, "Ada"), (PHONE, 1, 3, 0, "Ben"), (PHONE, 2, 4, 0, "Ben"))
    assert meant(DeviceScope("home", PHONE, 1), piece) == [[True, False, True, False]]
    assert meant(DeviceScope("home", TABLET, 0), piece) == [[False, True, False, False]]


@pytest.mark.parametrize("spelling", ["Zoë", "ZOË", "Zoe\u0308", "ｚｏë"])
def test_of_a_label_every_spelling_is_meant(spelling: str) -> None:
    piece = shard((PHONE, 0, 1, 0, "Zoë"), (TABLET, 0, 2, 0, "zoë"), (PHONE, 0, 3, 0, "Zoe"))
    assert meant(LabelScope("home", spelling), piece) == [[True, True, False]]


def test_a_photo_that_was_corrected_to_the_label_is_theirs_whatever_it_was_called_before() -> None:
    pieces = shard((PHONE, 0, 1, 0, "Ben"), (TABLET, 0, 1, 0, "Ben")), shard((PHONE, 0, 1, 1, "Zoe"))
    assert meant(LabelScope("home", "Zoe"), *pieces) == [[True, False], [True]]
    assert meant(LabelScope("home", "Zoe"), *reversed(pieces)) == [[True], [True, False]]


def test_a_photo_that_was_corrected_from_the_label_stays_without_the_row_that_names_it() -> None:
    pieces = shard((PHONE, 0, 1, 0, "Zoe"), (PHONE, 0, 1, 2, "Zoe")), shard((PHONE, 0, 1, 3, "Ben"))
    assert meant(LabelScope("home", "Zoe"), *pieces) == [[True, True], [False]]


def test_of_a_date_rows_are_meant_by_when_each_was_merged_and_not_by_their_shard() -> None:
    pieces = [shard((PHONE, 0, 1, 0, "Ada"), merged=9), shard((PHONE, 0, 2, 0, "Ada"), merged=10)]
    joined = join_columns([columns for _, columns in pieces])
    assert meant(AgeScope("home", 10), *pieces) == [[True], [False]]
    assert meant(AgeScope("home", 10), (ShardRef("0" * 64, 0, 2, 9), joined)) == [[True, False]]


def test_of_a_group_all_is_meant() -> None:
    assert meant(GroupScope("home"), shard((PHONE, 0, 1, 0, "Ada"), (TABLET, 0, 1, 0, "Ben"))) == [[True, True]]


def test_of_a_group_at_a_time_what_came_later_is_not_meant_and_a_second_look_means_no_more() -> None:
    first = GroupScope("home").at({PHONE: 1})
    rows = (PHONE, 0, 1, 0, "Ada"), (PHONE, 1, 2, 0, "Ada"), (PHONE, 2, 3, 0, "Ada"), (TABLET, 0, 4, 0, "Ben")
    assert meant(first, shard(*rows)) == [[True, True, False, True]]
    again = first.at({PHONE: 2, TABLET: 0})  # which has enrolled since
    assert meant(again, shard(*rows)) == [[True, True, False, False]]
    assert again.at({PHONE: 3, TABLET: 1}) == again


@pytest.mark.parametrize(
    "scope",
    [
        DeviceScope("home", PHONE, 3),
        LabelScope("home", "Zoë"),
        GroupScope("home"),
        GroupScope("home", {}),
        GroupScope("home", {PHONE: 3, TABLET: -1}),
        AgeScope("home", 10),
    ],
)
def test_a_scope_is_read_back(scope: Scope) -> None:
    assert parse_scope(Fields(scope.document(), where="scope")) == scope


@pytest.mark.parametrize(
    "document",
    [
        {"kind": "everything", "group": "home"},
        {"kind": "device", "group": "home", "device": "../etc", "generation": 0},
        {"kind": "group", "group": "Home"},
        {"kind": "label", "group": "home"},
        {"kind": "age", "group": "home", "before": -1},
    ],
)
def test_what_is_no_scope_is_refused(document: dict[str, Json]) -> None:
    with pytest.raises(ContractError):
        parse_scope(Fields(document, where="scope"))


def test_samples_are_counted_once_by_device() -> None:
    pieces = shard((PHONE, 0, 1, 0, "Ada"), (TABLET, 0, 1, 0, "Ada")), shard((PHONE, 0, 1, 1, "Ben"))
    assert count_samples([columns for _, columns in pieces]) == 2


@pytest.mark.parametrize(
    ("kept", "labels", "tests"),
    [((0, 2), ("Ada", "Cleo"), (SELF_TEST,)), ((1,), ("Ben",), (OTHER_TEST,)), ((), (), ())],
)
def test_a_shard_without_some_rows_names_nothing_of_them(
    kept: Sequence[int], labels: tuple[str, ...], tests: tuple[SelfTest, ...]
) -> None:
    _, columns = shard((PHONE, 0, 1, 0, "Ada"), (TABLET, 0, 2, 3, "Ben"), (PHONE, 1, 3, 4, "Cleo"))
    rest = keep_rows(columns, np.isin(np.arange(3), kept))
    assert (rest.labels, rest.self_tests) == (labels, tests)
    assert rest.devices == tuple(dict.fromkeys((PHONE, TABLET, PHONE)[row] for row in kept))
    assert rest.uploads(POOL) == [columns.uploads(POOL)[row] for row in kept]
    for place, row in enumerate(kept):
        assert rest.labels[rest.label_index[place]] == columns.labels[columns.label_index[row]]
        assert rest.devices[rest.device_index[place]] == columns.devices[columns.device_index[row]]
        assert rest.self_tests[rest.arrivals.self_test_index[rest.arrival_index[place]]] == columns.self_tests[row % 2]
        assert (rest.sample_ids[place][0], rest.revisions[place]) == (
            columns.sample_ids[row][0],
            columns.revisions[row],
        )

"""Which labels wait until a second device, or an operator, stands for them."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.dataset.backing import LabelStanding, find_waiting
from cloud.label_limit import LabelLimit

LABELS = ("Ada", "Ben", "Cleo", "Dan", "Eve", "Fay")
THREE_EACH = [3] * len(LABELS)


def waiting(
    said: Sequence[tuple[str, str]],
    *,
    limit: int = 1,
    percent: int = 0,
    released: Sequence[str] = (),
    allowed: Sequence[str] = (),
    photos: Sequence[int] = THREE_EACH,
) -> list[str]:
    """Which labels wait where devices said these; Ada and Ben are the bundle's."""
    devices = sorted({device for device, _ in said})
    standing = LabelStanding.of(
        LABELS,
        np.array(photos),
        bundle={"ada", "ben"},
        released={"ada", "ben", *released},
        allows=allowed.__contains__,
    )
    found = find_waiting(
        np.array([LABELS.index(label) for _, label in said], np.int64),
        np.array([devices.index(device) for device, _ in said], np.int64),
        standing,
        LabelLimit(limit, percent),
    )
    return [label for label, waits in zip(LABELS, found, strict=True) if waits]


BESIDE = ("other", "Ada")
THREE = [("d", "Cleo"), ("d", "Dan"), ("d", "Eve"), BESIDE]


def test_each_device_may_bring_its_oldest_labels_alone() -> None:
    assert waiting(THREE) == ["Dan", "Eve"]
    assert waiting(THREE[::-1]) == ["Dan", "Eve"]  # as labels are older, not as samples lie
    assert waiting([*THREE, ("e", "Fay")]) == ["Dan", "Eve"]
    assert waiting(THREE, limit=2) == ["Eve"]
    assert waiting(THREE, limit=3) == []
    assert waiting(THREE, limit=0) == ["Cleo", "Dan", "Eve"]


def test_a_second_device_ends_the_waiting_and_the_label_counts_no_more() -> None:
    assert waiting([*THREE, ("e", "Dan")]) == ["Eve"]
    assert waiting([*THREE, ("e", "Cleo")]) == ["Eve"]
    assert waiting([*THREE, ("e", "Cleo"), ("e", "Dan")]) == []


def test_so_does_an_operator() -> None:
    assert waiting(THREE, allowed=["Dan"]) == ["Eve"]
    assert waiting(THREE, allowed=["Cleo", "Dan", "Eve"]) == []


def test_what_was_released_does_not_wait_but_counts() -> None:
    assert waiting(THREE, released=["eve"]) == ["Cleo", "Dan"]
    assert waiting(THREE, released=["cleo", "dan", "eve"]) == []


def test_the_bundles_labels_never_wait_and_never_count() -> None:
    assert waiting([("d", "Ada"), ("d", "Ben"), ("d", "Cleo"), ("other", "Dan")]) == []


def test_of_a_label_with_too_few_photos_nothing_is_decided() -> None:
    """One photo of a friend takes no place from the next one, who has many."""
    assert waiting(THREE, photos=[3, 3, 1, 3, 3, 3]) == ["Eve"]


def test_where_one_device_alone_sent_anything_nothing_waits() -> None:
    assert waiting(THREE[:3]) == []
    assert waiting([]) == []


def test_the_limit_goes_with_the_size_of_the_group() -> None:
    """Two labels of the bundle and one of two devices stand; a third of these is one."""
    both = [*THREE, ("d", "Fay"), ("e", "Fay")]
    assert waiting(both, limit=0, percent=33) == ["Cleo", "Dan", "Eve"]
    assert waiting(both, limit=0, percent=34) == ["Dan", "Eve"]
    assert waiting(both, limit=0, percent=100) == []


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(LABELS)), max_size=20),
    st.integers(0, 4),
    st.sets(st.sampled_from(["cleo", "dan"])),
)
def test_no_device_brings_more_alone_than_it_may_and_nothing_else_waits(
    said: list[tuple[str, str]], limit: int, released: set[str]
) -> None:
    found = waiting(said, limit=limit, released=sorted(released))
    devices: dict[str, set[str]] = {}
    for device, label in said:
        devices.setdefault(label, set()).add(device)
    for label in found:
        assert len(devices[label]) == 1
        assert label.lower() not in {"ada", "ben", *released}
    for device in "abc":
        alone = [label for label, of in devices.items() if of == {device} and label not in ("Ada", "Ben")]
        passed = [label for label in alone if label not in found]
        known = [label for label in alone if label.lower() in released]
        if len({name for name, _ in said}) > 1:
            assert len(passed) == max(min(limit, len(alone)), len(known))


@pytest.mark.parametrize("devices", [2, 50])
def test_thousands_of_names_are_decided_at_once(devices: int) -> None:
    names = tuple(f"name {number}" for number in range(6000))
    standing = LabelStanding.of(names, np.full(6000, 2), bundle=set(), released=set(), allows=lambda _: False)
    owners = np.arange(6000) % devices
    found = find_waiting(np.arange(6000), owners, standing, LabelLimit(10, 5))
    assert int((~found).sum()) == 10 * devices

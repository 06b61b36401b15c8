"""Which row of a sample counts: pure decisions."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cloud.dataset.columns import Columns
from cloud.dataset.ledger import Ledger, LedgerDraft, LedgerRow, base_ledger, spell
from contract.holdout import Split, assign_split
from tests.cloud.dataset.shard_making import columns_of

LOW, HIGH = b"\0" * 16, b"\xff" * 16

rows = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(0, 3), st.integers(0, 3), st.sampled_from(["Ada", "ADA", "Ben"])),
    max_size=30,
)


def columns(taken: list[tuple[str, int, int, str, Split]]) -> Columns:
    """A shard of rows (device, number of the photo, revision, label, split), each with tables of its own."""
    return columns_of(
        [(device, photo, revision, label) for device, photo, revision, label, _ in taken],
        splits=[list(Split).index(row[4]) for row in taken],
    )


def take_all(draft: LedgerDraft, asked: list[tuple[str, int, int, str]]) -> list[tuple[str, int, int, str, Split]]:
    decided = [(row, draft.take((row[0], bytes([row[1]] * 16)), revision=row[2], label=row[3])) for row in asked]
    return [(*row, split) for row, split in decided if split is not None]


def test_the_first_three_photos_of_a_label_train_and_low_ids_are_held_out_after() -> None:
    draft = LedgerDraft(Ledger())
    splits = [draft.take(("d", bytes([n]) + LOW[1:]), revision=0, label="Ada") for n in range(5)]
    assert splits == [Split.TRAIN] * 3 + [Split.HELD_OUT] * 2
    assert draft.take(("d", HIGH), revision=0, label="Ada") is Split.TRAIN


def test_photos_of_the_bundle_count_whatever_the_spelling() -> None:
    ledger = base_ledger(("Ada", "Ben"), (3, 0))
    draft = LedgerDraft(ledger)
    assert draft.take(("d", LOW), revision=0, label="ADA") is Split.HELD_OUT
    assert draft.take(("d", b"\1" * 16), revision=0, label="Ben") is Split.TRAIN


def test_a_draft_leaves_the_ledger_as_it_is() -> None:
    ledger = Ledger()
    LedgerDraft(ledger).take(("d", LOW), revision=0, label="Ada")
    assert not len(ledger)
    assert not ledger.photos


def test_a_bundle_without_samples_counts_nothing() -> None:
    assert sum(base_ledger(("Ada",), (0,)).photos.values()) == 0


def test_a_label_is_shown_as_it_was_first_spelled() -> None:
    assert spell(["Ada", "ÉVA", "ada", "éva", "Ben"]) == {"ada": "Ada", "éva": "ÉVA", "ben": "Ben"}


@given(rows)
def test_a_draft_decides_what_a_ledger_of_its_rows_then_says(asked: list[tuple[str, int, int, str]]) -> None:
    ledger = Ledger()
    draft = LedgerDraft(ledger)
    taken = take_all(draft, asked)
    ledger.absorb(columns(taken))
    assert rows_of(ledger) == draft.rows
    assert {label: count for label, count in ledger.photos.items() if count} == count_photos(ledger)


@given(rows, st.integers(0, 30))
def test_it_does_not_matter_where_one_merge_ends_and_the_next_begins(
    asked: list[tuple[str, int, int, str]], cut: int
) -> None:
    whole = Ledger()
    whole.absorb(columns(take_all(LedgerDraft(whole), asked)))
    parts = Ledger()
    for part in (asked[:cut], asked[cut:]):
        parts.absorb(columns(take_all(LedgerDraft(parts), part)))
    assert rows_of(parts) == rows_of(whole)
    assert count_photos(parts) == count_photos(whole)


@given(rows)
def test_the_highest_revision_counts_and_the_first_row_decides_the_split(
    asked: list[tuple[str, int, int, str]],
) -> None:
    draft = LedgerDraft(Ledger())
    taken = take_all(draft, asked)
    for (device, sample), row in draft.rows.items():
        mine = [each for each in taken if (each[0], bytes([each[1]] * 16)) == (device, sample)]
        assert row.revision == max(each[2] for each in asked if (each[0], bytes([each[1]] * 16)) == (device, sample))
        assert {each[4] for each in mine} == {row.split} == {mine[0][4]}


def test_whoever_does_not_know_the_secret_cannot_choose_what_judges() -> None:
    """Devices choose ids: of those that would all judge, or all train, a fifth judges all the same."""
    for salt in (b"one secret", b"another"):
        for first in (b"\0", b"\xff"):
            draft = LedgerDraft(Ledger(), salt)
            names = [first + number.to_bytes(15, "big") for number in range(2000)]
            splits = [draft.take(("d", name), revision=0, label="Ada") for name in names]
            assert splits[:3] == [Split.TRAIN] * 3
            assert 320 < splits.count(Split.HELD_OUT) < 480  # 4.5 standard deviations
            assert salt.hex() not in repr(draft)
    own = [
        [
            LedgerDraft(base_ledger(("Ada",), (3,)), salt).take(("d", bytes([n]) * 16), revision=0, label="Ada")
            for n in range(100)
        ]
        for salt in (b"one secret", b"another")
    ]
    assert own[0] != own[1]


def test_the_split_is_the_contracts() -> None:
    draft = LedgerDraft(Ledger())
    for number in range(200):
        sample = bytes([number]) * 16
        assert draft.take(("d", sample), revision=0, label="Ada") is assign_split(sample, number)


def rows_of(ledger: Ledger) -> dict[tuple[str, bytes], LedgerRow]:
    """The row that counts of every sample that `rows` draws."""
    ids = np.array([[number] * 16 for number in range(4)], np.uint8)
    found = [(device, place, row) for device in "ab" for place, row in enumerate(ledger.find(device, ids))]
    return {(device, ids[place].tobytes()): row for device, place, row in found if row is not None}


def count_photos(ledger: Ledger) -> dict[str, int]:
    labels = [row.label for row in rows_of(ledger).values()]
    return {label: labels.count(label) for label in set(labels)}

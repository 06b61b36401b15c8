"""The index of samples: what was put last counts, and it stays small."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cloud.dataset.sample_index import SampleIndex, count_distinct, make_keys, make_rows

puts = st.lists(st.dictionaries(st.tuples(st.integers(0, 3), st.integers(0, 300)), st.integers(0, 9), max_size=40))


def keys_of(samples: list[tuple[int, int]]) -> np.ndarray:  # type: ignore[type-arg]  # of any dtype
    """Ids that begin alike, end with zeros, and are zeros altogether."""
    ids = [number.to_bytes(2, "big") + b"\0" * 14 for _, number in samples]
    devices = np.array([device for device, _ in samples], np.int64)
    return make_keys(devices, np.frombuffer(b"".join(ids), np.uint8).reshape(-1, 16))


@given(puts)
def test_it_says_what_a_dictionary_says(rounds: list[dict[tuple[int, int], int]]) -> None:
    index, expected = SampleIndex(), dict[tuple[int, int], int]()
    for samples in rounds:
        numbers = np.array(list(samples.values()), np.int64)
        index.put(keys_of(list(samples)), make_rows(numbers, numbers + 1, numbers % 2))
        expected |= samples
    asked = [(device, number) for device in range(4) for number in range(301)]
    found, rows = index.find(keys_of(asked))
    assert found.tolist() == [sample in expected for sample in asked]
    for sample, is_there, row in zip(asked, found.tolist(), rows.tolist(), strict=True):
        if is_there:
            value = expected[sample]
            assert row == (value, value + 1, value % 2)


def test_samples_that_come_one_by_one_lie_in_few_runs() -> None:
    index = SampleIndex()
    for number in range(3000):
        index.put(keys_of([(0, number)]), make_rows(np.zeros(1), np.zeros(1), np.zeros(1)))
    assert len(index._runs) < 10  # what it costs to ask is not seen from outside
    assert len(index) == 3000


def test_a_sample_takes_some_thirty_bytes() -> None:
    keys = keys_of([(0, number) for number in range(1000)])
    rows = make_rows(np.zeros(1000), np.zeros(1000), np.zeros(1000))
    assert (keys.nbytes + rows.nbytes) / 1000 < 30


def test_the_same_id_of_two_devices_is_two_samples() -> None:
    assert count_distinct([keys_of([(0, 1), (1, 1)]), keys_of([(0, 1)])]) == 2
    assert count_distinct([]) == 0

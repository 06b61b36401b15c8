from hypothesis import given
from hypothesis import strategies as st

from device.cache.feedback import UnsealedFeedback
from device.push.choice import Choice, choose


def unsealed(*rows: tuple[int, str]) -> list[UnsealedFeedback]:
    return [UnsealedFeedback(revision, sample.encode(), 1, 7) for revision, sample in rows]


def test_nothing_waits_nothing_is_chosen() -> None:
    assert choose([], max_samples=5) is None


def test_of_one_sample_the_highest_revision_goes_and_settles_the_lower_ones() -> None:
    assert choose(unsealed((1, "a"), (2, "b"), (5, "a")), max_samples=5) == Choice((2, 5), (1,))


def test_the_oldest_samples_go_first() -> None:
    assert choose(unsealed((1, "a"), (2, "b"), (3, "c"), (4, "a")), max_samples=2) == Choice((2, 4), (1,))


def test_an_upload_is_of_one_space_and_one_setup() -> None:
    places = [(1, 7), (2, 7), (1, 8), (1, 7)]
    rows = [UnsealedFeedback(n, bytes([n]), space, setup) for n, (space, setup) in enumerate(places, start=1)]
    assert choose(rows, max_samples=9) == Choice((1, 4), ())


rows = st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(1, 2), st.integers(7, 8)), max_size=30)


@given(rows, st.integers(1, 4))
def test_choosing_until_nothing_waits_settles_all_feedback_once_and_sends_the_last_on_each_sample(
    drawn: list[tuple[str, int, int]], most: int
) -> None:
    left = [
        UnsealedFeedback(n, sample.encode(), space, setup) for n, (sample, space, setup) in enumerate(drawn, start=1)
    ]
    last = {(one.sample_id, one.space_key, one.setup_key): one.revision for one in left}
    settled: list[int] = []
    sent: list[int] = []
    while choice := choose(left, max_samples=most):
        assert 0 < len(choice.revisions) <= most
        settled += choice.taken
        sent += choice.revisions
        left = [one for one in left if one.revision not in choice.taken]
    assert sorted(settled) == list(range(1, len(drawn) + 1))
    assert sorted(sent) == sorted(last.values())

from hypothesis import given
from hypothesis import strategies as st

from device.push.choice import Choice, Waiting, choose


def waiting(*rows: tuple[int, str]) -> list[Waiting]:
    return [Waiting(revision, sample.encode(), 1, "r") for revision, sample in rows]


def test_nothing_waits_nothing_is_chosen() -> None:
    assert choose([], max_samples=5) is None


def test_of_one_sample_the_highest_revision_goes_and_settles_the_lower_ones() -> None:
    assert choose(waiting((1, "a"), (2, "b"), (5, "a")), max_samples=5) == Choice((2, 5), (1,))


def test_the_oldest_samples_go_first() -> None:
    assert choose(waiting((1, "a"), (2, "b"), (3, "c"), (4, "a")), max_samples=2) == Choice((2, 4), (1,))


def test_an_upload_is_of_one_space_and_one_runtime() -> None:
    rows = [Waiting(1, b"a", 1, "r"), Waiting(2, b"b", 2, "r"), Waiting(3, b"c", 1, "q"), Waiting(4, b"d", 1, "r")]
    assert choose(rows, max_samples=9) == Choice((1, 4), ())


rows = st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(1, 2), st.sampled_from("rq")), max_size=30)


@given(rows, st.integers(1, 4))
def test_choosing_until_nothing_waits_settles_every_word_once_and_sends_each_last_word(
    drawn: list[tuple[str, int, str]], most: int
) -> None:
    left = [Waiting(n + 1, sample.encode(), space, runtime) for n, (sample, space, runtime) in enumerate(drawn)]
    last_words = {(one.sample_id, one.space_key, one.runtime): one.revision for one in left}
    settled: list[int] = []
    sent: list[int] = []
    while choice := choose(left, max_samples=most):
        assert 0 < len(choice.revisions) <= most
        settled += choice.taken
        sent += choice.revisions
        left = [one for one in left if one.revision not in choice.taken]
    assert sorted(settled) == list(range(1, len(drawn) + 1))
    assert sorted(sent) == sorted(last_words.values())

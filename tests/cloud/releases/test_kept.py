"""Which releases keep their files: those that serve, and those that an operator may return to."""

from cloud.releases.kept import Link, is_kept, kept_of, returns_to
from contract.withdrawals import Withdrawals

NONE = Withdrawals()
ALL = ("1", "2", "3", "4")


def link(serial: int, *, publication: str | None = None, is_for_all: bool = True) -> Link:
    return Link(f"{serial:064x}", serial, publication, is_for_all, (publication,) if publication else ())


CHAIN = [link(9, publication="4"), link(7, publication="3"), link(4, publication="2"), link(1, publication="1")]


def kept(chain: list[Link], *, newest: int, withdrawn: Withdrawals = NONE, publications: tuple[str, ...] = ALL) -> str:
    found = kept_of(chain, withdrawn=withdrawn, publications=publications, newest=newest)
    return "".join(sorted(found))


def test_the_newest_keep_their_files() -> None:
    assert kept(CHAIN, newest=3) == "234"
    assert kept(CHAIN, newest=100) == "1234"


def test_what_stands_and_what_a_withdrawal_returns_to_keep_theirs_whatever_the_setting() -> None:
    assert kept(CHAIN, newest=1) == "34"
    some = [link(9, publication="4", is_for_all=False), link(7, publication="3", is_for_all=False), *CHAIN[2:]]
    assert kept(some, newest=1) == "24"


def test_what_has_lost_its_files_is_not_kept_again() -> None:
    assert kept(CHAIN, newest=4, publications=("4", "1")) == "14"


def test_a_release_without_a_head_has_no_files_and_takes_a_place() -> None:
    assert kept([link(10), *CHAIN], newest=2) == "4"


def test_a_withdrawal_passes_over_what_is_withdrawn_what_has_the_same_head_and_what_has_no_files() -> None:
    chain = [link(12, publication="4"), link(10), *CHAIN]
    assert returns_to(chain, withdrawn=NONE, publications=ALL) == CHAIN[1]
    assert returns_to(chain, withdrawn=NONE.adding(7, 8), publications=ALL) == CHAIN[2]
    assert returns_to(chain, withdrawn=NONE.adding(7, 8), publications=("4", "1")) == CHAIN[3]
    assert returns_to(chain, withdrawn=NONE.adding(1, 9), publications=ALL) is None
    assert returns_to([], withdrawn=NONE, publications=ALL) is None


def test_the_bundles_head_has_no_files_that_could_be_gone() -> None:
    assert is_kept(link(1), ())
    assert not is_kept(link(1, publication="1"), ("2",))

"""One device may not take every thread."""

from contextlib import ExitStack

import pytest

from cloud.errors import Refused
from cloud.identity.limits import MAX_AT_ONCE, ConcurrencyLimit
from contract.problems import Problem


def test_a_device_has_so_many_turns_and_another_one_its_own() -> None:
    turns = ConcurrencyLimit()
    with ExitStack() as taken:
        for _ in range(MAX_AT_ONCE):
            taken.enter_context(turns.take("one"))
        with pytest.raises(Refused) as caught, turns.take("one"):
            pass
        assert caught.value.document.problem is Problem.TOO_MANY_REQUESTS
        with turns.take("another"):
            pass
    with turns.take("one"):
        pass


def test_a_turn_ends_however_it_ends() -> None:
    turns = ConcurrencyLimit()
    for _ in range(MAX_AT_ONCE + 1):
        with pytest.raises(RuntimeError), turns.take("one"):
            raise RuntimeError

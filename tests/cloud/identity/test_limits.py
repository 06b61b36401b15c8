"""One device may not take what others need."""

from contextlib import ExitStack

import pytest

from cloud.errors import RequestRefused
from cloud.identity.limits import MAX_AT_ONCE, ConcurrencyLimit
from contract.problems import Problem


def test_a_device_may_have_so_many_bodies_under_way_and_another_one_its_own() -> None:
    limit = ConcurrencyLimit()
    with ExitStack() as taken:
        for _ in range(MAX_AT_ONCE):
            taken.enter_context(limit.take("one"))
        with pytest.raises(RequestRefused) as caught, limit.take("one"):
            pass
        assert caught.value.document.problem is Problem.TOO_MANY_REQUESTS
        with limit.take("another"):
            pass
    with limit.take("one"):
        pass


def test_a_body_is_under_way_no_longer_however_it_ends() -> None:
    limit = ConcurrencyLimit()
    for _ in range(MAX_AT_ONCE + 1):
        with pytest.raises(RuntimeError), limit.take("one"):
            raise RuntimeError

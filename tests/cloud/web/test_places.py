"""How many requests a process has under way."""

from contextlib import ExitStack

import pytest

from cloud.errors import RequestRefused
from cloud.web.places import Places
from contract.problems import Problem


def test_who_comes_when_all_places_are_taken_is_told_to_come_later_until_one_is_free() -> None:
    places = Places(2)
    with ExitStack() as taken:
        for _ in range(2):
            taken.enter_context(places.take())
        with pytest.raises(RequestRefused) as caught, places.take():
            pass
        assert caught.value.document.problem is Problem.UNAVAILABLE
    with pytest.raises(RuntimeError), places.take():
        raise RuntimeError
    with places.take(), places.take():
        pass

"""One device may not take what others need."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from tempfile import TemporaryFile
from typing import BinaryIO

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


HOLD = """
import sys
from cloud.identity.limits import ConcurrencyLimit
with ConcurrencyLimit(open(int(sys.argv[1]), "r+b", buffering=0)).take("one"):
    print("taken", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def shared() -> Iterator[BinaryIO]:
    with TemporaryFile(buffering=0) as file:
        yield file


@contextmanager
def another_process(shared: BinaryIO) -> "Iterator[subprocess.Popen[bytes]]":
    """A process that has a body of device `one` under way."""
    command = [sys.executable, "-c", HOLD, str(shared.fileno())]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, pass_fds=[shared.fileno()]) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"taken\n"
        try:
            yield process
        finally:
            process.kill()


def takes(limit: ConcurrencyLimit, device: str) -> bool:
    try:
        with limit.take(device):
            return True
    except RequestRefused:
        return False


def test_what_other_processes_have_under_way_counts(shared: BinaryIO) -> None:
    """Each counted by itself, and a device had two bodies in every one of them."""
    limit = ConcurrencyLimit(shared)
    with another_process(shared):
        with limit.take("one"):
            assert not takes(limit, "one")
            assert takes(limit, "another")
        with another_process(shared):
            assert not takes(limit, "one")
        assert takes(limit, "one")


def test_a_process_that_is_killed_lets_go_of_what_it_had(shared: BinaryIO) -> None:
    limit = ConcurrencyLimit(shared)
    with another_process(shared) as first, another_process(shared):
        assert not takes(limit, "one")
        first.kill()
        first.wait()
        assert takes(limit, "one")


def test_a_body_that_ends_leaves_the_other_one_its_place(shared: BinaryIO) -> None:
    limit = ConcurrencyLimit(shared)
    with another_process(shared), limit.take("one"):
        pass
    first, second = limit.take("one"), limit.take("one")
    first.__enter__()
    with second:
        first.__exit__(None, None, None)
        with another_process(shared):
            assert not takes(limit, "one")


def test_nothing_is_written_for_any_number_of_devices(shared: BinaryIO) -> None:
    limit = ConcurrencyLimit(shared)
    with ExitStack() as taken:
        for number in range(500):
            taken.enter_context(limit.take(f"device-{number}"))
    assert os.fstat(shared.fileno()).st_size == 0

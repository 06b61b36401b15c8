"""Errors of the service arrive whole in another process, which a pool would otherwise take for dead."""

import pickle

import pytest

from cloud.errors import (
    AlreadyExists,
    CloudError,
    Damaged,
    Forbidden,
    NotFound,
    OutOfRange,
    PreconditionFailed,
    StoreFull,
    Unauthenticated,
    Unavailable,
    Uncertain,
)


@pytest.mark.parametrize(
    "error",
    [
        NotFound("a"),
        OutOfRange("a", begin=3),
        AlreadyExists("a"),
        PreconditionFailed("a", etag="e"),
        Unavailable("a", "no answer"),
        StoreFull("a", "no room"),
        Uncertain("a", "no answer"),
        Unauthenticated(expected="a token", got="none"),
        Forbidden(),
        Damaged("a: expected b, got c"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_arrives_as_it_was(error: CloudError) -> None:
    arrived = pickle.loads(pickle.dumps(error))
    assert (type(arrived), str(arrived), vars(arrived)) == (type(error), str(error), vars(error))

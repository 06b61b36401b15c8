"""The service's errors, split by what the one who meets them can do.

::

    CloudError
    |- SettingError        fix the environment, start again
    |- BundleRefused       a training bundle cannot be registered: give another one
    |- NothingToDo         an operator's command finds nothing that it could change: look at `status`
    |- ListFull            a group has retired as many spaces as its list may name: restore one
    |- StoreRefused        the service cannot work on this store: configure another one
    |  `- StoreUnreachable    it does not answer, or has no room: it may work later
    |- StoreError          one request to the store; `key` says which object
    |  |- NotFound           the object does not exist
    |  |- OutOfRange         the object ends before the requested range begins
    |  |- AlreadyExists      it did not happen: the object exists already
    |  |- PreconditionFailed it did not happen: the object is not the one that was expected
    |  |- Unavailable        it did not happen, and may work later
    |  |  |- StoreFull         it did not happen: no room
    |  |  `- Unusable          it did not happen, and will not before the store, its rights or its settings change
    |  `- Uncertain          it may have happened: look before doing it again
    |- RequestRefused      a request is answered with a problem document: fix the request
    |  |- Unauthenticated    it has no token, or one that this service did not give out
    |  `- Forbidden          its enrolment code opens no group, or not to this device
    |- LostRace            another writer moved the pointer: read it again and decide anew
    |- CycleFailed         training published nothing: its record says why, the registry when to try again
    |- Diverged            a trial's weights are not finite: the trial fails, the others go on
    |- NoAccelerator       a trial's process cannot use its accelerator: correct FEDEX_ACCELERATORS or the machine
    |- StateFull           the worker's machine has no room for a training cycle: make some; it tries again by itself
    |- Stopped             the worker was asked to stop: end
    |- NotReady            the service waits for something (its key, its worker): ask again later
    `- Damaged             what the store holds is not what this service writes there: look into it

Only the errors marked "it did not happen" allow cleaning up. A message says what was expected, what came, and where.
"""

from __future__ import annotations

from collections.abc import Mapping

from contract.problems import Problem, ProblemDocument


class CloudError(Exception):
    """Any error of the service that has a name."""

    def __reduce__(self) -> tuple[object, ...]:
        """Survive the way between processes, whatever the error is made of."""
        return _restore, (type(self), self.args), self.__dict__


class SettingError(CloudError):
    """A setting is missing or out of its range."""


class BundleRefused(CloudError):
    """A training bundle that cannot be registered."""


class NothingToDo(CloudError):
    """An operator's command that there is nothing for."""


class ListFull(CloudError):
    """A list of spaces without room for another one that is retired."""


class StoreRefused(CloudError):
    """A store that the service cannot rely on: it ignores conditions, keeps versions, or refuses access."""


class StoreUnreachable(StoreRefused):
    """A store that does not answer now, or has no room; it may work later."""


class StoreError(CloudError):
    """One request to the object store did not do what was asked."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(f"{key}: {reason}")
        self.key = key
        self.reason = reason


class NotFound(StoreError):
    """No object has this key."""

    def __init__(self, key: str) -> None:
        super().__init__(key, "expected an object, got none")


class OutOfRange(StoreError):
    """The object ends before the requested range begins."""

    def __init__(self, key: str, *, begin: int) -> None:
        super().__init__(key, f"expected at least {begin + 1} bytes, got fewer")


class AlreadyExists(StoreError):
    """It did not happen: an object exists already."""

    def __init__(self, key: str) -> None:
        super().__init__(key, "expected no object, got one")


class PreconditionFailed(StoreError):
    """It did not happen: the object is not the one that was expected, or does not exist."""

    def __init__(self, key: str, *, etag: str) -> None:
        super().__init__(key, f"expected ETag {etag}, got another object or none")


class Unavailable(StoreError):
    """It did not happen, and may work later."""


class StoreFull(Unavailable):
    """It did not happen: the store has no room."""


class Unusable(Unavailable):
    """It did not happen, and will not before somebody changes the store, its rights or its settings."""


class Uncertain(StoreError):
    """It may have happened: the answer was lost. Look before doing it again."""


class RequestRefused(CloudError):
    """A request is refused for a reason that no error of the contract has; the answer is its problem document."""

    def __init__(
        self, problem: Problem, where: str, *, expected: str, got: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(f"{where}: expected {expected}, got {got}")
        self.document = ProblemDocument(problem, where, expected, got)
        self.headers = headers or {}


class Unauthenticated(RequestRefused):
    """The request has no token, or one that this service did not give out. No message repeats a token."""

    def __init__(self, *, expected: str, got: str) -> None:
        headers = {"WWW-Authenticate": "Bearer"}
        super().__init__(Problem.UNAUTHENTICATED, "Authorization", expected=expected, got=got, headers=headers)


class Forbidden(RequestRefused):
    """An enrolment code that opens no group, or not to this device. No message repeats a code."""

    def __init__(
        self, where: str = "enrolment.code", *, expected: str = "a code that opens a group", got: str = "another one"
    ) -> None:
        super().__init__(Problem.FORBIDDEN, where, expected=expected, got=got)


class LostRace(CloudError):
    """Another writer moved the pointer first; nothing of this write was kept."""


class Busy(CloudError):
    """Another worker has what was to be worked on; nothing was done, and later it is free."""


class CycleFailed(CloudError):
    """A training cycle that published nothing; what it tried is recorded."""


class Diverged(CloudError):
    """A trial whose weights are not finite."""


class NoAccelerator(CloudError):
    """The accelerator that a process was given cannot be used; without this it would train on the processor."""


class StateFull(CloudError):
    """The worker's state folder, or its machine, has no room for a training cycle. Nothing is lost by it."""


class Stopped(CloudError):
    """The worker was asked to stop; every process that it had started was ended."""


class NotReady(CloudError):
    """The service waits for something that will come; the same request may work later."""


class Damaged(CloudError):
    """What the store holds is not what this service writes there."""


def _restore(kind: type[CloudError], args: tuple[object, ...]) -> CloudError:
    return kind.__new__(kind, *args)

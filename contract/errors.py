"""Contract errors: what can be wrong with bytes, documents and values that cross the wire.

ContractError             every refusal of this package
├── Malformed             the bytes are not the format              HTTP 400
│   └── UnsupportedVersion    a major version this reader does not know
├── TooLarge              a stated bound is passed                  HTTP 413
└── Impossible            well-formed, but it cannot be right       HTTP 422
    ├── WrongSpace            features of another space or shape
    └── SelfTestFailed        features of a device that computes others than its bundle means
"""

import functools
import reprlib

MAX_SHOWN_CHARACTERS = 80


class UnmetExpectation(ValueError):
    """Something is not as it was expected: where, what was expected, what came."""

    def __init__(self, where: str, *, expected: str, got: str) -> None:
        super().__init__(f"{where}: expected {expected}, got {got}")
        self.where = where
        self.expected = expected
        self.got = got

    def __reduce__(self) -> tuple[object, ...]:
        """Survive the way between processes, which keyword arguments alone would not."""
        return _restore, (type(self), self.where, self.expected, self.got)


class ContractError(UnmetExpectation):
    """Something that came does not keep the contract."""

    samples: tuple[int, ...] = ()
    """Of an upload, counted from 0: those without which it would be right; empty where the fault is not theirs."""


class Malformed(ContractError):
    """The bytes are not the format."""


class UnsupportedVersion(Malformed):
    """A major version that this reader does not know."""


class TooLarge(ContractError):
    """A bound of the contract is passed."""


class Impossible(ContractError):
    """Well-formed, but it cannot be right: a NaN, a shape, a label, an index."""


class WrongSpace(Impossible):
    """Features of another space, or of another shape than their space has."""


class SelfTestFailed(Impossible):
    """Features of a device that computes others than its bundle means: its self-test is below the least cosine."""


def shown(value: object) -> str:
    """Show `value` in a message: printable, escaped, at most `MAX_SHOWN_CHARACTERS` long, whatever a stranger sent."""
    if type(value) is str and len(value) < MAX_SHOWN_CHARACTERS and len(text := repr(value)) <= MAX_SHOWN_CHARACTERS:
        return text  # as the shortener would, which is slow
    text = _shortener().repr(value)
    return text if len(text) <= MAX_SHOWN_CHARACTERS else text[: MAX_SHOWN_CHARACTERS - 3] + "..."


@functools.cache
def _shortener() -> reprlib.Repr:
    shortener = reprlib.Repr()
    shortener.maxstring = shortener.maxother = MAX_SHOWN_CHARACTERS
    return shortener


def _restore(kind: type[UnmetExpectation], where: str, expected: str, got: str) -> UnmetExpectation:
    return kind(where, expected=expected, got=got)

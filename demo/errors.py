"""What can go wrong in the demo, as its command line reports it."""

from pathlib import Path


class DemoError(Exception):
    """The demo cannot go on; the message says what was expected, what came, and where."""


class TooFewPhotos(DemoError):
    """A person has not enough photos for a role."""


class DiedEarly(DemoError):
    """A process that the demo needs has ended."""

    tail: str
    """The last lines of its log."""

    def __init__(self, name: str, *, code: int, log: Path, tail: str) -> None:
        super().__init__(
            f"{name}: expected it to go on (or to end with 0), got exit status {code}; {log} ends:\n{tail}"
        )
        self.tail = tail


class TooSlow(DemoError):
    """Something that the demo waits for did not happen in time."""

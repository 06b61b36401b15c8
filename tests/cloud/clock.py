"""A clock that a test moves."""


class Clock:
    """Says what a test set."""

    def __init__(self) -> None:
        """Begin at a time at which nothing has happened yet."""
        self.now = 1000.0

    def __call__(self) -> float:
        """Return the seconds."""
        return self.now

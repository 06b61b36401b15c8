"""Why evidence was not taken."""


class CannotMeasure(Exception):
    """Something is missing on this machine; the message says what, and what to do about it."""

"""Why evidence was not taken, or is not shown."""


class CannotMeasure(Exception):
    """Something is missing on this machine; the message says what, and what to do about it."""


class NotReadable(Exception):
    """What was kept is not whole, or another version's; the message says where it lies."""

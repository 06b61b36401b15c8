"""What can go wrong in an export, by what its reader can do about it: all of it is input to put right."""

from __future__ import annotations

from contract.errors import UnmetExpectation


class ExportError(UnmetExpectation):
    """An export that cannot go on."""


class WeightsError(ExportError):
    """A weights file that cannot be read, or is of another network."""


class SplitError(ExportError):
    """A layer that does not divide its network in two."""


class HeadError(ExportError):
    """A network that is not a head: one input, one output, and a Dense at its end."""


class ExamplesError(ExportError):
    """A folder of photos, or a file of arrays, that cannot be used as it is."""


class ConversionError(ExportError):
    """A network that TensorFlow Lite's converter, or its builtin operators, cannot express."""


class ParityError(ExportError):
    """A converted network that does not compute what the Keras network computes."""


class RequestError(ExportError):
    """Options of an export that do not go together, or name what there is not."""


class NetworkError(ExportError):
    """A network whose weights or answers are no numbers, or that cannot compute what it is given."""

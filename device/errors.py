"""The device's errors, split by what the one who meets them can do.

::

    DeviceError
    |- BadInput               fix what was given, then ask again
    |  |- PhotoError            not a photo that this device can use
    |  |- TensorError           not a tensor that the network of the bundle takes
    |  |- SettingError          a setting is missing or wrong
    |  |- FeedbackError         feedback that cannot be meant
    |  |- Unsendable            a feature or label that no upload can carry
    |  |- SamplesLeftOut        the same, of samples that were to go into one upload: choose without them
    |  |- EnrolmentError        not enrolled, or enrolled elsewhere
    |  |  |- CopiedIdentity        enrolled, but as the device that another machine is
    |  |  `- DamagedIdentity       enrolled once, but as whom cannot be read
    |  `- UnsentUploads         the identity is still needed to send what was sealed for it
    |- BadInstallation        install or export again
    |  |- RuntimeUnavailable    no TFLite runtime works here
    |  |- ModelRefused          a prefix, head or bundle that does not belong here
    |  |- KeptBack              samples stay here: what computed them failed its self-test, or never took it
    |  `- SpaceRetired          the bundle's space is retired, as a signed list says: get another bundle
    |- HeadDamaged            nothing: another head serves, and the next pull fetches this one again
    |- Storage                free space or repair the folder; recognising goes on
    |- TryLater               nothing is wrong here: the same call may work later
    |  `- Unreachable           no answer, or one that was cut off
    |     `- CutOff                in the middle of a body that was sent, or before its answer
    |- Refused                the service will not take it, now or later
    |- Untrusted              the service's answer is not believed; what is installed stays
    |  |- ProtocolViolation     an answer outside the contract
    |  |  |- Redirected           an answer that points elsewhere, where nobody goes
    |  |  `- Unexplained          a refusal that is not the service's: a proxy's, a captive portal's
    |  |- AnotherService        the address of the settings is not proven to be that of the enrolled service
    |  |- KeyRefused            keys that do not lead on from the pinned one, or have another fingerprint
    |  |- Forged                a signature that the pinned key did not make
    |  |- Misplaced             signed, but of another group, space or channel
    |  |- Expired               signed, but too old to be news
    |  |  `- ClockAhead           too old by this device's clock alone, which the service's contradicts
    |  |- Replayed              signed, but older than what was installed
    |  `- HeadRefused           a head that is not what its manifest says
    `- Misuse                 a bug in the calling code: report it

A message says what was expected, what came, and where, in one line. Advice is added by `device.advice` only.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from enum import Enum, auto
from pathlib import Path

from contract.problems import Problem


class DeviceError(Exception):
    """Anything that goes wrong on the device and has a name."""


class BadInput(DeviceError):
    """What was given cannot be used; another input can."""


class PhotoError(BadInput):
    """A file or array is not a photo that this device can use."""


class TensorFlaw(Enum):
    """What is wrong with what was given for a tensor, as far as something can be done about it."""

    FILE = auto()
    """A file that holds no tensor."""
    ARCHIVE = auto()
    """A `.npz` file, which holds tensors by names."""
    DAMAGED = auto()
    """A `.npy` file that is cut short, or has more in it than its tensor."""
    OBJECTS = auto()
    """Python objects, which nobody unpickles here."""
    DTYPE = auto()
    """Numbers of the right kind in another width."""
    KIND = auto()
    """Integers for floats, or the other way round."""
    BATCH = auto()
    """Several tensors in one, or one in a batch of its own."""
    TRANSPOSED = auto()
    """The right sizes in the opposite order."""
    FLAT = auto()
    """As many numbers as there should be, in another shape."""
    SHAPE = auto()
    """Another shape."""
    NOT_FINITE = auto()
    """NaN or infinity among the numbers."""
    BEYOND = auto()
    """Numbers that the network answers with NaN or infinity."""


class TensorError(BadInput):
    """A file or array is not a tensor that the network of the bundle takes."""

    def __init__(self, message: str, *, flaw: TensorFlaw | None = None, dtype: str = "", shape: str = "") -> None:
        super().__init__(message)
        self.flaw = flaw
        """What kind of mistake it is; None where its message says it all."""
        self.dtype = dtype
        """What its numbers should be, by numpy's name."""
        self.shape = shape
        """What its sizes should be."""


class SettingError(BadInput):
    """A setting is missing or out of its range."""


class FeedbackError(BadInput):
    """Feedback is on an inference that the cache does not have, or cannot be meant."""


class Unsendable(BadInput):
    """A feature or a label that no upload can carry; it stays out of the uploads, which would be refused with it."""


class SamplesLeftOut(BadInput):
    """Some of the samples that were to be sealed together cannot be uploaded; the others can, without them."""

    def __init__(self, reasons: Mapping[int, Unsendable]) -> None:
        super().__init__(f"{len(reasons)} samples cannot be uploaded")
        self.reasons = reasons
        """Why, by the revision of their feedback."""


class EnrolmentError(BadInput):
    """The device is not enrolled, or already enrolled with another service."""


class CopiedIdentity(EnrolmentError):
    """The identity came to another machine than this one: a backup that was restored there, or a copy."""


class DamagedIdentity(EnrolmentError):
    """The file that says who this device is cannot be read as one."""


class UnsentUploads(BadInput):
    """The identity cannot be given up yet: uploads that were sealed for it wait, and no other device may send them."""


class BadInstallation(DeviceError):
    """A part that was installed does not work here."""


class RuntimeUnavailable(BadInstallation):
    """No TFLite runtime could run the tiny model."""


class ModelRefused(BadInstallation):
    """A model file is not what its place requires: hash, size, signature or tensor shapes."""


class KeptBack(BadInstallation):
    """Samples are not uploaded: what computed them did not pass its self-test. Recognising goes on."""

    def __init__(self, message: str, *, can_mend: bool) -> None:
        super().__init__(message)
        self.can_mend = can_mend
        """Whether some of it failed, and may do so still; otherwise it is gone, and was never tested."""


class SpaceRetired(BadInstallation):
    """The space of the bundle is retired. Nothing is sent or asked for; feedback stays, and so does the head."""


class HeadDamaged(DeviceError):
    """An installed head is not what it was when it was verified; another one serves until it is fetched again."""


class Storage(DeviceError):
    """The device's own folder cannot be read or written. Recognising goes on without it."""


class TryLater(DeviceError):
    """The same call may work later."""

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
        """What the server asked for, in seconds; None where it asked for nothing."""


class Unreachable(TryLater):
    """No answer came, or it was cut off before its end. Whether the server acted on the request is unknown."""


class CutOff(Unreachable):
    """The connection broke, or stood still, after some of a body was sent and before its answer."""


class Refused(DeviceError):
    """The service refused definitely: sending the same again changes nothing."""

    def __init__(self, message: str, *, status: int, problem: Problem, samples: tuple[int, ...] = ()) -> None:
        super().__init__(message)
        self.status = status
        """The HTTP status."""
        self.problem = problem
        """The `type` of its problem document."""
        self.samples = samples
        """Of an upload, counted from 0: those that are at fault; empty where it is not theirs."""


class Untrusted(DeviceError):
    """The service's answer is not believed; what is installed stays."""


class ProtocolViolation(Untrusted):
    """An answer that the contract does not allow: too long, of another type, or not what was asked for."""


class Unexplained(ProtocolViolation):
    """A refusal without a problem document of the contract: a proxy's, a captive portal's, or another program's.

    It says nothing about what was sent, which may be tried again later.
    """

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status
        """The HTTP status."""


class Redirected(ProtocolViolation):
    """An answer with a status of 300 to 399, which is never followed: the token belongs to one service alone."""


class AnotherService(Untrusted):
    """The service at the address of the settings did not prove that it is the one that this device enrolled with.

    Nothing was sent to it but the device's id and a random number.
    """


class KeyRefused(Untrusted):
    """The keys of the service do not lead on from the one that is trusted: a fork, a gap, an older chain."""


class Forged(Untrusted):
    """No signature of the envelope was made by the pinned key."""


class Misplaced(Untrusted):
    """A signed manifest of another group, space or channel."""


class Expired(Untrusted):
    """A signed manifest or list that was news once."""


class ClockAhead(Expired):
    """A signed manifest or list that is too old by this device's own clock, and news by the clock of the service."""


class Replayed(Untrusted):
    """A signed manifest with a lower serial than one that was installed: an attack or a restored backup."""


class HeadRefused(Untrusted):
    """A downloaded head or label list that is not what its signed manifest says."""


class Misuse(DeviceError):
    """The calling code broke a rule of this package."""


@contextlib.contextmanager
def storage_errors(place: Path) -> Iterator[None]:
    """Turn the operating system's refusals about files under `place` into `Storage`."""
    try:
        yield
    except OSError as error:
        raise Storage(f"{error.filename or place}: {error.strerror or error}") from error

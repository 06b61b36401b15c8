"""The phone or edge box: recognises photos or tensors, keeps feedback, uploads features, and swaps better heads in.

A program that embeds a device imports from here what `__all__` names, as the command line does; that stays as it is, or
changes with a line in CHANGELOG.md. What the other modules hold may change at any time::

    device = Device(Settings.from_environment())    opens nothing before it is asked for
        .enrol() -> Enrolment                       once; or `fedex-device enrol`
        .recognizer() -> Recognizer                 in one thread of one process:
            .infer(photo or array) -> (Inference, ...)  each its id, and an Answer: labels, best first, and the feature;
                                                    one, or one a face, with its box and whether it is the subject;
                                                    none where a bundle of faces finds none
            .bundle.input                               what it takes: photos (a camera's frame too), or tensors
            .unknown = Strictness.STRICT                from the next answer on; .unknown_status: what each point does
        .give_feedback(id, label=...)               the right label; without one: the answer was right
        .push() -> PushReport                       uploads feedback, exactly once
        .pull() -> PullReport                       installs a better head; the next inference uses it
        .erase() -> str                             forgets all samples, here and at the service
        .rounds() -> Rounds                         both, whenever the device is charging, idle and on a free network
    Cadence(interval_s, Random()).wait_s(round)     how long to wait for the next of them
    load_photo(path), decode_photo(bytes), Photo.from_pixels(array) -> Photo
    load_tensor(path, input) -> array               a .npy file; load_example(path, input): whichever the bundle takes
    read_status(device) -> Status                   how it stands

What goes wrong is a `DeviceError`, split by what can be done about it, or a `contract.errors.ContractError`;
`with_advice` adds what to do. The package imports `contract`, and never TensorFlow, Keras or boto3. A name is loaded
when it is first asked for, so that whoever needs `device.recognise.image` alone loads neither HTTP nor SQLite.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from device.advice import with_advice
    from device.answers import Answer, Ranked
    from device.assembly import Device
    from device.availability.cadence import Cadence
    from device.availability.rounds import Round, Rounds
    from device.cache.uploads import UploadState, UploadStatus
    from device.errors import (
        BadInput,
        BadInstallation,
        DeviceError,
        EnrolmentError,
        FeedbackError,
        Misuse,
        PhotoError,
        Refused,
        SettingError,
        SpaceRetired,
        Storage,
        TensorError,
        TryLater,
        Unsendable,
        UnsentUploads,
        Untrusted,
    )
    from device.feedback import KeptFeedback
    from device.pull.updater import PullOutcome, PullReport
    from device.push.sender import PushReport
    from device.recognise.example_file import load_example
    from device.recognise.image import Photo, decode_photo, load_photo
    from device.recognise.recognizer import Inference, Recognizer
    from device.recognise.strictness import Strictness, UnknownStatus
    from device.recognise.tensor_file import load_tensor
    from device.service.enrolment import Enrolment
    from device.settings import Settings
    from device.status import SelfTestStatus, Status, read_status

__all__ = [
    "Answer",
    "BadInput",
    "BadInstallation",
    "Cadence",
    "Device",
    "DeviceError",
    "Enrolment",
    "EnrolmentError",
    "FeedbackError",
    "Inference",
    "KeptFeedback",
    "Misuse",
    "Photo",
    "PhotoError",
    "PullOutcome",
    "PullReport",
    "PushReport",
    "Ranked",
    "Recognizer",
    "Refused",
    "Round",
    "Rounds",
    "SelfTestStatus",
    "SettingError",
    "Settings",
    "SpaceRetired",
    "Status",
    "Storage",
    "Strictness",
    "TensorError",
    "TryLater",
    "UnknownStatus",
    "Unsendable",
    "UnsentUploads",
    "Untrusted",
    "UploadState",
    "UploadStatus",
    "decode_photo",
    "load_example",
    "load_photo",
    "load_tensor",
    "read_status",
    "with_advice",
]

_NAMES_OF = {
    "advice": "with_advice",
    "answers": "Answer Ranked",
    "assembly": "Device",
    "availability.cadence": "Cadence",
    "availability.rounds": "Round Rounds",
    "cache.uploads": "UploadState UploadStatus",
    "errors": "BadInput BadInstallation DeviceError EnrolmentError FeedbackError Misuse PhotoError Refused SettingError"
    " SpaceRetired Storage TensorError TryLater Unsendable UnsentUploads Untrusted",
    "feedback": "KeptFeedback",
    "pull.updater": "PullOutcome PullReport",
    "push.sender": "PushReport",
    "recognise.example_file": "load_example",
    "recognise.image": "Photo decode_photo load_photo",
    "recognise.recognizer": "Inference Recognizer",
    "recognise.strictness": "Strictness UnknownStatus",
    "recognise.tensor_file": "load_tensor",
    "service.enrolment": "Enrolment",
    "settings": "Settings",
    "status": "SelfTestStatus Status read_status",
}
_MODULE_OF = {name: f"device.{module}" for module, names in _NAMES_OF.items() for name in names.split()}

if not TYPE_CHECKING:  # or every name would count as one that is here

    def __getattr__(name: str) -> object:
        """Load a name of `__all__`."""
        if name not in _MODULE_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(_MODULE_OF[name]), name)
        globals()[name] = value
        return value

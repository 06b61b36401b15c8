"""What devices do over a line in Table 2: the acts, their names, and what each is made ready with.

What FEDEx has no route for goes to and from `bench.paper.sink`; everything else is the device's own code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from bench.evidence.line import Line
from bench.paper.household import CUT, Household, pull, push
from bench.paper.sink import get, put
from bench.paper.ten_photos import PHOTOS, TenPhotos
from contract.codecs import DEFAULT_CODEC, Codec
from contract.cuts import CUTS, TABLE_1_CLASSES
from contract.upload import LIMITS
from device.pull.updater import PullOutcome

FLOAT_BYTES = 4
WHOLE_BYTES = FLOAT_BYTES * CUTS["full"].thawed_parameters
FEW_CLASSES, MANY_CLASSES = 65, TABLE_1_CLASSES
TOY_CLASSES = (5, 9)
PAPER_S = {
    "freeze1": 427.2504,
    "freeze2": 375.95,
    "freeze3": 375.95,
    "freeze4": 281.9203,
    "freeze5": 5.487633,
    "freeze6": 1.525408,
}
"""Paper (HotMobile 2020), Table 2: pushing ten features from a Galaxy S7."""
PAPER_GRADIENTS_S, PAPER_PULL_S = 36.11152, 25.98607
"""The same table: one push of all gradients, one pull of the whole model."""
GRADIENTS, WHOLE_MODEL, NOTHING_NEW = (
    "push, FedAvg: all gradients",
    "pull, whole model, float32",
    "pull, nothing is new",
)
JPEG, RAW = f"push, {PHOTOS} photos as JPEG", f"push, {PHOTOS} photos as pixels"


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that a device does over a line."""

    name: str
    is_up: bool
    size: int | None
    """Its bytes, where they are known before it is measured."""
    prepare: Callable[[Ends], Callable[[], None]]
    """Makes everything ready, and returns what is timed."""
    is_ours: bool = True
    """Whether the device's own code does it."""
    paper_s: float | None = None
    note: str = ""
    """What its bytes are of."""


@dataclass(frozen=True, slots=True)
class Ends:
    """Where a line begins: to the service and to the sink, and whose device is there."""

    to_service: Line
    to_sink: Line
    home: Household


def acts_of(photos: TenPhotos, home: Household, *, cuts: Sequence[str]) -> Iterator[Act]:
    """Yield every act, in the order of the table."""
    for cut in cuts:
        for codec in (Codec.FLOAT32, DEFAULT_CODEC):
            name, paper_s = push_name(cut, codec), PAPER_S[cut] if codec is Codec.FLOAT32 else None
            prepare = partial(_pushing, photos, cut, codec)
            yield Act(name, True, None, prepare, paper_s=paper_s, note=f"Features of {photos.on}.")
    few, many = home.heads
    yield Act(JPEG, True, photos.jpeg_bytes, partial(putting, photos.jpeg_bytes), is_ours=False)
    yield Act(RAW, True, photos.raw_bytes, partial(putting, photos.raw_bytes), is_ours=False)
    yield Act(GRADIENTS, True, WHOLE_BYTES, partial(putting, WHOLE_BYTES), is_ours=False, paper_s=PAPER_GRADIENTS_S)
    for classes in (many, few):
        size = head_bytes(classes)
        yield Act(gradients_name(classes), True, size, partial(putting, size), is_ours=False)
    yield Act(WHOLE_MODEL, False, WHOLE_BYTES, partial(getting, WHOLE_BYTES), is_ours=False, paper_s=PAPER_PULL_S)
    for classes in (many, few):
        size = head_bytes(classes)
        yield Act(fetch_name(classes), False, size, partial(getting, size), is_ours=False)
    for classes in (many, few):
        yield Act(pull_name(classes), False, None, partial(_pulling, classes))
    yield Act(NOTHING_NEW, False, None, partial(_asking, few))


def push_name(cut: str, codec: Codec) -> str:
    """Return the name of the push of ten features."""
    return f"push, {PHOTOS} features, {cut}, {codec}"


def gradients_name(classes: int) -> str:
    """Return the name of the push of the head's gradients."""
    return f"push, FedAvg of the head alone, {classes:,} classes"


def fetch_name(classes: int) -> str:
    """Return the name of the pull of the head as float32, with which the next round of averaging begins."""
    return f"pull, FedAvg of the head alone, {classes:,} classes"


def pull_name(classes: int) -> str:
    """Return the name of the pull of a head."""
    return f"pull, head alone, {classes:,} classes"


def head_bytes(classes: int) -> int:
    """Return the bytes of the head at freeze6 as float32."""
    return FLOAT_BYTES * classes * (CUTS[CUT].feature_shape[0] + 1)


def _pushing(photos: TenPhotos, cut: str, codec: Codec, ends: Ends) -> Callable[[], None]:
    device = ends.home.device(ends.to_service.port)
    ends.home.fill(device, cut, photos.features[cut])
    as_shipped = codec is DEFAULT_CODEC
    upload_bytes = device.settings.upload_bytes if as_shipped else LIMITS.max_bytes
    return lambda: push(device, codec=codec, upload_bytes=upload_bytes)


def putting(size: int, ends: Ends) -> Callable[[], None]:
    """Make a PUT of so many bytes ready."""
    return lambda: put(ends.to_sink.port, size)


def getting(size: int, ends: Ends) -> Callable[[], None]:
    """Make a GET of so many bytes ready."""
    return lambda: get(ends.to_sink.port, size)


def _pulling(classes: int, ends: Ends) -> Callable[[], None]:
    device = ends.home.device(ends.to_service.port)
    ends.home.publish(classes)
    return lambda: pull(device, expected=PullOutcome.INSTALLED)


def _asking(classes: int, ends: Ends) -> Callable[[], None]:
    """Let a device have the newest head, so that there is nothing new."""
    device = ends.home.device(ends.to_service.port)
    ends.home.publish(classes)
    pull(device, expected=PullOutcome.INSTALLED)
    return lambda: pull(device, expected=PullOutcome.UNCHANGED)

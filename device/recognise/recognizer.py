"""Recognises photos or tensors: prefix, feature, head, answer; and keeps what was computed.

A `Recognizer` is opened once and used again and again, in one thread of one process. It serves whatever happens around
it: a head that is damaged is stepped over, an update is picked up by the next inference, and an inference that cannot
be stored is still answered.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contract.arrays import check_magnitude
from contract.boxes import Box
from contract.bundle import DeviceBundle
from contract.errors import ContractError, Impossible
from contract.inputs import TensorInput
from contract.unknown import Strictness, threshold_at
from contract.upload import SAFE_MAGNITUDE
from device.answers import Answer
from device.cache.cache import Cache
from device.cache.inferences import NewInference
from device.errors import DeviceError, ModelRefused, Storage, TensorError, TensorFlaw, Unsendable
from device.heads.store import HeadStore
from device.recognise.models import Head, load_detector, load_prefix
from device.recognise.preparation import Example, as_example, name_example
from device.recognise.ranking import rank
from device.recognise.regions import Region, RegionFinder
from device.recognise.self_test import describe_setup, run_golden_input
from device.recognise.serving_head import ServingHead
from device.recognise.strictness import UnknownStatus, chosen, not_there, unknown_status
from device.recognise.tflite import TFLiteRuntime

BEYOND_BOX = 1 << 31
"""A face whose box reaches so far has no sample id."""


@dataclass(frozen=True, slots=True, eq=False)
class Inference:
    """An answer and where it was kept."""

    answer: Answer
    id: int | None
    """The number to give feedback on; None where the inference is not stored."""
    not_stored: Storage | Unsendable | None
    """Why it could or should not be stored."""
    box: Box | None
    """Of the face that it is about: left, top, right, bottom, in the photo's pixels. None: it is about the whole."""
    is_subject: bool
    """Whether the photo is of that face, as far as can be told."""


class Recognizer:
    """Recognises what the bundle takes, photos or tensors, with its prefix and the newest head that works.

    Args:
        bundle: as `contract.bundle.read_device_bundle` returned it; its models are hashed again as they are loaded.
        runtime: from `device.recognise.tflite.open_runtime`.
        heads: the installed heads; without them the bundle's head serves.
        open_cache: opens the cache, and is asked again at each inference until it succeeds; None stores nothing.
        threads: number of threads for one run of the prefix.
        top: how many labels an answer has.
        unknown: the point of "unknown" that this device chose; None: as the group's operator did.
        clock: Unix seconds.

    Raises:
        ModelRefused: the prefix, or the bundle's head where no other works, does not belong to the bundle.
        ContractError: a model file is not the one that the bundle names.
    """

    def __init__(
        self,
        bundle: DeviceBundle,
        *,
        runtime: TFLiteRuntime,
        heads: HeadStore | None = None,
        open_cache: Callable[[], Cache] | None = None,
        threads: int = 1,
        top: int = 3,
        unknown: Strictness | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.bundle = bundle
        self.runtime = runtime
        self._open_cache = open_cache
        self._top = top
        self._unknown = chosen(unknown)
        self._runtime_text = str(runtime)
        self.computed_by = describe_setup(bundle, runtime=runtime, threads=threads)
        """What computes features here."""
        self._clock = clock
        self._cache: Cache | None = None
        self._space_key = 0
        self._was_tested = False
        self._prefix = load_prefix(bundle, runtime=runtime, threads=threads)
        detector = load_detector(bundle, runtime=runtime, threads=threads)
        self._regions = RegionFinder(bundle.input, detector.run if detector else None)
        self._serving = ServingHead(bundle, runtime=runtime, heads=heads)

    @property
    def unknown(self) -> Strictness | None:
        """The point that was chosen here; it may be set at any time, and counts from the next answer on.

        Raises:
            BadInput: it is set to what is no point.
        """
        return self._unknown

    @unknown.setter
    def unknown(self, choice: Strictness | None) -> None:
        self._unknown = chosen(choice)

    @property
    def head_serial(self) -> int:
        """The serial of the head that answers now; 0 is the bundle's."""
        return self._serving.head.serial

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was stepped over for that head, and why; and that it has not the point that was chosen here."""
        missing = not_there(self.unknown, self.unknown_status)
        return (*self._serving.warnings, missing) if missing else self._serving.warnings

    @property
    def unknown_status(self) -> UnknownStatus:
        """When that head answers "unknown" now, and what else may be chosen."""
        head = self._serving.head
        return unknown_status(self.unknown, threshold=head.threshold, points=head.points)

    def recognise(self, example: Example) -> tuple[Answer, ...]:
        """Answer one photo or tensor, whichever the bundle takes, and store nothing.

        A bundle of faces answers each face that it finds, widest first, and nothing where there is none; any other
        bundle answers once.

        Args:
            example: a photo or the pixels of one, uint8 (height, width, 3), RGB; or a tensor of the input's dtype and
                shape (`bundle.input`).

        Raises:
            PhotoError, TensorError: not what the bundle's input says, or a tensor of numbers too far from those known.
            ModelRefused: prefix or head give numbers that are not finite.
        """
        return tuple(self._answer(self._regions.find(example)))

    def infer(self, example: Example) -> tuple[Inference, ...]:
        """Answer as `recognise` does, and store feature, results and time of all answers in one transaction.

        The same photo gives the same samples again: its faces are matched by where they are with those known before.

        What computes features here is tested before the first of them is stored, once: whatever runs when they are
        pushed, that outcome is theirs.

        That something could not be stored is part of the result, not an error: the answer is as good without. A feature
        that no service would take is not stored either, as feedback on it could never be uploaded.

        Args and raises as `recognise`.
        """
        example = as_example(example, self.bundle.input)
        regions = self._regions.find(example)
        answers = self._answer(regions)
        kept = self._keep(example, regions, answers)
        return tuple(
            Inference(answer, one.id, one.problem, region.box, region.is_subject)
            for answer, region, one in zip(answers, regions, kept, strict=True)
        )

    def close(self) -> None:
        """Close the cache."""
        if self._cache is not None:
            self._cache.close()
            self._cache = None

    def __enter__(self) -> Recognizer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _answer(self, regions: Sequence[Region]) -> list[Answer]:
        """Answer all regions of one photo or tensor with one head."""
        self._serving.refresh()
        head = self._serving.head
        return [self._answer_one(region, head) for region in regions]

    def _answer_one(self, region: Region, head: Head) -> Answer:
        is_tensor = isinstance(self.bundle.input, TensorInput)
        try:
            feature = self._prefix.run(region.values[np.newaxis])
        except ModelRefused as error:  # it has run before, on zeros: these are numbers that it has no place for
            if not is_tensor:
                raise
            raise TensorError(
                f"tensor: the network cannot take these numbers ({error})", flaw=TensorFlaw.BEYOND
            ) from error
        if not np.isfinite(feature).all():
            raise _not_finite("prefix: expected a finite feature", is_input_at_fault=is_tensor)
        logits = head.model.run(feature)[0]
        if not np.isfinite(logits).all():
            is_beyond = bool(np.abs(feature).max() > SAFE_MAGNITUDE) and is_tensor
            raise _not_finite("head: expected finite logits", is_input_at_fault=is_beyond)
        threshold = threshold_at(self.unknown, threshold=head.threshold, points=head.points)
        ranking = rank(logits, labels=head.labels, temperature=head.temperature, threshold=threshold, top=self._top)
        return Answer(ranking.results, ranking.unknown, feature[0], head.serial, self._runtime_text)

    def _keep(self, example: Example, regions: Sequence[Region], answers: Sequence[Answer]) -> list[_Kept]:
        """Store what can be stored and uploaded of one photo or tensor."""
        if self._open_cache is None or not regions:
            return [_Kept(None, None) for _ in regions]
        problems = [
            _find_unsendable(answer.feature, region.box) for region, answer in zip(regions, answers, strict=True)
        ]
        pairs = list(zip(regions, answers, strict=True))
        found = [pair for pair, problem in zip(pairs, problems, strict=True) if problem is None]
        try:
            ids = iter(self._store(example, found))
        except Storage as error:
            return [_Kept(None, problem or error) for problem in problems]
        return [_Kept(next(ids), None) if problem is None else _Kept(None, problem) for problem in problems]

    def _store(self, example: Example, found: Sequence[tuple[Region, Answer]]) -> list[int]:
        cache = self._opened_cache()
        if found and not self._was_tested:
            self._test(cache)
        photo, taken_ms = name_example(example, cache.secret), int(self._clock() * 1000)
        new = [
            NewInference(
                photo=photo,
                box=region.box,
                feature=answer.feature,
                results=answer.results,
                unknown=answer.unknown,
                head_serial=answer.head_serial,
                computed_by=self.computed_by,
                taken_ms=taken_ms,
            )
            for region, answer in found
        ]
        return cache.inferences.add_all(new, space_key=self._space_key)

    def _opened_cache(self) -> Cache:
        if self._cache is None:
            assert self._open_cache is not None
            cache = self._open_cache()
            self._space_key = cache.inferences.space_key(self.bundle.space, self.bundle.feature_shape)
            self._cache = cache
        return self._cache

    def _test(self, cache: Cache) -> None:
        """Test what computes features here, where that was not done before."""
        self._was_tested = True
        known = cache.setups.find(self.computed_by)
        if known is not None and known.cosine_ppm is not None:
            return
        try:
            cosine_ppm = run_golden_input(self.bundle, prefix=self._prefix, finder=self._regions)
        except (ContractError, DeviceError, OSError):
            return  # answers go on without; the push tries once more, and says why it cannot
        cache.setups.keep(cache.setups.key(self.computed_by), cosine_ppm=cosine_ppm)


@dataclass(frozen=True, slots=True)
class _Kept:
    """What became of an inference: its id, or why it has none."""

    id: int | None
    problem: Storage | Unsendable | None


def _not_finite(what: str, *, is_input_at_fault: bool) -> TensorError | ModelRefused:
    """Say that a network gives no numbers; any pixels are such as it was trained on, numbers of a tensor may not be."""
    message = f"{what}, got NaN or infinity"
    return TensorError(f"tensor: {message}", flaw=TensorFlaw.BEYOND) if is_input_at_fault else ModelRefused(message)


def _find_unsendable(feature: NDArray[np.float32], box: Box | None) -> Unsendable | None:
    if box is not None and not all(-BEYOND_BOX <= edge < BEYOND_BOX for edge in box):
        return Unsendable(f"box: expected edges of 32 bits, got {box}")
    try:
        check_magnitude(feature, SAFE_MAGNITUDE, where="feature")
    except Impossible as error:
        return Unsendable(str(error))
    return None

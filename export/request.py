"""What an export is asked for: its options, their defaults, and which go together."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from contract.cuts import CUTS
from contract.environment import path as path_of
from contract.errors import ContractError, shown
from contract.files import read_bounded
from contract.inputs import PHOTO_KIND, TENSOR_KIND, Fit
from contract.labels import MARKS, MAX_LABELS_BYTES, WHITE_SPACE, encode_labels, label_key, read_label
from export.errors import RequestError
from export.network.standardization import Standardization
from export.tflite.quantize import DEFAULT_QUANTIZE, Quantize

MAX_SEED = 2**32 - 1
"""What numpy and Keras take."""
DEFAULT_CUT = "freeze6"
DEFAULT_OUT = Path("build/export")
WHOLE = "full"
WHOLE_PHOTO_FITS = (Fit.CROP, Fit.LETTERBOX, Fit.STRETCH)
"""Faces are of the network that a detector stands beside: no export of a user's network makes such a bundle."""
_LINE_END = re.compile(r"\r\n|\r|\n")


_SIZE = re.compile(r"(\d{1,5})(?:[xX](\d{1,5}))?")

Choice = TypeVar("Choice", bound=StrEnum)


class InputKind(StrEnum):
    """What a network takes, where that has to be said."""

    PHOTO = PHOTO_KIND
    TENSOR = TENSOR_KIND


class KnownDetector(StrEnum):
    """What finds faces, by name."""

    BACK = "back"
    """BlazeFace's back model, from the package that carries it."""
    NONE = "none"
    """Nothing: photos are taken whole."""


@dataclass(frozen=True, slots=True)
class Request:
    """Which network, cut where, for what kind of input, with whose examples, to which folder."""

    cut: str | None = None
    """Of the reference network, by the paper's name; None where there is a model."""
    layer: str | None = None
    """The last layer of the prefix; None of a model: the recommended one."""
    model: Path | None = None
    """A .keras file; None is the reference network."""
    weights: Path | None = None
    """Of the reference network; None draws them from the seed."""
    size: tuple[int, int] | None = None
    """(height, width), where the model leaves them open."""
    fit: Fit | None = None
    kind: InputKind | None = None
    """What the model takes; None finds out."""
    standardization: Standardization | None = None
    """None: what the model says of itself."""
    samples: Path | None = None
    """Labelled examples that the first head is to know."""
    photos: Path | None = None
    """What to calibrate and compare on."""
    classes: int | None = None
    """Of the network's own head."""
    labels: tuple[str, ...] | None = None
    """Of those classes."""
    quantize: Quantize = DEFAULT_QUANTIZE
    seed: int = 0
    out: Path = DEFAULT_OUT
    detector: KnownDetector | Path = KnownDetector.NONE
    """By name, or the file of BlazeFace's back model."""
    detector_asked: bool = False
    """Whether the user said which; it follows from the network otherwise."""
    space: Path | None = None
    """The device bundle whose space is kept; None names one."""

    @property
    def finds_faces(self) -> bool:
        """Whether the prefix is to take the faces of photos."""
        return self.detector is not KnownDetector.NONE

    @property
    def given(self) -> Path | None:
        """Where inputs come from, samples or photos."""
        return self.samples or self.photos


def parse_request(
    *,
    cut: str | None,
    layer: str | None,
    model: Path | None,
    weights: Path | None,
    size: str | None,
    fit: str | None,
    kind: str | None,
    standardize: str | None,
    samples: Path | None,
    photos: Path | None,
    classes: int | None,
    labels: Path | None,
    quantize: str,
    seed: int,
    out: Path,
    detector: str | None = None,
    space: Path | None = None,
) -> Request:
    """Turn options into a request; the only file it opens is that of the labels.

    Raises:
        RequestError: an unknown cut, mode or detector, options that exclude or need each other, int8 without
            inputs to calibrate on, a file that holds no list of labels.
    """
    _check_exclusive("--model", model, {"--cut": cut, "--weights": weights, "--classes": classes})
    _check_exclusive("--samples", samples, {"--photos": photos, "--classes": classes, "--labels": labels})
    mode = _choice("--quantize", quantize, Quantize)
    if mode is Quantize.INT8 and samples is None and photos is None:
        raise RequestError("--quantize int8", expected="--samples or --photos to calibrate on", got="neither")
    if model is None:
        own = {"--layer": layer, "--size": size, "--input": kind, "--standardize": standardize}
        _check_needs_a_model(own)
        cut, layer = _reference_cut(cut)
    finder = _detector(detector, is_reference=model is None)
    _check_detector(finder, fit=fit, space=space)
    kind_asked = None if kind is None else _choice("--input", kind, InputKind)
    if kind_asked is InputKind.TENSOR:
        faces = None if finder is KnownDetector.NONE else finder
        _check_exclusive("--input tensor", kind, {"--fit": fit, "--standardize": standardize, "--detector": faces})
    return Request(
        cut,
        layer,
        model=model,
        weights=weights,
        size=None if size is None else parse_size(size),
        fit=None if fit is None else _fit(fit),
        kind=kind_asked,
        standardization=None if standardize is None else _choice("--standardize", standardize, Standardization),
        samples=samples,
        photos=photos,
        classes=classes,
        labels=None if labels is None else _read_labels(labels),
        quantize=mode,
        seed=seed,
        out=out,
        detector=finder,
        detector_asked=detector is not None,
        space=space,
    )


def parse_size(text: str) -> tuple[int, int]:
    """Read HEIGHTxWIDTH, or one number for both.

    Raises:
        RequestError: something else, or a size of 0.
    """
    found = _SIZE.fullmatch(text.strip())
    sizes = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    if not all(sizes):
        raise RequestError("--size", expected="HEIGHTxWIDTH or N, of at least 1", got=text)
    return sizes


def _check_exclusive(option: str, value: object, others: Mapping[str, object]) -> None:
    given = [other for other, other_value in others.items() if other_value is not None]
    if value is not None and given:
        raise RequestError(option, expected=f"no {' or '.join(others)} beside it", got=" and ".join(given))


def _check_needs_a_model(options: Mapping[str, object]) -> None:
    """Refuse what is said of a model where there is none: the reference network has one size, scale and kind."""
    given = [option for option, value in options.items() if value is not None]
    if given:
        got = "no model; the reference network has --cut" if "--layer" in given else "no model"
        raise RequestError(" and ".join(given), expected="--model FILE beside it", got=got)


def _reference_cut(cut: str | None) -> tuple[str, str]:
    name = cut or DEFAULT_CUT
    names = [known for known in CUTS if known != WHOLE]
    if name not in names:
        raise RequestError("--cut", expected=f"one of {', '.join(names)}", got=name)
    return name, CUTS[name].layer


def _choice(option: str, value: str, choices: Iterable[Choice]) -> Choice:
    known = {choice.value: choice for choice in choices}
    if value not in known:
        raise RequestError(option, expected=f"one of {', '.join(known)}", got=value)
    return known[value]


def _detector(asked: str | None, *, is_reference: bool) -> KnownDetector | Path:
    """Return what is to find faces: as asked; of its own accord only for the reference network, which is of faces."""
    if asked is None:
        return KnownDetector.BACK if is_reference else KnownDetector.NONE
    if asked in list(KnownDetector):
        return KnownDetector(asked)
    try:
        path = path_of(asked)
        found = path.is_file()
    except ValueError:
        found = False
    if not found:
        raise RequestError("--detector", expected=f"{', '.join(KnownDetector)}, or a .tflite file", got=shown(asked))
    return path


def _check_detector(detector: KnownDetector | Path, *, fit: str | None, space: Path | None) -> None:
    """Refuse what goes with a detector alone, or never with one."""
    if detector is not KnownDetector.NONE and fit is not None:
        got = f"--detector {detector}"
        raise RequestError("--fit", expected="--detector none beside it, for photos that are taken whole", got=got)
    if detector is KnownDetector.NONE and space is not None:
        expected = "a detector beside it; without one a space is its prefix's"
        raise RequestError("--space", expected=expected, got="--detector none")


def _fit(asked: str) -> Fit:
    if asked not in WHOLE_PHOTO_FITS:
        expected = f"one of {', '.join(WHOLE_PHOTO_FITS)}; faces are found with --detector {KnownDetector.BACK}"
        raise RequestError("--fit", expected=expected, got=asked)
    return Fit(asked)


def _read_labels(path: Path) -> tuple[str, ...]:
    """Read the labels of a text file, one a line; empty lines are passed over."""
    where, expected = f"--labels {path}", "one label a line, each once"
    try:
        lines = _LINE_END.split(_decode(read_bounded(path, MAX_LABELS_BYTES)))
    except (ContractError, UnicodeDecodeError) as error:
        raise RequestError(where, expected=expected, got=str(error)) from error
    labels, problems = _judge_lines(lines)
    if problems:
        raise RequestError(where, expected=expected, got="; ".join(problems))
    try:
        encode_labels(labels)
    except ContractError as error:
        raise RequestError(where, expected=expected, got=str(error)) from error
    return labels


def _decode(data: bytes) -> str:
    """Decode text as editors write it: UTF-8, or UTF-16 where a byte order mark says so."""
    return data.decode("utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig")


def _judge_lines(lines: Sequence[str]) -> tuple[tuple[str, ...], list[str]]:
    """Return the labels of all lines that hold one, and what is wrong with the others, each with its number."""
    lines_of: dict[str, tuple[int, str]] = {}
    problems = []
    for number, line in enumerate(lines, 1):
        if not line.strip(MARKS + WHITE_SPACE):
            continue
        try:
            label = read_label(line)
        except ContractError as error:
            problems.append(f"line {number}: {error}")
            continue
        first, spelling = lines_of.setdefault(label_key(label), (number, label))
        if first != number:
            problems.append(f"line {number}: {shown(label)}, which line {first} has as {shown(spelling)}")
    return tuple(label for _, label in lines_of.values()), problems

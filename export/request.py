"""What an export is asked for: its options, their defaults, and which go together."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from contract.cuts import CUTS
from contract.errors import ContractError, shown
from contract.files import read_bounded
from contract.labels import MARKS, MAX_LABELS_BYTES, WHITE_SPACE, encode_labels, label_key, read_label
from export.errors import RequestError
from export.tflite.quantize import DEFAULT_QUANTIZE, Quantize

MAX_SEED = 2**32 - 1
"""What numpy and Keras take."""
DEFAULT_CUT = "freeze6"
DEFAULT_OUT = Path("build/export")
WHOLE = "full"
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Request:
    """Which network, cut where, with whose photos, to which folder."""

    cut: str
    """What the bundles call it."""
    layer: str
    """The last layer of the prefix."""
    model: Path | None = None
    """A .keras file; None is the reference network."""
    weights: Path | None = None
    """Of the reference network; None draws them from the seed."""
    faces: Path | None = None
    photos: Path | None = None
    classes: int | None = None
    """Of the network's own head."""
    labels: tuple[str, ...] | None = None
    """Of those classes."""
    quantize: Quantize = DEFAULT_QUANTIZE
    seed: int = 0
    out: Path = DEFAULT_OUT


def parse_request(
    *,
    cut: str | None,
    layer: str | None,
    model: Path | None,
    weights: Path | None,
    faces: Path | None,
    photos: Path | None,
    classes: int | None,
    labels: Path | None,
    quantize: str,
    seed: int,
    out: Path,
) -> Request:
    """Turn options into a request; the only file it opens is that of the labels.

    Raises:
        RequestError: an unknown cut or mode, options that exclude or need each other, int8 without photos to calibrate
            on, a file that holds no list of labels.
    """
    _check_exclusive("--model", model, {"--cut": cut, "--weights": weights, "--classes": classes})
    _check_exclusive("--faces", faces, {"--photos": photos, "--classes": classes, "--labels": labels})
    mode = _mode(quantize)
    if mode is Quantize.INT8 and faces is None and photos is None:
        raise RequestError("--quantize int8", expected="--faces or --photos to calibrate on", got="neither")
    name, last_layer = _own_cut(layer) if model else _reference_cut(cut, layer)
    return Request(
        name,
        last_layer,
        model=model,
        weights=weights,
        faces=faces,
        photos=photos,
        classes=classes,
        labels=None if labels is None else _read_labels(labels),
        quantize=mode,
        seed=seed,
        out=out,
    )


def _check_exclusive(option: str, value: object, others: dict[str, object]) -> None:
    given = [other for other, other_value in others.items() if other_value is not None]
    if value is not None and given:
        raise RequestError(option, expected=f"no {' or '.join(others)} beside it", got=" and ".join(given))


def _own_cut(layer: str | None) -> tuple[str, str]:
    if layer is None:
        raise RequestError("--model", expected="--layer NAME beside it", got="no layer to cut after")
    return layer, layer


def _reference_cut(cut: str | None, layer: str | None) -> tuple[str, str]:
    if layer is not None:
        raise RequestError(
            "--layer", expected="--model FILE beside it", got="no model; the reference network has --cut"
        )
    name = cut or DEFAULT_CUT
    names = [known for known in CUTS if known != WHOLE]
    if name not in names:
        raise RequestError("--cut", expected=f"one of {', '.join(names)}", got=name)
    return name, CUTS[name].layer


def _mode(quantize: str) -> Quantize:
    if quantize not in list(Quantize):
        raise RequestError("--quantize", expected=f"one of {', '.join(Quantize)}", got=quantize)
    return Quantize(quantize)


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

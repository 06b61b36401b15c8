"""What an export is asked for: its options, their defaults, and which go together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from contract.cuts import CUTS
from contract.errors import ContractError
from contract.files import read_bounded
from contract.labels import MAX_LABELS_BYTES, encode_labels, parse_label
from export.errors import RequestError
from export.quantize import DEFAULT_QUANTIZE, Quantize

MAX_SEED = 2**32 - 1
"""What numpy and Keras take."""
DEFAULT_CUT = "freeze6"
DEFAULT_OUT = Path("build/export")
WHOLE = "full"


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
    try:
        lines = read_bounded(path, MAX_LABELS_BYTES).decode("utf-8").splitlines()
        labels = tuple(parse_label(line) for line in lines if line.strip())
        encode_labels(labels)
    except (ContractError, UnicodeDecodeError) as error:
        raise RequestError(f"--labels {path}", expected="one label a line, each once", got=str(error)) from error
    return labels

"""History: the list of a pool's releases, newest first, that its people may look at.

{"releases": [{"release": "<sha256 of the payload>", "channel": "best", "serial": 7, "issued": 1760000000,
               "label_count": 65, "validation": {"accuracy": 0.994, "samples": 181},
               "parent": "<sha256>" or null, "report": {...}}, ...]}
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from contract.documents import Fields, Json, encode_json, parse_document
from contract.manifest import Channel, Manifest
from contract.patterns import HEX64_PATTERN

MAX_HISTORY = 100
DEFAULT_HISTORY = 20
MAX_HISTORY_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class ReleaseSummary:
    """One release of the past."""

    release: str
    """The sha256 of the manifest's payload."""
    channel: Channel
    serial: int
    issued: int
    """Unix seconds."""
    label_count: int
    validation_accuracy: float | None
    validation_samples: int
    parent: str | None
    report: Mapping[str, Json] = field(default_factory=dict)
    """What the gate said, for people; its keys are not part of the contract."""

    @classmethod
    def of(cls, manifest: Manifest, *, release: str, report: Mapping[str, Json]) -> "ReleaseSummary":
        """Sum up a release whose payload has the sha256 `release`."""
        return cls(
            release=release,
            channel=manifest.channel,
            serial=manifest.serial,
            issued=manifest.issued,
            label_count=manifest.label_count,
            validation_accuracy=manifest.validation_accuracy,
            validation_samples=manifest.validation_samples,
            parent=manifest.parent,
            report=report,
        )


def encode_history(releases: Sequence[ReleaseSummary]) -> bytes:
    """Write the list, newest first."""
    return encode_json({"releases": [_document(release) for release in releases]})


def parse_history(data: bytes) -> tuple[ReleaseSummary, ...]:
    """Read a list of at most 100 releases.

    Raises:
        Malformed, TooLarge, Impossible: not such a list.
    """
    fields = parse_document(data, where="history", max_bytes=MAX_HISTORY_BYTES)
    return tuple(map(_parse_release, fields.documents("releases", max_items=MAX_HISTORY)))


def _parse_release(fields: Fields) -> ReleaseSummary:
    validation = fields.document("validation")
    report = fields.as_json().get("report")
    return ReleaseSummary(
        release=fields.name("release", HEX64_PATTERN),
        channel=fields.choice("channel", Channel),
        serial=fields.integer("serial", low=1),
        issued=fields.integer("issued"),
        label_count=fields.integer("label_count", low=1),
        validation_accuracy=validation.number("accuracy", low=0.0, high=1.0) if "accuracy" in validation else None,
        validation_samples=validation.integer("samples"),
        parent=fields.name("parent", HEX64_PATTERN) if "parent" in fields else None,
        report=report if isinstance(report, dict) else {},
    )


def _document(release: ReleaseSummary) -> dict[str, Json]:
    return {
        "release": release.release,
        "channel": release.channel.value,
        "serial": release.serial,
        "issued": release.issued,
        "label_count": release.label_count,
        "validation": {"accuracy": release.validation_accuracy, "samples": release.validation_samples},
        "parent": release.parent,
        "report": release.report,
    }

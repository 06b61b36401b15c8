"""What releases say of themselves, for people: their manifests, and their reports, whose keys no contract fixes. Pure.

A report is read leniently: what an older or a later version wrote otherwise is left out, and hides nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping

from cloud.overview.values import CurveView, DecisionView, FailureView, GateView, PointView, ReleaseView, TrialView
from cloud.releases.decisions import DECISIONS
from cloud.releases.failures import FailedCycles
from contract.documents import Json
from contract.manifest import Manifest
from contract.rollout import PARTS
from contract.self_test import PPM
from contract.unknown import Strictness, point_of


def describe_release(release: str, manifest: Manifest, report: Mapping[str, Json]) -> ReleaseView:
    """Describe a release whose name is `release`."""
    samples = _object(report, "samples")
    point = point_of(manifest.threshold, manifest.points)
    return ReleaseView(
        channel=manifest.channel.value,
        serial=manifest.serial,
        release=release,
        issued=manifest.issued,
        expires=manifest.expires,
        labels=manifest.label_count,
        accuracy=manifest.validation_accuracy,
        held_out=manifest.validation_samples,
        share=manifest.rollout.share if manifest.rollout else PARTS,
        point=point.value if point else None,
        has_head=bool(manifest.heads),
        gate=_describe_gate(report),
        trials=describe_trials(_object(report, "trials"), chosen=_text(report, "trial")),
        set_aside=_counts(_object(samples, "set_aside")),
        in_doubt=_integer(samples, "in_doubt") or 0,
        labels_alone=_integer(_object(report, "labels"), "alone") or 0,
        trained=_integer(samples, "trained"),
        cycle=_text(report, "cycle"),
        decisions=_describe_decisions(report.get(DECISIONS)),
    )


def describe_failure(failed: FailedCycles, *, now: float) -> FailureView:
    """Describe cycles in a row that published nothing."""
    return FailureView(failed.times, failed.at, failed.reason, failed.not_before(now))


def describe_trials(records: Mapping[str, Json], *, chosen: str | None = None) -> tuple[TrialView, ...]:
    """Describe trials by their records, in order of names."""
    return tuple(
        _describe_trial(name, record, was_chosen=name == chosen)
        for name, record in sorted(records.items())
        if isinstance(record, Mapping)
    )


def _describe_trial(name: str, record: Mapping[str, Json], *, was_chosen: bool) -> TrialView:
    result = _object(record, "result")
    calibration, spec = _object(result, "calibration"), _object(record, "spec")
    points = _describe_points(_object(calibration, "points"))
    is_told = bool(_integer(calibration, "known"))
    return TrialView(
        name=name,
        ending=_text(record, "ending") or "not known",
        seconds=_number(record, "seconds") or 0.0,
        cause=_text(record, "cause") or "",
        right=_number(calibration, "right") if is_told else None,
        said=next((one.known for one in points if one.name == Strictness.BALANCED), None),
        loss=_number(result, "loss"),
        fine_tuned=result.get("thawed") is True,
        points=points,
        was_chosen=was_chosen,
        curve=_describe_curve(record.get("curve")),
        is_one_step=_integer(spec, "epochs") == 0 and spec.get("thaw") is None,
    )


def _describe_curve(document: Json) -> tuple[CurveView, ...]:
    views = []
    for point in document if isinstance(document, list) else []:
        if isinstance(point, Mapping):
            epochs, loss = _number(point, "epochs"), _number(point, "loss")
            if epochs is not None and loss is not None:
                views.append(CurveView(epochs, loss, _number(point, "right")))
    return tuple(views)


def _describe_points(document: Mapping[str, Json]) -> tuple[PointView, ...]:
    views = []
    for name in document:
        known, strangers = (_number(_object(document, name), key) for key in ("known_ppm", "strangers_ppm"))
        if known is not None and strangers is not None:
            views.append(PointView(name, known / PPM, strangers / PPM))
    return tuple(sorted(views, key=lambda one: (one.strangers, one.known)))


def _describe_decisions(document: Json) -> tuple[DecisionView, ...]:
    listed = [one for one in document if isinstance(one, Mapping)] if isinstance(document, list) else []
    return tuple(
        DecisionView(
            _text(one, "what") or "", _text(one, "by") or "", _text(one, "why") or "", _integer(one, "at") or 0
        )
        for one in listed
    )


def _describe_gate(report: Mapping[str, Json]) -> GateView | None:
    gate = _object(report, "gate")
    if not isinstance(gate.get("passes"), bool):
        return None
    known = _object(gate, "known")
    judged = _integer(known, "samples") or 0
    return GateView(
        passes=bool(gate["passes"]),
        reason=_text(gate, "reason") or "",
        before=_number(known, "before") if judged else None,
        after=_number(known, "after") if judged else None,
        judged=judged,
    )


def _object(document: Mapping[str, Json], key: str) -> Mapping[str, Json]:
    value = document.get(key)
    return value if isinstance(value, Mapping) else {}


def _text(document: Mapping[str, Json], key: str) -> str | None:
    value = document.get(key)
    return value if isinstance(value, str) else None


def _number(document: Mapping[str, Json], key: str) -> float | None:
    value = document.get(key)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _integer(document: Mapping[str, Json], key: str) -> int | None:
    value = document.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _counts(document: Mapping[str, Json]) -> dict[str, int]:
    return {name: value for name in document if (value := _integer(document, name))}

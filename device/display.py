"""Prints what the commands find: one line for people, or one JSON object a line for programs.

Everything passes `contract.text.escaped`: paths, labels and a service's messages are texts of others.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from contract.documents import Json
from contract.invitation import fingerprint, shown_fingerprint
from contract.labels import UNKNOWN
from contract.self_test import PPM
from contract.text import escaped
from contract.unknown import points_document
from device import (
    Enrolment,
    Inference,
    KeptFeedback,
    PullReport,
    PushReport,
    Round,
    SelfTestStatus,
    Status,
    UnknownStatus,
    UploadState,
    UploadStatus,
)

SEND_AGAIN = "to send again once the cause is mended: fedex-device push --refused"


@dataclass(frozen=True, slots=True)
class Display:
    """Writes results to standard output and complaints to standard error."""

    as_json: bool

    def result(self, document: dict[str, Json], *lines: str) -> None:
        """Print one result in the form that was asked for."""
        for line in [json.dumps(document, ensure_ascii=False)] if self.as_json else lines:
            print(escaped(line), flush=True)

    def complain(self, problems: Iterable[object]) -> None:
        """Print each problem on a line of its own."""
        self._tell("", problems)

    def warn(self, matters: Iterable[object]) -> None:
        """Print on a line of its own each matter that did not keep the command from working."""
        self._tell("warning: ", matters)

    def _tell(self, kind: str, matters: Iterable[object]) -> None:
        for matter in matters:
            print(escaped(f"fedex-device: {kind}{' '.join(str(matter).split())}"), file=sys.stderr, flush=True)

    def inferences(self, path: Path, inferences: Sequence[Inference], *, kind: str) -> None:
        """Print the answers on a file of this kind, "photo" or "tensor": one for each face, or that there is none."""
        for inference in inferences:
            self._inference(path, inference, kind=kind)
        if not inferences:
            nothing: dict[str, Json] = {"label": None, "unknown": False, "results": [], "box": None, "subject": False}
            self.result({kind: str(path), "id": None, **nothing}, f"{path}: no face")

    def _inference(self, path: Path, inference: Inference, *, kind: str) -> None:
        answer = inference.answer
        shares = ", ".join(f"{one.label} {one.probability:.1%}" for one in answer.results)
        kept = f" #{inference.id}" if inference.id is not None else ""
        document: dict[str, Json] = {
            kind: str(path),
            "id": inference.id,
            "label": answer.label,
            "unknown": answer.unknown,
            "results": [{"label": one.label, "probability": one.probability} for one in answer.results],
            "head": answer.head_serial,
            "runtime": answer.runtime,
        }
        if inference.box is not None:
            document |= {"box": inference.box, "subject": inference.is_subject}
        self.result(
            document, f"{path}{kept}{_where(inference)}: {f'{UNKNOWN} ({shares})' if answer.unknown else shares}"
        )

    def feedback(self, kept: KeptFeedback) -> None:
        """Print what feedback was kept."""
        document: dict[str, Json] = {"id": kept.inference, "label": kept.label, "revision": kept.revision}
        self.result(document, f"#{kept.inference}: {kept.label}")

    def enrolled(self, enrolment: Enrolment) -> None:
        """Print who this device is now."""
        identity = enrolment.identity
        document: dict[str, Json] = {
            "device": identity.device,
            "group": identity.group,
            "url": identity.url,
            "key": fingerprint(identity.key),
            "new": enrolment.is_new,
            "new_token": enrolment.has_new_token,
        }
        again = "enrolled again, as the same device," if enrolment.has_new_token else "already enrolled"
        when = "enrolled" if enrolment.is_new else again
        key = shown_fingerprint(fingerprint(identity.key))
        self.result(document, f"{when} at {identity.url} as {identity.device}, group {identity.group}, key {key}")

    def pushed(self, report: PushReport) -> None:
        """Print what a push did."""
        self.result(push_document(report), *push_texts(report))

    def erased(self, erasure: str) -> None:
        """Print that samples were forgotten, and what the service calls the erasure."""
        told = f"forgotten here; the service erases what it has (erasure {erasure})"
        self.result({"erasure": erasure}, told)

    def pulled(self, report: PullReport) -> None:
        """Print what a pull did."""
        self.result(pull_document(report), pull_text(report))

    def status(self, status: Status) -> None:
        """Print how the device stands."""
        self.result(status_document(status), *status_texts(status))

    def round(self, one: Round) -> None:
        """Print what a round of `run` did."""
        document: dict[str, Json] = {
            "available": one.availability.is_available,
            "missing": one.availability.missing,
            "push": push_document(one.push) if one.push else None,
            "pull": pull_document(one.pull) if one.pull else None,
        }
        parts = push_texts(one.push) if one.push else []
        parts += [pull_text(one.pull)] if one.pull else []
        missing = f"not available: not {', not '.join(one.availability.missing)}"
        self.result(document, *(filter(None, ["; ".join(parts)]) if one.availability.is_available else [missing]))


def _where(inference: Inference) -> str:
    """Say which face of a photo an answer is on; nothing where it is on the whole photo."""
    if inference.box is None:
        return ""
    left, top, right, bottom = inference.box
    subject = ", the subject" if inference.is_subject else ""
    return f" (face at {left},{top}, {right - left}x{bottom - top}{subject})"


def push_document(report: PushReport) -> dict[str, Json]:
    """Describe a push for programs."""
    return {
        "uploads": report.uploads,
        "samples": report.samples,
        "bytes": report.size,
        "refused": report.refused,
        "left_out": report.left_out,
    }


def push_texts(report: PushReport) -> list[str]:
    """Describe a push for people; nothing where it did nothing but fail."""
    texts = []
    if report.uploads:
        texts.append(
            f"pushed {_many(report.samples, 'sample')} in {_many(report.uploads, 'upload')}, {report.size} bytes"
        )
    if report.refused:
        texts.append(f"refused and kept: {_many(report.refused, 'upload')}; {SEND_AGAIN}")
    return texts if texts or report.problem else ["nothing to push"]


def pull_document(report: PullReport) -> dict[str, Json]:
    """Describe a pull for programs."""
    return {"outcome": report.outcome.name.lower(), "serial": report.serial, "bytes": report.size}


def pull_text(report: PullReport) -> str:
    """Describe a pull for people."""
    return f"pulled: {report.outcome.value}, head {report.serial}, {report.size} bytes"


def status_document(status: Status) -> dict[str, Json]:
    """Describe a device's status for programs."""
    cache, conditions = status.cache, status.conditions
    return {
        "device": status.device,
        "group": status.group,
        "space": status.space,
        "cut": status.cut,
        "input": status.input.document() if status.input else None,
        "head": status.head_serial,
        "unknown": _unknown_document(status.unknown) if status.unknown else None,
        "inferences": cache.inferences if cache else None,
        "samples_waiting": cache.waiting if cache else None,
        "samples_acknowledged": cache.acknowledged if cache else None,
        "samples_kept_back": cache.kept_back if cache else None,
        "samples_of_retired_spaces": cache.retired if cache else None,
        "self_test": _self_test_document(cache.self_test) if cache and cache.self_test else None,
        "uploads": [_upload_document(one) for one in cache.unfinished] if cache else None,
        "charging": conditions.charging,
        "idle": conditions.idle,
        "unmetered": conditions.unmetered,
        "available": status.availability.is_available,
        "problems": [str(problem) for problem in (*status.warnings, *status.problems)],
    }


def status_texts(status: Status) -> list[str]:
    """Describe a device's status for people, a line for each part."""
    enrolled = f"{status.device}, group {status.group}" if status.device else "not enrolled"
    lines = [f"device     {enrolled}"]
    if status.space:
        lines.append(f"space      {status.space} ({status.cut})")
    if status.input:
        lines.append(f"takes      {status.input}")
    if status.head_serial is not None:
        lines.append(f"head       {status.head_serial or 'of the bundle'}")
    if status.unknown:
        lines += _unknown_texts(status.unknown)
    if cache := status.cache:
        lines.append(f"inferences {cache.inferences}")
        kept_back = f", {cache.kept_back} kept back" if cache.kept_back else ""
        retired = f", {cache.retired} of a retired space" if cache.retired else ""
        lines.append(f"samples    {cache.waiting} to upload, {cache.acknowledged} acknowledged{kept_back}{retired}")
        if cache.self_test:
            lines.append(f"self-test  {cache.self_test.text}")
        lines += [_upload_text(one, device=status.device) for one in cache.unfinished]
    missing = ", ".join(f"not {name}" for name in status.availability.missing)
    lines.append(f"available  {'yes' if status.availability.is_available else f'no: {missing}'}")
    return lines


def _unknown_document(status: UnknownStatus) -> dict[str, Json]:
    return {
        "threshold": status.threshold,
        "point": status.point,
        "chosen_here": status.is_own_choice,
        "points": points_document(status.points),
    }


def _unknown_texts(status: UnknownStatus) -> list[str]:
    """Say which point is in use and what it does, and then of the others what they would do."""
    below = f"below {status.threshold:.3f}"
    if status.point is None:
        return [f"unknown    {below}; this head has no points to choose from"]
    whose = "chosen here" if status.is_own_choice else "as the operator chose"
    others = "; ".join(f"{point} {one}" for point, one in status.points.items() if point is not status.point)
    return [
        f"unknown    {status.point}, {whose}: {below}, named are {status.points[status.point]}",
        f"           or {others}",
    ]


def _self_test_document(status: SelfTestStatus) -> dict[str, Json]:
    return {
        "passed": status.has_passed,
        "cosine": None if status.cosine_ppm is None else status.cosine_ppm / PPM,
        "least_cosine": status.least_cosine_ppm / PPM,
        "app": status.setup.app,
        "runtime": status.setup.runtime,
        "delegate": status.setup.delegate,
        "system": status.setup.system,
    }


def _upload_document(upload: UploadStatus) -> dict[str, Json]:
    return {
        "id": upload.id,
        "device": upload.device,
        "samples": upload.samples,
        "bytes": upload.size,
        "state": upload.state.value,
        "problem": upload.problem,
    }


def _upload_text(upload: UploadStatus, *, device: str | None) -> str:
    whose = "" if upload.device == device else f" as the former device {upload.device}"
    problem = f": {upload.problem}" if upload.problem else ""
    size = f"{_many(upload.samples, 'sample')}, {upload.size} bytes"
    can_send = upload.state is UploadState.REFUSED and not whose
    again = f" (kept; {SEND_AGAIN})" if can_send else ""
    return f"upload     {upload.id[:12]} {size}, {upload.state.value}{whose}{problem}{again}"


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"

"""The demo's devices: each call is a `fedex-device` process on a home folder of its own."""

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contract.boxes import Box
from demo.running.commands import command
from demo.running.processes import CALL_TIMEOUT_S, Processes
from demo.scoring import PhotoAnswer
from demo.shots import Shot, Sitter


@dataclass(frozen=True, slots=True)
class SeenFace:
    """What a device said of a face, or of a whole photo or tensor, and kept."""

    inference: int
    """Names it in feedback."""
    head: int
    """The serial of the head that gave the answer, 0 for the bundle's."""
    best: str
    probability: float
    unknown: bool
    box: Box | None
    """Of the face; None: it is about the whole."""
    is_subject: bool


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a device said of one shot."""

    shot: Shot
    faces: tuple[SeenFace, ...]
    """The widest first; of people who do not count, too."""

    @property
    def found(self) -> tuple[tuple[Sitter, SeenFace | None], ...]:
        """Each of those who count, and their face; None where it was not found."""
        return tuple((sitter, sitter.find(self.faces)) for sitter in self.shot.sitters)

    @property
    def answers(self) -> tuple[PhotoAnswer, ...]:
        """The answers on those who count."""
        return tuple(_answer(self.shot.path, sitter.name, face) for sitter, face in self.found)


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a device has sent and the service acknowledged."""

    samples: int
    size: int
    """In bytes."""


@dataclass(frozen=True, slots=True)
class DemoDevice:
    """One device. Use it from one thread at a time."""

    name: str
    home: Path
    """Its own folder."""
    bundle: Path
    """The device bundle that it came with."""
    url: str
    """Where its service is."""
    code: str = field(repr=False)
    """The enrolment code."""
    processes: Processes
    settings: tuple[tuple[str, str], ...] = ()
    """Further variables."""

    def enrol(self) -> None:
        """Become a device of the service's group."""
        self._call("enrol")

    def recognise(self, shots: Sequence[Shot]) -> list[Recognised]:
        """Answer some photos or tensors; no face is an answer, too."""
        return read_answers(shots, self._call("infer", *(str(shot.path) for shot in shots)) if shots else [])

    def give_label(self, inference: int, label: str) -> None:
        """Give feedback: which label is right."""
        self._call("feedback", str(inference), "--label", label)

    def give_feedback(self, shots: Sequence[Recognised]) -> None:
        """Say of each who counts and was found that the answer was right, or which label is, all in one process."""
        found = [(sitter, face) for one in shots for sitter, face in one.found if face is not None]
        commands = [["feedback", "--json", str(face.inference), *_truth(sitter, face)] for sitter, face in found]
        self.processes.call(
            self.name,
            [sys.executable, "-m", "demo.running.session"],
            environment=self.environment,
            timeout_s=CALL_TIMEOUT_S,
            typed="".join(f"{json.dumps(command)}\n" for command in commands),
        )

    def push(self) -> Pushed:
        """Upload what feedback was given on."""
        [line] = self._call("push")
        return Pushed(int(line["samples"]), int(line["bytes"]))

    def pull(self) -> int:
        """Fetch a better head if there is one; return the serial of the head that serves, 0 for the bundle's."""
        [line] = self._call("pull")
        return int(line["serial"])

    @property
    def environment(self) -> dict[str, str]:
        """The settings of every call."""
        return {
            "FEDEX_HOME": str(self.home),
            "FEDEX_BUNDLE": str(self.bundle),
            "FEDEX_URL": self.url,
            "FEDEX_ENROLMENT_CODE": self.code,
            **dict(self.settings),
        }

    def _call(self, what: str, *arguments: str) -> list[dict[str, Any]]:
        output = self.processes.call(
            self.name,
            [command("fedex-device"), what, "--json", *arguments],
            environment=self.environment,
            timeout_s=CALL_TIMEOUT_S,
        )
        return [json.loads(line) for line in output.splitlines()]


def read_answers(shots: Sequence[Shot], lines: Iterable[dict[str, Any]]) -> list[Recognised]:
    """Read what `infer --json` printed: a line for each face of a photo, or one that says that it has none."""
    faces: dict[str, list[SeenFace]] = {}
    for line in lines:
        of_one = faces.setdefault(line.get("photo") or line["tensor"], [])
        of_one += [_face(line)] if line["results"] else []
    return [Recognised(shot, tuple(faces[str(shot.path)])) for shot in shots]


def _truth(sitter: Sitter, face: SeenFace) -> list[str]:
    return ["--right"] if face.best == sitter.name and not face.unknown else ["--label", sitter.name]


def _answer(photo: Path, truth: str, face: SeenFace | None) -> PhotoAnswer:
    if face is None:
        return PhotoAnswer(photo, truth, None, 0.0, unknown=False)
    return PhotoAnswer(photo, truth, face.best, face.probability, unknown=face.unknown)


def _face(line: dict[str, Any]) -> SeenFace:
    best, box = line["results"][0], line.get("box")
    return SeenFace(
        inference=line["id"],
        head=line["head"],
        best=best["label"],
        probability=best["probability"],
        unknown=line["unknown"],
        box=None if box is None else tuple(box),
        is_subject=line.get("subject", True),
    )

"""The demo's devices: each call is a `fedex-device` process on a home folder of its own."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from demo.errors import DemoError
from demo.running.commands import command
from demo.running.processes import CALL_TIMEOUT_S, Processes
from demo.scoring import PhotoAnswer


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer that a device gave and kept."""

    answer: PhotoAnswer
    inference: int
    """Names it in feedback."""
    head: int
    """The serial of the head that gave it, 0 for the bundle's."""


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

    def recognise(self, photos: Sequence[Path]) -> list[KeptAnswer]:
        """Answer some photos, each in a folder of the true person's name. Raises `DemoError` for one without a face."""
        answers = self._call("infer", *map(str, photos)) if photos else []
        lines = [answer for answer in answers if answer.get("subject", True)]  # of several faces, whom the photo is of
        return [_kept(photo, line) for photo, line in zip(photos, lines, strict=True)]

    def give_label(self, inference: int, label: str) -> None:
        """Give feedback: which label is right."""
        self._call("feedback", str(inference), "--label", label)

    def give_feedback(self, answers: Sequence[KeptAnswer]) -> None:
        """Give feedback on each answer, that it was right or which label is, all in one process."""
        commands = [["feedback", "--json", str(one.inference), *_truth(one.answer)] for one in answers]
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


def _truth(answer: PhotoAnswer) -> list[str]:
    return ["--right"] if answer.is_right and not answer.unknown else ["--label", answer.truth]


def _kept(photo: Path, line: dict[str, Any]) -> KeptAnswer:
    if not line["results"]:
        raise DemoError(f"{photo}: expected a face, got none; the demo needs one in each photo")
    best = line["results"][0]
    answer = PhotoAnswer(photo, photo.parent.name, best["label"], best["probability"], unknown=line["unknown"])
    return KeptAnswer(answer, inference=line["id"], head=line["head"])

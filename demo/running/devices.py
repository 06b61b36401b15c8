"""The only home of the demo's devices: each call is a `fedex-device` process on a home folder of its own."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from demo.running.commands import command
from demo.running.processes import CALL_TIMEOUT_S, Processes
from demo.scoring import Answer


@dataclass(frozen=True, slots=True)
class Given:
    """An answer that a device gave and kept: `inference` names it in feedback."""

    answer: Answer
    inference: int
    head: int


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a device has sent and the service acknowledged."""

    samples: int
    size: int


@dataclass(frozen=True, slots=True)
class DemoDevice:
    """One device: its folder, the bundle it came with, and where its service is. Use it from one thread at a time."""

    name: str
    home: Path
    bundle: Path
    url: str
    code: str = field(repr=False)
    processes: Processes
    settings: tuple[tuple[str, str], ...] = ()

    def enrol(self) -> None:
        """Become a device of the service's group."""
        self._call("enrol")

    def recognise(self, photos: Sequence[Path]) -> list[Given]:
        """Answer some photos, each in a folder of the true person's name."""
        lines = self._call("infer", *map(str, photos)) if photos else []
        return [_given(photo, line) for photo, line in zip(photos, lines, strict=True)]

    def say(self, inference: int, label: str) -> None:
        """Give feedback: which label is right."""
        self._call("feedback", str(inference), "--label", label)

    def tell(self, given: Sequence[Given]) -> None:
        """Give feedback on each answer, that it was right or which label is, all in one process."""
        commands = [["feedback", "--json", str(one.inference), *_truth(one.answer)] for one in given]
        self.processes.call(
            self.name,
            [sys.executable, "-m", "demo.running.session"],
            environment=self.environment,
            timeout_s=CALL_TIMEOUT_S,
            said="".join(f"{json.dumps(command)}\n" for command in commands),
        )

    def push(self) -> Pushed:
        """Upload what was said."""
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


def _truth(answer: Answer) -> list[str]:
    return ["--right"] if answer.is_right and not answer.unknown else ["--label", answer.truth]


def _given(photo: Path, line: dict[str, Any]) -> Given:
    best = line["results"][0]
    answer = Answer(photo, photo.parent.name, best["label"], best["probability"], unknown=line["unknown"])
    return Given(answer, inference=line["id"], head=line["head"])

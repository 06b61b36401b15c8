"""FEDEx itself, played once: a real service and worker, and a device for every person, through a line that counts.

All devices are in this process, one after another, as each would be in an app that runs anyway; a thread's processor
time leaves out the line. A few of them are commands instead, a process for each, as FEDEx ships them. Nothing here may
load TensorFlow: devices run TFLite.
"""

from __future__ import annotations

import os
import resource
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np

from bench.data import BenchData
from bench.evidence.line import Line, line
from bench.peers.task import Integers, everybody_of
from bench.processes import processor_of_tree
from demo.errors import DemoError
from demo.roles import Person
from demo.running.commands import command
from demo.running.cycle_log import read_refusal
from demo.running.processes import Processes, running
from demo.running.service import DemoService, start_service
from device import Device, Settings, load_example

RELEASE_TIMEOUT_S = 600.0
LOOK_EVERY_S = 0.2
AS_COMMANDS = 3
"""So many devices are commands, a process each; fewer where there are few."""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Exchange:
    """What one push or pull was."""

    up_bytes: int
    down_bytes: int
    processor_s: float


@dataclass(frozen=True, slots=True, eq=False)
class Played:
    """What one run came to."""

    answers: Integers
    """(n,): the person that the new head takes each tested photo for, in the order of the task."""
    enrolments: list[Exchange]
    feedback_s: list[float]
    """Processor seconds, of all of a device's photos."""
    pushes: list[Exchange]
    pulls: list[Exchange]
    """Of devices in a live process, as the two above."""
    commands_s: list[float]
    """Processor seconds of feedback, push and pull as three processes."""
    idle_pull: Exchange
    """A pull that finds nothing new."""
    web_s: float
    """Processor seconds of the service, from the first enrolment until everybody has the head."""
    worker_s: float
    """Of the worker and all that it started, with its start."""
    seconds_to_head: float | None
    """From the last upload's acknowledgement until the first device had the new head; None: the gate refused it."""
    refusal: str
    """Why the gate did, or "": devices keep the first head then, and pulls find nothing."""


@dataclass(slots=True)
class _Phone:
    """A device of one person."""

    person: Person
    device: Device
    inferences: list[tuple[int, str | None]] = field(default_factory=list)
    """Each with the label that was said."""


def play(data: BenchData, work: Path, *, say: Callable[[str], None], seed: int = 0) -> Played:
    """Play everything on the bundles in `work`/export; whatever was started has ended when this returns.

    Raises:
        DemoError: a process did not come up, or there was no new head in time.
    """
    people = everybody_of(data, seed=seed)
    exported, count = work / "export", sum(len(person.uploads) for person in people)
    with running(work / "logs") as processes:
        store = {"FEDEX_STORE": f"dir:{work / 'store'}"}
        service = start_service(processes, store=store, work=work, training=exported / "training", min_new=count)
        with line(service.port) as counted:
            return _Play(processes, counted, say).play(_phones(people, service, counted, work))


def _phones(people: Sequence[Person], service: DemoService, counted: Line, work: Path) -> list[_Phone]:
    settings = Settings(
        bundle=work / "export" / "device", url=f"http://127.0.0.1:{counted.port}", enrolment_code=service.code
    )
    homes = (work / "devices" / str(number) for number in range(len(people)))
    return [_Phone(person, Device(replace(settings, home=home))) for person, home in zip(people, homes, strict=True)]


@dataclass(slots=True)
class _Play:
    """The steps, and what they share."""

    processes: Processes
    line: Line
    say: Callable[[str], None]

    def play(self, phones: Sequence[_Phone]) -> Played:
        """Take every step."""
        few = min(AS_COMMANDS, len(phones) // 3)
        commands, live = phones[:few], phones[few:]
        web_before = self._processor_s("serve")
        self.say(f"FEDEx: enrol {len(phones)} devices, recognise and upload")
        enrolments = [self._exchange(phone.device.enrol)[0] for phone in phones]
        for phone in phones:
            _recognise(phone)
        told_s = [_command_s(phone, *_feedback_arguments(phone)) for phone in commands]
        sent_s = [_command_s(phone, "push") for phone in commands]
        feedback_s = [_thread_s(partial(_give_feedback, phone))[0] for phone in live]
        pushes = [self._push(phone) for phone in live]
        uploaded = time.monotonic()
        self.say("FEDEx: wait for the new head, pull it")
        pulls = [self._wait_for_head(live[0])]
        seconds_to_head, refusal = time.monotonic() - uploaded, self._refusal() or ""
        pulls += [self._exchange(phone.device.pull)[0] for phone in live[1:]]
        got_s = [_command_s(phone, "pull") for phone in commands]
        idle_pull, _ = self._exchange(live[0].device.pull)
        return Played(
            answers=_answer_tests(live[0].device, [phone.person for phone in phones]),
            enrolments=enrolments,
            feedback_s=feedback_s,
            pushes=pushes,
            pulls=pulls,
            commands_s=[sum(parts) for parts in zip(told_s, sent_s, got_s, strict=True)],
            idle_pull=idle_pull,
            web_s=self._processor_s("serve") - web_before,
            worker_s=self._processor_s("worker"),
            seconds_to_head=None if refusal else seconds_to_head,
            refusal=refusal,
        )

    def _push(self, phone: _Phone) -> Exchange:
        exchange, report = self._exchange(phone.device.push)
        if report.samples != len(phone.person.uploads):
            raise DemoError(f"{phone.person.name}: expected all samples acknowledged, got {report}")
        return exchange

    def _wait_for_head(self, phone: _Phone) -> Exchange:
        """Pull until there is a head, or the gate has refused it; return the pull that brought it."""
        last: list[Exchange] = []

        def has_come() -> bool:
            exchange, report = self._exchange(phone.device.pull)
            last.append(exchange)
            return report.serial > 0 or self._refusal() is not None

        self.processes.wait_until(has_come, what="a new head", timeout_s=RELEASE_TIMEOUT_S, every_s=LOOK_EVERY_S)
        return last[-1]

    def _refusal(self) -> str | None:
        return read_refusal(self.processes.log_of("worker"))

    def _exchange(self, call: Callable[[], Result]) -> tuple[Exchange, Result]:
        self.line.reset()
        processor_s, result = _thread_s(call)
        return Exchange(self.line.up_bytes, self.line.down_bytes, processor_s), result

    def _processor_s(self, name: str) -> float:
        return processor_of_tree(self.processes.pid_of(name))


def _recognise(phone: _Phone) -> None:
    """Recognise what will be uploaded; it is what everybody's devices do, and not counted."""
    with phone.device.recognizer() as recognizer:
        for photo in phone.person.uploads:
            [inference] = recognizer.infer(load_example(photo, recognizer.bundle.input))
            if inference.id is None:
                raise DemoError(f"{photo}: expected an answer that is kept, got {inference.not_stored}")
            phone.inferences.append((inference.id, inference.answer.label))


def _answer_tests(device: Device, people: Sequence[Person]) -> Integers:
    """Return the best label of every tested photo as a person's number; -1: another one."""
    places = {person.name: number for number, person in enumerate(people)}
    photos = [photo for person in people for photo in person.tests]
    with device.recognizer() as recognizer:
        inferred = [recognizer.infer(load_example(photo, recognizer.bundle.input)) for photo in photos]
    return np.array([places.get(one.answer.results[0].label, -1) for [one] in inferred], np.int64)


def _give_feedback(phone: _Phone) -> None:
    name = phone.person.name
    for inference, said in phone.inferences:
        phone.device.give_feedback(inference, label=None if said == name else name)


def _feedback_arguments(phone: _Phone) -> list[str]:
    """Return the arguments of the command that gives feedback: all photos are of one person."""
    return ["feedback", "--label", phone.person.name, *(str(inference) for inference, _ in phone.inferences)]


def _command_s(phone: _Phone, *arguments: str) -> float:
    """Return the processor seconds of a `fedex-device` command, as a process of its own."""
    settings = phone.device.settings
    environment = {
        **os.environ,
        "FEDEX_HOME": str(settings.home),
        "FEDEX_BUNDLE": str(settings.bundle),
        "FEDEX_URL": str(settings.url),
        "FEDEX_ENROLMENT_CODE": str(settings.enrolment_code),
    }
    before = _children_s()
    subprocess.run([command("fedex-device"), *arguments], env=environment, check=True, capture_output=True)
    return _children_s() - before


def _thread_s(call: Callable[[], Result]) -> tuple[float, Result]:
    began = time.thread_time()
    result = call()
    return time.thread_time() - began, result


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime

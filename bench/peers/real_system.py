"""FEDEx itself, played once: a real service and worker, and a device for every person, through a line that counts.

All devices are in this process, one after another, as each would be in an app that runs anyway; a thread's processor
time leaves out the line. A few of them are commands instead, a process for each, as FEDEx ships them. Nothing here may
load TensorFlow: devices run TFLite.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np

from bench.data import BenchData
from bench.evidence.cost import Cost, command_s, cost_of, thread_s
from bench.evidence.line import Line, line
from bench.peers.task import Integers, everybody_of
from bench.processes import processor_of_tree
from cloud.training.cycle import CycleStep
from contract.manifest import Channel
from demo.errors import DemoError
from demo.roles import Person
from demo.running.cycle_log import read_refusal, read_steps
from demo.running.processes import Processes, running
from demo.running.service import DemoService, start_service
from device import Device, Settings, load_example

RELEASE_TIMEOUT_S = 600.0
LOOK_EVERY_S = 0.2
AS_COMMANDS = 3
"""So many devices are commands, a process each; fewer where there are few."""
CHANNEL = Channel.LATEST
"""It has what was trained, also where the gate refused it: what a pull costs does not hang on a verdict."""


@dataclass(frozen=True, slots=True, eq=False)
class Played:
    """What one run came to."""

    answers: Integers
    """(n,): the person that the new head takes each tested photo for, in the order of the task."""
    enrolments: list[Cost]
    feedback_s: list[float]
    """Processor seconds, of all of a device's photos."""
    pushes: list[Cost]
    pulls: list[Cost]
    """Of devices in a live process, as the two above."""
    commands_s: list[float]
    """Processor seconds of feedback, push and pull as three processes."""
    idle_pull: Cost
    """A pull that finds nothing new."""
    web_s: float
    """Processor seconds of the service, from the first enrolment until everybody has the head.

    Nobody asks before it is there.
    """
    worker_s: float
    """Of the worker and all that it started, with its start."""
    seconds_to_head: float
    """From the last upload's acknowledgement until the first device had the new head, which asks once it is there."""
    refusal: str
    """Why the gate refused that head, or "": devices that follow the channel `best` keep the first one then."""


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
        bundle=work / "export" / "device",
        url=f"http://127.0.0.1:{counted.port}",
        enrolment_code=service.code,
        channel=CHANNEL,
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
        enrolments = [cost_of(self.line, phone.device.enrol)[0] for phone in phones]
        for phone in phones:
            _recognise(phone)
        told_s = [command_s(phone.device.settings, *_feedback_arguments(phone)) for phone in commands]
        sent_s = [command_s(phone.device.settings, "push") for phone in commands]
        feedback_s = [thread_s(partial(_give_feedback, phone))[0] for phone in live]
        pushes = [self._push(phone) for phone in live]
        uploaded = time.monotonic()
        self.say("FEDEx: wait for the new head, pull it")
        self._wait_for_head()
        pulls = [self._pull(live[0])]
        seconds_to_head = time.monotonic() - uploaded
        pulls += [self._pull(phone) for phone in live[1:]]
        got_s = [command_s(phone.device.settings, "pull") for phone in commands]
        web_s = self._processor_s("serve") - web_before
        idle_pull, _ = cost_of(self.line, live[0].device.pull)
        return Played(
            answers=_answer_tests(live[0].device, [phone.person for phone in phones]),
            enrolments=enrolments,
            feedback_s=feedback_s,
            pushes=pushes,
            pulls=pulls,
            commands_s=[sum(parts) for parts in zip(told_s, sent_s, got_s, strict=True)],
            idle_pull=idle_pull,
            web_s=web_s,
            worker_s=self._processor_s("worker"),
            seconds_to_head=seconds_to_head,
            refusal=read_refusal(self.processes.log_of("worker")) or "",
        )

    def _push(self, phone: _Phone) -> Cost:
        cost, report = cost_of(self.line, phone.device.push)
        if report.samples != len(phone.person.uploads):
            raise DemoError(f"{phone.person.name}: expected all samples acknowledged, got {report}")
        return cost

    def _wait_for_head(self) -> None:
        """Wait until the worker has said that it published: to ask the service would cost what is being measured."""
        log = self.processes.log_of("worker")
        self.processes.wait_until(
            lambda: CycleStep.PUBLISHED in read_steps(log),
            what="a new head",
            timeout_s=RELEASE_TIMEOUT_S,
            every_s=LOOK_EVERY_S,
        )

    def _pull(self, phone: _Phone) -> Cost:
        cost, report = cost_of(self.line, phone.device.pull)
        if report.serial == 0:
            raise DemoError(f"{phone.person.name}: expected a pull to bring the new head, got {report}")
        return cost

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

"""The demo's steps: export, service, devices, feedback, uploads, a new head, the same photos again."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from contract.callbacks import Progress
from demo.comparison import score_cosine
from demo.copies import without_copies
from demo.drawing.people import write_people
from demo.errors import DemoError
from demo.folders import count_passed_over, lay_out_base, list_photos
from demo.roles import LEAST_PHOTOS, Person, assign_roles
from demo.running.commands import command
from demo.running.cycle_log import read_refusal
from demo.running.devices import DemoDevice, KeptAnswer, Pushed
from demo.running.parallel import run_in_parallel
from demo.running.processes import Processes
from demo.running.service import DemoService, start_service
from demo.scoring import PhotoAnswer, Score
from demo.settings import Settings
from demo.stages import Stages

EXPORT_TIMEOUT_S = 600.0
RELEASE_TIMEOUT_S = 300.0
PHOTOS_A_CALL = 40
SAMPLES_AN_UPLOAD = 10


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What one run came to."""

    people: tuple[Person, ...]
    pushed: list[Pushed]
    before: list[PhotoAnswer]
    """In the order of people and photos, as is `after`."""
    after: list[PhotoAnswer]
    cosine: Score
    serial: int
    seconds_to_new_head: float


@dataclass(frozen=True, slots=True)
class EndToEnd:
    """One run of the demo, with what its steps share."""

    settings: Settings
    processes: Processes
    stages: Stages
    store: Mapping[str, str]
    """The variables that point the service at its store."""

    def run(self) -> DemoResult:
        """Take every step.

        Raises:
            DemoError: a part did not do its work. Whoever started the processes stops them.
        """
        people = self.gather_people()
        exported = self.export(people)
        service = self.start(exported, people)
        devices = self.enrol(exported, service)
        before = self.recognise_tests(devices, people, "with the first head")
        given = self.recognise_uploads(devices, people)
        self.give_feedback(devices, given)
        pushed = self.push(devices, samples=sum(map(len, given)))
        serial, seconds = self.wait_for_new_head(devices)
        after = self.recognise_tests(devices, people, f"again, with head {serial}")
        with self.stages.stage("compare", "ask what cosine to class means would reach on the same samples") as progress:
            cosine = score_cosine(exported / "device", people, progress=progress)
        return DemoResult(people, pushed, before, after, cosine, serial, seconds)

    def gather_people(self) -> tuple[Person, ...]:
        """Draw people unless there are photos, and give everyone a role."""
        faces = self.settings.faces
        if faces is None:
            faces = self.settings.work / "faces"
            with self.stages.stage("draw", f"draw {self.settings.people} people who do not exist"):
                write_people(faces, people=self.settings.people, photos=LEAST_PHOTOS, seed=self.settings.seed)
        distinct = without_copies(list_photos(faces))
        if passed_over := count_passed_over(faces):
            self.stages.note(f"files and folders passed over that are no photos of people: {passed_over}")
        if distinct.copies:
            self.stages.note(f"copies of photos left out: {len(distinct.copies)}, the first {distinct.copies[0]}")
        return assign_roles(distinct.photos, seed=self.settings.seed)

    def export(self, people: Sequence[Person]) -> Path:
        """Return the folder of both bundles; the first head is fitted on the base photos."""
        base, out = self.settings.work / "base", self.settings.work / "export"
        lay_out_base(people, base)
        weights = [] if self.settings.weights is None else ["--weights", str(self.settings.weights)]
        arguments = ["bundle", "--cut", self.settings.cut, "--faces", str(base), "--out", str(out), *weights]
        known = sum(not person.is_new for person in people)
        with self.stages.stage("export", f"export a prefix and a first head of {known} people ({self.settings.cut})"):
            self.processes.call(
                "export", [command("fedex-export"), *arguments], environment={}, timeout_s=EXPORT_TIMEOUT_S
            )
        return out

    def start(self, exported: Path, people: Sequence[Person]) -> DemoService:
        """Start gunicorn and a worker that trains once everybody's samples have come."""
        with self.stages.stage("start", f"start service and worker ({self.settings.store} store)"):
            return start_service(
                self.processes,
                store=self.store,
                work=self.settings.work,
                training=exported / "training",
                min_new=sum(len(person.uploads) for person in people),
            )

    def enrol(self, exported: Path, service: DemoService) -> list[DemoDevice]:
        """Return devices that the service knows."""
        devices = [
            DemoDevice(
                name=f"device-{number}",
                home=self.settings.work / f"device-{number}",
                bundle=exported / "device",
                url=service.url,
                code=service.code,
                processes=self.processes,
                settings=(("FEDEX_UPLOAD_SAMPLES", str(SAMPLES_AN_UPLOAD)),),
            )
            for number in range(1, self.settings.devices + 1)
        ]
        with self.stages.stage("start", f"enrol {len(devices)} devices"):
            run_in_parallel(DemoDevice.enrol, devices, processes=self.processes)
        return devices

    def recognise_tests(self, devices: Sequence[DemoDevice], people: Sequence[Person], how: str) -> list[PhotoAnswer]:
        """Return the answers to every tested photo, in the order of people and photos."""
        with self.stages.stage("recognise", f"recognise the photos that are never uploaded, {how}") as progress:
            given = self._recognise(devices, people, lambda person: person.tests, progress)
        answers = {one.answer.photo: one.answer for share in given for one in share}
        return [answers[photo] for person in people for photo in person.tests]

    def recognise_uploads(self, devices: Sequence[DemoDevice], people: Sequence[Person]) -> list[list[KeptAnswer]]:
        """Return each device's answers to the photos whose features it will upload."""
        with self.stages.stage("recognise", "recognise the photos whose features are uploaded") as progress:
            return self._recognise(devices, people, lambda person: person.uploads, progress)

    def _recognise(
        self,
        devices: Sequence[DemoDevice],
        people: Sequence[Person],
        photos_of: Callable[[Person], Sequence[Path]],
        progress: Progress,
    ) -> list[list[KeptAnswer]]:
        """Return each device's answers; people are dealt out among the devices, one after the other."""
        owners = [people[first :: len(devices)] for first in range(len(devices))]
        shares = [[photo for person in share for photo in photos_of(person)] for share in owners]
        count = _Count(sum(map(len, shares)), progress)
        tasks = list(zip(devices, shares, strict=True))
        return run_in_parallel(lambda task: _recognise_all(*task, count=count), tasks, processes=self.processes)

    def give_feedback(self, devices: Sequence[DemoDevice], given: Sequence[Sequence[KeptAnswer]]) -> None:
        """Tell each device the truth about each of its answers."""
        with self.stages.stage("feedback", "say of each whether it was right, or who it is"):
            tasks = list(zip(devices, given, strict=True))
            run_in_parallel(lambda task: task[0].give_feedback(task[1]), tasks, processes=self.processes)

    def push(self, devices: Sequence[DemoDevice], *, samples: int) -> list[Pushed]:
        """Upload from every device; what it returns is acknowledged. The worker waits for all of the samples."""
        with self.stages.stage("push", "upload the features"):
            pushed = run_in_parallel(DemoDevice.push, devices, processes=self.processes)
        sent = sum(one.samples for one in pushed)
        if sent != samples:
            raise DemoError(f"uploads: expected {samples} samples, one a photo, got {sent}")
        return pushed

    def wait_for_new_head(self, devices: Sequence[DemoDevice]) -> tuple[int, float]:
        """Return the serial that every device has in the end, and the seconds until the first one had it."""
        with self.stages.stage("train", "wait while the worker merges, trains, checks and publishes; pull"):
            acknowledged = time.monotonic()
            self.processes.wait_until(
                lambda: self._has_better_head(devices[0]), what="a better head", timeout_s=RELEASE_TIMEOUT_S
            )
            seconds = time.monotonic() - acknowledged
            serials = set(run_in_parallel(DemoDevice.pull, devices, processes=self.processes))
        if len(serials) != 1:
            raise DemoError(f"devices: expected one release everywhere, got serials {sorted(serials)}")
        return serials.pop(), seconds

    def _has_better_head(self, device: DemoDevice) -> bool:
        """Pull. All samples are there, so that a head that the gate has refused is the last."""
        if device.pull() > 0:
            return True
        reason = read_refusal(self.processes.log_of("worker"))
        if reason is not None:
            raise DemoError(
                f"new head: expected one that passes the gate, got one that does not ({reason}); "
                "among few people chance decides, more people or photos help"
            )
        return False


@dataclass(slots=True)
class _Count:
    """How much several threads have done together."""

    total: int
    progress: Progress
    done: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, more: int) -> None:
        with self.lock:
            self.done += more
            self.progress(self.done, self.total)


def _recognise_all(device: DemoDevice, photos: Sequence[Path], *, count: _Count) -> list[KeptAnswer]:
    given: list[KeptAnswer] = []
    waiting = iter(photos)
    while batch := list(islice(waiting, PHOTOS_A_CALL)):
        given += device.recognise(batch)
        count.add(len(batch))
    return given

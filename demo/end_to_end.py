"""The demo's steps: examples, network, export, service, devices, feedback, uploads, a new head, the same again."""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from contract.callbacks import Progress
from demo.album import Album
from demo.comparison import score_cosine
from demo.errors import DemoError
from demo.example_files import is_tensor
from demo.folders import lay_out_base
from demo.gathering import Gathering, make
from demo.networks.catalogue import DemoNetwork
from demo.prefix_time import PrefixTime, time_prefix
from demo.roles import Person
from demo.running.commands import command
from demo.running.cycle_log import read_refusal
from demo.running.devices import DemoDevice, Pushed, Recognised
from demo.running.parallel import run_in_parallel
from demo.running.processes import Processes
from demo.running.service import DemoService, start_service
from demo.scoring import Score
from demo.settings import Settings
from demo.shots import Shot
from demo.stages import Stages
from demo.words import TENSORS, Words
from export.request import DEFAULT_CUT

EXPORT_TIMEOUT_S = 600.0
RELEASE_TIMEOUT_S = 300.0
PHOTOS_A_CALL = 40
EXPORT_OPTIONS = ("layer", "size", "fit", "detector", "input", "standardize", "quantize")
"""Settings of the demo that are options of the export."""
SAMPLES_AN_UPLOAD = 10


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What one run came to."""

    people: tuple[Person, ...]
    words: Words
    """What they and their examples are called."""
    pushed: list[Pushed]
    before: list[Recognised]
    """In the order of the album's tests, as is `after`."""
    after: list[Recognised]
    cosine: Score
    prefix: PrefixTime
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
        album = Gathering(self.settings, self.processes, self.stages).run()
        people = album.people
        exported = self.export(people)
        devices = self.devices(exported)
        before = self.recognise_tests(devices, album, "with the first head")
        given = self.recognise_uploads(devices, album)
        samples = self.count_samples(given)
        service = self.start(exported, samples=samples)
        devices = self.enrol(devices, service)
        self.give_feedback(devices, given)
        pushed = self.push(devices, samples=samples)
        serial, seconds = self.wait_for_new_head(devices)
        after = self.recognise_tests(devices, album, f"again, with head {serial}")
        with self.stages.stage("compare", "ask what cosine to class means would reach on the same samples") as progress:
            cosine = score_cosine(exported / "device", album, progress=progress)
            prefix = time_prefix(exported / "device")
        return DemoResult(people, self.words(people), pushed, before, after, cosine, prefix, serial, seconds)

    def words(self, people: Sequence[Person]) -> Words:
        """Return what they and their examples are called."""
        return TENSORS if is_tensor(people[0].tests[0]) else self.settings.words

    def network(self, people: Sequence[Person]) -> list[str]:
        """Return the arguments that name the network to export; one of the catalogue is trained on the known labels."""
        model, weights = self.settings.model, self.settings.weights
        file = self.settings.work / "model.keras"
        if isinstance(model, DemoNetwork):
            labels = [f"--label={person.name}" for person in people if not person.is_new]
            as_given = [] if weights is None else ["--weights", str(weights)]
            what = f"train {model.what}" if weights is None else f"build {model.what}"
            with self.stages.stage("network", f"{what} for {len(labels)} labels"):
                make(
                    self.processes, "network", model.name, str(file), *labels, *as_given, f"--seed={self.settings.seed}"
                )
        elif model is None:
            own = [] if weights is None else ["--weights", str(weights)]
            return ["--cut", self.settings.cut or DEFAULT_CUT, *own]
        return ["--model", str(model if isinstance(model, Path) else file)]

    def export(self, people: Sequence[Person]) -> Path:
        """Return the folder of both bundles; the first head is fitted on the base examples."""
        settings, out = self.settings, self.settings.work / "export"
        base = lay_out_base(people, settings.work / "base")
        network = self.network(people)
        options = {name: getattr(settings, name) for name in EXPORT_OPTIONS} | {"quantize": settings.prefix_precision}
        given = [part for name, value in options.items() if value is not None for part in (f"--{name}", value)]
        arguments = ["bundle", *network, "--samples", str(base), "--out", str(out), *given]
        known = sum(not person.is_new for person in people)
        words = self.words(people)
        with self.stages.stage("export", f"export a prefix and a first head of {known} {words.labels}"):
            self.processes.call(
                "export", [command("fedex-export"), *arguments], environment={}, timeout_s=EXPORT_TIMEOUT_S
            )
        return out

    def start(self, exported: Path, *, samples: int) -> DemoService:
        """Start gunicorn and a worker that trains once all samples have come."""
        with self.stages.stage("start", f"start service and worker ({self.settings.store} store)"):
            return start_service(
                self.processes,
                store=self.store,
                work=self.settings.work,
                training=exported / "training",
                min_new=samples,
            )

    def devices(self, exported: Path) -> list[DemoDevice]:
        """Return devices that know no service yet; what they have, they recognise with."""
        return [
            DemoDevice(
                name=f"device-{number}",
                home=self.settings.work / f"device-{number}",
                bundle=exported / "device",
                url="",
                code="",
                processes=self.processes,
                settings=(("FEDEX_UPLOAD_SAMPLES", str(SAMPLES_AN_UPLOAD)),),
            )
            for number in range(1, self.settings.devices + 1)
        ]

    def enrol(self, devices: Sequence[DemoDevice], service: DemoService) -> list[DemoDevice]:
        """Return the devices, which the service knows then."""
        enrolled = [replace(device, url=service.url, code=service.code) for device in devices]
        with self.stages.stage("start", f"enrol {len(devices)} devices"):
            run_in_parallel(DemoDevice.enrol, enrolled, processes=self.processes)
        return enrolled

    def recognise_tests(self, devices: Sequence[DemoDevice], album: Album, how: str) -> list[Recognised]:
        """Return the answers to every tested photo, in the album's order."""
        with self.stages.stage(
            "recognise", f"recognise the {self.words(album.people).examples} that are never uploaded, {how}"
        ) as progress:
            given = self._recognise(devices, album.tests, progress)
        answers = {one.shot.path: one for share in given for one in share}
        return [answers[shot.path] for shot in album.tests]

    def recognise_uploads(self, devices: Sequence[DemoDevice], album: Album) -> list[list[Recognised]]:
        """Return each device's answers to the photos whose features it will upload."""
        with self.stages.stage(
            "recognise", f"recognise the {self.words(album.people).examples} whose features are uploaded"
        ) as progress:
            return self._recognise(devices, album.uploads, progress)

    def _recognise(
        self, devices: Sequence[DemoDevice], shots: Sequence[Shot], progress: Progress
    ) -> list[list[Recognised]]:
        """Return each device's answers; shots are dealt out among the devices, one after the other."""
        shares = [shots[first :: len(devices)] for first in range(len(devices))]
        count = _Count(len(shots), progress)
        tasks = list(zip(devices, shares, strict=True))
        return run_in_parallel(lambda task: _recognise_all(*task, count=count), tasks, processes=self.processes)

    def count_samples(self, given: Sequence[Sequence[Recognised]]) -> int:
        """Count what will be uploaded: a sample for each who counts and was found.

        Raises:
            DemoError: nobody was.
        """
        answers = [answer for share in given for one in share for answer in one.answers]
        samples = sum(answer.is_found for answer in answers)
        if samples < len(answers):
            self.stages.note(f"faces that were not found, so that nothing is learned of them: {len(answers) - samples}")
        if not samples:
            raise DemoError(
                f"photos to learn from: expected a face in one at least, got none in {len(answers)}; "
                "DETECTOR=none takes photos whole"
            )
        return samples

    def give_feedback(self, devices: Sequence[DemoDevice], given: Sequence[Sequence[Recognised]]) -> None:
        """Tell each device the truth about each answer on those who count."""
        with self.stages.stage("feedback", "say of each whether it was right, or what is"):
            tasks = list(zip(devices, given, strict=True))
            run_in_parallel(lambda task: task[0].give_feedback(task[1]), tasks, processes=self.processes)

    def push(self, devices: Sequence[DemoDevice], *, samples: int) -> list[Pushed]:
        """Upload from every device; what it returns is acknowledged. The worker waits for all of the samples."""
        with self.stages.stage("push", "upload the features"):
            pushed = run_in_parallel(DemoDevice.push, devices, processes=self.processes)
        sent = sum(one.samples for one in pushed)
        if sent != samples:
            raise DemoError(f"uploads: expected {samples} samples, one an example, got {sent}")
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
                "among few people or labels chance decides, more of them or of their photos help"
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


def _recognise_all(device: DemoDevice, shots: Sequence[Shot], *, count: _Count) -> list[Recognised]:
    given: list[Recognised] = []
    waiting = iter(shots)
    while batch := list(islice(waiting, PHOTOS_A_CALL)):
        given += device.recognise(batch)
        count.add(len(batch))
    return given

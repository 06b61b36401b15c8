"""The whole road of a device on Android: its library in a JVM, against the real service and worker."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from contract.invitation import Invitation, fingerprint
from contract.key_chain import KeyChain
from contract.routes import KEYS
from demo.folders import lay_out_base, list_photos
from demo.real_data import find_real_data
from demo.roles import Person, Shares, assign_roles
from demo.running.commands import command
from demo.running.devices import Pushed
from demo.running.processes import running
from demo.shots import Shot
from tests.conftest import missing
from tests.end_to_end.conftest import EXPORT_TIMEOUT_S, ExportOf
from tests.end_to_end.deployment import TEST_TIMEOUT_S, Deployment, deployed

pytestmark = pytest.mark.timeout(TEST_TIMEOUT_S)

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / "build" / "android-road"
"""Apart from `make android` and its tests, which may run meanwhile."""
PEOPLE, NEW, TESTS = 10, 0.2, 3
"""Of real people; each has three photos that are uploaded, and so many that are tested."""
JVM_TIMEOUT_S = 600
SAME_ANSWERS = 0.99
"""Of photos that the Python device answers with the same label: another version of the runtime, and another decoder."""
SAME_SIZE = 0.01
HEAP_BYTES = 256 << 20
"""What phones give an app at least; Robolectric's classes take their part of it here."""


@dataclass(frozen=True, slots=True)
class Road:
    """What one device on Android did and saw, and the Python device beside it."""

    people: tuple[Person, ...]
    service: Deployment
    seen: dict[str, Any]
    """What the JVM has written."""
    python_before: list[str | None]
    """The Python device's label of each photo that is tested, with the first head."""
    python_pushed: Pushed
    """Of the same photos and labels."""

    @property
    def tests(self) -> list[Path]:
        """The photos that are tested."""
        return photos_of_tests(self.people)

    def labels(self, when: str) -> list[str | None]:
        """What the device said of the subject of each of them; None where it found no face."""
        subjects = [next((face for face in faces if face["subject"]), None) for faces in self.seen[when]]
        return [subject and subject["best"] for subject in subjects]

    def right(self, when: str, *, is_new: bool) -> float:
        """The share that was right, of people who were new to the first head, or of the others."""
        names = {person.name for person in self.people if person.is_new is is_new}
        answers = [
            label == photo.parent.name
            for label, photo in zip(self.labels(when), self.tests, strict=True)
            if photo.parent.name in names
        ]
        return sum(answers) / len(answers)


def photos_of_tests(people: Sequence[Person]) -> list[Path]:
    """The photos of the people that are tested."""
    return [photo for person in people for photo in person.tests[:TESTS]]


def uploaded(people: Sequence[Person]) -> list[Path]:
    """The photos of the people whose features are uploaded."""
    return [photo for person in people for photo in person.uploads]


@pytest.fixture(scope="module")
def maven() -> str:
    """Maven and Java, which build the library."""
    found = shutil.which("mvn")
    if found is None or shutil.which("java") is None:
        missing("Java 17 and Maven, for the device on Android")
    return found


@pytest.fixture(scope="module")
def exported(
    people: tuple[Person, ...], export_of: ExportOf, tmp_path_factory: pytest.TempPathFactory
) -> tuple[tuple[Person, ...], Path]:
    """People, and the bundles of freeze6 whose first head knows them: real ones where there are any."""
    real = find_real_data()
    if real is None:
        return people, export_of("freeze6")
    photos = list_photos(real.faces)
    enough = [name for name in sorted(photos) if len(photos[name]) >= Shares().least_photos]
    chosen = assign_roles({name: photos[name] for name in enough[:PEOPLE]}, seed=0, shares=Shares(new=NEW))
    folder = tmp_path_factory.mktemp("export-real")
    base = lay_out_base(chosen, folder / "base")
    arguments = ["bundle", "--cut", "freeze6", "--weights", str(real.weights), "--faces", str(base)]
    with running(folder / "logs") as processes:
        processes.call(
            "export",
            [command("fedex-export"), *arguments, "--out", str(folder / "out")],
            environment={},
            timeout_s=EXPORT_TIMEOUT_S,
        )
    return chosen, folder / "out"


@pytest.fixture(scope="module")
def road(
    maven: str, exported: tuple[tuple[Person, ...], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Road]:
    """The road, gone once."""
    chosen, bundles = exported
    folder = tmp_path_factory.mktemp("android-road")
    store = {"FEDEX_STORE": f"dir:{folder / 'store'}"}
    with deployed(folder, exported=bundles, store=store, min_new=int(0.9 * len(uploaded(chosen)))) as service:
        seen = drive(maven, service, chosen)
        python = service.device("python")
        python.enrol()
        before = python.recognise([Shot.of_one(photo) for photo in photos_of_tests(chosen)])
        python.give_feedback(python.recognise([Shot.of_one(photo) for photo in uploaded(chosen)]))
        yield Road(chosen, service, seen, [one.answers[0].best for one in before], python.push())


def drive(maven: str, service: Deployment, people: Sequence[Person]) -> dict[str, Any]:
    """Let the library go the road in a JVM, and return what it saw."""
    result = service.folder / "seen.json"
    told = {
        "bundle": str(service.exported / "device"),
        "home": str(service.folder / "android"),
        "invitation": invitation(service).encode(),
        "tests": [{"photo": str(photo)} for photo in photos_of_tests(people)],
        "uploads": [{"photo": str(photo), "label": photo.parent.name} for photo in uploaded(people)],
        "result": str(result),
    }
    road = service.folder / "road.json"
    road.write_text(json.dumps(told), encoding="utf-8")
    run = [maven, "--quiet", "--batch-mode", "--no-transfer-progress", "-Dstyle.color=never", "--file"]
    test = ["test", f"-Dfedex.road={road}", "-Dtest=NoTestButTheRoad", "-Drobolectric.test=fedexclient/RoadTest"]
    lenient = ["-Dsurefire.failIfNoSpecifiedTests=false"]
    library = ["--projects", "client", "--also-make", f"-Dbuilt={BUILT}"]
    ended = subprocess.run(
        [*run, str(ROOT / "android" / "pom.xml"), *library, *test, *lenient],
        capture_output=True,
        text=True,
        timeout=JVM_TIMEOUT_S,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-6000:] + ended.stderr[-2000:]
    seen: dict[str, Any] = json.loads(result.read_bytes())
    return seen


def invitation(service: Deployment) -> Invitation:
    """What an operator would hand out for the service."""
    with urlopen(f"{service.service.url}{KEYS}") as answer:
        newest = KeyChain.parse(answer.read()).newest
    return Invitation(service.service.url, service.service.code, fingerprint(newest))


def test_new_people_are_recognised_afterwards_and_not_before(road: Road) -> None:
    assert road.right("before", is_new=True) == 0
    assert road.right("after", is_new=True) >= 0.5


def test_the_others_are_recognised_as_well_as_before(road: Road) -> None:
    assert road.right("after", is_new=False) >= road.right("before", is_new=False) - 0.05


def test_the_service_has_each_sample_once(road: Road) -> None:
    sent = road.seen["samples"]
    assert sent == road.seen["acknowledged"]
    assert sent >= 0.9 * len(uploaded(road.people))
    road.service.wait_until_nothing_waits()
    assert len(road.service.dataset()) == sent + road.python_pushed.samples


def test_it_answers_as_the_python_device(road: Road) -> None:
    same = [java == python for java, python in zip(road.labels("before"), road.python_before, strict=True)]
    assert sum(same) >= SAME_ANSWERS * len(same)


def test_its_uploads_are_as_large_as_those_of_the_python_device(
    road: Road, record_property: Callable[[str, object], None]
) -> None:
    sent, python = road.seen["bytes"], road.python_pushed
    assert road.seen["samples"] == python.samples
    assert abs(sent / python.size - 1) <= SAME_SIZE
    for name, figure in (("samples", python.samples), ("bytes", sent), ("python_bytes", python.size)):
        record_property(name, figure)  # for bench/measure/android.py


def test_after_its_first_answer_it_holds_no_more_than_a_phone_gives_an_app(
    road: Road, record_property: Callable[[str, object], None]
) -> None:
    assert 0 < road.seen["heap_bytes"] <= HEAP_BYTES
    for name in ("first_answer_ms", "heap_bytes"):
        record_property(name, road.seen[name])  # for bench/measure/android.py


def test_it_knows_the_labels_of_the_release_and_its_own(road: Road) -> None:
    assert set(road.seen["labels"]) >= {person.name for person in road.people}

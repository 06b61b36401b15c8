import json
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.problems import Problem
from contract.rollout import PARTS, Rollout
from device.advice import advice
from device.assembly import Device
from device.errors import DamagedIdentity, EnrolmentError, Refused, Storage, TryLater, UnsentUploads
from device.feedback import give_feedback
from device.pull.updater import PullOutcome, PullReport
from device.push.sender import PushReport, push
from device.service.identity import Identity, find_identity, identity_path, keep_identity, require_identity
from device.service.pending import pending_path
from device.settings import Settings
from tests.device.photos import draw_photo
from tests.device.serving import CODE, TOKEN, StubService, refuse
from tests.device.tables import pass_self_tests


@pytest.fixture
def home(device: Device) -> Path:
    return device.settings.home


def enrol_at(service: StubService, device: Device, *, again: bool = False, code: str = CODE) -> Identity:
    enroller = device.enroller()
    return (enroller.enrol_again if again else enroller.enrol)(service.url, code=code).identity


def let_token_expire(service: StubService) -> None:
    """Make the service refuse the device's token."""
    service.token = "u" * 43


def forget_device(service: StubService) -> None:
    """Make the service forget the device; whoever enrols now is another one."""
    let_token_expire(service)
    service.device = "e" * 16
    service.device_of.clear()


def give_one(device: Device) -> None:
    """Recognise a photo, and give its label."""
    with device.recognizer() as recognizer, device.open_cache() as cache:
        id_ = recognizer.infer(draw_photo(0))[0].id
        assert id_ is not None
        give_feedback(cache, id_, label="Ada", origin=device.origin(), now_ms=0)
        pass_self_tests(cache.path)


def seal_one(device: Device, identity: Identity) -> None:
    """Put an upload on its way."""
    give_one(device)
    with device.open_cache() as cache:
        assert device.outbox(cache, identity).seal() is not None


def push_all(device: Device, identity: Identity) -> PushReport:
    with device.open_cache() as cache:
        return push(device.outbox(cache, identity), device.client(identity))


def test_enrolling_pins_the_key_and_keeps_the_identity_for_its_owner(
    device: Device, service: StubService, home: Path
) -> None:
    identity = enrol_at(service, device)
    assert identity.key == service.public_key
    assert require_identity(home) == identity
    assert stat.S_IMODE(identity_path(home).stat().st_mode) == 0o600


def test_a_device_that_is_not_enrolled_is_told_so(home: Path) -> None:
    assert find_identity(home) is None
    with pytest.raises(EnrolmentError, match="expected an enrolled device, got none"):
        require_identity(home)


def test_enrolling_with_the_same_service_again_keeps_the_device(
    device: Device, service: StubService, home: Path
) -> None:
    first = enrol_at(service, device)
    keep_identity(home, replace(first, url="http://old.example"))
    service.asked.clear()
    assert enrol_at(service, device) == first
    assert "POST /v1/devices" not in service.asked  # or the service would keep a device that nobody is


ENROLLING = """
import os, sys
from device.assembly import Device
from device.settings import Settings
device = Device(Settings.from_environment(os.environ))
sys.stdin.readline()
done = device.enroller().enrol(device.settings.require_url(), code=device.settings.require_enrolment_code())
print(done.identity.device, done.is_new)
"""


def test_of_enrolments_at_once_one_makes_the_device_and_the_others_find_it(
    service: StubService, environment: dict[str, str], home: Path
) -> None:
    """Each asked the service before any had kept its answer: devices that nobody was, and the last writer won."""
    command = [sys.executable, "-c", ENROLLING]
    processes = [
        subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]

    def answer_late() -> None:
        time.sleep(0.3)

    service.faults["/v1/devices"] = answer_late
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("now\n")
        process.stdin.flush()
    printed = sorted(process.communicate(timeout=60)[0].split()[1] for process in processes)
    assert printed == ["False", "False", "False", "True"]
    assert service.asked.count("POST /v1/devices") == 1
    assert require_identity(home).device == "d" * 16


def test_killed_before_anything_is_kept_a_device_is_not_enrolled(
    device: Device, service: StubService, environment: dict[str, str], home: Path
) -> None:
    """There is no half of one, neither here nor at the service; what it was writing goes with the next enrolment."""
    killed = "import os, contract.files as f\nf.os.fsync = lambda _: os._exit(9)\n" + ENROLLING
    done = subprocess.run([sys.executable, "-c", killed], env=environment, input="now\n", text=True, check=False)
    assert (done.returncode, service.asked) == (9, ["GET /v1/keys"])
    assert find_identity(home) is None
    assert len(list(home.glob(".*"))) == 1
    assert enrol_at(service, device) == require_identity(home)
    assert list(home.glob(".*")) == []


def test_a_secret_that_a_killed_enrolment_was_writing_goes_though_another_one_is_needed_no_more(
    device: Device, service: StubService, home: Path
) -> None:
    """The device has its own by then, and none is written in that file any more."""
    enrol_at(service, device)
    left = home / f".{pending_path(home).name}.0123456789abcdef"
    left.write_bytes(b"a secret")
    enrol_at(service, device)
    assert not left.exists()


def test_a_home_that_cannot_be_written_is_found_out_before_the_service_makes_a_device(
    environment: dict[str, str], service: StubService
) -> None:
    """Each try made another device at the service, and kept none."""
    broken = Device(Settings.from_environment(environment | {"FEDEX_HOME": "/proc/fedex"}))
    with pytest.raises(Storage, match="/proc"):
        enrol_at(service, broken)
    assert service.asked == []


def test_a_device_whose_token_no_longer_counts_shows_that_it_is_the_same_one(
    device: Device, service: StubService, home: Path, tiny_models: Path
) -> None:
    first = enrol_at(service, device)
    service.publish(
        (tiny_models / "four.tflite").read_bytes(),
        serial=3,
        labels=("Ada", "Ben", "Cleo", "Zoe"),
        expires=int(time.time()) + 1000,
        issued=int(time.time()),
    )
    device.updater(device.client(first), first).pull()
    let_token_expire(service)
    second = enrol_at(service, device)
    assert second == replace(first, token="u" * 43, token_since=second.token_since)
    assert require_identity(home) == second
    assert device.updater(device.client(second), second).pull() == PullReport(PullOutcome.UNCHANGED, 3)


@pytest.mark.parametrize("problem", [Problem.UNAVAILABLE, Problem.FORBIDDEN, Problem.UNKNOWN_SPACE])
def test_while_nobody_says_whether_the_token_counts_the_identity_stays(
    device: Device, service: StubService, home: Path, problem: Problem
) -> None:
    first = enrol_at(service, device)
    service.faults["/v1/objects"] = lambda: refuse(problem)
    service.asked.clear()
    with pytest.raises((Refused, TryLater)):
        enrol_at(service, device)
    assert require_identity(home) == first
    assert "POST /v1/devices" not in service.asked


def test_what_was_sealed_for_one_device_is_never_sent_as_anothers(
    device: Device, service: StubService, home: Path
) -> None:
    """The acknowledgement may have been lost: sent as another device's, each sample would count twice."""
    first = enrol_at(service, device)
    seal_one(device, first)
    forget_device(service)
    second = enrol_at(service, device)
    with device.open_cache() as cache:
        device.outbox(cache, second).retry_refused()
    assert push_all(device, second) == PushReport()
    assert service.uploads == []
    with device.open_cache() as cache:
        assert [one.device for one in cache.uploads.unfinished()] == [first.device]


PUSHING = """
import os
from device.assembly import Device
from device.push.outbox import SyncStep
from device.push.sender import push
from device.settings import Settings
device = Device(Settings.from_environment(os.environ))
identity = device.identity()

def at(step):
    print(step, flush=True)
    if step is SyncStep.SEALED:
        os._exit(9)

with device.open_cache() as cache:
    print(push(device.outbox(cache, identity, at=at), device.client(identity)).problem)
"""


def test_what_a_push_is_about_to_seal_while_another_process_enrols_again_is_sealed_as_the_new_device(
    device: Device, service: StubService, environment: dict[str, str], home: Path
) -> None:
    """It was sealed as the old one after the enrolment had looked: neither sent any more nor ever sealed anew."""
    enrol_at(service, device)
    give_one(device)
    command = [sys.executable, "-c", PUSHING]
    pushing: list[subprocess.Popen[str]] = []

    def push_meanwhile() -> None:
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        pushing.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "chosen\n"
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.5)

    forget_device(service)
    service.faults["/v1/devices"] = push_meanwhile
    second = enrol_at(service, device, again=True)
    [process] = pushing
    printed, _ = process.communicate(timeout=60)
    assert (process.returncode, second.device) == (0, "e" * 16)
    assert printed == f"expected device {'d' * 16}, got {'e' * 16}, enrolled meanwhile\n"
    assert service.uploads == []
    assert push_all(device, second).samples == 1
    with device.open_cache() as cache:
        assert cache.uploads.unfinished() == []


def test_a_device_that_is_nobody_any_more_seals_nothing(device: Device, service: StubService, home: Path) -> None:
    first = enrol_at(service, device)
    give_one(device)
    identity_path(home).unlink()
    assert isinstance(push_all(device, first).problem, EnrolmentError)
    with device.open_cache() as cache:
        assert (cache.uploads.unfinished(), len(cache.feedback.unsealed(origin=first.origin))) == ([], 1)


def test_an_identity_is_not_given_up_while_its_uploads_can_be_sent(
    device: Device, service: StubService, home: Path
) -> None:
    first = enrol_at(service, device)
    seal_one(device, first)
    service.asked.clear()
    with pytest.raises(UnsentUploads, match=f"device {first.device}: expected no sealed uploads on their way"):
        enrol_at(service, device, again=True)
    assert require_identity(home) == first
    assert "POST /v1/devices" not in service.asked
    assert push_all(device, first).samples == 1
    forget_device(service)
    assert enrol_at(service, device, again=True).device == "e" * 16


@pytest.mark.parametrize("trouble", ["token", "service", "cache"])
def test_an_identity_whose_uploads_cannot_be_sent_may_be_given_up(
    device: Device, service: StubService, home: Path, trouble: str
) -> None:
    first = enrol_at(service, device)
    seal_one(device, first)
    match trouble:
        case "token":
            forget_device(service)
        case "service":
            keep_identity(home, replace(first, url="http://127.0.0.1:9"))
            forget_device(service)
        case "cache":
            device.cache_path.write_bytes(b"garbage" * 1000)
            service.device = "e" * 16
            service.device_of.clear()
    assert enrol_at(service, device, again=True).device == "e" * 16


def test_a_garbled_identity_can_be_given_up(device: Device, service: StubService, home: Path) -> None:
    home.mkdir()
    identity_path(home).write_text("garbage")
    with pytest.raises(DamagedIdentity) as refused:
        enrol_at(service, device)
    assert "fedex-device enrol --again" in advice(refused.value)
    assert "fedex-device enrol," not in advice(refused.value)
    assert enrol_at(service, device, again=True) == require_identity(home)


@pytest.mark.parametrize("change", ["key", "group"])
def test_another_service_or_group_is_refused_unless_again(
    device: Device, service: StubService, home: Path, change: str
) -> None:
    before = enrol_at(service, device)
    forget_device(service)
    service.asked.clear()
    setattr(service, change, Ed25519PrivateKey.generate() if change == "key" else "strangers")
    with pytest.raises(EnrolmentError, match="expected the pinned service"):
        enrol_at(service, device)
    assert require_identity(home) == before
    assert ("POST /v1/devices" in service.asked) == (change == "group")  # another key is seen before the code is sent
    device.heads.pointer_path.write_bytes(b"{}")
    names = device.heads.add_object(b"the names of people")
    after = enrol_at(service, device, again=True)
    assert after.origin != before.origin
    assert require_identity(home) == after
    assert device.heads.entries() == ()
    assert not device.heads.object_path(names).exists()


KILLED = """
import os
import device.heads.store, device.service.enrolment
from device import Device, Settings
{killed} = lambda *_: os._exit(9)
Device(Settings.from_environment(os.environ)).enrol(again=True)
"""


@pytest.fixture
def publish(service: StubService, tiny_models: Path) -> Callable[..., None]:
    """Makes a head the best release, with the key that the service has then."""
    head, labels = (tiny_models / "four.tflite").read_bytes(), ("Ada", "Ben", "Cleo", "Zoe")

    def make(serial: int, **changes: object) -> None:
        now = int(time.time())
        service.publish(head, serial=serial, labels=labels, issued=now, expires=now + 1000, **changes)

    return make


def test_a_device_that_has_another_id_asks_again_for_what_was_for_others(
    device: Device, service: StubService, publish: Callable[..., None]
) -> None:
    """It asked by the tag of a release that the one before was to pass over, and was told that nothing is new."""
    enrol_at(service, device)
    half = (Rollout(f"{number:064x}", PARTS // 2) for number in range(1000))
    publish(3, rollout=next(one for one in half if one.includes("e" * 16) and not one.includes("d" * 16)))
    assert device.pull().outcome is PullOutcome.WAITS
    forget_device(service)
    assert enrol_at(service, device, again=True).device == "e" * 16
    [floor] = device.heads.floors().values()
    assert floor.passed == 3
    assert device.pull().outcome is PullOutcome.INSTALLED


def test_killed_before_another_groups_identity_is_kept_the_old_one_has_its_floors(
    device: Device, service: StubService, environment: dict[str, str], home: Path, publish: Callable[..., None]
) -> None:
    """They went first, and then an old release was news to the device that it still was."""
    before = enrol_at(service, device)
    publish(3)
    device.pull()
    floors = device.heads.floors()
    forget_device(service)
    service.group = "strangers"
    program = KILLED.format(killed="device.service.enrolment.keep_identity")
    done = subprocess.run([sys.executable, "-c", program], env=environment, check=False)
    assert (done.returncode, require_identity(home)) == (9, before)
    assert device.heads.floors() == floors
    assert len(device.heads.entries()) == 1


@pytest.mark.parametrize("following", ["pull", "enrol"])
def test_killed_before_another_groups_heads_are_forgotten_the_device_forgets_them_before_it_pulls(
    device: Device,
    service: StubService,
    environment: dict[str, str],
    home: Path,
    publish: Callable[..., None],
    following: str,
) -> None:
    """The groups of two services may have the same name: the floors of the one would refuse the other's releases."""
    before = enrol_at(service, device)
    publish(3)
    device.pull()
    forget_device(service)
    service.key = Ed25519PrivateKey.generate()
    publish(1)
    program = KILLED.format(killed="device.heads.store.HeadStore.forget")
    done = subprocess.run([sys.executable, "-c", program], env=environment, check=False)
    assert (done.returncode, require_identity(home).origin == before.origin) == (9, False)
    if following == "enrol":
        enrol_at(service, device)
        assert device.heads.entries() == ()
    pulled = device.pull()
    assert (pulled.outcome, pulled.serial) == (PullOutcome.INSTALLED, 1)
    assert not require_identity(home).forget_heads
    device.pull()
    assert device.identity() == require_identity(home)
    assert len(device.heads.entries()) == 1


@pytest.mark.parametrize("group", ["strangers", "family"])
def test_while_a_head_is_installed_for_who_a_device_was_it_becomes_nobody_else(
    device: Device, service: StubService, home: Path, publish: Callable[..., None], group: str
) -> None:
    """The head was installed after the enrolment had forgotten all heads, and served among strangers."""
    before = enrol_at(service, device)
    forget_device(service)
    service.group = group
    with device.heads.installing():
        with pytest.raises(TryLater, match="another process is installing"):
            enrol_at(service, device, again=True)
        assert require_identity(home) == before
        assert service.asked[-1] == "GET /v1/keys"  # and the code is not used up
    enrol_at(service, device, again=True)
    assert (require_identity(home).device, require_identity(home).group) == (service.device, group)
    publish(1)
    assert device.pull().outcome is PullOutcome.INSTALLED


@pytest.mark.parametrize("group", ["strangers", "family"])
def test_a_pull_that_began_as_another_device_installs_nothing(
    device: Device, service: StubService, publish: Callable[..., None], group: str
) -> None:
    before = enrol_at(service, device)
    publish(1)
    with closing(device.client(before)) as client:
        updater = device.updater(client, before)
        forget_device(service)
        service.group = group
        enrol_at(service, device, again=True)
        with pytest.raises(TryLater, match="enrolled meanwhile"):
            updater.pull()
    assert device.heads.entries() == ()


def test_what_a_killed_enrolment_left_waits_for_a_head_that_is_being_installed(
    device: Device, service: StubService, home: Path, publish: Callable[..., None]
) -> None:
    enrol_at(service, device)
    publish(1)
    device.pull()
    keep_identity(home, replace(require_identity(home), forget_heads=True))
    with device.heads.installing():
        assert device.identity().forget_heads
        with pytest.raises(TryLater):
            device.pull()
    assert len(device.heads.entries()) == 1
    assert not device.identity().forget_heads
    assert device.heads.entries() == ()


def test_a_wrong_code_changes_nothing(device: Device, service: StubService, home: Path) -> None:
    before = enrol_at(service, device)
    with pytest.raises(Refused, match="403"):
        enrol_at(service, device, again=True, code="wrong")
    assert require_identity(home) == before


def test_an_identity_survives_writing_and_reading() -> None:
    secret = bytes(range(1, 33))
    plain = Identity("https://fedex.example.org", "d" * 16, TOKEN, "family", bytes(range(32)))
    identity = replace(plain, first_key=bytes(32), secret=secret, token_since=7, machine="a" * 64, forget_heads=True)
    assert Identity.parse(identity.encode()) == identity
    assert Identity.parse(plain.encode()) == plain
    assert TOKEN not in repr(identity)
    assert repr(secret) not in repr(identity)


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"token": "short"},
        {"token": 7},
        {"key": "AAAA"},
        {"group": "UPPER"},
        {"device": "x"},
        {"url": None},
    ],
    ids=str,
)
def test_a_garbled_identity_is_refused_without_repeating_the_token(home: Path, change: dict[str, object]) -> None:
    identity = Identity("https://fedex.example.org", "d" * 16, "s3cr3t" * 6, "family", bytes(32))
    home.mkdir()
    identity_path(home).write_text(json.dumps(json.loads(identity.encode()) | change))
    with pytest.raises(EnrolmentError, match=r"identity\.json: identity\.") as refused:
        find_identity(home)
    assert "s3cr3t" not in str(refused.value)


def test_a_folder_that_cannot_be_written_keeps_no_identity(device: Device) -> None:
    identity = Identity("https://fedex.example.org", "d" * 16, TOKEN, "family", bytes(32))
    with pytest.raises(Storage, match="/proc"):
        keep_identity(Path("/proc/fedex"), identity)

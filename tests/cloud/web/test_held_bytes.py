"""How many bytes of bodies one process holds at once."""

import hashlib
from contextlib import ExitStack

import pytest

from cloud.admin.bundles import register as register_bundle
from cloud.errors import RequestRefused
from cloud.identity import devices
from cloud.identity.devices import EnrolledDevice
from cloud.settings import Settings
from cloud.store import ObjectStore, keys
from cloud.web.app import create_app
from cloud.web.held_bytes import COLLECTED_AFTER_BYTES, LITTLE, HeldBytes, Hold
from contract.bundle import TrainingBundle
from contract.problems import Problem, ProblemDocument
from contract.upload import UPLOAD_MEDIA_TYPE, upload_id
from tests.cloud.conftest import DEVICE, SPACE, TOKEN_SECRET, MakeUpload


def check_refused(hold: Hold, size: int, whose: str) -> None:
    with pytest.raises(RequestRefused) as caught:
        hold(size, whose)
    assert caught.value.document.problem is Problem.UNAVAILABLE


def test_bytes_beyond_those_that_may_be_held_wait_until_others_are_let_go() -> None:
    held = HeldBytes(100 * LITTLE)
    with ExitStack() as stack:
        holds = [stack.enter_context(held.body()) for _ in range(LITTLE)]
        for number, hold in enumerate(holds):
            hold(60, f"device {number}")
            hold(40, f"device {number}")
        check_refused(holds[0], 1, "one more")
    with pytest.raises(RuntimeError), held.body() as hold:
        hold(100 * LITTLE // 2, "one")
        raise RuntimeError
    with held.body() as hold:
        hold(100 * LITTLE // 2, "another")


def test_devices_that_hold_much_leave_half_of_the_room_to_those_that_hold_little() -> None:
    """Four devices that sent their largest uploads as slowly as they may had all others wait for hours."""
    held = HeldBytes(100 * LITTLE)
    with ExitStack() as stack:
        first, second = (stack.enter_context(held.body()) for _ in range(2))
        for _ in range(LITTLE // 4):
            first(100, "one")
            second(100, "one")
        check_refused(second, 100, "one")
        check_refused(stack.enter_context(held.body()), 101, "another")
        for number in range(LITTLE // 2):
            stack.enter_context(held.body())(100, f"device {number}")
        check_refused(stack.enter_context(held.body()), 1, "one more")


def test_garbage_is_collected_after_so_many_bytes_as_a_failed_write_may_have_left_its_body() -> None:
    collected: list[int] = []
    held = HeldBytes(collect=lambda: collected.append(1))
    for _ in range(9):
        with pytest.raises(OSError), held.body() as hold:
            hold(COLLECTED_AFTER_BYTES // 4, "one")
            raise OSError
    assert len(collected) == 2


def test_an_upload_for_which_there_is_no_room_is_told_to_come_later_and_keeps_none(
    directory_store: ObjectStore, training_bundle: TrainingBundle, make_upload: MakeUpload
) -> None:
    assert training_bundle.directory is not None
    register_bundle(directory_store, training_bundle.directory)
    directory_store.put(keys.VERIFY, bytes(32))
    token = f"{DEVICE}.{TOKEN_SECRET}"
    hashed = hashlib.sha256(token.encode()).hexdigest()
    devices.add(directory_store, EnrolledDevice(DEVICE, "home", 0, hashed, 0))
    large, small = make_upload(["Ada"] * 100, names=[f"{number}" for number in range(100)]), make_upload(["Ada"])
    app = create_app(Settings(store="dir:unused"), store=directory_store, max_held_bytes=len(large) - 1)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": UPLOAD_MEDIA_TYPE}

    def put(body: bytes) -> tuple[int, str, bytes]:
        path = f"/v1/spaces/{SPACE}/uploads/{upload_id(body)}"
        with app.test_client().put(path, data=body, headers=headers) as answer:
            return answer.status_code, answer.headers.get("Retry-After", ""), answer.data

    for _ in range(3):
        status, later, said = put(large)
        assert (status, later, ProblemDocument.parse(said).where) == (503, "5", "body")
        assert put(small)[0] in (200, 201)

"""What an operator sees of the devices whose samples a pool has."""

from collections.abc import Callable

from cloud.admin.self_tests import DeviceSelfTest, read_self_tests
from cloud.dataset import inbox
from cloud.dataset.merge import merge_once
from cloud.identity import devices
from cloud.identity.devices import EnrolledDevice
from cloud.store import ObjectStore
from cloud.store.keys import InboxUpload, Pool
from contract.self_test import SelfTest, Setup
from contract.upload import upload_id
from tests.cloud.conftest import DEVICE, SELF_TEST

OTHER = SelfTest(Setup("an app 2", "a runtime 2", "a GPU", "Android 15 arm64"), 991_000)
NEIGHBOUR = "c" * 32


def test_each_device_is_listed_with_each_of_its_setups(
    store: ObjectStore, pool: Pool, space: str, make_upload: Callable[..., bytes]
) -> None:
    devices.add(store, EnrolledDevice(NEIGHBOUR, "home", 0, "0" * 64, 0))
    assert read_self_tests(store, pool) == []
    for name, device, outcome in [
        ("one", DEVICE, SELF_TEST),
        ("two", DEVICE, OTHER),
        ("three", DEVICE, SELF_TEST),
        ("four", NEIGHBOUR, OTHER),
    ]:
        body = make_upload(["Ada"], names=[name], self_test=outcome)
        inbox.add(store, InboxUpload(pool, device, 0, upload_id(body)), body)
        merge_once(store, pool)
    assert read_self_tests(store, pool) == [
        DeviceSelfTest(NEIGHBOUR, OTHER, 1),
        DeviceSelfTest(DEVICE, SELF_TEST, 2),
        DeviceSelfTest(DEVICE, OTHER, 1),
    ]

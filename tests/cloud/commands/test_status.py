"""`fedex-cloud status --json`: whatever there is to see of a store, for scripts."""

import json

from cloud.identity import devices
from tests.cloud.overview.conftest import lived_in, lived_in_once  # noqa: F401  # pytest finds fixtures by their names
from tests.cloud.overview.lived_in import PHONES, LivedIn
from tests.cloud.test_cli import run


def test_devices_that_are_revoked_are_marked(lived_in: LivedIn) -> None:  # noqa: F811  # pytest's way to ask for it
    devices.revoke(lived_in.store, PHONES[1], drops_uploads=False)
    [pool] = json.loads(run("status", "--json", FEDEX_STORE=lived_in.address).stdout)["pools"]
    assert [one["device"] for one in pool["devices"] if one["is_revoked"]] == [PHONES[1]]

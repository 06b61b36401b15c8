"""Many looks at the service cost one."""

from pathlib import Path

from cloud.identity import devices
from cloud.overview.reader import OverviewReader
from cloud.store import keys
from cloud.web.dashboard.watch import LOOKED_S, Watch
from tests.cloud.counting import CountingStore
from tests.cloud.overview.lived_in import PHONES, LivedIn


def test_devices_are_read_once_for_all_who_look_at_a_pool_at_a_time(lived_in_once: LivedIn, tmp_path: Path) -> None:
    lived = lived_in_once.copied_to(tmp_path)
    store, clock = CountingStore(lived.store), [0.0]
    watch = Watch(OverviewReader(store), now=lambda: lived.now, clock=lambda: clock[0])

    def revoked() -> list[str]:
        [view] = watch.look(None).pools
        return [one.device for one in watch.look_at(view).devices if one.is_revoked]

    assert [revoked(), revoked()] == [[], []]
    devices.revoke(lived.store, PHONES[1], drops_uploads=False)
    assert (revoked(), store.count("get", keys.device(PHONES[1]))) == ([], 1)
    clock[0] = LOOKED_S
    assert revoked() == [PHONES[1]]

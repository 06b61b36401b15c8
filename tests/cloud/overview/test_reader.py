"""An overview of a store is what is in it, and what is damaged hides nothing beside it."""

import gc
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cloud.admin.best import BestOperator
from cloud.dataset import erasures
from cloud.dataset import pointer as dataset_pointer
from cloud.dataset.columns import Columns
from cloud.dataset.erase import erase_rows
from cloud.dataset.scopes import GroupScope, LabelScope
from cloud.errors import Unavailable
from cloud.identity import devices
from cloud.identity.devices import EnrolledDevice
from cloud.overview.document import encode_overview
from cloud.overview.enrolled import DEVICES_LOOKED_AT
from cloud.overview.heartbeats import Count, Doing, Trouble
from cloud.overview.reader import OverviewReader
from cloud.overview.report import report
from cloud.overview.values import LabelView, Overview
from cloud.releases import registry
from cloud.releases.decisions import Decision
from cloud.releases.signing import load_or_create
from cloud.store import keys, open_store
from cloud.store.keys import InboxUpload, Pool
from contract.documents import Json, encode_json
from contract.manifest import Channel
from tests.cloud.counting import CountingStore
from tests.cloud.overview.lived_in import DAY, LIFE_S, PHONES, LivedIn


def look(lived: LivedIn) -> Overview:
    return OverviewReader(lived.store).read(now=lived.now)


def test_where_everything_goes_well_nothing_is_urgent(lived_in: LivedIn) -> None:
    overview = look(lived_in)
    assert [one for one in overview.findings if one.is_urgent] == []
    assert (overview.enrolled, overview.has_key, overview.faults) == (len(PHONES), True, ())
    assert overview.workers[0].is_at_work(lived_in.now)


def test_a_pool_is_what_was_merged_into_it(lived_in: LivedIn) -> None:
    [view] = look(lived_in).pools
    assert view.samples == view.rows == sum(label.samples for label in view.labels)
    assert view.samples == sum(device.samples for device in view.devices) == sum(day.rows for day in view.days)
    assert view.uploads == sum(device.uploads for device in view.devices) == sum(day.uploads for day in view.days)
    assert [one.samples for one in view.labels] == sorted((one.samples for one in view.labels), reverse=True)
    assert (len(view.days), view.untrained_rows, view.unread_shards) == (30, 0, 0)
    assert {device.setup for device in view.devices} == {"an app 1, a runtime 2, cpu, 1 thread, Linux 6.1 x86_64"}


def test_a_correction_moves_a_sample_to_its_other_label(lived_in: LivedIn) -> None:
    def samples_of(label: str) -> int:
        [view] = look(lived_in).pools
        return sum(one.samples for one in view.labels if one.label == label)

    before = look(lived_in).pools[0].samples
    for revision, label in enumerate(("Zoe", "Yann")):
        lived_in.send(PHONES[0], [label], names=["the same photo"], revision=revision)
        lived_in.merge(at=lived_in.now)
    assert (samples_of("Zoe"), samples_of("Yann"), look(lived_in).pools[0].samples) == (0, 1, before + 1)


def test_the_queue_is_counted_whole_and_has_the_age_of_its_oldest(lived_in: LivedIn) -> None:
    """It ended at 1,000, and had no age."""
    for number in range(1001):
        upload = InboxUpload(lived_in.pool, PHONES[number % 2], 0, f"{number:064x}")
        lived_in.store.put(keys.inbox(upload), b"not looked at")
    oldest = InboxUpload(lived_in.pool, PHONES[1], 0, f"{501:064x}")
    lived_in.set_time(keys.inbox(oldest), lived_in.now - 7200)
    overview = look(lived_in)
    queue = overview.pools[0].queue
    assert (queue.uploads, queue.is_exact, queue.oldest) == (1001, True, lived_in.now - 7200)
    assert {one.device: one.waiting for one in overview.pools[0].devices if one.waiting} == {
        PHONES[0]: 501,
        PHONES[1]: 500,
    }
    assert any("waited for 2 h" in one.what and one.is_urgent for one in overview.findings)


def test_a_device_was_heard_of_when_its_last_upload_came(lived_in: LivedIn) -> None:
    lived_in.send(PHONES[4], ["Ada"], at=lived_in.now - 30)
    [view] = look(lived_in).pools
    heard = {one.device: one.last_word for one in view.devices}
    assert heard[PHONES[4]] == lived_in.now - 30
    assert heard[PHONES[0]] == lived_in.now - 1800
    assert view.devices[0].device == PHONES[4]


def test_days_and_last_words_stay_where_shards_are_written_anew(lived_in: LivedIn) -> None:
    """They were of the objects: an erasure or a restore made samples of weeks ago today's."""
    [before] = look(lived_in).pools
    gone = next(one for one in before.labels if one.label == "Ada").samples
    assert erase_rows(lived_in.store, lived_in.pool, LabelScope("home", "Ada"), erasure="0" * 32) is not None
    for key in lived_in.store.list(keys.pool_shards(lived_in.pool)):
        lived_in.set_time(key, lived_in.now)
    [after] = look(lived_in).pools
    rows = {one.day: one.rows for one in before.days}
    assert sum(map(bool, rows.values())) == 21
    assert sum(rows.values()) - gone == sum(one.rows for one in after.days) > 0
    assert all(one.rows <= rows[one.day] for one in after.days)
    heard = {one.device: one.last_word for one in before.devices}
    assert all((one.last_word or 0) <= (heard[one.device] or 0) for one in after.devices)


def test_shards_are_not_listed(lived_in: LivedIn) -> None:
    store = CountingStore(lived_in.store)
    OverviewReader(store).read(now=lived_in.now)
    assert store.count("entries", "/shards/") + store.count("list", "/shards/") == 0


def test_devices_that_an_operator_has_shut_out_are_marked(lived_in: LivedIn) -> None:
    devices.revoke(lived_in.store, PHONES[1], drops_uploads=False)
    devices.exclude(lived_in.store, PHONES[2])
    reader = OverviewReader(lived_in.store)
    [view] = map(reader.mark_revoked, reader.read(now=lived_in.now).pools)
    states = {one.device: (one.is_revoked, one.is_excluded) for one in view.devices}
    assert [states[phone] for phone in PHONES[:4]] == [(False, False), (True, False), (False, True), (False, False)]


def test_devices_are_looked_at_where_they_are_shown_alone(lived_in: LivedIn) -> None:
    """Each look, and each of Prometheus, read up to a hundred documents of every pool, one after another."""
    store = CountingStore(lived_in.store)
    reader = OverviewReader(store)
    [view] = reader.read(now=lived_in.now).pools
    assert store.count("get", keys.DEVICES) == 0
    reader.mark_revoked(replace(view, devices=view.devices * 50))
    assert store.count("get", keys.DEVICES) == DEVICES_LOOKED_AT


def test_what_was_counted_is_counted_anew_when_something_is_merged(lived_in: LivedIn) -> None:
    reader = OverviewReader(lived_in.store)
    before = reader.read(now=lived_in.now).pools[0]
    lived_in.send(PHONES[4], ["Zoe"], names=["a new photo"])
    lived_in.merge(at=lived_in.now)
    after = reader.read(now=lived_in.now).pools[0]
    assert (after.samples, len(after.labels), len(after.devices)) == (
        before.samples + 1,
        len(before.labels) + 1,
        len(before.devices) + 1,
    )


def test_releases_come_with_their_accuracy_and_what_the_gate_said(lived_in: LivedIn) -> None:
    [view] = look(lived_in).pools
    assert {channel: one.serial for channel, one in view.current.items()} == {"latest": 11, "best": 9}
    refused = [one for one in view.history if one.gate is not None and not one.gate.passes]
    assert [(one.channel, one.serial) for one in refused] == [("latest", 9), ("latest", 5)]
    assert refused[0].gate is not None
    assert refused[0].gate.reason.startswith("accepted among known fell from 78 to")
    assert (refused[0].set_aside, refused[0].in_doubt) == ({"closer to another label": 4, "far from its label": 2}, 3)
    assert [one.labels_alone for one in refused] == [2, 2]
    assert [one.issued for one in view.history] == sorted((one.issued for one in view.history), reverse=True)


def test_the_trials_of_the_last_cycle_are_shown_with_how_they_ended(lived_in: LivedIn) -> None:
    [view] = look(lived_in).pools
    assert [(one.name, one.ending, one.cause, one.was_chosen) for one in view.last_trials] == [
        ("class-means", "done", "", False),
        ("fine-tuned", "done", "", False),
        ("last-layer", "done", "", True),
        ("last-layer-for-long", "died", "signal 9", False),
    ]
    chosen = view.last_trials[2]
    assert chosen.right is not None
    assert [(one.name, one.strangers) for one in chosen.points] == [
        ("strict", 0.01),
        ("balanced", 0.025),
        ("friendly", 0.05),
    ]
    assert chosen.said == pytest.approx(chosen.right - 0.03)


def test_the_trials_of_the_last_cycle_have_their_curves_and_say_which_are_made_in_one_step(lived_in: LivedIn) -> None:
    [view] = look(lived_in).pools
    assert [(one.name, len(one.curve), one.is_one_step) for one in view.last_trials] == [
        ("class-means", 0, True),
        ("fine-tuned", 20, False),
        ("last-layer", 10, False),
        ("last-layer-for-long", 0, False),
    ]
    first, *_, last = view.last_trials[1].curve
    assert (first.epochs, last.epochs, last.loss) == (1.0, 12.0, 0.02)
    assert [one.right is None for one in view.last_trials[1].curve] == [False] * 10 + [True] * 9 + [False]
    assert all(not one.curve for release in view.history for one in release.trials)


@pytest.mark.parametrize("curve", [None, "a text", [1, "x", {"epochs": 1}, {"epochs": "x", "loss": 2}], {"epochs": 1}])
def test_a_curve_of_another_version_is_left_out_and_hides_nothing(lived_in: LivedIn, curve: Json) -> None:
    record: dict[str, Json] = {"ending": "done", "seconds": 3.5, "spec": {"epochs": 10}, "curve": curve}
    lived_in.store.put(keys.trial(lived_in.pool, f"{lived_in.now}-abcdef12", "last-layer"), encode_json(record))
    [view] = look(lived_in).pools
    assert [(one.name, one.ending, one.curve) for one in view.last_trials] == [("last-layer", "done", ())]


def test_the_trials_of_a_cycle_that_failed_are_the_last(lived_in: LivedIn) -> None:
    lived_in.fail(3, "no trial succeeded: class-means died: signal 9")
    key = keys.trial(lived_in.pool, f"{lived_in.now}-abcdef12", "class-means")
    record: dict[str, Json] = {"ending": "died", "seconds": 3.5, "cause": "signal 9", "result": None}
    lived_in.store.put(key, encode_json(record))
    overview = look(lived_in)
    assert [(one.name, one.ending) for one in overview.pools[0].last_trials] == [("class-means", "died")]
    [urgent] = [one for one in overview.findings if one.is_urgent]
    assert "the last 3 cycles in a row published nothing, 5 min ago: no trial succeeded: class-means" in urgent.what


@pytest.mark.parametrize("key_of", [keys.dataset_pointer, keys.registry_pointer])
def test_a_damaged_pointer_is_said_and_hides_no_other_pool(lived_in: LivedIn, key_of: Callable[[Pool], str]) -> None:
    """`status` ended at it."""
    other = Pool("work", lived_in.pool.space)
    lived_in.store.put(keys.inbox(InboxUpload(other, PHONES[0], 0, "0" * 64)), b"x")
    lived_in.store.put(key_of(lived_in.pool), b"{")
    overview = look(lived_in)
    assert [(one.pool.group, bool(one.faults), one.queue.uploads) for one in overview.pools] == [
        ("home", True, 0),
        ("work", False, 1),
    ]
    assert any(one.is_urgent and key_of(lived_in.pool) in one.what for one in overview.findings)


def test_a_lost_pointer_is_a_fault_and_no_empty_dataset(lived_in: LivedIn) -> None:
    lived_in.store.delete(keys.dataset_pointer(lived_in.pool))
    [view] = look(lived_in).pools
    assert "expected the pointer of a dataset, got none" in view.faults[0]


def test_a_shard_that_is_gone_is_a_fault_beside_the_others(lived_in: LivedIn) -> None:
    [first, *others] = dataset_pointer.read(lived_in.store, lived_in.pool)[0].shards
    assert others
    gone = keys.shard(lived_in.pool, first.sha256)
    lived_in.store.delete(gone)
    [view] = look(lived_in).pools
    assert (view.faults, view.unread_shards) == ((f"{gone}: expected an object, got none",), 1)
    assert view.labels


def test_uploads_that_were_set_aside_are_counted_with_the_newest_reasons(lived_in: LivedIn) -> None:
    for number in range(12):
        upload = InboxUpload(lived_in.pool, PHONES[0], 0, f"{number:064x}")
        lived_in.store.put(keys.inbox(upload), b"no upload")
        lived_in.merge(at=lived_in.now)
        lived_in.set_time(keys.rejected_reason(upload), lived_in.now - number)
    [view] = look(lived_in).pools
    assert (view.rejected, [int(one.upload, 16) for one in view.recent_rejected]) == (12, list(range(10)))
    assert {one.device for one in view.recent_rejected} == {PHONES[0]}
    assert all(one.reason for one in view.recent_rejected)


def test_of_one_group_the_others_are_not_shown(lived_in: LivedIn) -> None:
    lived_in.store.put(keys.inbox(InboxUpload(Pool("work", "5" * 64), PHONES[0], 0, "0" * 64)), b"x")
    overview = OverviewReader(lived_in.store).read(now=lived_in.now, group="work")
    assert [one.pool.group for one in overview.pools] == ["work"]


def test_of_one_group_nothing_is_said_of_what_a_worker_does_for_others(lived_in: LivedIn) -> None:
    """Pool, step and the last trouble of a worker that trained another group were shown, and told as findings."""
    trouble = Trouble(lived_in.now - 60, lived_in.pool.path, "embed: cause of home")
    lived_in.beat(doing=Doing.TRAINING, pool=lived_in.pool.path, step="embedded", trouble=trouble)
    lived_in.store.put(keys.inbox(InboxUpload(Pool("work", "6" * 64), PHONES[0], 0, "0" * 64)), b"x")
    devices.add(lived_in.store, EnrolledDevice("f" * 32, "work", 0, "0" * 64, lived_in.now))
    lived_in.store.put(keys.erasure("0" * 32), b'{"format":1,"home":"home"}')
    seen = {group: OverviewReader(lived_in.store).read(now=lived_in.now, group=group) for group in ("home", "work")}
    [at_home], [at_work] = seen["home"].workers, seen["work"].workers
    assert (at_home.pool, at_home.step, at_home.trouble) == (lived_in.pool.path, "embedded", trouble)
    assert (at_work.doing, at_work.pool, at_work.step, at_work.trouble) == (Doing.TRAINING, None, None, None)
    assert [dict(one.counts) for one in (at_home, at_work)] == [{}, {}]
    assert [one.enrolled for one in seen.values()] == [len(PHONES), 1]
    assert [[space.space for space in one.spaces] for one in seen.values()] == [[lived_in.pool.space], []]
    assert any("cause of home" in one.what for one in seen["home"].findings)
    for shown in (encode_json(encode_overview(seen["work"])).decode(), "".join(report(seen["work"]))):
        assert "home" not in shown
        assert lived_in.pool.space not in shown
        assert keys.erasure("0" * 32) not in shown
    assert [one.where for one in seen["work"].findings if one.is_urgent] == ["store"]


def test_the_devices_of_a_group_are_counted_anew_as_they_come_and_go_and_read_once(lived_in: LivedIn) -> None:
    store = CountingStore(lived_in.store)
    reader = OverviewReader(store)
    assert reader.read(now=lived_in.now, group="home").enrolled == len(PHONES)
    store.requests.clear()
    devices.add(lived_in.store, EnrolledDevice("f" * 32, "home", 0, "0" * 64, lived_in.now))
    lived_in.store.put(keys.device("0" * 32), b"{")
    lived_in.store.delete(keys.device(PHONES[0]))
    assert reader.read(now=lived_in.now, group="home").enrolled == len(PHONES)
    assert store.count("get", keys.device(PHONES[4])) == 0


def test_what_never_changes_is_read_once(lived_in: LivedIn) -> None:
    store = CountingStore(lived_in.store)
    reader = OverviewReader(store)
    first = reader.read(now=lived_in.now)
    store.requests.clear()
    assert reader.read(now=lived_in.now) == first
    assert (store.count("get", "/shards/"), store.count("get", "/releases/")) == (0, 0)


def test_what_was_erased_is_forgotten_with_the_next_look(lived_in: LivedIn) -> None:
    """Names and ids of samples stayed in a web process until it ended."""
    label, reader = "erased and forgotten", OverviewReader(lived_in.store)

    def remembered() -> int:
        gc.collect()
        kept = [one for one in gc.get_objects() if isinstance(one, Columns | LabelView)]
        return sum(label in (one.labels if isinstance(one, Columns) else one.label) for one in kept)

    lived_in.send(PHONES[0], [label])
    lived_in.merge(at=lived_in.now)
    reader.read(now=lived_in.now)
    assert remembered() == 2
    erase_rows(lived_in.store, lived_in.pool, LabelScope("home", label), erasure="0" * 32)
    reader.read(now=lived_in.now)
    assert remembered() == 0


def test_a_store_that_is_away_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        OverviewReader(open_store(f"dir:{tmp_path / 'nowhere'}")).read(now=0)


def test_the_document_is_json_that_says_the_same(lived_in: LivedIn) -> None:
    overview = look(lived_in)
    document = json.loads(encode_json(encode_overview(overview)))
    assert (document["format"], document["at"], document["enrolled"]) == (1, lived_in.now, len(PHONES))
    [pool] = document["pools"]
    assert (pool["pool"], pool["samples"]) == (lived_in.pool.path, overview.pools[0].samples)
    assert pool["current"]["latest"]["gate"]["passes"] is True
    assert (document["workers"][0]["is_at_work"], document["workers"][0]["doing"]) == (True, "waiting")
    assert document["workers"][0]["counts"][Count.MERGED_UPLOADS] == 71


def test_the_lines_begin_with_what_needs_somebody(lived_in: LivedIn) -> None:
    lived_in.beat(seen=lived_in.now - 3 * DAY, looked=lived_in.now - 3 * DAY, doing=Doing.TRAINING)
    first, *others = report(look(lived_in))
    assert first.startswith("!! worker on attic: silent for 3 d, and no other is at work (start it: ")
    assert any(line.startswith("worker 0000000000000001 on attic: silent for 3 d") for line in others)
    assert any(line.startswith("  best 9: ") and "gate passed" in line for line in others)


def test_what_operators_decided_of_releases_is_told_with_who_and_why(lived_in: LivedIn) -> None:
    operator = BestOperator(lived_in.store, load_or_create(lived_in.state, lived_in.store), LIFE_S)
    decision = Decision("Grace", "the newer one does not know Ida", lived_in.now - 120)
    operator.promote(lived_in.pool, Channel.BEST, serial=8, decision=decision, pin=True)
    overview = look(lived_in)
    [view] = overview.pools
    assert view.pin is not None
    assert (view.pin.by, view.pin.why) == ("Grace", "the newer one does not know Ida")
    assert [(one.what, one.by) for one in view.current["best"].decisions] == [
        ("promoted", "Grace"),
        ("pinned", "Grace"),
    ]
    lines = list(report(overview))
    assert "  best is pinned by Grace, 2 min ago: the newer one does not know Ida" in lines


def test_erasures_that_wait_are_told_with_their_age_and_without_the_name_of_a_person(lived_in: LivedIn) -> None:
    store, now = lived_in.store, lived_in.now
    erasures.ask(store, LabelScope("home", "Ada"), by="shell:root", now=now - 7200)
    of_phone = erasures.ask_of_device(store, PHONES[0], by=PHONES[0], now=now - 60)
    overview = look(lived_in)
    assert [(one.group, one.what, one.by, one.asked) for one in overview.erasures.waiting] == [
        ("home", "a label", "shell:root", now - 7200),
        ("home", f"device {PHONES[0]}", PHONES[0], now - 60),
    ]
    assert "erasures: 2 wait, the oldest for 2 h" in list(report(overview))
    document = json.loads(encode_json(encode_overview(overview)))
    assert [one["asked"] for one in document["erasures"]["waiting"]] == [now - 7200, now - 60]
    erasures.finish(store, of_phone, now=now)
    assert len(look(lived_in).erasures.waiting) == 1


def test_of_one_group_the_erasures_of_others_are_not_shown(lived_in: LivedIn) -> None:
    erasures.ask(lived_in.store, GroupScope("work"), by="shell:root", now=lived_in.now)
    shown = [OverviewReader(lived_in.store).read(now=lived_in.now, group=group) for group in ("home", "work")]
    assert [len(one.erasures.waiting) for one in shown] == [0, 1]


def test_an_erasure_that_cannot_be_read_is_a_fault_beside_the_others(lived_in: LivedIn) -> None:
    erasures.ask(lived_in.store, GroupScope("work"), by="shell:root", now=lived_in.now)
    lived_in.store.put(keys.erasure("0" * 32), b"{")
    overview = look(lived_in)
    assert (len(overview.erasures.waiting), len(overview.faults)) == (1, 1)
    assert keys.erasure("0" * 32) in overview.faults[0]


def test_a_cycle_that_failed_is_told_with_when_it_is_tried_again(lived_in: LivedIn) -> None:
    lived_in.fail(5, "no trial succeeded")
    overview = look(lived_in)
    failure = overview.pools[0].failure
    assert failure is not None
    assert failure.next == lived_in.now - 300 + 960
    assert any("the worker tries again by itself, in 11 min" in line for line in report(overview))
    assert json.loads(encode_json(encode_overview(overview)))["pools"][0]["failure"]["next"] == failure.next


def test_a_cycle_whose_pause_is_over_is_tried_at_the_next_look(lived_in: LivedIn) -> None:
    lived_in.fail(1, "no trial succeeded")
    assert any("the worker tries again by itself, at its next look" in line for line in report(look(lived_in)))


def test_a_release_whose_files_are_gone_is_shown_so(lived_in: LivedIn) -> None:
    current = registry.read(lived_in.store, lived_in.pool)
    kept = current.publications[-3:]
    registry.settle(lived_in.store, lived_in.pool, previous=current, publications=kept, serials={}, fence=0)
    [view] = look(lived_in).pools
    latest = [one.has_files for one in view.history if one.channel == "latest"]
    assert latest[:4] == [True, True, True, False]
    assert not any(latest[3:])

"""Erasing: of who was erased nothing is left in any byte of the store or the worker's disk, whenever a worker died."""

import contextlib
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cloud.dataset import admission, erasures
from cloud.dataset import pointer as dataset_pointer
from cloud.dataset.merge import merge_once
from cloud.dataset.scopes import AgeScope, GroupScope, LabelScope
from cloud.errors import LostRace
from cloud.identity import devices
from cloud.identity.devices import EnrolledDevice
from cloud.releases import objects, registry, stored
from cloud.releases.erase import ReleaseEraser
from cloud.releases.history import history
from cloud.settings import Settings
from cloud.store import MAX_LISTED, keys
from cloud.store.keys import InboxUpload, Pool
from cloud.store.lease import Leases
from contract.bundle import TrainingBundle
from contract.callbacks import ignore
from contract.manifest import Channel
from contract.upload import decode_upload, upload_id
from tests.cloud.conftest import SPACE, MakeUpload
from tests.cloud.worker.held import FIRST, NOW, SECOND, ZOE, Killed, Place, fill, names_with, release, traces_of

MakePlace = Callable[[], tuple[Place, list[bytes], list[bytes]]]
HOME = Pool("home", SPACE)


@pytest.fixture(scope="module")
def filled(
    tmp_path_factory: pytest.TempPathFactory, training_bundle: TrainingBundle, make_upload: MakeUpload
) -> tuple[Path, list[bytes], list[bytes]]:
    """The folder of a store that holds everything, to be copied, and what both devices have sent."""
    folder = tmp_path_factory.mktemp("filled")
    return folder, *fill(_place(folder, training_bundle), make_upload)


@pytest.fixture
def place(filled: tuple[Path, list[bytes], list[bytes]], tmp_path: Path, training_bundle: TrainingBundle) -> Place:
    """A store that holds everything."""
    return _copy(filled[0], tmp_path / "copy", training_bundle)


def _place(folder: Path, bundle: TrainingBundle) -> Place:
    return Place(Settings(store=f"dir:{folder / 'store'}", state=folder / "state"), HOME, bundle)


def _copy(filled: Path, folder: Path, bundle: TrainingBundle) -> Place:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(filled, folder)
    return _place(folder, bundle)


def ids_of(*bodies: bytes) -> set[bytes]:
    return {id_ for body in bodies for id_ in map(bytes, decode_upload(body).sample_ids)}


def traces_of_label(bodies: list[bytes], label: str) -> set[bytes]:
    """Return ids and features of the samples of a label, and its name."""
    traces = {label.encode()}
    for body in bodies:
        content = decode_upload(body)
        for place, one in enumerate(content.labels):
            if one == label:
                id_ = content.sample_ids[place].tobytes()
                traces |= {id_, id_.hex().encode(), content.features[place].tobytes()}
    return traces


def check_gone(place: Place, traces: set[bytes]) -> None:
    """Look at every byte."""
    held = list(place.everything())
    assert {trace: found for trace in traces if (found := names_with(trace, held))} == {}


def check_allowed(place: Place, *labels: str) -> None:
    """Look at what is left of what was decided about labels: names that can be guessed from a hash are traces, too."""
    assert admission.read(place.store, HOME.group).allowed == {admission.label_id(label) for label in labels}


def check_done(place: Place, *, by: str, samples: int) -> None:
    """Look at what is left of the erasure, and at the releases."""
    [tombstone] = [json.loads(place.store.get(key).body) for key in place.store.list("tombstones/")]
    assert tombstone == {"format": 1, "by": by, "asked": NOW - 10, "erased": NOW, "samples": samples}
    assert place.store.list("erasures/") == []
    current = registry.read(place.store, HOME)
    assert current.trained is None
    assert current.serials == {Channel.LATEST: 3, Channel.BEST: 3}
    for one in current.channels.values():
        assert (one.manifest.heads, one.manifest.parent) == ({}, None)
        assert all(serial in one.manifest.withdraws for serial in (1, 2))
    assert len(history(place.store, HOME)) == 2


def check_device_gone(place: Place, first: list[bytes], second: list[bytes]) -> None:
    """Look for the first device, which nothing is left of, and the second, all of which is there."""
    check_gone(place, {trace for body in first for trace in traces_of(body)} | {ZOE.encode()})
    assert {id_ for _, id_, _ in place.samples()} == ids_of(*second)
    check_done(place, by=FIRST, samples=3)
    check_allowed(place, "Cleo")


def test_the_search_finds_what_is_to_be_erased_where_it_is_held(
    place: Place, filled: tuple[Path, list[bytes], list[bytes]]
) -> None:
    """Otherwise the tests below would find nothing whatever happened."""
    places = ("dataset/", "inbox/", "rejected/", "objects/", "trials/")
    found = {name for body in filled[1] for trace in traces_of(body) for name in place.find(trace)}
    found |= set(place.find(ZOE.encode()))
    assert {prefix for prefix in places if any(name.startswith(prefix) for name in found)} == set(places)
    state = str(place.settings.state)
    assert any(name.startswith(f"{state}/shards/") for name in found)
    assert any(name.startswith(f"{state}/embeddings/") for name in found)
    assert any(name.startswith(f"{state}/cycles/") for name in found)


def test_nothing_is_left_of_an_erased_device(place: Place, filled: tuple[Path, list[bytes], list[bytes]]) -> None:
    erasures.ask_of_device(place.store, FIRST, by=FIRST, now=NOW - 10)
    assert place.eraser().look() == [HOME]
    check_device_gone(place, filled[1], filled[2])
    assert [name for name in place.find(FIRST.encode()) if "tombstones/" not in name and "devices/" not in name] == []
    assert devices.read(place.store, FIRST).generation == 1
    assert devices.read(place.store, SECOND).generation == 0


def test_an_erasure_killed_before_any_write_is_finished_by_the_next_worker(
    filled: tuple[Path, list[bytes], list[bytes]], tmp_path: Path, training_bundle: TrainingBundle
) -> None:
    fatal, has_died = 0, True
    while has_died:
        fatal += 1
        place = _copy(filled[0], tmp_path / "copy", training_bundle)
        erasures.ask_of_device(place.store, FIRST, by=FIRST, now=NOW - 10)
        has_died = False
        try:
            place.eraser(fatal=fatal).look()
        except Killed:
            has_died = True
        place.eraser().look()
        check_device_gone(place, filled[1], filled[2])
    assert fatal > 20


def test_nothing_is_left_of_a_label_and_all_that_came_with_it_stays(
    place: Place, filled: tuple[Path, list[bytes], list[bytes]], make_upload: MakeUpload
) -> None:
    """Ada's photo came in the same uploads; what waits is erased too; nothing comes back with what is sent again."""
    _, first, second = filled
    erasures.ask(place.store, LabelScope("home", ZOE.upper()), by="an operator", now=NOW - 10)
    assert place.eraser().look() == [HOME]
    left = ids_of(*second, make_upload(["Ada"], names=["a1"]))
    for _ in range(2):
        check_gone(place, traces_of_label(first, ZOE))
        assert {id_ for _, id_, _ in place.samples()} == left
        for body in first:  # their acknowledgements were lost
            place.store.put(keys.inbox(InboxUpload(HOME, FIRST, 0, upload_id(body))), body)
        assert merge_once(place.store, HOME).rows == 0
    check_done(place, by="an operator", samples=3)
    check_allowed(place, "Cleo")


def test_an_erasure_of_a_label_killed_anywhere_counts_each_sample_once(
    filled: tuple[Path, list[bytes], list[bytes]], tmp_path: Path, training_bundle: TrainingBundle
) -> None:
    for fatal in range(1, 100, 7):
        place = _copy(filled[0], tmp_path / "copy", training_bundle)
        erasures.ask(place.store, LabelScope("home", ZOE), by="an operator", now=NOW - 10)
        with contextlib.suppress(Killed):
            place.eraser(fatal=fatal).look()
        place.eraser().look()
        check_gone(place, traces_of_label(filled[1], ZOE))
        check_done(place, by="an operator", samples=3)
        check_allowed(place, "Cleo")


def test_nothing_is_left_of_an_erased_group_but_its_devices(
    place: Place, filled: tuple[Path, list[bytes], list[bytes]]
) -> None:
    erasures.ask(place.store, GroupScope("home"), by="an operator", now=NOW - 10)
    place.eraser().look()
    check_gone(place, {trace for body in (*filled[1], *filled[2]) for trace in traces_of(body)} | {ZOE.encode()})
    check_done(place, by="an operator", samples=7)
    check_allowed(place)
    assert len(place.dataset()) == 0
    assert [place.store.list(prefix) for prefix in ("inbox/", "receipts/", "rejected/", "objects/", "trials/")] == [
        [],
        [],
        [],
        [],
        [],
    ]
    assert [devices.read(place.store, each).generation for each in (FIRST, SECOND)] == [1, 1]


def test_an_erasure_of_a_group_killed_anywhere_means_no_more_than_at_first(
    filled: tuple[Path, list[bytes], list[bytes]],
    tmp_path: Path,
    training_bundle: TrainingBundle,
    make_upload: MakeUpload,
) -> None:
    """What a device sends of its new generation stays, however often a worker died, and what a new device sends."""
    traces = {trace for body in (*filled[1], *filled[2]) for trace in traces_of(body)} | {ZOE.encode()}
    later, new = make_upload(["Ada"], names=["later"]), make_upload(["Ben"], names=["of a new device"])
    fatal, has_died = 0, True
    while has_died:
        fatal += 1
        place = _copy(filled[0], tmp_path / "copy", training_bundle)
        erasures.ask(place.store, GroupScope("home"), by="an operator", now=NOW - 10)
        has_died = False
        for _ in range(2):
            try:
                place.eraser(fatal=fatal).look()
            except Killed:
                has_died = True
        is_settled = devices.read(place.store, FIRST).generation == 1
        if is_settled:
            devices.add(place.store, EnrolledDevice("c" * 32, "home", 0, "0" * 64, 0))
            for device, generation, body in ((FIRST, 1, later), ("c" * 32, 0, new)):
                place.store.put(keys.inbox(InboxUpload(HOME, device, generation, upload_id(body))), body)
        place.eraser().look()
        merge_once(place.store, HOME)
        check_gone(place, traces)
        assert [devices.read(place.store, each).generation for each in (FIRST, SECOND)] == [1, 1]
        assert [one.samples for one in list(erasures.tombstones(place.store, damaged=ignore))] == [7]
        assert {id_ for _, id_, _ in place.samples()} == (ids_of(later, new) if is_settled else set())
    assert fatal > 20


def test_what_was_merged_before_a_date_goes_and_what_came_later_stays(
    place: Place, filled: tuple[Path, list[bytes], list[bytes]]
) -> None:
    """The photo "s1" was sent before alone; "a1" and "s2" were corrected later."""
    _, first, second = filled
    erasures.ask(place.store, AgeScope("home", NOW - 99), by="retention", now=NOW - 10)
    place.eraser().look()
    assert {id_ for _, id_, _ in place.samples()} == ids_of(first[1], first[2], second[1], second[2])
    gone = ids_of(first[0], second[0]) - ids_of(first[1], second[1])
    check_gone(place, gone)
    check_done(place, by="retention", samples=3)
    check_allowed(place, ZOE, "Cleo")


def test_a_group_of_another_name_is_left_alone(place: Place) -> None:
    before = place.samples()
    erasures.ask(place.store, GroupScope("work"), by="an operator", now=NOW - 10)
    assert place.eraser().look() == []
    assert place.samples() == before
    assert registry.read(place.store, HOME).trained is not None


def test_an_erasure_that_cannot_be_read_keeps_no_other_waiting(
    place: Place, filled: tuple[Path, list[bytes], list[bytes]]
) -> None:
    place.store.put(keys.erasure("0" * 32), b"none")
    erasures.ask_of_device(place.store, FIRST, by=FIRST, now=NOW - 10)
    place.eraser().look()
    assert place.store.list("erasures/") == [keys.erasure("0" * 32)]
    assert len(place.store.list("tombstones/")) == 1


def test_an_erasure_that_another_overtook_in_a_pool_says_what_it_took_itself(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first one lost a race at the withdrawal, after its rows had gone; a cycle has to be able to begin then."""
    first = erasures.ask_of_device(place.store, FIRST, by=FIRST, now=NOW - 10)

    def lose(*_: object, **__: object) -> None:
        raise LostRace("the registry moved")

    with monkeypatch.context() as patch:
        patch.setattr(ReleaseEraser, "withdraw", lose)
        place.eraser().look()
    second = erasures.ask_of_device(place.store, SECOND, by=SECOND, now=NOW - 10)
    eraser, changed = place.eraser(), list[Pool]()
    eraser.carry_out(second, changed)
    eraser.carry_out(first, changed)
    assert {one.id: one.samples for one in list(erasures.tombstones(place.store, damaged=ignore))} == {
        first.id: 3,
        second.id: 5,
    }
    dataset, _ = dataset_pointer.read(place.store, HOME)
    assert dataset.erasure is not None
    assert dataset.erasure.id == registry.read(place.store, HOME).erasure == second.id


def test_asking_twice_for_a_label_is_asking_once(place: Place) -> None:
    first, again = (erasures.ask(place.store, LabelScope("home", ZOE), by="you", now=NOW + n) for n in range(2))
    assert first == again


def test_what_another_pool_of_the_group_serves_stays(place: Place, training_bundle: TrainingBundle) -> None:
    other = Pool("home", "7" * 64)
    release(replace(place, pool=other), b"of another space", labels=("Ada", "Ben"))
    before = registry.read(place.store, other)
    erasures.ask_of_device(place.store, FIRST, by=FIRST, now=NOW - 10)
    place.eraser().look()
    after = registry.read(place.store, other)
    assert (after.channels, after.trained) == (before.channels, before.trained)
    manifest = after.channels[Channel.BEST].manifest
    files = [manifest.labels.sha256, *(head.file.sha256 for head in manifest.heads.values())]
    assert all(objects.find(place.store, "home", sha256) for sha256 in files)
    assert stored.get_release(place.store, other, after.channels[Channel.BEST].release).weights is not None


def test_an_erasure_that_was_done_is_not_done_again(place: Place) -> None:
    erasures.ask_of_device(place.store, FIRST, by=FIRST, now=NOW - 10)
    place.eraser().look()
    serials, samples = registry.read(place.store, HOME).serials, place.samples()
    erasures.ask_of_device(place.store, FIRST, by=FIRST, now=NOW - 10)
    assert place.eraser().look() == []
    assert (registry.read(place.store, HOME).serials, place.samples()) == (serials, samples)
    assert sorted(one.samples for one in list(erasures.tombstones(place.store, damaged=ignore))) == [0, 3]


def test_what_a_device_sends_after_its_erasure_counts_again(place: Place, make_upload: MakeUpload) -> None:
    """And what still comes with the old generation, through a web process that does not know yet, does not."""
    erasures.ask_of_device(place.store, FIRST, by=FIRST, now=NOW - 10)
    place.eraser().look()
    for generation, name in ((0, "too late"), (1, "new")):
        body = make_upload(["Ada"], names=[name])
        place.store.put(keys.inbox(InboxUpload(HOME, FIRST, generation, upload_id(body))), body)
    report = merge_once(place.store, HOME)
    assert (report.new_samples, report.dropped) == (1, 1)


def test_a_pool_that_is_damaged_keeps_no_other_pool_waiting(
    place: Place, filled: tuple[Path, list[bytes], list[bytes]]
) -> None:
    damaged = Pool("home", "0" * 64)
    place.store.put(keys.dataset_pointer(damaged), b"no pointer")
    erasures.ask_of_device(place.store, FIRST, by=FIRST, now=NOW - 10)
    assert place.eraser().look() == [HOME]
    [waiting] = erasures.pending(place.store)
    assert waiting.pools == {HOME.path: 3}
    assert {id_ for _, id_, _ in place.samples()} == ids_of(*filled[2])
    place.store.delete(keys.dataset_pointer(damaged))
    place.eraser().look()
    check_device_gone(place, filled[1], filled[2])


def test_what_was_erased_while_a_worker_was_away_leaves_its_disk_as_it_starts(
    place: Place, filled: tuple[Path, list[bytes], list[bytes]]
) -> None:
    erasures.ask_of_device(place.store, FIRST, by=FIRST, now=NOW - 10)
    state, away = place.settings.state, ("shards", "embeddings")
    for name in away:
        shutil.copytree(state / name, state / f"{name}-before")
    place.eraser().look()
    for name in away:
        shutil.rmtree(state / name, ignore_errors=True)
        (state / f"{name}-before").rename(state / name)
    traces = {trace for body in filled[1] for trace in traces_of(body)}
    found = [path for trace in traces for path in place.find(trace)]
    assert all(any(path.startswith(f"{state}/{name}/") for path in found) for name in away)
    place.eraser().look()
    check_gone(place, traces)


def test_what_one_worker_erases_leaves_the_disks_of_the_others(
    place: Place, filled: tuple[Path, list[bytes], list[bytes]], tmp_path: Path
) -> None:
    shutil.copytree(place.settings.state, tmp_path / "another")
    another = replace(place, settings=replace(place.settings, state=tmp_path / "another"))
    other = another.eraser()
    other.look()
    traces = {trace for body in filled[1] for trace in traces_of(body)}
    erasures.ask_of_device(place.store, FIRST, by=FIRST, now=NOW - 10)
    assert place.eraser().look() == [HOME]
    kept = [tmp_path / "another" / name for name in ("shards", "embeddings")]
    held = files_in(*kept)
    found = [path for trace in traces for path in names_with(trace, held)]
    assert all(any(path.startswith(str(folder)) for path in found) for folder in kept)
    other._next_tidy = 0.0  # the monotonic clock cannot be set
    assert other.look() == []
    held = files_in(*kept)
    assert {trace: found for trace in traces if (found := names_with(trace, held))} == {}


def files_in(*folders: Path) -> list[tuple[str, bytes]]:
    """Return names and bytes of all files."""
    return [(str(file), file.read_bytes()) for folder in folders for file in folder.rglob("*") if file.is_file()]


def test_an_erasure_waits_for_a_pool_that_another_worker_has(
    place: Place, filled: tuple[Path, list[bytes], list[bytes]]
) -> None:
    leases = Leases(place.store, "another")
    held = leases.take(keys.lease(HOME))
    erasures.ask_of_device(place.store, FIRST, by=FIRST, now=NOW - 10)
    eraser = place.eraser()
    assert eraser.look() == []
    assert len(erasures.pending(place.store)) == 1
    leases.give_back(held)
    eraser._not_before.clear()  # the monotonic clock cannot be set
    assert eraser.look() == [HOME]
    check_device_gone(place, filled[1], filled[2])


def test_an_erasure_of_a_group_waits_only_for_a_damaged_device_that_may_have_sent_something(
    place: Place, filled: tuple[Path, list[bytes], list[bytes]], make_upload: MakeUpload
) -> None:
    """What it sent would be merged once its document is mended."""
    stranger, body = "c" * 32, make_upload(["Ada"], names=["waits"])
    place.store.put(keys.device(stranger), b"{")
    waits = keys.inbox(InboxUpload(HOME, stranger, 0, upload_id(body)))
    place.store.put(waits, body)
    for number in range(MAX_LISTED):  # behind a page of others
        place.store.put(keys.inbox(InboxUpload(HOME, FIRST, 0, f"{number:064x}")), b"no upload")
    erasures.ask(place.store, GroupScope("home"), by="an operator", now=NOW - 10)
    place.eraser().look()
    assert len(erasures.pending(place.store)) == 1
    place.store.delete(waits)
    place.eraser().look()
    assert erasures.pending(place.store) == []
    check_gone(place, {trace for body in (*filled[1], *filled[2]) for trace in traces_of(body)})

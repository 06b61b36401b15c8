"""One photo travels the whole road: real gunicorn, worker, TFLite, both stores; a flat cut and one with a deep head."""

from collections.abc import Iterator
from itertools import chain

import numpy as np
import pytest

from demo.cast import Person
from demo.errors import DiedEarly
from tests.end_to_end.conftest import Deploy, ExportOf, StoreOf
from tests.end_to_end.deployment import NEVER, TEST_TIMEOUT_S, count_right, deployed, never_uploaded, uploads
from tests.end_to_end.scenario import Walk, walk_road

pytestmark = pytest.mark.timeout(TEST_TIMEOUT_S)
ROADS = [("freeze6", "directory"), ("freeze6", "minio"), ("freeze4", "directory")]


@pytest.fixture(scope="module", params=ROADS, ids="-".join)
def walk(
    request: pytest.FixtureRequest,
    people: tuple[Person, ...],
    export_of: ExportOf,
    store_of: StoreOf,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Walk]:
    """The road of one cut on one store, walked once for all tests of this module; its service still runs."""
    cut, store = request.param
    folder = tmp_path_factory.mktemp(f"walk-{cut}-{store}")
    settings = store_of(store, folder)
    with deployed(folder, exported=export_of(cut), store=settings, min_new=len(uploads(people))) as service:
        yield walk_road(service, people)


def test_new_people_are_recognised_afterwards_and_not_before(walk: Walk, people: tuple[Person, ...]) -> None:
    new = [person for person in people if person.is_new]
    assert count_right(chain(*walk.before), new) == 0
    assert count_right(chain(*walk.after), new) >= len(never_uploaded(new)) / 2


def test_more_is_right_than_before(walk: Walk, people: tuple[Person, ...]) -> None:
    assert count_right(chain(*walk.after), people) > count_right(chain(*walk.before), people)


@pytest.mark.usefixtures("both_runtimes")
def test_both_runtimes_serve_the_new_head(walk: Walk) -> None:
    assert walk.serials == [1, 1]
    assert [{one.head for one in given} for given in walk.before] == [{0}, {0}]
    assert [{one.head for one in given} for given in walk.after] == [{1}, {1}]


def test_the_dataset_holds_each_sample_once(walk: Walk, people: tuple[Person, ...]) -> None:
    dataset = walk.service.dataset()
    assert sum(one.samples for one in walk.pushed) == len(uploads(people))
    assert len(dataset) == len(np.unique(dataset.sample_ids, axis=0)) == len(uploads(people))
    assert sorted(walk.service.labels()) == sorted(photo.parent.name for photo in uploads(people))


def test_a_head_that_is_unchanged_is_not_sent_again(walk: Walk) -> None:
    assert walk.second_pull.startswith(b"HTTP/1.1 304 ")
    assert len(walk.second_pull) < 1000


def test_with_nothing_new_the_worker_starts_nothing(walk: Walk) -> None:
    assert walk.worker_log.count("cycle: processes started") == 1


def test_a_device_without_the_code_gets_nothing(deploy: Deploy) -> None:
    stranger = deploy("freeze6", min_new=NEVER).device("stranger", FEDEX_ENROLMENT_CODE="not-the-code")
    with pytest.raises(DiedEarly, match=r"stranger: .* got exit status 1"):
        stranger.enrol()

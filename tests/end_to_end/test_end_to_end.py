"""A photo from end to end: real gunicorn, worker, TFLite, both stores; a flat cut and one with a deep head."""

import re
from collections.abc import Iterator
from itertools import chain

import numpy as np
import pytest

from demo.errors import DiedEarly
from demo.roles import Person
from tests.end_to_end.conftest import Deploy, ExportOf, StoreOf
from tests.end_to_end.deployment import NEVER, TEST_TIMEOUT_S, count_right, deployed, never_uploaded, uploads
from tests.end_to_end.scenario import ScenarioRun, run_scenario

pytestmark = pytest.mark.timeout(TEST_TIMEOUT_S)
SCENARIOS = [("freeze6", "directory"), ("freeze6", "minio"), ("freeze4", "directory")]


@pytest.fixture(scope="module", params=SCENARIOS, ids="-".join)
def run(
    request: pytest.FixtureRequest,
    people: tuple[Person, ...],
    export_of: ExportOf,
    store_of: StoreOf,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[ScenarioRun]:
    """The scenario of one cut on one store, run once for all tests of this module; its service still runs."""
    cut, store = request.param
    folder = tmp_path_factory.mktemp(f"run-{cut}-{store}")
    settings = store_of(store, folder)
    with deployed(folder, exported=export_of(cut), store=settings, min_new=len(uploads(people))) as service:
        yield run_scenario(service, people)


def test_new_people_are_recognised_afterwards_and_not_before(run: ScenarioRun, people: tuple[Person, ...]) -> None:
    new = [person for person in people if person.is_new]
    assert count_right(chain(*run.before), new) == 0
    assert count_right(chain(*run.after), new) >= len(never_uploaded(new)) / 2


def test_more_is_right_than_before(run: ScenarioRun, people: tuple[Person, ...]) -> None:
    assert count_right(chain(*run.after), people) > count_right(chain(*run.before), people)


@pytest.mark.usefixtures("both_runtimes")
def test_both_runtimes_serve_the_new_head(run: ScenarioRun) -> None:
    assert run.serials == [1, 1]
    assert [{face.head for one in given for face in one.faces} for given in run.before] == [{0}, {0}]
    assert [{face.head for one in given for face in one.faces} for given in run.after] == [{1}, {1}]


def test_the_dataset_holds_each_sample_once(run: ScenarioRun, people: tuple[Person, ...]) -> None:
    dataset = run.service.dataset()
    assert sum(one.samples for one in run.pushed) == len(uploads(people))
    assert len(dataset) == len(np.unique(dataset.sample_ids, axis=0)) == len(uploads(people))
    assert sorted(run.service.labels()) == sorted(photo.parent.name for photo in uploads(people))


def test_a_head_that_is_unchanged_is_not_sent_again(run: ScenarioRun) -> None:
    """At an address that it does not know the device first asks for a proof."""
    statuses = re.findall(rb"HTTP/1\.1 (\d+) ", run.second_pull)
    assert statuses == [b"200", b"304"]
    assert len(run.second_pull) < 2000


def test_with_nothing_new_the_worker_starts_nothing(run: ScenarioRun) -> None:
    assert run.worker_log.count("cycle: processes started") == 1


def test_a_device_without_the_code_gets_nothing(deploy: Deploy) -> None:
    stranger = deploy("freeze6", min_new=NEVER).device("stranger", FEDEX_ENROLMENT_CODE="not-the-code")
    with pytest.raises(DiedEarly, match=r"stranger: .* got exit status 1"):
        stranger.enrol()

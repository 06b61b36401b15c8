"""The commands of releases: what an operator sees, and what becomes of what he decides."""

import json
import logging

import pytest
from click.testing import CliRunner, Result

from cloud.audit import LOGGER
from cloud.cli import commands
from cloud.commands.surroundings import who
from cloud.errors import CloudError, NothingToDo
from cloud.releases import registry
from cloud.releases.decisions import Decision
from contract.manifest import Channel
from tests.cloud.admin.conftest import place as place
from tests.cloud.admin.conftest import released_pool as released_pool
from tests.cloud.admin.places import BEST, NOW, Place


def run(place: Place, command: str, *arguments: str) -> Result:
    """Run a command of `releases` on the place's pool."""
    address = repr(place.store)
    environment = {"FEDEX_STORE": address, "FEDEX_STATE": str(place.state)}
    return CliRunner().invoke(commands, ["releases", command, place.pool.path, *arguments], env=environment)


def test_the_list_says_which_stand_which_are_withdrawn_and_who_decided_what(place: Place) -> None:
    place.publish(1)
    place.publish(2)
    place.withdraw()
    place.best_operator.pin(place.pool, serial=3, decision=Decision("ada", "an exam", NOW + 110))
    lines = run(place, "list").stdout.splitlines()
    assert lines[0] == "best is pinned by ada, 2027-01-15 08:01 UTC: an exam"
    assert lines[1] == (
        "best 4, 2027-01-15 08:01 UTC, 3 labels, 99.0 % of 20, stands; returned to by ops: as it seemed right; "
        "pinned by ada: an exam"
    )
    assert lines[2:] == [
        "best 2, 2027-01-15 08:00 UTC, 3 labels, 99.0 % of 20, withdrawn",
        "latest 2, 2027-01-15 08:00 UTC, 3 labels, 99.0 % of 20, stands",
        "best 1, 2027-01-15 08:00 UTC, 3 labels, 99.0 % of 20",
        "latest 1, 2027-01-15 08:00 UTC, 3 labels, 99.0 % of 20",
    ]


def test_nothing_released_yet_is_said(place: Place) -> None:
    assert run(place, "list").stdout == f"pool {place.pool.path}: no release yet\n"
    assert isinstance(run(place, "show", "best", "1").exception, CloudError)


def test_a_release_is_shown_whole_but_for_its_logits(place: Place) -> None:
    place.publish(1)
    shown = json.loads(run(place, "show", "best", "1").stdout)
    assert (shown["serial"], shown["labels"]["count"], shown["report"]) == (1, 3, {"version": 1})
    assert shown["heads"].keys() == {"float32", "dynamic"}
    assert "logits" not in shown["heads"]["dynamic"]


def test_an_operator_promotes_pins_and_lets_go(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    """Each is a line of the audit log, without the reason, in which somebody may be named."""
    caplog.set_level(logging.INFO, logger=LOGGER)
    place.publish(1)
    place.publish(2)
    said = run(place, "promote", "best", "1", "--pin", "--why", "Ada is Ben", "--by", "ops").stdout
    assert said == "best 3 has the head of best 1 and is pinned\n"
    pin = registry.read(place.store, place.pool).pin
    assert pin is not None
    assert (pin.by, pin.why) == ("ops", "Ada is Ben")
    assert run(place, "unpin", "--why", "mended", "--by", "ops").stdout == "best 4 is not pinned any more\n"
    assert run(place, "pin", "4", "--why", "an exam", "--by", "ops").stdout == "best 5 is pinned\n"
    assert [(one.message, one.__dict__["fields"]) for one in caplog.records if one.name == LOGGER] == [
        (event, {"by": "ops", "pool": place.pool.path, "channel": "best", "serial": serial})
        for event, serial in [
            ("release promoted", 3),
            ("release pinned", 3),
            ("release unpinned", 4),
            ("release pinned", 5),
        ]
    ]


def test_who_decides_is_the_login_name_if_nobody_is_named(place: Place) -> None:
    place.publish(1)
    assert run(place, "pin", "1", "--why", "an exam").exit_code == 0
    pin = registry.read(place.store, place.pool).pin
    assert pin is not None
    assert pin.by == who()


def test_a_decision_without_a_reason_or_with_one_of_two_lines_is_refused(place: Place) -> None:
    place.publish(1)
    assert "Missing option '--why'" in run(place, "pin", "1").stderr
    assert "--why: expected a line of text" in run(place, "pin", "1", "--why", "a\nb").stderr
    assert registry.read(place.store, place.pool).channels[BEST].manifest.serial == 1
    assert registry.read(place.store, place.pool).channels[Channel.LATEST].manifest.serial == 1


def test_one_whose_files_are_gone_is_said_and_promoting_it_is_refused_in_a_line(place: Place) -> None:
    for version in (1, 2):
        place.publish(version)
    current = registry.read(place.store, place.pool)
    kept = current.publications[1:]
    registry.settle(place.store, place.pool, previous=current, publications=kept, serials={}, fence=0)
    lines = run(place, "list").stdout.splitlines()
    assert lines[2:] == [
        "best 1, 2027-01-15 08:00 UTC, 3 labels, 99.0 % of 20, files gone",
        "latest 1, 2027-01-15 08:00 UTC, 3 labels, 99.0 % of 20, files gone",
    ]
    assert [json.loads(run(place, "show", "best", serial).stdout)["files"] for serial in "12"] == ["gone", "kept"]
    refused = run(place, "promote", "best", "1", "--why", "was better").exception
    assert isinstance(refused, NothingToDo)
    assert str(refused) == (
        f"{place.pool.path} best 1: expected a release that has its files, got one whose files are gone"
    )

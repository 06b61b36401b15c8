"""Many devices against one service: the exhibit, its words, and what simulated devices send."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from bench.evidence.row import EvidenceRow, figure_of
from bench.paper.clients import (
    DOWN,
    EXHIBIT,
    HEAD_AFTER,
    OWN,
    STORED,
    TOY_DEVICES,
    UP,
    WEB,
    WEB_PULL,
    WORKER,
    WORKER_ALL,
    findings,
    line_name,
)
from bench.paper.simulated import PHOTOS, Crowd
from contract.upload import decode_upload
from tests.bench.toys import take_toy


def test_devices_send_a_worker_trains_and_they_fetch_the_head(tmp_path: Path) -> None:
    rows = take_toy(EXHIBIT, tmp_path)
    name = line_name(TOY_DEVICES[0])
    figures = {row.column: figure_of(rows, name, row.column) or 0.0 for row in rows}
    assert 1 < figures[UP] < 10
    assert 10 < figures[DOWN] < 100
    assert figures[WORKER_ALL] > 1
    assert all(figures[column] > 0 for column in (OWN, WEB, WORKER, STORED, HEAD_AFTER))
    raw = json.loads((tmp_path / f"{TOY_DEVICES[0]}.json").read_text())
    assert len(raw["devices"]) == TOY_DEVICES[0]
    assert raw["service"]["worker_s"] == figures[WORKER_ALL]
    assert len(EXHIBIT.findings(rows)) == 2
    assert EXHIBIT.draw is not None
    assert EXHIBIT.draw(rows).axes


def test_every_device_sends_photos_of_its_own_of_one_person() -> None:
    crowd = Crowd.draw(7, people=3)
    uploads = [decode_upload(crowd.seal(device)) for device in range(7)]
    assert [set(one.labels) for one in uploads[:4]] == [{"person 0"}, {"person 1"}, {"person 2"}, {"person 0"}]
    ids = {row.tobytes() for one in uploads for row in one.sample_ids}
    assert len(ids) == 7 * PHOTOS
    near, far = (crowd.features[0, 0] @ crowd.features[other, 1] for other in (3, 1))
    assert near > far
    assert np.unique(crowd.features.reshape(-1, crowd.features.shape[2]), axis=0).shape[0] == 7 * PHOTOS


def _rows(others: Mapping[str, tuple[float, float]]) -> list[EvidenceRow]:
    figures = {UP: (2.5, 2.5), DOWN: (40.0, 41.0), OWN: (26.0, 25.0), WEB: (9.0, 7.0), WEB_PULL: (5.0, 4.0)}
    figures |= {STORED: (160.0, 6.0), WORKER: (14_000.0, 30.0), WORKER_ALL: (14.0, 300.0)}
    return [
        EvidenceRow(line_name(devices), column, values[place], "")
        for place, devices in enumerate((1, 10_000))
        for column, values in {**figures, **others}.items()
    ]


def test_what_grows_and_what_does_not_is_told_from_the_rows() -> None:
    device, service = findings(_rows({}))
    assert "the number of others has no part in what it does, which is the paper's O(1)" in device
    assert "sends 2.5 kB, receives 40 to 41 kB and works for 25 to 26 ms" in device
    assert "from 1 device to 10,000 devices" in device
    assert "needs 14 s of processor in all with 1 device" in service
    assert "300 s with 10,000 devices, which is 30 ms a device" in service


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ({UP: (2.5, 125.0)}, "up **grows**, from 2.5 to 125, which is not the paper's O(1)"),
        (
            {DOWN: (40.0, 400.0), OWN: (26.0, 13.0)},
            "down **grows**, from 40 to 400, processor **varies**, from 26 to 13, which is not the paper's O(1)",
        ),
        ({OWN: (26.0, 13.0)}, "processor **varies**, from 26 to 13, and nothing grows with the number of others"),
    ],
)
def test_a_device_that_does_more_among_many_is_not_said_to_do_the_same(
    others: Mapping[str, tuple[float, float]], expected: str
) -> None:
    device, _ = findings(_rows(others))
    assert expected in device
    assert "has no part" not in device

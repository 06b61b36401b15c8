"""Flower deployed: the whole exhibit at toy size, and what becomes of the figures of a deployment."""

from pathlib import Path

import numpy as np
import pytest

from bench.evidence.errors import CannotMeasure
from bench.evidence.exhibit import Size
from bench.evidence.kept import Kept, read_kept
from bench.evidence.row import EvidenceRow, figure_of
from bench.evidence.taking import Folders, take_all
from bench.isolated import in_fresh_process
from bench.peers import flower_environment
from bench.peers.deployed import (
    ARRAYS,
    DEVICE,
    DOWN,
    HEAD,
    NETWORK,
    NETWORK_PARAMETERS,
    UP,
    findings,
    round_rows,
    standing_rows,
)
from bench.peers.deployment import Deployed, NodeUse
from bench.peers.flower_environment import flower_command, quiet_environment
from export.quiet import import_quietly

NODES = (NodeUse(4000, 2000, 3.0), NodeUse(6000, 2000, 5.0))
DEPLOYED = Deployed(2, NODES, NODES, idle_s=36.0, ran=NODES, seconds=10.0, server_s=8.0)


def count_parameters() -> int:
    """Count those of the network before its last layer, for a process of its own."""
    import_quietly("keras")
    from export.network.inception_resnet_v1 import build

    network = build(classes=2)
    return int(network.count_params() - network.layers[-1].count_params())


def test_the_whole_network_goes_over_the_line_in_its_size() -> None:
    assert in_fresh_process(count_parameters) == NETWORK_PARAMETERS


@pytest.fixture(scope="module")
def taken(flower: str, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    folder = tmp_path_factory.mktemp("deployed")
    folders = Folders(folder / "build", folder / "docs")
    assert take_all("bench.peers", ["deployed"], anew=True, size=Size.TOY, folders=folders, say=lambda line: None) == []
    kept = read_kept(folders.build / "deployed.json")
    assert kept is not None
    return kept


def test_a_real_round_moves_at_least_the_layer_itself_both_ways(taken: Kept) -> None:
    for column in (UP, DOWN):
        assert (figure_of(taken.rows, HEAD, column) or 0) > (figure_of(taken.rows, ARRAYS, column) or np.inf)
    assert (figure_of(taken.rows, HEAD, DEVICE) or 0) > 0


def test_the_findings_come_from_the_rows(taken: Kept) -> None:
    assert f"{figure_of(taken.rows, HEAD, UP):.0f} kB up" in " ".join(findings(taken.rows))


def test_the_whole_network_is_told_of_where_it_was_deployed() -> None:
    arrays = [EvidenceRow(ARRAYS, column, 1.0, "kB") for column in (UP, DOWN)]
    rows = [*arrays, *round_rows(HEAD, DEPLOYED), *standing_rows(DEPLOYED)]
    assert len(findings([*rows, *round_rows(NETWORK, DEPLOYED)])) == len(findings(rows)) + 1


def test_what_no_row_says_is_not_claimed_of_a_nodes_processor() -> None:
    arrays = [EvidenceRow(ARRAYS, column, 1.0, "kB") for column in (UP, DOWN)]
    assert "nearly all" not in " ".join(findings([*arrays, *round_rows(HEAD, DEPLOYED), *standing_rows(DEPLOYED)]))


def test_figures_are_of_one_round_of_one_device() -> None:
    rows = round_rows(HEAD, DEPLOYED)
    assert [(row.value, row.low, row.high) for row in rows[:3]] == [(2.5, 2.0, 3.0), (1.0, 1.0, 1.0), (2.0, 1.5, 2.5)]
    assert [row.value for row in rows[3:]] == [2.0, 5.0]


def test_what_a_node_uses_without_work_is_that_of_an_hour() -> None:
    idle = standing_rows(DEPLOYED)[3]
    assert (idle.column, idle.value) == (UP, 500.0)


def test_without_its_environment_it_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(flower_environment, "PYTHON", tmp_path / "python")
    with pytest.raises(CannotMeasure, match="make peers-install"):
        flower_command("python")


def test_flower_is_told_to_send_nothing_home(tmp_path: Path) -> None:
    environment = quiet_environment(tmp_path)
    assert environment["FLWR_TELEMETRY_ENABLED"] == "0"
    assert environment["FLWR_HOME"] == str(tmp_path)
    assert environment["PYTHONPATH"] == ""

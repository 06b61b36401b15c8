"""Manifests at every bound of their form, and just beyond it: vectors, each a change of the golden manifest."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from contract.documents import Json, encode_json
from contract.errors import ContractError
from contract.manifest import Manifest, encode_logits

GONE = object()
"""In place of a value: the key is not there."""


def runs(*ranges: tuple[int, int]) -> dict[str, Any]:
    return {"withdraws": [{"first": first, "last": last} for first, last in ranges]}


def logits(*values: float) -> dict[str, Any]:
    return {"heads.float32.logits": encode_logits(np.array(values, np.float32))}


TAKEN: Mapping[str, Mapping[str, Any]] = {
    "no optional key": {"rollout": GONE, "withdraws": GONE},
    "null wherever it may stand": {"rollout": None, "withdraws": None, "parent": None, "validation.accuracy": None},
    "a first release": {"serial": 1},
    "the last serial": {"serial": 2**53 - 1},
    "the latest channel": {"channel": "latest"},
    "a life of a second": {"issued": 1_762_591_999},
    "from the beginning of time": {"issued": 0},
    "the longest names": {"group": "a" * 63, "cut": "~" * 128},
    "the shortest names": {"group": "0", "cut": " "},
    "a group that ends in hyphens": {"group": "a--"},
    "four sizes": {"shape": [1, 2, 3, 4]},
    "4,194,304 elements": {"shape": [2048, 2048]},
    "65,536 labels in 4,194,304 bytes": {"labels.count": 65_536, "labels.size": 4_194_304, "heads": {}},
    "one label": {"labels.count": 1, "heads": {}},
    "the largest head": {"heads.float32.size": 536_870_912},
    "one precision": {"heads.dynamic": GONE},
    "the least temperature and threshold": {"temperature": 0.001, "threshold": 0, "points": None},
    "the highest temperature and threshold": {"temperature": 1000, "threshold": 1, "points": None},
    "the worst of none": {"validation.accuracy": 0, "validation.samples": 0},
    "the best": {"validation.accuracy": 1},
    "for no device": {"rollout.share": 0},
    "for all devices": {"rollout.share": 10_000},
    "nothing withdrawn": {"withdraws": []},
    "all withdrawn that was before": runs((1, 6)),
    "runs side by side": runs((1, 2), (3, 3), (6, 6)),
    "64 runs": {"serial": 200, **runs(*((2 * at + 1, 2 * at + 1) for at in range(64)))},
    "the largest logits": logits(float(np.finfo(np.float32).max), -0.0),
}
REFUSED: Mapping[str, Mapping[str, Any]] = {
    "another version": {"format": 2},
    **{
        f"no {key}": {key: GONE}
        for key in (
            *("format", "group", "space", "channel", "serial", "issued", "expires", "cut", "shape", "labels", "heads"),
            *("golden_sample", "temperature", "threshold", "validation", "labels.count", "heads.float32.logits"),
            *("heads.dynamic.sha256", "heads.dynamic.size", "validation.samples", "rollout.id", "rollout.share"),
        )
    },
    "a group of 64 characters": {"group": "a" * 64},
    "a group that begins with a hyphen": {"group": "-a"},
    "a group in capitals": {"group": "Home"},
    "a group of no ASCII": {"group": "hom\u00e9"},
    "a group with a line end": {"group": "home\n"},
    "a space in capitals": {"space": "5B" * 32},
    "a space of 63 digits": {"space": "5" * 63},
    "a channel that nobody knows": {"channel": "beta"},
    "a serial of 0": {"serial": 0},
    "no life": {"expires": 1_760_000_000},
    "a cut of 129 characters": {"cut": "x" * 129},
    "a cut with a control character": {"cut": "freeze\x7f"},
    "no size": {"shape": []},
    "a size of 0": {"shape": [4, 0]},
    "five sizes": {"shape": [1, 1, 1, 1, 4]},
    "4,194,305 elements": {"shape": [4_194_305]},
    "a list of no labels": {"labels.count": 0, "heads": {}},
    "65,537 labels": {"labels.count": 65_537, "heads": {}},
    "labels of 4,194,305 bytes": {"labels.size": 4_194_305},
    "labels by another name": {"labels.sha256": "../labels.json"},
    "a head of 536,870,913 bytes": {"heads.float32.size": 536_870_913},
    "precisions that nobody knows, and no other": {"heads": {"float8": {}}},
    "a logit too few": logits(2.0),
    "a logit too many": logits(2.0, -0.5, 0.0),
    "a logit that is no number": logits(2.0, float("nan")),
    "a logit that is infinite": logits(2.0, float("-inf")),
    "a byte too many": {"heads.dynamic.logits": "AAAAQAAAAL8A"},
    "logits that are no base64": {"heads.dynamic.logits": "AAAAQAAAAL8*"},
    "a golden sample of 62 digits": {"golden_sample": "4d" * 31},
    "a temperature of 0": {"temperature": 0},
    "a temperature below the least": {"temperature": 0.000999},
    "a temperature above the highest": {"temperature": 1000.001},
    "a threshold below 0": {"threshold": -0.001},
    "a threshold above 1": {"threshold": 1.001},
    "an accuracy above 1": {"validation.accuracy": 1.001},
    "a parent of 62 digits": {"parent": "6e" * 31},
    "a share below 0": {"rollout.share": -1},
    "a share above 10,000": {"rollout.share": 10_001},
    "a roll-out in capitals": {"rollout.id": "7F" * 32},
    "withdrawn before the first": runs((0, 1)),
    "withdraws itself": runs((3, 7)),
    "withdraws what is to come": runs((8, 9)),
    "a run backwards": runs((3, 2)),
    "runs that overlap": runs((1, 3), (3, 4)),
    "runs that fall": runs((4, 5), (1, 2)),
    "65 runs": {"serial": 200, **runs(*((2 * at + 1, 2 * at + 1) for at in range(65)))},
}


def manifest_vectors(golden: bytes) -> Json:
    """Each change of the golden manifest, and whether a reader must refuse what it is then."""
    return [_vector(golden, what, changes) for table in (TAKEN, REFUSED) for what, changes in table.items()]


def _vector(golden: bytes, what: str, changes: Mapping[str, Any]) -> Json:
    without: list[Json] = [path for path, value in changes.items() if value is GONE]
    changed = {path: value for path, value in changes.items() if value is not GONE}
    document = _changed(json.loads(golden), changes)
    return {"what": what, "with": changed, "without": without, "refused": not _is_read(encode_json(document))}


def _changed(document: dict[str, Any], changes: Mapping[str, Any]) -> Json:
    for path, value in changes.items():
        *way, key = path.split(".")
        place = document
        for step in way:
            place = place[step]
        if value is GONE:
            del place[key]
        else:
            place[key] = value
    return document


def _is_read(data: bytes) -> bool:
    try:
        Manifest.parse(data)
    except ContractError:
        return False
    return True

"""Golden answers: FEDEX_WRITE_GOLDEN=1 writes them anew, as tests/contract/test_golden.py says."""

import json
import os
import re
from pathlib import Path

import contract
from contract.problems import Problem
from tests.contract.test_golden import ANSWERS, GOLDEN, compact
from tests.device.push.upload_answers import ACKNOWLEDGED, upload_answers

SPEC = (Path(contract.__file__).parent / "SPEC.md").read_text(encoding="utf-8")


def test_golden_answers_are_met_as_the_page_says() -> None:
    fresh = compact(upload_answers())
    if os.environ.get("FEDEX_WRITE_GOLDEN") == "1":
        (GOLDEN / ANSWERS).write_bytes(fresh)
    assert (GOLDEN / ANSWERS).read_bytes() == fresh
    assert [one["what"] for one in json.loads(fresh) if one["upload"] == ACKNOWLEDGED] == [
        "the acknowledgement",
        "the acknowledgement again",
        "with keys that nobody knows",
        "of the most bytes",
    ]


def test_every_row_of_the_table_of_problems_has_a_golden_answer() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (\d{3}) \|.*\| ([^|]+) \|$", SPEC, re.MULTILINE)
    stated = {(f"urn:fedex:problem:{name}", int(status)): fate for name, status, fate in rows}
    answers = {one["what"]: one for one in json.loads((GOLDEN / ANSWERS).read_bytes())}
    of_each = [answers[problem.summary] for problem in Problem]
    golden = {(json.loads(one["body"])["type"], one["status"]): one["upload"] for one in of_each}
    assert golden == stated

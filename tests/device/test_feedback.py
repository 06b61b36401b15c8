from dataclasses import replace

import pytest

from contract.errors import ContractError
from device.answers import Ranked
from device.assembly import Device
from device.cache.inferences import StoredInference
from device.errors import FeedbackError
from device.feedback import give_feedback, meant_label
from tests.device.photos import draw_photo
from tests.device.tables import rows


def stored(*, unknown: bool) -> StoredInference:
    return StoredInference(4, (Ranked("Ada", 0.4), Ranked("Ben", 0.3)), unknown, 0, 0)


def test_right_means_the_best_label() -> None:
    assert meant_label(stored(unknown=False), label=None) == "Ada"


def test_right_is_refused_of_an_unknown_answer() -> None:
    with pytest.raises(FeedbackError, match="inference 4: expected a label, as the answer was unknown"):
        meant_label(stored(unknown=True), label=None)


def test_a_label_is_normalised_and_trimmed() -> None:
    assert meant_label(stored(unknown=True), label="  Zoe\u0308 ") == "Zo\u00eb"


@pytest.mark.parametrize(
    "label", ["", "   ", "x" * 65, "x" * 10_000, "a\x00b", "a\x1bb", "a\u0378", "\u202eevil", "\ud800"]
)
def test_a_text_that_is_not_a_label_is_refused_by_the_contract(label: str) -> None:
    with pytest.raises(ContractError, match="label: expected"):
        meant_label(stored(unknown=False), label=label)


def test_a_right_answer_whose_label_no_upload_may_have_is_refused() -> None:
    """It would spoil every upload that it goes into; the release it came from was read as it stands."""
    answer = replace(stored(unknown=False), results=(Ranked("x\U0001343cy", 0.9),))
    with pytest.raises(ContractError, match="label: expected no control, format or unassigned"):
        meant_label(answer, label=None)


def test_feedback_is_kept_with_its_group(device: Device) -> None:
    with device.recognizer() as recognizer:
        id_ = recognizer.infer(draw_photo(1))[0].id
    assert id_ is not None
    with device.open_cache() as cache:
        right = give_feedback(cache, id_, label=None, origin="family@key", now_ms=9)
        other = give_feedback(cache, id_, label="Zoe", origin="family@key", now_ms=10)
        assert (right.label, other.label) == ("Ben", "Zoe")
        assert other.revision > right.revision
    kept = rows(device.cache_path, "SELECT label, is_right, origin, given_ms, upload FROM feedback ORDER BY revision")
    assert kept == [("Ben", 1, "family@key", 9, None), ("Zoe", 0, "family@key", 10, None)]

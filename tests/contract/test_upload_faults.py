"""A refusal at the door names the samples that are at fault, and no others."""

from collections.abc import Callable

import numpy as np
import pytest

from contract.codecs import Codec
from contract.errors import ContractError, Impossible, Malformed, TooLarge, WrongSpace
from contract.problems import Problem, ProblemDocument
from contract.upload import Upload, encode_upload, peek_upload_header
from contract.upload_check import check_sealed_upload
from contract.upload_header import UploadHeader

MakeUpload = Callable[..., Upload]
SPACE, SHAPE = "5b" * 32, (5,)


def refusal(data: bytes, **changes: object) -> ContractError:
    with pytest.raises(ContractError) as caught:
        check_sealed_upload(data, **{"space": SPACE, "feature_shape": SHAPE, **changes})  # type: ignore[arg-type]  # as named
    return caught.value


def patched(data: bytes, tensor: str, place: int, raw: bytes) -> bytes:
    """Overwrite part of a tensor of a plain upload."""
    layout = peek_upload_header(data).layout
    begin = layout.data_start + layout.fields[tensor].begin + place
    return data[:begin] + raw + data[begin + len(raw) :]


def sealed(make_upload: MakeUpload, codec: Codec, count: int = 6) -> bytes:
    data = encode_upload(make_upload(count, shape=SHAPE), codec=codec)
    header = peek_upload_header(data)
    assert header.stored == header.size  # so small an upload is not deflated
    return data


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 65_505.0, -3e38])
def test_a_feature_that_cannot_be(make_upload: MakeUpload, value: float) -> None:
    data = patched(sealed(make_upload, Codec.FLOAT32), "features", 4 * (3 * 5 + 2), np.float32(value).tobytes())
    data = patched(data, "features", 4 * (5 * 5 + 1), np.float32(value).tobytes())
    assert refusal(data).samples == (3, 5)


@pytest.mark.parametrize(
    ("tensor", "place", "raw"),
    [
        ("scales", 4 * 2, np.float32(np.nan).tobytes()),
        ("scales", 4 * 2, bytes(4)),
        ("scales", 4 * 2, np.float32(65_504).tobytes()),
        ("zeros", 2, b"\x10"),
        ("features", 2 * 3 + 2, b"\xff"),
    ],
    ids=["nan", "zero", "far", "zero of 16", "bits behind the end"],
)
def test_parameters_that_cannot_be(make_upload: MakeUpload, tensor: str, place: int, raw: bytes) -> None:
    assert refusal(patched(sealed(make_upload, Codec.INT4), tensor, place, raw)).samples == (2,)


def test_what_an_upload_announces_is_asked_for_once_before_it_is_searched_for_faults(
    make_upload: MakeUpload, resealed: Callable[[bytes, list[object]], bytes]
) -> None:
    right = sealed(make_upload, Codec.INT4)
    bad_row = patched(right, "samples", 22 * 4 + 20, b"\x07\x00")
    for data in (bad_row, resealed(right, ["Ada", " Ada", "Ben"])):
        asked: list[UploadHeader] = []
        assert refusal(data, admit=asked.append).samples
        assert [header.count for header in asked] == [6]


def test_a_label_that_there_is_not(make_upload: MakeUpload) -> None:
    data = patched(sealed(make_upload, Codec.INT4), "samples", 22 * 4 + 20, b"\x07\x00")
    assert refusal(data).samples == (4,)


def test_a_sample_that_comes_again(make_upload: MakeUpload) -> None:
    upload = make_upload(6, shape=SHAPE)
    data = patched(sealed(make_upload, Codec.INT4), "samples", 22 * 5, upload.sample_ids[1].tobytes())
    assert refusal(data).samples == (5,)


@pytest.mark.parametrize(
    ("label", "error"),
    [("x" * 65, TooLarge), ("a\u0007b", Impossible), (" Ada", Impossible), ("unknown", Impossible), (7, Malformed)],
)
def test_all_samples_of_a_label_that_is_none(
    make_upload: MakeUpload, label: object, error: type[ContractError], resealed: Callable[[bytes, list[object]], bytes]
) -> None:
    """One of 65 code points once cost the other 255 samples of its upload."""
    found = refusal(resealed(sealed(make_upload, Codec.INT4), ["Ada", label, "Ben"]))
    assert type(found) is error
    assert found.samples == (1, 4)
    assert ProblemDocument.parse(ProblemDocument.of(found).encode()).samples == (1, 4)


def test_what_is_wrong_in_several_ways_is_named_at_once(
    make_upload: MakeUpload, resealed: Callable[[bytes, list[object]], bytes]
) -> None:
    data = patched(sealed(make_upload, Codec.INT4), "scales", 0, bytes(4))
    data = patched(data, "samples", 22 * 5 + 20, b"\x09\x00")
    assert refusal(resealed(data, ["Ada", "x" * 65, "Ben"])).samples == (0, 1, 4, 5)


def test_without_the_samples_that_are_named_the_upload_is_right(make_upload: MakeUpload) -> None:
    upload = make_upload(6, shape=SHAPE)
    data = patched(sealed(make_upload, Codec.FLOAT32), "features", 4 * 5 * 2, np.float32(np.nan).tobytes())
    rest = [place for place in range(6) if place not in refusal(data).samples]
    again = make_upload(
        len(rest),
        features=upload.features[rest],
        sample_ids=upload.sample_ids[rest],
        labels=tuple(upload.labels[place] for place in rest),
    )
    check_sealed_upload(encode_upload(again, codec=Codec.FLOAT32), space=SPACE, feature_shape=SHAPE)


def test_a_fault_that_is_no_samples_names_none(
    make_upload: MakeUpload, resealed: Callable[[bytes, list[object]], bytes]
) -> None:
    data = sealed(make_upload, Codec.INT4)
    for other in (data[:-1], data + b"x", b"", resealed(data, ["Ada", "Ada", "Ben"]), resealed(data, [])):
        assert refusal(other).samples == ()
    bad = patched(data, "scales", 0, bytes(4))
    assert isinstance(refusal(bad, feature_shape=(6,)), WrongSpace)
    assert refusal(bad, feature_shape=(6,)).samples == ()


def test_a_problem_without_samples_says_nothing_of_them() -> None:
    document = ProblemDocument(Problem.IMPOSSIBLE, "here", "this", "that")
    assert b"samples" not in document.encode()
    assert ProblemDocument.parse(document.encode()).samples == ()


@pytest.mark.parametrize("samples", ["[-1]", "3", "[1.5]", str(list(range(257)))])
def test_samples_that_are_no_places_make_no_problem_document(samples: str) -> None:
    text = ProblemDocument(Problem.IMPOSSIBLE, "here", "this", "that").encode()
    with pytest.raises(ContractError):
        ProblemDocument.parse(text[:-1] + f',"samples":{samples}}}'.encode())


@pytest.fixture(scope="module")
def resealed() -> Callable[[bytes, list[object]], bytes]:
    """Put other labels into the table of an upload."""
    import json

    def seal(data: bytes, labels: list[object]) -> bytes:
        start = peek_upload_header(data, check=lambda value, /, *, where: str(value)).layout.data_start
        document = json.loads(data[8:start])
        document["__metadata__"]["labels"] = labels
        head = json.dumps(document).encode()
        return len(head).to_bytes(8, "little") + head + data[start:]

    return seal

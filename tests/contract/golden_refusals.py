"""What must be refused, as vectors: uploads and JSON by the service, envelopes and points by a device."""

import base64
import json
import struct
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from contract.codecs import Codec
from contract.documents import Json
from contract.errors import ContractError
from contract.problems import ProblemDocument
from contract.upload import Upload, encode_upload
from contract.upload_check import check_sealed_upload
from tests.contract.client_vectors import POINTS
from tests.contract.forgery import Change, Forgery, deflated, entry, metadata, patched, self_test, stored_as, without

SPACE = "5b" * 32
SHAPE = (4,)
LEAST_COSINE_PPM = 990_000
# Of three samples of four numbers in int4: features 3 x 2, scales 3 x 4, zeros 3 x 1, samples 3 x 22.
SCALES, ZEROS, SAMPLES, SIZE, ROW = 6, 18, 21, 87, 22

HEADERS: Mapping[str, Change] = {
    "no format": without("format"),
    "another version of the format": metadata(format=2),
    "a number that is no integer": metadata(format=1.0),
    "a space in capitals": metadata(space="5B" * 32),
    "another space": metadata(space="5c" * 32),
    "a shape that is not its tensors'": metadata(shape=[5]),
    "an unknown codec": metadata(codec="int2"),
    "the codec of other tensors": metadata(codec="int8"),
    "no samples": metadata(count=0),
    "more than 256 samples": metadata(count=257),
    "another count than the tensors": metadata(count=2),
    "no self-test": without("self_test"),
    "a self-test below the least cosine": self_test(cosine_ppm=LEAST_COSINE_PPM - 1),
    "a self-test of a cosine above 1": self_test(cosine_ppm=1_000_001),
    "a self-test of a cosine with a point": self_test(cosine_ppm=0.99),
    "a runtime of 129 characters": self_test(runtime="x" * 129),
    "an app without a name": self_test(app=""),
    "a system that is not ASCII": self_test(system="\u0394"),
    "a label twice": metadata(labels=["a", "b", "a"]),
    "a label of 65 code points": metadata(labels=["a", "b", "c" * 65]),
    "a label that is not trimmed": metadata(labels=["a", "b", " c"]),
    "a label that is not normalised": metadata(labels=["a", "b", "e\u0301"]),
    "a label with a control character": metadata(labels=["a", "b", "c\0"]),
    "a label that means nobody": metadata(labels=["a", "b", "Unknown"]),
    "fewer labels than are used": metadata(labels=["a", "b"]),
    "another size than the tensors": metadata(size=SIZE + 1),
    "less stored than there is": metadata(stored=SIZE - 1),
    "tensors that overlap": entry("zeros", data_offsets=[SCALES, SCALES + 3]),
    "a gap between tensors": entry("zeros", data_offsets=[ZEROS + 1, ZEROS + 4]),
    "a tensor of another type": entry("zeros", dtype="I8"),
}
SECTIONS: Mapping[str, Change] = {
    "a byte too many": lambda forgery: setattr(forgery, "section", forgery.section + b"x"),
    "a byte too few": lambda forgery: setattr(forgery, "section", forgery.section[:-1]),
    "a scale that is no number": patched(SCALES + 4, struct.pack("<f", np.nan)),
    "a scale of 0": patched(SCALES, bytes(4)),
    "a zero of 16 in int4": patched(ZEROS + 2, b"\x10"),
    "an index beyond the labels": patched(-2, b"\x03\x00"),
    "a sample twice": lambda forgery: patched(SAMPLES + 2 * ROW, forgery.section[SAMPLES : SAMPLES + 16])(forgery),
    "a deflate stream without zlib's header": stored_as(lambda section: deflated(bytes(SIZE))[2:-4]),
    "more inflated than size says": stored_as(lambda section: deflated(bytes(SIZE + 1))),
    "less inflated than size says": stored_as(lambda section: deflated(bytes(SIZE - 1))),
    "bytes after the zlib stream": stored_as(lambda section: deflated(bytes(SIZE)) + b"x"),
    "a zlib stream with a wrong checksum": stored_as(lambda section: deflated(bytes(SIZE))[:-1] + b"x"),
}
FLOATS: Mapping[str, Change] = {
    "a value just beyond 65,504": patched(4 * 4, struct.pack("<f", 65504.00390625)),
    "values just beyond 65,504, below zero": patched(8 * 4, struct.pack("<2f", -65504.00390625, -65504.00390625)),
    "a value that is no number, and one beyond 65,504": patched(3 * 4, struct.pack("<2f", np.nan, 1e30)),
}
"""What float32 can hold and no upload may have."""

STRICT_JSON: Mapping[str, bytes] = {
    "nothing": b"",
    "cut off": b'{"a":',
    "a second value": b"{} {}",
    "a byte order mark": b"\xef\xbb\xbf{}",
    "bytes that are no UTF-8": b'{"a":"\xff"}',
    "a surrogate in UTF-8": b'{"a":"\xed\xa0\x80"}',
    "a lone surrogate, escaped": b'{"a":"\\ud800"}',
    "a key twice": b'{"a":1,"a":1}',
    "a key twice, once escaped": b'{"a":1,"\\u0061":2}',
    "no number": b'{"a":NaN}',
    "infinity": b'{"a":-Infinity}',
    "a number beyond double": b'{"a":1e999}',
    "an integer of 2**53": b'{"a":9007199254740992}',
    "17 levels": b'{"a":' + b"[" * 17 + b"]" * 17 + b"}",
    "an integer of -2**53": b'{"a":-9007199254740992}',
    "a hexadecimal number": b'{"a":0x10}',
    "17 levels of objects": b'{"a":' * 17 + b"1" + b"}" * 17,
    "a lone surrogate in a key": b'{"\\udfff":1}',
    "a key twice, further in": b'{"a":{"b":1,"c":2,"b":3}}',
    "a NUL at the end": b"{}\0",
    "UTF-16": '{"a":1}'.encode("utf-16-le"),
    "a list in place of an object": b"[]",
    "null in place of an object": b"null",
    "single quotes": b"{'a':1}",
    "a comma at the end": b'{"a":1,}',
    "a comment": b'{"a":1} // one',
}


def _points(point: str, **changes: Json) -> dict[str, Json]:
    """The golden points, of which one is changed."""
    changed = dict(POINTS)
    before = changed[point]
    assert isinstance(before, dict)
    changed[point] = {**before, **changes}
    return changed


HEAD_POINTS: Mapping[str, tuple[float, Json]] = {
    "no object": (0.5, [0.75, 0.5, 0.375]),
    "an empty object": (0.5, {}),
    "a point that lacks": (0.5, {name: point for name, point in POINTS.items() if name != "friendly"}),
    "a point that is null": (0.5, {**POINTS, "strict": None}),
    "a threshold that lacks": (0.5, {**POINTS, "strict": {"known_ppm": None, "strangers_ppm": 0}}),
    "a threshold as text": (0.5, _points("strict", threshold="0.75")),
    "a threshold above 1": (0.5, _points("strict", threshold=1.25)),
    "a threshold below 0": (0.5, _points("friendly", threshold=-0.25)),
    "balanced above strict": (0.5, _points("strict", threshold=0.4375)),
    "friendly above balanced": (0.5, _points("friendly", threshold=0.625)),
    "a share above all": (0.5, _points("balanced", known_ppm=1_000_001)),
    "a share below none": (0.5, _points("balanced", strangers_ppm=-1)),
    "a share with a point": (0.5, _points("balanced", known_ppm=0.957)),
    "a share of strangers that is null": (0.5, _points("balanced", strangers_ppm=None)),
    "a threshold that is none of the points'": (0.625, dict(POINTS)),
}


def refused_points() -> Json:
    return [
        {"why": name, "threshold": threshold, "points": points} for name, (threshold, points) in HEAD_POINTS.items()
    ]


def refused_uploads(make_upload: Callable[..., Upload]) -> Json:
    """Each upload with what the service says of it."""
    right = encode_upload(make_upload(3, shape=SHAPE), codec=Codec.INT4)
    of_floats = encode_upload(make_upload(3, shape=SHAPE), codec=Codec.FLOAT32)
    of_another_shape = encode_upload(make_upload(3, shape=(6,)), codec=Codec.INT4)
    return [
        *(refused_upload(name, change, right) for name, change in {**HEADERS, **SECTIONS}.items()),
        refused_upload("features of another shape", lambda forgery: None, of_another_shape),
        *(refused_upload(name, change, of_floats) for name, change in FLOATS.items()),
    ]


def refused_upload(name: str, change: Change, right: bytes) -> Json:
    forgery = Forgery(right)
    change(forgery)
    data = forgery.seal()
    problem = judged(data)
    if problem is None:
        raise AssertionError(f"{name} is taken")
    samples: dict[str, Json] = {"samples": list(problem.samples)} if problem.samples else {}
    return {"why": name, "upload": data.hex(), "problem": problem.problem.value, **samples}


def judged(data: bytes) -> ProblemDocument | None:
    """Return what the service says of an upload; None where it takes it."""
    try:
        check_sealed_upload(data, space=SPACE, feature_shape=SHAPE, least_cosine_ppm=LEAST_COSINE_PPM)
    except ContractError as error:
        return ProblemDocument.of(error)
    return None


def refused_json() -> Json:
    return [{"why": name, "json": data.hex()} for name, data in STRICT_JSON.items()]


def refused_envelopes(envelope: bytes) -> Json:
    """Return envelopes like the golden one, none of which is signed by the golden key over what it holds."""
    document = json.loads(envelope)
    payload, [signature] = base64.b64decode(document["payload"]), document["signatures"]
    sig = base64.b64decode(signature["sig"])

    def signed(**changes: str) -> Sequence[Json]:
        return [{**signature, **changes}]

    changed: Mapping[str, Mapping[str, Json]] = {
        "another payload": {"payload": _base64(payload.replace(b'"serial":7', b'"serial":8'))},
        "the same payload, written otherwise": {"payload": _base64(payload.replace(b'"serial":7', b'"serial": 7'))},
        "another payload type": {"payloadType": "application/vnd.fedex.other+json"},
        "another signature": {"signatures": signed(sig=_base64(sig[:-1] + bytes([sig[-1] ^ 1])))},
        "a good signature under the id of another key": {"signatures": signed(keyid="0" * 16)},
        "a signature of 63 bytes": {"signatures": signed(sig=_base64(sig[:-1]))},
        "no signature": {"signatures": []},
        "17 signatures": {"signatures": list(signed()) * 17},
        "no payload": {"payload": None},
    }
    return [{"why": name, "envelope": {**document, **change}} for name, change in changed.items()]


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()

"""Spaces: how the space of features is named where a detector says what the prefix looks at."""

import hashlib

from contract.documents import encode_json
from contract.face_parameters import FaceParameters


def faces_space(*, prefix_sha256: str, detector_sha256: str, parameters: FaceParameters) -> str:
    """Name the space of a prefix, a detector and how faces are cut out: another one of the three, another space.

    Both hashes are in hexadecimal, as is the name: the sha256 of "fedex-space-1" + both hashes (32 bytes each) + the
    parameters as `bundle.json` has them.
    """
    hashes = bytes.fromhex(prefix_sha256) + bytes.fromhex(detector_sha256)
    return hashlib.sha256(b"fedex-space-1" + hashes + encode_json(parameters.document())).hexdigest()

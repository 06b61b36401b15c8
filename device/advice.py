"""Advises people on what to do about a failure; errors themselves only say what went wrong."""

from __future__ import annotations

from contract.problems import Problem
from device.errors import (
    AnotherService,
    ClockAhead,
    CopiedIdentity,
    DamagedIdentity,
    EnrolmentError,
    Expired,
    KeptBack,
    KeyRefused,
    ProtocolViolation,
    Redirected,
    Refused,
    SpaceRetired,
    Storage,
    TensorError,
    TensorFlaw,
    Unsendable,
    UnsentUploads,
)

_REPORT = "this is a bug: please report it"
_ASK = "ask the operator of the service"
_REPEAT = "infer these photos again, and repeat the feedback"
_MEND = (
    "answers go on, and may be wrong: update this program and its TFLite runtime, or try another (FEDEX_RUNTIME); then "
    f"{_REPEAT}"
)
_ELSEWHERE = (
    "is FEDEX_URL the new address of the same service? if it is another one, or one that has forgotten this device, "
    "fedex-device enrol --again"
)
_RETIRED = "its network is retired; feedback is kept: get the new bundle, and set FEDEX_BUNDLE"
_OF_PROBLEM: dict[str, str] = {
    Problem.MALFORMED: _REPORT,
    Problem.METHOD_NOT_ALLOWED: _REPORT,
    Problem.LENGTH_REQUIRED: _REPORT,
    Problem.UNSUPPORTED_MEDIA_TYPE: _REPORT,
    Problem.IMPOSSIBLE: _REPORT,
    Problem.WRONG_SPACE: _REPORT,
    Problem.NOT_ACCEPTABLE: "update this program: it reads no format that the service has",
    Problem.RETIRED_SPACE: _RETIRED,
    Problem.UNSUPPORTED_VERSION: "update this program, then fedex-device push --refused",
    Problem.SELF_TEST_FAILED: _MEND,
    Problem.FORBIDDEN: _ASK,
    Problem.UNKNOWN_SPACE: _ASK,
    Problem.UNKNOWN_PATH: "is FEDEX_URL the service's address, path included? ask its operator",
    Problem.UNAUTHENTICATED: "the service does not know this device: fedex-device enrol",
}
_OF_TENSOR: dict[TensorFlaw | None, str] = {
    TensorFlaw.FILE: "this bundle takes tensors: write one with numpy.save(path, array)",
    TensorFlaw.ARCHIVE: "save one array of it by itself: numpy.save(path, numpy.load(archive)[name])",
    TensorFlaw.DAMAGED: "write it again with numpy.save(path, array), one array a file",
    TensorFlaw.OBJECTS: "convert it with .astype(numpy.{dtype}); lists of several lengths are no tensor",
    TensorFlaw.DTYPE: "convert it with .astype(numpy.{dtype})",
    TensorFlaw.KIND: "scale its numbers as those that the network was trained on, then .astype(numpy.{dtype})",
    TensorFlaw.BATCH: "one file or array is one example: give x[0], x[1], ... by themselves",
    TensorFlaw.TRANSPOSED: "its axes are in the opposite order: give x.T",
    TensorFlaw.FLAT: "if its numbers are in that order, .reshape{shape}",
    TensorFlaw.SHAPE: "cut or pad it as those that the network was trained on",
    TensorFlaw.NOT_FINITE: "numpy.isfinite(x) shows where",
    TensorFlaw.BEYOND: "its numbers are far from those that the network was trained on",
}


def with_advice(error: Exception) -> str:
    """Say what went wrong, and in brackets what can be done about it where that is known."""
    advised = advice(error)
    return f"{error} ({advised})" if advised else str(error)


def advice(error: Exception) -> str:
    """Tell what can be done about a failure; empty where its message says it all. Pure."""
    match error:
        case Refused(problem=problem):
            return _OF_PROBLEM.get(problem, "")
        case TensorError(flaw=flaw, dtype=dtype, shape=shape):
            return _OF_TENSOR.get(flaw, "").format(dtype=dtype, shape=shape)
        case SpaceRetired():
            return _RETIRED
        case AnotherService():
            return _ELSEWHERE
        case ClockAhead():
            return "this device's clock runs ahead: set it"
        case Expired():
            return "is this device's clock right? if so, ask the service's operator: its worker renews what it signs"
        case Redirected():
            return "FEDEX_URL is to be the address of the service itself; a network that asks for a login redirects too"
        case ProtocolViolation():
            return "nothing is lost, and the next try starts anew; is FEDEX_URL the service's, or another program's?"
        case Unsendable():
            return "the others are uploaded without it; fedex-device feedback ID --label NAME replaces a wrong label"
        case KeptBack(can_mend=can_mend):
            return _MEND if can_mend else _REPEAT
        case KeyRefused():
            return "is this the service that the code is for? compare the key's fingerprint with its operator"
        case CopiedIdentity():
            return (
                "if this machine took the place of the other, fedex-device enrol; if both are used, enrol --again here"
            )
        case DamagedIdentity():
            return "who this device was is lost: fedex-device enrol --again makes it another one, and feedback stays"
        case EnrolmentError():
            return "fedex-device enrol, or enrol --again to give up an old identity"
        case UnsentUploads():
            return "fedex-device push first; they were sealed for this identity"
        case Storage():
            return "is there room, and may this user write there?"
    return ""

"""Decides what becomes of an upload that was not acknowledged, and whether the push goes on. Pure.

the service names the samples that are at fault                  set these aside, seal the others anew and go on
too large, or cut off on its way, and it can be taken apart      split it and go on
the service refuses its bytes, or they were damaged in the cache  set it aside and go on
its space is retired, or the service does not know it            note why and go on: others may be of another one
anything else: who asks and how, a service in trouble, a proxy   note why and stop: the others would fare no better
"""

from __future__ import annotations

from enum import Enum, auto
from http import HTTPStatus

from contract.problems import Problem
from device.errors import CutOff, DeviceError, Refused, SpaceRetired, Storage, Unexplained

UPLOADS_FAULT = frozenset(
    {
        Problem.MALFORMED,
        Problem.UNSUPPORTED_VERSION,
        Problem.TOO_LARGE,
        Problem.IMPOSSIBLE,
        Problem.WRONG_SPACE,
        Problem.SELF_TEST_FAILED,
    }
)
"""Refusals of one upload's bytes. Others (who asks and how, an unknown space) say nothing against them."""

OF_SAMPLES = frozenset({Problem.MALFORMED, Problem.TOO_LARGE, Problem.IMPOSSIBLE})
"""Refusals that can be for the fault of some samples."""


class Reaction(Enum):
    """What is done about one upload that was not acknowledged."""

    SET_SAMPLES_ASIDE = auto()
    """The samples that are at fault are set aside, the others sealed anew, and the push goes on."""
    SPLIT = auto()
    """Its feedback is sealed anew, in smaller uploads, and the push goes on."""
    SET_ASIDE = auto()
    """It is kept, and not sent again until `push --refused`; the push goes on."""
    NOTE_AND_GO_ON = auto()
    """It waits for the next push; this one goes on."""
    NOTE_AND_STOP = auto()
    """It waits for the next push, as does all that is not acknowledged."""


def react(error: DeviceError, *, can_split: bool) -> Reaction:
    """Decide what is done about an upload that met an error.

    Args:
        error: what sending it raised; `Storage` where its bytes were damaged in the cache.
        can_split: whether it can be taken apart: not a single sample, nor one whose feedback is not all here.
    """
    match error:
        case Refused(problem=problem, samples=samples) if samples and problem in OF_SAMPLES and can_split:
            return Reaction.SET_SAMPLES_ASIDE
        case Refused(problem=Problem.TOO_LARGE) if can_split:
            return Reaction.SPLIT
        case CutOff() if can_split:
            return Reaction.SPLIT  # a line that does not last for all of it may last for half
        case Unexplained(status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE) if can_split:
            return Reaction.SPLIT  # a proxy's bound; smaller uploads lose nothing, whoever set it
        case Refused(problem=problem) if problem in UPLOADS_FAULT:
            return Reaction.SET_ASIDE
        case Storage():
            return Reaction.SET_ASIDE
        case Refused(problem=Problem.UNKNOWN_SPACE | Problem.RETIRED_SPACE) | SpaceRetired():
            return Reaction.NOTE_AND_GO_ON
    return Reaction.NOTE_AND_STOP

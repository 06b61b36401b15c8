"""The check that every route below /v1/spaces/{space} makes first."""

from __future__ import annotations

from cloud.errors import RequestRefused
from cloud.identity.devices import EnrolledDevice
from cloud.web.service import current_context
from contract.bundle_files import BundleFacts
from contract.errors import shown
from contract.problems import Problem


def known_space(space: str, *, device: EnrolledDevice) -> BundleFacts:
    """Return what is known of a space.

    Raises:
        RequestRefused: it is retired for the device's group, or not registered here.
    """
    context = current_context()
    if space in context.retired_spaces(device.group):
        raise RequestRefused(Problem.RETIRED_SPACE, "path.space", expected="a space that is current", got=shown(space))
    facts = context.facts(space)
    if facts is None:
        raise RequestRefused(Problem.UNKNOWN_SPACE, "path.space", expected="a registered space", got=shown(space))
    return facts

"""Which variables processes that train must not see: they need neither store nor network. Pure.

They run what training bundles hold, and a variable is read by anything in a process, also by what it starts in turn.
A file in the user's home folder can be read by them all the same, as can the worker's own memory: against that there is
another user.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

SECRET = re.compile(
    r"(FEDEX|AWS|GOOGLE|AZURE|RAY)_.*|.*_PROXY|.*(SECRET|TOKEN|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|APIKEY|[A-Z]_KEY).*",
    re.IGNORECASE,
)
"""Our settings with codes, those of stores and clusters, proxies, whose addresses have passwords, and named secrets."""


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of an environment that are no secrets by their names."""
    return {name: value for name, value in environment.items() if not SECRET.fullmatch(name)}

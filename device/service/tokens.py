"""Takes another token in place of an old one, so that one that leaked or was copied does not count for ever.

The service takes the old one until the new one is used, and the new one is kept before it is used, by one rename:
killed at any instant, the device has a token that counts. Before it was kept, the next try asks for yet another one.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from device.service.client import Client
from device.service.identity import Identity, holding_identity, keep_identity, require_identity

TOKEN_LIFE_S = 30 * 86_400


def is_token_old(identity: Identity, *, now: float) -> bool:
    """Tell whether a token wants to be replaced, at `now` in Unix seconds by this device's clock. Pure.

    One that seems to have come as long after now is old too: the clock was ahead then, perhaps by years.
    """
    return identity.token_since is not None and abs(now - identity.token_since) >= TOKEN_LIFE_S


def renew_token(home: Path, client: Client, *, now: float) -> Identity:
    """Replace the token if it is old; return who this device is then.

    Raises:
        Refused, TryLater, Untrusted: as `Client.new_token`; the token stays and counts.
        EnrolmentError: the device is not enrolled any more.
        Storage: the new one could not be kept; the old one counts.
    """
    with holding_identity(home):
        before = require_identity(home)
        if not is_token_old(before, now=now):
            return before  # another process was first
        after = replace(before, token=client.new_token(), token_since=int(now))
        keep_identity(home, after)
    return after

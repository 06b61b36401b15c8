"""The command that invites devices."""

from __future__ import annotations

import click

from cloud.admin.invitations import invite_all
from cloud.commands.surroundings import settings_here
from cloud.errors import StoreError, StoreRefused
from cloud.store import open_store
from contract.invitation import shown_fingerprint


@click.command()
@click.option("--url", required=True, help="Where devices find the service, such as https://fedex.example.org.")
def invite(url: str) -> None:
    """Print for each code of FEDEX_ENROLMENT what its devices need: code, the key's fingerprint, and both as a link.

    The link is what a QR code for the group holds. It is as secret as the code. Codes of the store are shown when they
    are made alone, and so are their links: `codes add --url`.
    """
    settings = settings_here()
    try:
        invitations = invite_all(open_store(settings.store), settings.enrolment, url=url)
    except StoreError as error:
        raise StoreRefused(f"{settings.store}: {error.reason}") from error
    for group, invitation in invitations:
        digits = shown_fingerprint(invitation.fingerprint)
        click.echo(f"group {group}: code {invitation.code}, key {digits}")
        click.echo(f"  {invitation.encode()}")

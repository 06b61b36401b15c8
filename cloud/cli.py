"""The command line of the service: where its commands are listed, and what becomes of their errors."""

from __future__ import annotations

import sys

import click

from cloud.commands import (
    bundles,
    checking,
    codes,
    devices,
    erasing,
    invitations,
    labels,
    operators,
    releases,
    running,
    signing_keys,
    spaces,
    status,
    stores,
)
from cloud.errors import CloudError
from contract import command_line


def main() -> None:
    """Run the command line; an error is one line and status 1, or 2 for a command that does not exist."""
    try:
        commands(standalone_mode=False, prog_name="fedex-cloud")
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(error.exit_code)
    except click.ClickException as error:
        click.echo(f"fedex-cloud: {error.format_message()}", err=True)
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(command_line.INTERRUPTED)
    except CloudError as error:
        sys.exit(f"fedex-cloud: {error}")
    except OSError as error:  # as standard output on a full disk
        sys.exit(f"fedex-cloud: {error.filename or 'output'}: {error.strerror or error}")


@click.group()
def commands() -> None:
    """FEDEx in the cloud. Settings come from the environment: see the README's table."""


for each in (
    running.serve,
    running.worker,
    checking.check,
    bundles.bundle,
    releases.releases,
    spaces.space,
    invitations.invite,
    signing_keys.keys,
    status.status,
    codes.group,
    devices.group,
    labels.group,
    operators.group,
    stores.backup,
    stores.restore,
    stores.fsck,
    erasing.erase,
    erasing.list_erasures,
    erasing.export_samples,
):
    commands.add_command(each)


if __name__ == "__main__":
    command_line.run(main)

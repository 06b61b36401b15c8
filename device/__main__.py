"""Where `fedex-device` begins, and `python -m device`: everything else is loaded behind `contract.command_line`."""

from contract.command_line import start


def main() -> None:
    """Run the command line and end the process with its status."""
    start("device.cli")


if __name__ == "__main__":
    main()

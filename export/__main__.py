"""Where `fedex-export` begins, and `python -m export`: everything else is loaded behind `contract.command_line`."""

from contract.command_line import start


def main() -> None:
    """Run the command line and end the process with its status."""
    start("export.cli")


if __name__ == "__main__":
    main()

"""`python -m bench.peers [EXHIBIT...]`; bare `make peers` is all of them."""

from bench.evidence.cli import run_part


def main() -> int:
    """Run the command line."""
    return run_part("bench.peers")

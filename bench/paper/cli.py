"""`python -m bench.paper [EXHIBIT...]`; bare `make paper` is all of them."""

from bench.evidence.cli import run_part


def main() -> int:
    """Run the command line."""
    return run_part("bench.paper")

"""`python -m bench.paper`."""

from contract.command_line import start

if __name__ == "__main__":
    start("bench.paper.cli")

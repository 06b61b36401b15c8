"""Where `python -m bench.learning` begins: everything else is loaded behind `contract.command_line`."""

from contract.command_line import start

if __name__ == "__main__":
    start("bench.learning.cli")

"""`python -m bench.peers`."""

from contract.command_line import start

if __name__ == "__main__":
    start("bench.peers.cli")

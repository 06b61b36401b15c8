"""Several commands of one device in one process, as an app would run them: `python -m demo.running.session`.

Each line of standard input is a JSON list, the arguments of one `fedex-device` command; the commands print as always.
The first that fails ends the session with its status.
"""

import json
import sys

from device.cli import run_command


def main() -> int:
    """Run the commands; return the first status that is not 0."""
    for line in sys.stdin:
        status = run_command(json.loads(line))
        if status:
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Where FEDEx's commands are: beside the Python that runs the demo."""

import sysconfig
from pathlib import Path

from demo.errors import DemoError

NAMES = ("fedex-export", "fedex-device", "fedex-cloud")


def command(name: str) -> str:
    """Return the path of an installed command.

    Raises:
        DemoError: it is not installed.
    """
    path = Path(sysconfig.get_path("scripts")) / name
    if not path.is_file():
        raise DemoError(f"{path}: expected FEDEx to be installed (make install), got no such file")
    return str(path)

"""The lowest version of each library that setup.cfg allows: as constraints for pip, and whether they are installed.

python tests/lowest.py device            prints the constraints
python tests/lowest.py device --check    fails unless exactly these versions are installed here
"""

import sys
from configparser import ConfigParser
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version

SETUP = Path(__file__).resolve().parents[1] / "setup.cfg"


def extras() -> list[str]:
    """List the extras of the project."""
    return list(_setup()["options.extras_require"])


def requirements(extra: str) -> list[Requirement]:
    """List what the project itself and one of its extras ask for."""
    setup = _setup()
    lines = setup["options"]["install_requires"] + setup["options.extras_require"][extra]
    return [Requirement(line) for line in lines.split("\n") if line.strip()]


def lower_bounds(extra: str) -> dict[str, Version]:
    """Return the lowest version of each library that is asked for on this machine."""
    wanted = [one for one in requirements(extra) if one.marker is None or one.marker.evaluate()]
    return {one.name: bound(one, ">=") for one in wanted}


def bound(requirement: Requirement, operator: str) -> Version:
    """Return the version that a requirement names after `operator`, of which it has to have one."""
    [version] = [one.version for one in requirement.specifier if one.operator == operator]
    return Version(version)


def differences(extra: str) -> list[str]:
    """Compare the lower bounds with what is installed here; one line for each that differs."""
    found = {name: Version(metadata.version(name)) for name in lower_bounds(extra)}
    return [
        f"{name}: expected {version}, got {found[name]}"
        for name, version in lower_bounds(extra).items()
        if found[name] != version
    ]


def _setup() -> ConfigParser:
    setup = ConfigParser()
    setup.read(SETUP)
    return setup


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit("\n".join(differences(sys.argv[1])) or 0)
    print("\n".join(f"{name}=={version}" for name, version in lower_bounds(sys.argv[1]).items()))

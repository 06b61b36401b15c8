"""The extras of setup.cfg stay lean: a phone and a web server install nothing that trains."""

import re
from configparser import ConfigParser
from pathlib import Path

import pytest

SETUP = Path(__file__).resolve().parents[2] / "setup.cfg"
TRAINS = {"tensorflow", "tensorflow-cpu", "keras", "jax", "h5py"}
SERVES = {"flask", "gunicorn", "boto3"}


def required_by(extra: str) -> set[str]:
    """The names of the libraries that an extra asks for."""
    config = ConfigParser()
    config.read(SETUP)
    lines = config["options.extras_require"][extra].split("\n")
    return {re.split(r"[\[<>=;~! ]", line, maxsplit=1)[0].lower() for line in lines if line}


@pytest.mark.parametrize(("extra", "without"), [("device", TRAINS | SERVES), ("cloud", TRAINS)])
def test_an_extra_asks_for_nothing_that_belongs_elsewhere(extra: str, without: set[str]) -> None:
    """Nor for another extra, which might; what its libraries ask for is looked at by `make test-wheel`."""
    assert required_by(extra)
    assert required_by(extra).isdisjoint(without | {"fedex"})


def test_only_what_exports_or_trains_asks_for_tensorflow() -> None:
    config = ConfigParser()
    config.read(SETUP)
    assert {extra for extra in config["options.extras_require"] if required_by(extra) & TRAINS} == {"export", "gpu"}

"""The only home of the service's settings: one frozen value, built once from the environment.

Each field carries its variable, unit and line of help as metadata, so that the README's table and the error messages
come from one place. Credentials of an S3 store are not here: boto3 finds them by itself where AWS clients look.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any

from cloud.errors import SettingError
from contract.errors import shown
from contract.patterns import CODE_PATTERN, GROUP_PATTERN

MIN_CODE_LENGTH = 8

_BIND = re.compile(r"(?:\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9.-]{1,253}):(?P<port>[0-9]{1,5})")


def _text(value: str) -> str:
    return value


def _whole(value: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", value) or int(value) == 0:
        raise ValueError("a whole number of at least 1")
    return int(value)


def _seconds(value: str) -> float:
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]+)?", value) or float(value) == 0:
        raise ValueError("a positive number of seconds")
    return float(value)


def _bind(value: str) -> str:
    match = _BIND.fullmatch(value)
    if match is None or int(match["port"]) >= 1 << 16:
        raise ValueError("ADDRESS:PORT with a port of 0 to 65535")
    return value


def _accelerators(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _enrolment(value: str) -> dict[str, str]:
    """Codes and the groups that they open; codes are secrets, so no message repeats one."""
    groups: dict[str, str] = {}
    for number, part in enumerate((part for part in value.split(",") if part.strip()), start=1):
        code, equals, group = part.strip().rpartition("=")
        if not equals or not GROUP_PATTERN.fullmatch(group):
            raise ValueError(f"CODE=GROUP with a group of lower-case letters, digits and hyphens as entry {number}")
        if len(code) < MIN_CODE_LENGTH or not CODE_PATTERN.fullmatch(code):
            raise ValueError(f"a code of {MIN_CODE_LENGTH} to 128 visible ASCII characters in entry {number}")
        if code in groups:
            raise ValueError(f"codes that differ, but entry {number} repeats one")
        groups[code] = group
    return groups


def _variable(name: str, parse: Callable[[str], Any], help: str) -> dict[str, Any]:
    return {"name": name, "parse": parse, "help": help}


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator chooses. ``enrolment`` holds secrets and stays out of ``repr``."""

    store: str = field(
        metadata=_variable("FEDEX_STORE", _text, "where everything is kept: dir:PATH or s3://BUCKET[?endpoint=URL]")
    )
    enrolment: Mapping[str, str] = field(
        default_factory=dict,
        repr=False,
        metadata=_variable(
            "FEDEX_ENROLMENT", _enrolment, "codes that let devices in, and their groups: CODE=GROUP[,CODE=GROUP]"
        ),
    )
    state: Path = field(
        default=Path("fedex-state"),
        metadata=_variable("FEDEX_STATE", Path, "the worker's private folder: signing key and scratch"),
    )
    bind: str = field(
        default="127.0.0.1:8000",
        metadata=_variable("FEDEX_BIND", _bind, "address and port that the service listens on"),
    )
    processes: int = field(default=2, metadata=_variable("FEDEX_WEB_PROCESSES", _whole, "web processes"))
    threads: int = field(default=16, metadata=_variable("FEDEX_WEB_THREADS", _whole, "threads of each web process"))
    stall_s: float = field(
        default=20.0,
        metadata=_variable("FEDEX_STALL_S", _seconds, "seconds without a byte after which a connection is given up"),
    )
    poll_s: float = field(
        default=1.0, metadata=_variable("FEDEX_POLL_S", _seconds, "seconds between two looks at the inbox")
    )
    min_new: int = field(
        default=1,
        metadata=_variable("FEDEX_MIN_NEW", _whole, "new or corrected samples that start a training cycle"),
    )
    trials: int = field(default=2, metadata=_variable("FEDEX_TRIALS", _whole, "trials of a training cycle"))
    trial_deadline_s: float = field(
        default=3600.0, metadata=_variable("FEDEX_TRIAL_DEADLINE_S", _seconds, "seconds after which a trial is ended")
    )
    accelerators: tuple[str, ...] = field(
        default=(),
        metadata=_variable(
            "FEDEX_ACCELERATORS", _accelerators, "CUDA devices to train on, one trial each; empty: the CPU"
        ),
    )
    manifest_life_s: float = field(
        default=30 * 86400.0,
        metadata=_variable("FEDEX_MANIFEST_LIFE_S", _seconds, "seconds for which a signed release counts as news"),
    )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read every setting once; an empty variable counts as not set.

        Raises:
            SettingError: one is missing or wrong; the message names it and what was expected.
        """
        values = {}
        for each in fields(cls):
            text = environment.get(each.metadata["name"], "").strip()
            if text:
                values[each.name] = _parse(each, text)
            elif each.default is MISSING and each.default_factory is MISSING:
                raise SettingError(f"{each.metadata['name']} is not set: {each.metadata['help']}")
        return cls(**values)


def settings_table() -> Iterator[tuple[str, str, str]]:
    """Variable, default ("" for none) and help of each setting, for the README."""
    for each in fields(Settings):
        yield each.metadata["name"], _shown(each.default), each.metadata["help"]


def _parse(setting: Field[Any], text: str) -> Any:
    try:
        return setting.metadata["parse"](text)
    except ValueError as error:
        got = f", got {shown(text)}" if setting.repr else ""
        raise SettingError(f"{setting.metadata['name']}: expected {error}{got}") from None


def _shown(default: object) -> str:
    if default is MISSING or default == ():
        return ""
    return f"{default:.0f}" if isinstance(default, float) else str(default)

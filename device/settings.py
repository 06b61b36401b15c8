"""The only home of what the device reads from the environment; the table of settings is made from the same fields."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from contract.codecs import DEFAULT_CODEC, Codec
from contract.manifest import Channel, Precision
from contract.patterns import CODE_PATTERN
from contract.upload import LIMITS
from device.errors import SettingError
from device.recognise.tflite import RUNTIME_MODULES

Name = TypeVar("Name", bound=str)


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One row of the README's table."""

    variable: str
    default: str
    unit: str
    help: str


def _about(variable: str, parse: Callable[[str], object], *, help: str, unit: str = "") -> dict[str, Any]:
    return {"variable": variable, "parse": parse, "unit": unit, "help": help}


def _number(*, low: float, high: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", text) or not low <= float(text) <= high:
            raise ValueError(f"a number from {low:g} to {high:g}")
        return float(text)

    return parse


def _whole(*, low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or not low <= int(text) <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return int(text)

    return parse


def _one_of(names: Iterable[Name]) -> Callable[[str], Name]:
    known = {str(name): name for name in names}

    def parse(text: str) -> Name:
        if text not in known:
            raise ValueError(f"one of {', '.join(known)}")
        return known[text]

    return parse


def _yes_or_no(text: str) -> bool:
    if text not in ("0", "1"):
        raise ValueError("0 or 1")
    return text == "1"


def _path(text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError as error:  # no such user, or none that this process runs as
        raise ValueError("a path, its ~ a home folder that there is") from error


def _url(text: str) -> str:
    expected = "an address like https://fedex.example.org"
    try:
        parts = urlsplit(text)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError as error:
        raise ValueError(expected) from error
    if not whole or parts.query or parts.fragment or parts.username or not text.isprintable() or " " in text:
        raise ValueError(expected)
    return text.rstrip("/")


def _code(text: str) -> str:
    if not CODE_PATTERN.fullmatch(text):
        raise ValueError("1 to 128 visible ASCII characters")
    return text


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set on a device. An empty variable counts as a missing one."""

    home: Path = field(
        default=Path("~/.fedex"),
        metadata=_about(
            "FEDEX_HOME", _path, help="folder of this device: its identity, its cache of features, its heads"
        ),
    )
    bundle: Path | None = field(
        default=None,
        metadata=_about("FEDEX_BUNDLE", _path, help="folder of the device bundle that `fedex-export` wrote"),
    )
    url: str | None = field(
        default=None,
        metadata=_about(
            "FEDEX_URL", _url, help="the service; after enrolment only to name a new address of the same one"
        ),
    )
    enrolment_code: str | None = field(
        default=None,
        repr=False,
        metadata=_about("FEDEX_ENROLMENT_CODE", _code, help="the operator's code; only `enrol` needs it"),
    )
    runtime: str | None = field(
        default=None,
        metadata=_about(
            "FEDEX_RUNTIME",
            _one_of(RUNTIME_MODULES),
            help=f"TFLite runtime, {' or '.join(RUNTIME_MODULES)}; the first that works if not set",
        ),
    )
    threads: int = field(
        default=1,
        metadata=_about("FEDEX_THREADS", _whole(low=1, high=64), unit="threads", help="for one run of the prefix"),
    )
    codec: Codec = field(
        default=DEFAULT_CODEC,
        metadata=_about("FEDEX_CODEC", _one_of(Codec), help="how features are stored in an upload"),
    )
    head: Precision = field(
        default=Precision.DYNAMIC,
        metadata=_about(
            "FEDEX_HEAD",
            _one_of(Precision),
            help="precision of the head to download; another one where a release does not offer it",
        ),
    )
    channel: Channel = field(
        default=Channel.BEST, metadata=_about("FEDEX_CHANNEL", _one_of(Channel), help="line of releases to follow")
    )
    top: int = field(
        default=3,
        metadata=_about(
            "FEDEX_TOP", _whole(low=1, high=20), unit="labels", help="how many labels an answer shows and keeps"
        ),
    )
    max_unfed: int = field(
        default=1000,
        metadata=_about(
            "FEDEX_MAX_UNFED",
            _whole(low=1, high=1_000_000),
            unit="inferences",
            help="how many without waiting feedback are kept; the oldest go first",
        ),
    )
    upload_samples: int = field(
        default=LIMITS.max_samples,
        metadata=_about(
            "FEDEX_UPLOAD_SAMPLES",
            _whole(low=1, high=LIMITS.max_samples),
            unit="samples",
            help="the most that go into one upload",
        ),
    )
    timeout_s: float = field(
        default=20.0,
        metadata=_about(
            "FEDEX_TIMEOUT_S",
            _number(low=0.1, high=3600),
            unit="seconds",
            help="without progress, after which the service counts as unreachable",
        ),
    )
    ca_file: Path | None = field(
        default=None,
        metadata=_about("FEDEX_CA_FILE", _path, help="certificates to trust instead of the usual ones (PEM)"),
    )
    plain_http: bool = field(
        default=False,
        metadata=_about(
            "FEDEX_PLAIN_HTTP",
            _yes_or_no,
            help="1: allow http:// to other machines; features and token then travel in the clear",
        ),
    )
    interval_s: float = field(
        default=60.0,
        metadata=_about(
            "FEDEX_INTERVAL_S", _number(low=0.1, high=86_400), unit="seconds", help="between two rounds of `run`"
        ),
    )
    need_charging: bool = field(
        default=True, metadata=_about("FEDEX_NEED_CHARGING", _yes_or_no, help="1: `run` waits for external power")
    )
    need_idle: bool = field(
        default=True, metadata=_about("FEDEX_NEED_IDLE", _yes_or_no, help="1: `run` waits until the device is idle")
    )
    need_unmetered: bool = field(
        default=True,
        metadata=_about("FEDEX_NEED_UNMETERED", _yes_or_no, help="1: `run` waits for an unmetered network"),
    )
    idle_load: float = field(
        default=0.5,
        metadata=_about(
            "FEDEX_IDLE_LOAD",
            _number(low=0.0, high=1000),
            unit="load a core",
            help="below this the device counts as idle",
        ),
    )

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "home", _path(str(self.home)))
        except ValueError as error:
            raise SettingError(f"FEDEX_HOME: expected {error}, got {str(self.home)!r}") from error

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read every setting once.

        Raises:
            SettingError: names the variable, what was expected and what came; a secret is never repeated.
        """
        return cls(**{one.name: _read(one, environment) for one in fields(cls) if environment.get(_variable(one))})

    def require_bundle(self) -> Path:
        """Return the bundle's folder.

        Raises:
            SettingError: it is not set.
        """
        if self.bundle is None:
            raise SettingError("FEDEX_BUNDLE: expected the folder of a device bundle, got nothing")
        return self.bundle

    def require_url(self) -> str:
        """Return the service's address.

        Raises:
            SettingError: it is not set.
        """
        if self.url is None:
            raise SettingError("FEDEX_URL: expected the address of the service, got nothing")
        return self.url

    def require_enrolment_code(self) -> str:
        """Return the enrolment code.

        Raises:
            SettingError: it is not set.
        """
        if self.enrolment_code is None:
            raise SettingError("FEDEX_ENROLMENT_CODE: expected the operator's code, got nothing")
        return self.enrolment_code


def setting_rows() -> tuple[SettingRow, ...]:
    """Describe every setting, in the order of `Settings`, for README's table."""
    return tuple(
        SettingRow(_variable(one), _shown(one.default), one.metadata["unit"], one.metadata["help"])
        for one in fields(Settings)
    )


def _read(one: Field[Any], environment: Mapping[str, str]) -> Any:
    text = environment[_variable(one)]
    try:
        return one.metadata["parse"](text)
    except ValueError as error:
        got = repr(text) if one.repr else "another text"
        raise SettingError(f"{_variable(one)}: expected {error}, got {got}") from error


def _variable(one: Field[Any]) -> str:
    return str(one.metadata["variable"])


def _shown(default: Any) -> str:
    if default is None:
        return ""
    if isinstance(default, bool):
        return str(int(default))
    return f"{default:g}" if isinstance(default, float) else str(default)

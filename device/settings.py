"""The device's settings: one frozen value, built once from the environment (`contract.environment`)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from contract.codecs import DEFAULT_CODEC, Codec
from contract.environment import number, one_of, path, read_variables, variable, whole, yes_or_no
from contract.errors import ContractError, UnsupportedVersion
from contract.invitation import Invitation, parse_fingerprint
from contract.manifest import Channel, Precision
from contract.patterns import CODE_PATTERN
from contract.unknown import Strictness
from contract.upload import LIMITS
from device.errors import SettingError
from device.recognise.tflite import RUNTIME_MODULES


def _url(text: str) -> str:
    expected = "an address like https://fedex.example.org"
    try:
        parts = urlsplit(text)
        complete = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError as error:
        raise ValueError(expected) from error
    if not complete or parts.query or parts.fragment or parts.username or not text.isprintable() or " " in text:
        raise ValueError(expected)
    return text.rstrip("/")


def _fingerprint(text: str) -> str:
    try:
        return parse_fingerprint(text)
    except ContractError as error:
        raise ValueError(error.expected) from error


def _invitation(text: str) -> Invitation:
    expected = "an invitation as `fedex-cloud invite` prints it"
    try:
        invited = Invitation.parse(text)
        return replace(invited, url=_url(invited.url))
    except UnsupportedVersion as error:
        raise ValueError(f"{expected}, of version {error.expected}: update this program for one of another") from error
    except ValueError as error:  # a ContractError is one
        raise ValueError(expected) from error


def _code(text: str) -> str:
    if not CODE_PATTERN.fullmatch(text):
        raise ValueError("1 to 128 visible ASCII characters")
    return text


@dataclass(frozen=True, slots=True)
class Enrolling:
    """What a device needs to enrol."""

    url: str
    code: str = field(repr=False)
    fingerprint: str | None
    """Of a key of the service; None: the first answer is believed."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set on a device."""

    home: Path = field(
        default=Path("~/.fedex"),
        metadata=variable(
            "FEDEX_HOME", path, help="folder of this device: its identity, its cache of features, its heads"
        ),
    )
    bundle: Path | None = field(
        default=None,
        metadata=variable("FEDEX_BUNDLE", path, help="folder of the device bundle that `fedex-export` wrote"),
    )
    url: str | None = field(
        default=None,
        metadata=variable(
            "FEDEX_URL",
            _url,
            help="the service; after enrolment only to name a new address of the same one, which proves itself",
        ),
    )
    enrolment_code: str | None = field(
        default=None,
        repr=False,
        metadata=variable("FEDEX_ENROLMENT_CODE", _code, help="the operator's code; only `enrol` needs it"),
    )
    key_fingerprint: str | None = field(
        default=None,
        metadata=variable(
            "FEDEX_KEY_FINGERPRINT",
            _fingerprint,
            help="of the service's key, 32 hex digits; `enrol` sends nothing to a service without it",
        ),
    )
    invitation: Invitation | None = field(
        default=None,
        repr=False,
        metadata=variable(
            "FEDEX_INVITATION",
            _invitation,
            help="what `fedex-cloud invite` prints; to `enrol`, in place of URL, code and fingerprint",
        ),
    )
    runtime: str | None = field(
        default=None,
        metadata=variable(
            "FEDEX_RUNTIME",
            one_of(RUNTIME_MODULES),
            help=f"TFLite runtime, {' or '.join(RUNTIME_MODULES)}; the first that works if not set",
        ),
    )
    threads: int = field(
        default=1,
        metadata=variable("FEDEX_THREADS", whole(low=1, high=64), unit="threads", help="for one run of the prefix"),
    )
    codec: Codec = field(
        default=DEFAULT_CODEC,
        metadata=variable("FEDEX_CODEC", one_of(Codec), help="how features are stored in an upload"),
    )
    head: Precision = field(
        default=Precision.DYNAMIC,
        metadata=variable(
            "FEDEX_HEAD",
            one_of(Precision),
            help="precision of the head to download; another one where a release does not offer it",
        ),
    )
    channel: Channel = field(
        default=Channel.BEST, metadata=variable("FEDEX_CHANNEL", one_of(Channel), help="line of releases to follow")
    )
    unknown: Strictness | None = field(
        default=None,
        metadata=variable(
            "FEDEX_UNKNOWN",
            one_of(Strictness),
            help='when answers are "unknown": strict, balanced or friendly; if not set, as the group\'s operator chose',
        ),
    )
    top: int = field(
        default=3,
        metadata=variable(
            "FEDEX_TOP", whole(low=1, high=20), unit="labels", help="how many labels an answer shows and keeps"
        ),
    )
    max_unfed: int = field(
        default=1000,
        metadata=variable(
            "FEDEX_MAX_UNFED",
            whole(low=1, high=1_000_000),
            unit="inferences",
            help="how many without waiting feedback are kept; the oldest go first",
        ),
    )
    upload_samples: int = field(
        default=LIMITS.max_samples,
        metadata=variable(
            "FEDEX_UPLOAD_SAMPLES",
            whole(low=1, high=LIMITS.max_samples),
            unit="samples",
            help="the most that go into one upload",
        ),
    )
    upload_bytes: int = field(
        default=128 << 10,
        metadata=variable(
            "FEDEX_UPLOAD_BYTES",
            whole(low=1, high=LIMITS.max_bytes),
            unit="bytes",
            help="the most of one upload, but for a single sample; 128 kB get through in two minutes of 1 KiB/s",
        ),
    )
    timeout_s: float = field(
        default=20.0,
        metadata=variable(
            "FEDEX_TIMEOUT_S",
            number(low=0.1, high=3600),
            unit="seconds",
            help="without progress, after which the service counts as unreachable",
        ),
    )
    ca_file: Path | None = field(
        default=None,
        metadata=variable("FEDEX_CA_FILE", path, help="certificates to trust instead of the usual ones (PEM)"),
    )
    plain_http: bool = field(
        default=False,
        metadata=variable(
            "FEDEX_PLAIN_HTTP",
            yes_or_no,
            help="1: allow http:// to other machines; features and token then travel in the clear",
        ),
    )
    interval_s: float = field(
        default=60.0,
        metadata=variable(
            "FEDEX_INTERVAL_S",
            number(low=0.1, high=86_400),
            unit="seconds",
            help="between two rounds of `run`, on average: each wait is drawn anew",
        ),
    )
    need_charging: bool = field(
        default=True, metadata=variable("FEDEX_NEED_CHARGING", yes_or_no, help="1: `run` waits for external power")
    )
    need_idle: bool = field(
        default=True, metadata=variable("FEDEX_NEED_IDLE", yes_or_no, help="1: `run` waits until the device is idle")
    )
    need_unmetered: bool = field(
        default=True,
        metadata=variable("FEDEX_NEED_UNMETERED", yes_or_no, help="1: `run` waits for an unmetered network"),
    )
    idle_load: float = field(
        default=0.5,
        metadata=variable(
            "FEDEX_IDLE_LOAD",
            number(low=0.0, high=1000),
            unit="load a core",
            help="below this the device counts as idle",
        ),
    )

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "home", path(str(self.home)))
        except ValueError as error:
            raise SettingError(f"FEDEX_HOME: expected {error}, got {str(self.home)!r}") from error

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read every setting once.

        Raises:
            SettingError: names the variable, what was expected and what came; a secret is never repeated.
        """
        return cls(**read_variables(cls, environment, error=SettingError))

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

    def require_invitation(self) -> Enrolling:
        """Return what enrols this device: the invitation, or the URL, the code and the fingerprint, if there is one.

        Raises:
            SettingError: it is not set.
        """
        if self.invitation is not None:
            return Enrolling(self.invitation.url, self.invitation.code, self.invitation.fingerprint)
        return Enrolling(self.require_url(), self.require_enrolment_code(), self.key_fingerprint)

    def require_enrolment_code(self) -> str:
        """Return the enrolment code.

        Raises:
            SettingError: it is not set.
        """
        if self.enrolment_code is None:
            raise SettingError("FEDEX_ENROLMENT_CODE: expected the operator's code, got nothing")
        return self.enrolment_code

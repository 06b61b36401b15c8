"""The service's settings: one frozen value, built once from the environment (`contract.environment`).

Credentials of an S3 store are not here: boto3 finds them by itself where AWS clients look.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from cloud.errors import SettingError
from cloud.label_limit import USUAL, LabelLimit
from cloud.proxies import Proxies
from cloud.strictness import GroupStrictness
from contract.environment import one_of, path, read_variables, seconds, text, variable, whole
from contract.patterns import CODE_PATTERN, GROUP_PATTERN
from contract.rollout import PARTS
from contract.upload import LIMITS

MIN_CODE_LENGTH = 12
MIN_CODE_VARIETY = 6
"""How many characters of a code differ, at least. Codes of the store are drawn, with 100 random bits."""


class Backend(StrEnum):
    """What Keras computes on in a trainer's process; converting needs TensorFlow whatever it is."""

    TENSORFLOW = "tensorflow"
    JAX = "jax"


class ExecutorKind(StrEnum):
    """Where trials run."""

    LOCAL = "local"
    RAY = "ray"


_BIND = re.compile(r"(?:\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9.-]{1,253}):(?P<port>[0-9]{1,5})")


def _bind(value: str) -> str:
    match = _BIND.fullmatch(value)
    if match is None or int(match["port"]) >= 1 << 16:
        raise ValueError("ADDRESS:PORT with a port of 0 to 65535")
    return value


def _ray_address(value: str) -> str:
    match = _BIND.fullmatch(value)
    if value != "auto" and (match is None or not 0 < int(match["port"]) < 1 << 16):
        raise ValueError("auto, or HOST:PORT with a port of 1 to 65535")
    return value


def _accelerators(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _enrolment(value: str) -> dict[str, str]:
    """Parse codes and the groups that they open; codes are secrets, so no message repeats one."""
    groups: dict[str, str] = {}
    for number, part in enumerate((part for part in value.split(",") if part.strip()), start=1):
        code, equals, group = part.strip().rpartition("=")
        if not equals or not GROUP_PATTERN.fullmatch(group):
            raise ValueError(f"CODE=GROUP with a group of lower-case letters, digits and hyphens as entry {number}")
        if len(code) < MIN_CODE_LENGTH or not CODE_PATTERN.fullmatch(code):
            raise ValueError(f"a code of {MIN_CODE_LENGTH} to 128 visible ASCII characters in entry {number}")
        if len({*code}) < MIN_CODE_VARIETY:
            raise ValueError(f"a code with {MIN_CODE_VARIETY} characters that differ in entry {number}")
        if code in groups:
            raise ValueError(f"codes that differ (entry {number} repeats one)")
        groups[code] = group
    return groups


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator chooses."""

    store: str = field(
        metadata=variable("FEDEX_STORE", text, help="where everything is kept: dir:PATH or s3://BUCKET[?endpoint=URL]")
    )
    enrolment: Mapping[str, str] = field(
        default_factory=dict,
        repr=False,
        metadata=variable(
            "FEDEX_ENROLMENT",
            _enrolment,
            help="codes for a first try, CODE=GROUP[,CODE=GROUP]; `fedex-cloud codes` makes better ones",
        ),
    )
    audit: Path | None = field(
        default=None,
        metadata=variable(
            "FEDEX_AUDIT", path, help="file for the audit log, of the service and of what operators do by hand"
        ),
    )
    state: Path = field(
        default=Path("fedex-state"),
        metadata=variable("FEDEX_STATE", path, help="the worker's private folder: signing key and scratch"),
    )
    bind: str = field(
        default="127.0.0.1:8000",
        metadata=variable("FEDEX_BIND", _bind, help="address and port that the service listens on"),
    )
    processes: int = field(
        default=2,
        metadata=variable(
            "FEDEX_WEB_PROCESSES", whole(low=1), unit="processes", help="that answer requests, one for each core"
        ),
    )
    stall_s: float = field(
        default=20.0,
        metadata=variable(
            "FEDEX_STALL_S", seconds, unit="seconds", help="that a client may stand still in the middle of a body"
        ),
    )
    proxies: Proxies = field(
        default=Proxies(),
        metadata=variable(
            "FEDEX_PROXIES",
            Proxies.parse,
            help="addresses and networks of proxies, whose `X-Forwarded-For` says whose request it is; or nobody",
        ),
    )
    device_requests: int = field(
        default=50_000,
        metadata=variable(
            "FEDEX_DEVICE_REQUESTS", whole(low=1), unit="requests", help="of one device a day; more get 429"
        ),
    )
    device_mib: int = field(
        default=1024,
        metadata=variable(
            "FEDEX_DEVICE_MIB",
            whole(low=LIMITS.max_inflated_bytes >> 20),
            unit="MiB",
            help="of features, decoded to float32, that one device may upload a day",
        ),
    )
    device_samples: int = field(
        default=10_000,
        metadata=variable(
            "FEDEX_DEVICE_SAMPLES",
            whole(low=LIMITS.max_samples),
            unit="samples",
            help="that one device may upload a day",
        ),
    )
    device_labels: int = field(
        default=500,
        metadata=variable(
            "FEDEX_DEVICE_LABELS",
            whole(low=LIMITS.max_samples),
            unit="labels",
            help="different ones, that one device may give a day",
        ),
    )
    device_erasures: int = field(
        default=10,
        metadata=variable(
            "FEDEX_DEVICE_ERASURES", whole(low=1), unit="erasures", help="that one device may ask for a day"
        ),
    )
    device_tokens: int = field(
        default=50,
        metadata=variable(
            "FEDEX_DEVICE_TOKENS", whole(low=1), unit="tokens", help="that one device may get a day in place of others"
        ),
    )
    code_enrolments: int = field(
        default=1000,
        metadata=variable("FEDEX_CODE_ENROLMENTS", whole(low=1), unit="enrolments", help="that one code allows a day"),
    )
    address_enrolments: int = field(
        default=200,
        metadata=variable(
            "FEDEX_ADDRESS_ENROLMENTS",
            whole(low=1),
            unit="enrolments",
            help="from one address a day (of IPv6, from one network of 64 bits)",
        ),
    )
    address_guesses: int = field(
        default=20,
        metadata=variable(
            "FEDEX_ADDRESS_GUESSES",
            whole(low=1),
            unit="codes",
            help="wrong ones, and as many wrong tokens, from one address in ten minutes",
        ),
    )
    tls_cert: Path | None = field(
        default=None,
        metadata=variable(
            "FEDEX_TLS_CERT", path, help="certificate chain of the service (PEM); with one, it speaks https"
        ),
    )
    tls_key: Path | None = field(
        default=None,
        metadata=variable("FEDEX_TLS_KEY", path, help="private key of that certificate (PEM, not encrypted)"),
    )
    poll_s: float = field(
        default=1.0,
        metadata=variable("FEDEX_POLL_S", seconds, unit="seconds", help="between two looks at the inbox"),
    )
    merge_s: float = field(
        default=30.0,
        metadata=variable(
            "FEDEX_MERGE_S",
            seconds,
            unit="seconds",
            help="that one pool is merged at most, before it is trained and others have their turn",
        ),
    )
    rest_s: int = field(
        default=600,
        metadata=variable(
            "FEDEX_REST_S",
            whole(low=0),
            unit="seconds",
            help="that a pool rests at most after a training cycle: as long as that took beyond ten seconds",
        ),
    )
    min_new: int = field(
        default=1,
        metadata=variable(
            "FEDEX_MIN_NEW", whole(low=1), unit="samples", help="new or corrected, that start a training cycle"
        ),
    )
    trials: int = field(
        default=3, metadata=variable("FEDEX_TRIALS", whole(low=1), unit="trials", help="of a training cycle")
    )
    trial_deadline_s: float = field(
        default=3600.0,
        metadata=variable("FEDEX_TRIAL_DEADLINE_S", seconds, unit="seconds", help="after which a trial is ended"),
    )
    warm_s: int = field(
        default=300,
        metadata=variable(
            "FEDEX_WARM_S",
            whole(low=0),
            unit="seconds",
            help="that processes wait for the next cycle, with 0.7 GB for small heads; 0: they end with theirs",
        ),
    )
    accelerators: tuple[str, ...] = field(
        default=(),
        metadata=variable(
            "FEDEX_ACCELERATORS",
            _accelerators,
            help="CUDA devices to train on, one trial each; empty: the CPU; a cluster's nodes have their own",
        ),
    )
    executor: ExecutorKind = field(
        default=ExecutorKind.LOCAL,
        metadata=variable(
            "FEDEX_EXECUTOR",
            one_of(ExecutorKind),
            help="where trials run: local, on the worker's machine, or ray, on the nodes of a cluster (extra `ray`)",
        ),
    )
    ray_address: str = field(
        default="auto",
        metadata=variable(
            "FEDEX_RAY_ADDRESS",
            _ray_address,
            help="HOST:PORT of the Ray cluster's head; auto: of the cluster that the worker's machine is a node of",
        ),
    )
    backend: Backend = field(
        default=Backend.TENSORFLOW,
        metadata=variable(
            "FEDEX_BACKEND",
            one_of(Backend),
            help="what trainers compute on, tensorflow or jax; KERAS_BACKEND and keras.json do not count",
        ),
    )
    labels_alone: LabelLimit = field(
        default=USUAL,
        metadata=variable(
            "FEDEX_LABELS_ALONE",
            LabelLimit.parse,
            help="LABELS or LABELS,PERCENT% of a group's others: so many may a device bring alone; more wait for"
            " a second device or `fedex-cloud labels allow`",
        ),
    )
    manifest_life_s: int = field(
        default=30 * 86400,
        metadata=variable(
            "FEDEX_MANIFEST_LIFE_S",
            whole(low=10),
            unit="seconds",
            help="for which a signed release counts as news; the worker renews it at half of that",
        ),
    )

    retention_days: int = field(
        default=0,
        metadata=variable(
            "FEDEX_RETENTION_DAYS",
            whole(low=0),
            unit="days",
            help="after which samples are erased, with those that reach that age within a quarter of it, at most 30 "
            "days; each time the group is back at the bundle's head until it is trained anew, without history and pin; "
            "0: samples are kept",
        ),
    )
    releases_kept: int = field(
        default=20,
        metadata=variable(
            "FEDEX_RELEASES_KEPT",
            whole(low=1, high=100),
            unit="releases",
            help="of each channel, the newest, that keep their files and can be promoted; those before lose them, "
            "a day later",
        ),
    )
    first_share: int = field(
        default=PARTS,
        metadata=variable(
            "FEDEX_FIRST_SHARE",
            whole(low=0, high=PARTS),
            unit="in 10000",
            help="devices that take a new release at first; `fedex-cloud releases share` lets others in",
        ),
    )
    unknown: GroupStrictness = field(
        default=GroupStrictness(),
        metadata=variable(
            "FEDEX_UNKNOWN",
            GroupStrictness.parse,
            help='when heads answer "unknown": strict, balanced or friendly for all groups, or POINT,GROUP=POINT,...',
        ),
    )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read every setting once.

        Raises:
            SettingError: one is missing or wrong; the message names it and what was expected.
        """
        return cls(**read_variables(cls, environment, error=SettingError))

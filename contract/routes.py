"""Routes: the paths, headers, media types and small documents of the HTTP interface, version 1."""

from dataclasses import dataclass

from contract.device_id import DEVICE_SECRET_BYTES
from contract.documents import Fields, encode_base64, encode_json, parse_document
from contract.errors import Impossible, Malformed
from contract.key_chain import PUBLIC_KEY_BYTES as PUBLIC_KEY_BYTES
from contract.key_chain import parse_key
from contract.patterns import (
    CODE_PATTERN,
    DEVICE_PATTERN,
    FINGERPRINT_PATTERN,
    GROUP_PATTERN,
    HEX64_PATTERN,
    TOKEN_PATTERN,
)
from contract.problems import PROBLEM_MEDIA_TYPE as PROBLEM_MEDIA_TYPE

JSON_MEDIA_TYPE = "application/json"
OBJECT_MEDIA_TYPE = "application/octet-stream"

AUTHORIZATION = "Authorization"
BEARER = "Bearer "
ETAG = "ETag"
MAX_ETAG_CHARACTERS = 256
"""Of a tag that a device keeps to ask with; a longer one is not kept."""
IF_NONE_MATCH = "If-None-Match"
RETRY_AFTER = "Retry-After"
REQUEST_ID = "X-Request-Id"
"""Names a request in the service's log: the client's own name for it, or the service's."""
CACHE_CONTROL = "Cache-Control"
IMMUTABLE = "private, max-age=31536000, immutable"
"""An object never changes, but belongs to one group: caches that many share must not keep it."""

DEVICES = "/v1/devices"
PROOF = "/v1/devices/{device}/proof"
TOKEN = "/v1/devices/self/token"
SAMPLES = "/v1/devices/self/samples"
KEYS = "/v1/keys"
UPLOAD = "/v1/spaces/{space}/uploads/{upload}"
SPACES = "/v1/spaces"
RELEASE = "/v1/spaces/{space}/releases/{channel}"
RELEASES = "/v1/spaces/{space}/releases"
OBJECT = "/v1/objects/{sha256}"
PROMOTION = "/v1/spaces/{space}/releases/{serial}/promote"
PIN = "/v1/spaces/{space}/pin"
REQUEST = "/v1/requests/{request}"
HEALTHZ = "/healthz"
READYZ = "/readyz"
METRICS = "/metrics"
OPENAPI = "/openapi.json"

MIN_BYTES_PER_S = 1 << 10
"""A body that moves more slowly, on average, is given up by either side; the slowest phone lines do better."""

MAX_ENROLMENT_BYTES = 4 << 10
MAX_TOKEN_REPLY_BYTES = 4 << 10
MAX_ACKNOWLEDGEMENT_BYTES = 4 << 10
MAX_ERASURE_REPLY_BYTES = 4 << 10


def proof_path(device: str) -> str:
    """Return the path where the service proves itself to a device."""
    return PROOF.format(device=device)


def upload_path(space: str, upload: str) -> str:
    """Return the path that an upload is put to."""
    return UPLOAD.format(space=space, upload=upload)


def release_path(space: str, channel: str) -> str:
    """Return the path of a channel's newest release."""
    return RELEASE.format(space=space, channel=channel)


def releases_path(space: str) -> str:
    """Return the path of the history."""
    return RELEASES.format(space=space)


def object_path(sha256: str) -> str:
    """Return the path of a head or a label list."""
    return OBJECT.format(sha256=sha256)


@dataclass(frozen=True, slots=True)
class EnrolmentRequest:
    """What a device says to become one: an operator's code, which names its group, and a secret that names it."""

    code: str
    secret: bytes | None = None
    """32 random bytes, kept by the device; asked with the same ones again, the service answers the same device. None:
    each time another one."""

    @classmethod
    def parse(cls, data: bytes) -> "EnrolmentRequest":
        """Read a request. Raises `Malformed` or `TooLarge`, without repeating the code."""
        fields = parse_document(data, where="enrolment", max_bytes=MAX_ENROLMENT_BYTES)
        code = fields.text("code", max_characters=MAX_ENROLMENT_BYTES)
        if not CODE_PATTERN.fullmatch(code):
            raise Impossible(fields.place("code"), expected="1 to 128 visible ASCII characters", got="another text")
        return cls(code=code, secret=_parse_secret(fields) if "secret" in fields else None)

    def encode(self) -> bytes:
        """Write the request."""
        secret = {} if self.secret is None else {"secret": encode_base64(self.secret)}
        return encode_json({"code": self.code, **secret})

    def __repr__(self) -> str:
        """Keep code and secret out of logs."""
        return "EnrolmentRequest(code=...)"


@dataclass(frozen=True, slots=True)
class EnrolmentReply:
    """What the service gives a device each time it enrols: who it is, another token, and a key of the service."""

    device: str
    token: str
    group: str
    key: bytes
    """The Ed25519 public key that releases are signed with now, 32 bytes; the device pins it, or a later one."""

    @classmethod
    def parse(cls, data: bytes) -> "EnrolmentReply":
        """Read a reply. Raises `Malformed`, `TooLarge` or `Impossible`."""
        fields = parse_document(data, where="enrolment", max_bytes=MAX_ENROLMENT_BYTES)
        return cls(
            device=fields.name("device", DEVICE_PATTERN),
            token=parse_token(fields, "token"),
            group=fields.name("group", GROUP_PATTERN),
            key=parse_key(fields, "key"),
        )

    def encode(self) -> bytes:
        """Write the reply."""
        return encode_json(
            {"device": self.device, "token": self.token, "group": self.group, "key": encode_base64(self.key)}
        )

    def __repr__(self) -> str:
        """Keep the token out of logs."""
        return f"EnrolmentReply(device={self.device!r}, token=..., group={self.group!r})"


@dataclass(frozen=True, slots=True)
class TokenReply:
    """What the service gives a device in place of its token, which counts until this one is used."""

    token: str

    @classmethod
    def parse(cls, data: bytes) -> "TokenReply":
        """Read a reply. Raises `Malformed`, `TooLarge` or `Impossible`."""
        fields = parse_document(data, where="token", max_bytes=MAX_TOKEN_REPLY_BYTES)
        return cls(parse_token(fields, "token"))

    def encode(self) -> bytes:
        """Write the reply."""
        return encode_json({"token": self.token})

    def __repr__(self) -> str:
        """Keep the token out of logs."""
        return "TokenReply(token=...)"


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What the service says of an upload that it has: which one. Only this lets a device forget its samples."""

    upload: str

    @classmethod
    def parse(cls, data: bytes) -> "Acknowledgement":
        """Read an acknowledgement. Raises `Malformed` or `TooLarge`."""
        fields = parse_document(data, where="acknowledgement", max_bytes=MAX_ACKNOWLEDGEMENT_BYTES)
        return cls(upload=fields.name("upload", HEX64_PATTERN))

    def encode(self) -> bytes:
        """Write the acknowledgement."""
        return encode_json({"upload": self.upload})


@dataclass(frozen=True, slots=True)
class ErasureReply:
    """What the service says of a device's wish that its samples be erased: that it is kept, and under which id."""

    erasure: str

    @classmethod
    def parse(cls, data: bytes) -> "ErasureReply":
        """Read a reply. Raises `Malformed` or `TooLarge`."""
        fields = parse_document(data, where="erasure", max_bytes=MAX_ERASURE_REPLY_BYTES)
        return cls(erasure=fields.name("erasure", FINGERPRINT_PATTERN))

    def encode(self) -> bytes:
        """Write the reply."""
        return encode_json({"erasure": self.erasure})


def parse_token(fields: Fields, name: str) -> str:
    """Read a bearer token. Raises a `ContractError`, which does not repeat it."""
    token = fields.text(name)
    if not TOKEN_PATTERN.fullmatch(token):
        raise Malformed(fields.place(name), expected="a bearer token", got="another text")
    return token


def _parse_secret(fields: Fields) -> bytes:
    secret = fields.binary("secret", max_bytes=DEVICE_SECRET_BYTES)
    if len(secret) != DEVICE_SECRET_BYTES:
        raise Impossible(fields.place("secret"), expected=f"{DEVICE_SECRET_BYTES} bytes", got=f"{len(secret)} bytes")
    return secret

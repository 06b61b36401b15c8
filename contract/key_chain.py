"""Chains of verification keys: each key but the first is vouched for by the one before it, which signed a link to it.

::

    {"format": 1, "first": "<base64, 32 bytes>", "links": [envelope, ...]}
    payload of a link:  {"format": 1, "old": "<base64, 32 bytes>", "new": "<base64, 32 bytes>", "issued": unix seconds}

A chain that is parsed is one line without gaps or circles. Whether its links are signed is told by `check_signed`, with
what verifies a signature: no cryptography is done here.
"""

from collections.abc import Callable
from dataclasses import dataclass

from contract.documents import Fields, encode_base64, encode_json, parse_document
from contract.envelope import Envelope, key_id
from contract.errors import Impossible, shown

KEY_LINK_PAYLOAD_TYPE = "application/vnd.fedex.key+json"
KEY_CHAIN_FORMAT = 1
PUBLIC_KEY_BYTES = 32
MAX_LINKS = 256
MAX_LINK_BYTES = 4 << 10
MAX_KEY_CHAIN_BYTES = 256 << 10

Verify = Callable[[Envelope, bytes], bool]
"""Tells whether one of an envelope's signatures is a public key's (Ed25519, raw)."""


@dataclass(frozen=True, slots=True)
class KeyLink:
    """What an old key says of the new one that takes its place."""

    old: bytes
    new: bytes
    issued: int
    """Unix seconds; for people who look."""

    @classmethod
    def parse(cls, data: bytes, *, where: str = "link") -> "KeyLink":
        """Read the payload of a link. Raises a `ContractError`."""
        fields = parse_document(data, where=where, max_bytes=MAX_LINK_BYTES)
        fields.check_format(KEY_CHAIN_FORMAT)
        return cls(parse_key(fields, "old"), parse_key(fields, "new"), fields.integer("issued"))

    def encode(self) -> bytes:
        """Write the payload."""
        keys = {"old": encode_base64(self.old), "new": encode_base64(self.new)}
        return encode_json({"format": KEY_CHAIN_FORMAT, **keys, "issued": self.issued})


@dataclass(frozen=True, slots=True)
class KeyChain:
    """The keys of a service from its first to its newest, and the links between them."""

    keys: tuple[bytes, ...]
    """Oldest first, each 32 bytes, no two the same."""
    links: tuple[Envelope, ...] = ()
    """One fewer than keys."""

    @property
    def newest(self) -> bytes:
        """The key that vouches for no other one."""
        return self.keys[-1]

    @classmethod
    def parse(cls, data: bytes) -> "KeyChain":
        """Read a chain of at most 257 keys.

        Raises:
            TooLarge, Malformed, Impossible: not a chain: a gap, a key that comes twice, a link of another type.
        """
        fields = parse_document(data, where="keys", max_bytes=MAX_KEY_CHAIN_BYTES)
        fields.check_format(KEY_CHAIN_FORMAT)
        chain = cls((parse_key(fields, "first"),))
        for link in fields.documents("links", max_items=MAX_LINKS):
            chain = chain.extended(Envelope.of(link))
        return chain

    def encode(self) -> bytes:
        """Write the chain; the same chain gives the same bytes."""
        links = [link.document() for link in self.links]
        return encode_json({"format": KEY_CHAIN_FORMAT, "first": encode_base64(self.keys[0]), "links": links})

    def extended(self, link: Envelope) -> "KeyChain":
        """Return the chain with one more link, whose signature is not looked at.

        Raises:
            ContractError: it is no link, does not begin at the newest key, or leads to one that is in the chain.
        """
        where = f"keys.links.{len(self.links)}"
        if link.payload_type != KEY_LINK_PAYLOAD_TYPE:
            raise Impossible(where, expected=KEY_LINK_PAYLOAD_TYPE, got=shown(link.payload_type))
        said = KeyLink.parse(link.payload, where=where)
        if said.old != self.newest:
            raise Impossible(where, expected=f"a link of the key {key_id(self.newest)}", got=f"of {key_id(said.old)}")
        if said.new in self.keys:
            raise Impossible(where, expected="a new key", got=f"{key_id(said.new)} again")
        return KeyChain((*self.keys, said.new), (*self.links, link))

    def check_signed(self, verify: Verify) -> None:
        """Refuse the chain unless each link is signed by its old key.

        Raises:
            Impossible: one is not.
        """
        for number, (old, link) in enumerate(zip(self.keys, self.links, strict=False)):
            if not verify(link, old):
                expected = f"a signature of {key_id(old)}"
                raise Impossible(f"keys.links.{number}", expected=expected, got="none that fits")

    def continues(self, other: "KeyChain") -> bool:
        """Tell whether this chain is another one, or that with links added."""
        return self.links[: len(other.links)] == other.links and self.keys[0] == other.keys[0]


def parse_key(fields: Fields, name: str) -> bytes:
    """Read a raw Ed25519 public key. Raises a `ContractError`."""
    key = fields.binary(name, max_bytes=PUBLIC_KEY_BYTES)
    if len(key) != PUBLIC_KEY_BYTES:
        raise Impossible(fields.place(name), expected=f"{PUBLIC_KEY_BYTES} bytes", got=f"{len(key)} bytes")
    return key

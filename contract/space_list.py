"""The list of a group's spaces, current and retired: signed, so that a device gives up its bundle for nobody else.

{"format": 1, "group": "home", "serial": 7, "issued": 1760000000, "expires": 1762592000,
 "spaces": [{"space": "<sha256>", "state": "current"}, {"space": "<sha256>", "state": "retired"}]}
"""

from dataclasses import dataclass
from enum import StrEnum

from contract.documents import MAX_INTEGER, Fields, Json, encode_json, parse_document
from contract.errors import Impossible
from contract.patterns import GROUP_PATTERN, HEX64_PATTERN

SPACES_PAYLOAD_TYPE = "application/vnd.fedex.spaces+json"
SPACES_FORMAT = 1
MAX_SPACES = 1000
MAX_SPACES_BYTES = 256 << 10
"""Of the envelope."""


class SpaceState(StrEnum):
    """What may be done with a space."""

    CURRENT = "current"
    RETIRED = "retired"
    """Nothing: it takes no uploads and has no releases. Another bundle is to be had."""


@dataclass(frozen=True, slots=True)
class SpaceList:
    """The spaces of a group, once it is signed."""

    group: str
    serial: int
    """From 1 on, strictly increasing in one group."""
    issued: int
    expires: int
    """Unix seconds."""
    current: frozenset[str]
    retired: frozenset[str]
    format: int = SPACES_FORMAT

    @classmethod
    def parse(cls, data: bytes) -> "SpaceList":
        """Read a list; keys, and states of a later version, are ignored.

        Raises:
            TooLarge, Malformed, UnsupportedVersion, Impossible: not such a list, or one that cannot be right.
        """
        fields = parse_document(data, where="spaces", max_bytes=MAX_SPACES_BYTES)
        fields.check_format(SPACES_FORMAT)
        issued = fields.integer("issued")
        spaces = [_parse_space(one) for one in fields.documents("spaces", max_items=MAX_SPACES)]
        names = {name for name, _ in spaces}
        if len(names) != len(spaces):
            raise Impossible(fields.place("spaces"), expected="each space once", got=f"{len(spaces)} of {len(names)}")
        return cls(
            group=fields.name("group", GROUP_PATTERN),
            serial=fields.integer("serial", low=1),
            issued=issued,
            expires=fields.integer("expires", low=min(issued + 1, MAX_INTEGER)),
            current=frozenset(name for name, state in spaces if state == SpaceState.CURRENT),
            retired=frozenset(name for name, state in spaces if state == SpaceState.RETIRED),
        )

    def encode(self) -> bytes:
        """Write the list, in the order of the spaces' names: the same list gives the same bytes.

        Raises:
            TooLarge, Malformed, Impossible: a value that `parse` would refuse.
        """
        states = dict.fromkeys(self.current, SpaceState.CURRENT) | dict.fromkeys(self.retired, SpaceState.RETIRED)
        spaces: list[Json] = [{"space": name, "state": states[name].value} for name in sorted(states)]
        data = encode_json(
            {
                "format": self.format,
                "group": self.group,
                "serial": self.serial,
                "issued": self.issued,
                "expires": self.expires,
                "spaces": spaces,
            }
        )
        SpaceList.parse(data)
        return data


def _parse_space(fields: Fields) -> tuple[str, str]:
    return fields.name("space", HEX64_PATTERN), fields.text("state")

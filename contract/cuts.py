"""Cuts: what crosses one, the signatures on both sides of it, and the paper's places for one (Table 1)."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from contract.documents import Fields
from contract.errors import Impossible, TooLarge, shown

PREFIX_SIGNATURE = "prefix"
"""TFLite signature: input "photo" or "tensor" as the bundle says (`contract.inputs`), output "feature" float32
[1, *feature shape]."""

HEAD_SIGNATURE = "head"
"""TFLite signature: input "feature" float32 [1, *feature shape], output "logits" float32 [1, classes]."""

FEATURE_TENSOR = "feature"
LOGITS_OUTPUT = "logits"

MAX_MODEL_BYTES = 512 << 20
"""Of a prefix or a head as a file, in whatever form."""

MAX_FEATURE_RANK = 4
MAX_FEATURE_ELEMENTS = 1 << 22


@dataclass(frozen=True, slots=True)
class Cut:
    """A place where the reference backbone is divided."""

    name: str
    layer: str
    """The last layer of the prefix."""
    feature_shape: tuple[int, ...]
    """Height, width, channels; or channels alone."""
    thawed_parameters: int
    """Trainable parameters of the head for `TABLE_1_CLASSES`, batch normalisation with gamma."""


TABLE_1_CLASSES = 8631
"""The classes of the network that the paper counted: the people of VGGFace2."""

_TABLE_1 = (
    Cut("full", "input", (160, 160, 3), 27_910_327),
    Cut("freeze1", "MaxPool_3a_3x3", (38, 38, 64), 27_881_559),
    Cut("freeze2", "Conv2d_4b_3x3", (17, 17, 256), 27_294_775),
    Cut("freeze3", "Block35_5", (17, 17, 256), 26_907_575),
    Cut("freeze4", "Block17_10", (8, 8, 896), 18_297_015),
    Cut("freeze5", "AvgPool", (1792,), 5_346_231),
    Cut("freeze6", "Bottleneck_BatchNorm", (512,), 4_427_703),
)

CUTS: Mapping[str, Cut] = MappingProxyType({cut.name: cut for cut in _TABLE_1})
"""The paper's Table 1, by name. Another backbone's cut is named after its layer."""


def parse_feature_shape(fields: Fields) -> tuple[int, ...]:
    """Read a feature's shape, the field `shape`. Raises as `check_feature_shape` does."""
    shape = fields.integers("shape", max_items=MAX_FEATURE_RANK)
    check_feature_shape(shape, where=fields.place("shape"))
    return shape


def check_feature_shape(shape: tuple[int, ...], *, where: str) -> None:
    """Refuse what is no feature's shape: one to four sizes of at least 1, at most 4,194,304 elements.

    Raises:
        Impossible: another number of sizes, or one below 1.
        TooLarge: more elements than that.
    """
    if not 1 <= len(shape) <= MAX_FEATURE_RANK or min(shape) < 1:
        raise Impossible(where, expected=f"1 to {MAX_FEATURE_RANK} sizes of at least 1", got=shown(list(shape)))
    if math.prod(shape) > MAX_FEATURE_ELEMENTS:
        raise TooLarge(where, expected=f"at most {MAX_FEATURE_ELEMENTS} elements", got=str(math.prod(shape)))

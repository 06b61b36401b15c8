"""What a tensor looks like: a map of its values, time to the right; blue is below zero, red above."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

LOW, ZERO, HIGH = np.array((33, 88, 170)), np.array((247, 247, 245)), np.array((178, 34, 46))


def draw_tensor(values: NDArray[Any], *, side: int) -> Image.Image:
    """Return (side, side) RGB of a tensor of any shape: its first axis to the right, all others downwards."""
    table = np.asarray(values, np.float64).reshape(len(values) if values.ndim else 1, -1).T  # (others, first)
    strongest = max(float(np.abs(table).max(initial=0.0)), 1e-12)
    share = (table / strongest)[..., np.newaxis]  # -1 to 1
    colours = ZERO + np.clip(share, 0, 1) * (HIGH - ZERO) + np.clip(-share, 0, 1) * (LOW - ZERO)
    return Image.fromarray(colours.round().astype(np.uint8)).resize((side, side), Image.Resampling.NEAREST)

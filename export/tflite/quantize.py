"""How a network's numbers are stored in its TFLite file: the modes and the default."""

from __future__ import annotations

from enum import StrEnum


class Quantize(StrEnum):
    """The modes of `fedex-export --quantize`.

    Measured at freeze6 with the VGGFace2 weights on the 1,117 photos of lfw65: milliseconds for a photo on
    ai-edge-litert 2.3 / tflite-runtime 2.14, one thread of a CPU with AVX-512 VNNI and AMX; cosine to Keras; points of
    accuracy lost on 3,000 pairs (99.0 % by float32, whose threshold is used), on average over 20 samples of them:

        mode     ms          MB    mean cosine       points lost
        none     34.6 / 41   94.0  1.0000            0.00
        float16  33.5 / 38   47.2  1.0000            0.00
        dynamic   4.4 / 62   24.1  0.9990            0.04
        int8      3.5 / 51   24.6  0.9969 to 0.9981  0.05 to 0.09, by the calibration photos

    XNNPACK in tflite-runtime takes no quantised convolutions, and no kernel there uses VNNI: float16 is its fastest.
    """

    NONE = "none"
    """float32 throughout."""
    FLOAT16 = "float16"
    """Weights stored in half, computed in float32."""
    DYNAMIC = "dynamic"
    """int8 weights; each photo's activations are quantised by their own range."""
    INT8 = "int8"
    """int8 weights and activations; ranges fixed beforehand on calibration photos."""


# The fastest on ai-edge-litert whose accuracy is that of float32 whatever the photos are. What int8 loses, in single
# samples up to the 0.2 points that are bearable, and its cosine, with some photos below 0.997, depend on what it is
# calibrated on; a bundle without faces has nothing for that.
DEFAULT_QUANTIZE = Quantize.DYNAMIC

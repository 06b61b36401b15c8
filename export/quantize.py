"""How a network's numbers are stored in its TFLite file: the only home of the modes and of the default."""

from __future__ import annotations

from enum import StrEnum


class Quantize(StrEnum):
    """The modes of `fedex-export --quantize`.

    Measured at freeze6 with the VGGFace2 weights on the 1,117 photos of lfw65 (3,000 pairs, threshold chosen on
    float32), one thread of a CPU with AVX-512 VNNI and AMX; milliseconds on ai-edge-litert 2.3 / tflite-runtime 2.14:

        mode     ms          MB    mean cosine       accuracy
        none     34.6 / 100  94.0  1.0000            99.30 %
        float16  33.5 / 100  47.2  1.0000            99.30 %
        dynamic   4.4 / 73   24.1  0.9990            99.33 %
        int8      3.5 / 54   24.6  0.9969 to 0.9981  99.23 to 99.37 %, by the calibration photos
    """

    NONE = "none"  # float32 throughout
    FLOAT16 = "float16"  # weights stored in half, computed in float32
    DYNAMIC = "dynamic"  # int8 weights; each photo's activations are quantised by their own range
    INT8 = "int8"  # int8 weights and activations; ranges fixed beforehand on calibration photos


# The fastest whose accuracy is that of float32 whatever the photos are: the cosine of int8 falls below 0.997 with some
# choices of calibration photos, and a bundle without faces has none to calibrate on.
DEFAULT_QUANTIZE = Quantize.DYNAMIC

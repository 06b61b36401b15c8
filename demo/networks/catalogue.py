"""The networks that the demo can make: what each is trained on, and how its examples are shared out."""

from dataclasses import dataclass

from demo.roles import Shares


@dataclass(frozen=True, slots=True)
class DemoNetwork:
    """One network that `make demo MODEL=` knows by name."""

    name: str
    what: str
    """The network and its training, in a few words."""
    data: str
    """The examples, in a few words."""
    takes_weights: bool
    """Whether it is a network of keras.applications, for which there are published weights."""
    shares: Shares
    quantize: str | None = None
    """How its prefix is converted where it was trained here; None is the export's default."""


# Blocks that stay as they were drawn have signals much larger than what tells two photos apart, and rounded weights
# lose that; the export refuses them. Trained weights do not mind.
_DIGITS = Shares(base=3, uploads=17, new=0.3)
_DIGIT_FILES = "handwritten digits (scikit-learn)"

NETWORKS = {
    network.name: network
    for network in (
        DemoNetwork(
            "mobilenetv2",
            "MobileNetV2 at 224x224",
            _DIGIT_FILES,
            takes_weights=True,
            shares=_DIGITS,
            quantize="none",
        ),
        DemoNetwork(
            "efficientnetb0",
            "EfficientNetB0 at 224x224",
            _DIGIT_FILES,
            takes_weights=True,
            shares=_DIGITS,
            quantize="none",
        ),
        DemoNetwork(
            "voices",
            "a small convolutional network of speech",
            "speakers saying two vowels (JapaneseVowels, sktime)",
            takes_weights=False,
            shares=Shares(base=2, uploads=10, new=1 / 3),
        ),
    )
}

"""How faces are found and cut out: numbers that `bundle.json` says, and those of the detector that comes with FEDEx."""

from dataclasses import dataclass

from contract.documents import Fields, Json


@dataclass(frozen=True, slots=True)
class FaceParameters:
    """How faces are found and cut out, as `bundle.json` says it."""

    input: int
    """S, the side of what the detector takes."""
    score: float
    """The least score of a candidate."""
    overlap: float
    """Candidates are of one face if their intersection over union is above it."""
    margin: float
    """Of a second look at a photo without a face, on each side, in shares of its longer side."""
    subject: float
    """The subject is at least so wide, in shares of the widest face."""
    tilt: float
    """A face whose eyes are tilted by more degrees is looked at once more."""
    look: float
    """The side of the square of that look, in widths of the box."""
    near: float
    """The face that is found there has its centre at most so far from the square's, in shares of its side."""
    side: float
    """The side of the prefix's square, in widths of the box."""
    middle: tuple[float, float]
    """Where in that square the middle of eyes and mouth lies, x and y in shares of its side."""

    @classmethod
    def parse(cls, fields: Fields) -> "FaceParameters":
        """Read the parameters from a bundle's document. Raises a `ContractError`."""
        middle = fields.document("middle")
        return cls(
            input=fields.integer("input", low=16, high=4096),
            score=fields.number("score", low=0.001, high=1.0),
            overlap=fields.number("overlap", low=0.0, high=1.0),
            margin=fields.number("margin", low=0.0, high=4.0),
            subject=fields.number("subject", low=0.0, high=1.0),
            tilt=fields.number("tilt", low=0.0, high=180.0),
            look=fields.number("look", low=0.1, high=16.0),
            near=fields.number("near", low=0.0, high=1.0),
            side=fields.number("side", low=0.1, high=16.0),
            middle=(middle.number("x", low=0.0, high=1.0), middle.number("y", low=0.0, high=1.0)),
        )

    def document(self) -> dict[str, Json]:
        """Write the parameters as part of a bundle's document."""
        x, y = self.middle
        return {
            "input": self.input,
            "score": self.score,
            "overlap": self.overlap,
            "margin": self.margin,
            "subject": self.subject,
            "tilt": self.tilt,
            "look": self.look,
            "near": self.near,
            "side": self.side,
            "middle": {"x": x, "y": y},
        }


BACK = FaceParameters(
    input=256,
    score=0.5,
    overlap=0.3,
    margin=0.25,
    subject=0.8,
    tilt=10.0,
    look=2.35,
    near=0.25,
    side=1.35,
    middle=(0.5, 0.575),
)
"""For BlazeFace's "back" model; chosen on Labeled Faces in the Wild."""

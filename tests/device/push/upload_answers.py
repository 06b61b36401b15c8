"""Answers to an upload, and what becomes of it: the golden file's vectors, each answered over a real connection."""

import json
import socket
from collections.abc import Sequence
from dataclasses import dataclass

from contract.documents import Json
from contract.problems import PROBLEM_MEDIA_TYPE, Problem, ProblemDocument
from contract.routes import JSON_MEDIA_TYPE, MAX_ACKNOWLEDGEMENT_BYTES, Acknowledgement
from device.errors import DeviceError
from device.push.reactions import Reaction, react
from device.service.client import Client
from tests.device.raw import answering
from tests.device.serving import TOKEN

SPACE, UPLOAD = "5b" * 32, "1a" * 32
SEVERAL = 3
ACKNOWLEDGED = "acknowledged"
FATES = {
    Reaction.SET_SAMPLES_ASIDE: "samples are set aside",
    Reaction.SPLIT: "is split",
    Reaction.SET_ASIDE: "is set aside",
    Reaction.NOTE_AND_GO_ON: "waits, others go on",
    Reaction.NOTE_AND_STOP: "waits, as do all others",
}
"""The words of SPEC's table of problems, and of what it says below that."""


@dataclass(frozen=True)
class Answer:
    """An answer to an upload of some samples."""

    what: str
    status: int
    media_type: str
    body: str
    samples: int = SEVERAL

    def vector(self) -> Json:
        """Say what becomes of the upload."""
        return {
            "what": self.what,
            "status": self.status,
            "media_type": self.media_type,
            "body": self.body,
            "samples": self.samples,
            "upload": self._fate(),
        }

    def _fate(self) -> str:
        with answering(self._send) as url:
            client = Client(url, token=TOKEN)
            try:
                client.upload(b"an upload", space=SPACE, upload=UPLOAD)
            except DeviceError as error:
                return FATES[react(error, can_split=self.samples > 1)]
            finally:
                client.close()
        return ACKNOWLEDGED

    def _send(self, connection: socket.socket) -> None:
        kind = f"Content-Type: {self.media_type}\r\n" if self.media_type else ""
        to = "Location: /elsewhere\r\n" if self.status in (301, 302, 303, 307, 308) else ""
        head = f"HTTP/1.1 {self.status} Answer\r\n{kind}{to}Content-Length: {len(self.body)}\r\n\r\n"
        connection.sendall(f"{head}{self.body}".encode())


def document(problem: Problem, *, samples: tuple[int, ...] = (), **changes: Json) -> str:
    said = ProblemDocument(problem, where="upload", expected="one thing", got="another", samples=samples)
    return json.dumps({**json.loads(said.encode()), **changes})


def refusal(what: str, problem: Problem, *, of: int = SEVERAL, samples: tuple[int, ...] = ()) -> Answer:
    return Answer(what, problem.status, PROBLEM_MEDIA_TYPE, document(problem, samples=samples), of)


def page(what: str, status: int, *, of: int = SEVERAL) -> Answer:
    return Answer(what, status, "text/html" if status not in (204, 304) else "", "", of)


BARE = json.dumps({"type": Problem.MALFORMED.value})
MALFORMED = document(Problem.MALFORMED)
RIGHT = Acknowledgement(UPLOAD).encode().decode()
LONGEST = RIGHT.ljust(MAX_ACKNOWLEDGEMENT_BYTES)
OF_SAMPLES = (Problem.MALFORMED, Problem.TOO_LARGE, Problem.IMPOSSIBLE)

REFUSALS: Sequence[Answer] = [
    *(refusal(f"{problem.summary}", problem) for problem in Problem),
    *(refusal(f"{problem.summary}, of one sample", problem, of=1) for problem in OF_SAMPLES),
    *(refusal(f"{problem.summary}, with samples", problem, samples=(0, 2)) for problem in OF_SAMPLES),
    *(refusal(f"{problem.summary}, with one sample, of one", problem, of=1, samples=(0,)) for problem in OF_SAMPLES),
    refusal("samples where none can be at fault", Problem.WRONG_SPACE, samples=(0, 2)),
    Answer(
        "a document with keys that nobody knows", 400, PROBLEM_MEDIA_TYPE, document(Problem.MALFORMED, colour="blue")
    ),
    Answer("a document of its type alone", 400, PROBLEM_MEDIA_TYPE, BARE),
    Answer(
        "a media type in other letters, with a parameter", 400, "Application/Problem+JSON; charset=utf-8", MALFORMED
    ),
]
OUTSIDE: Sequence[Answer] = [
    Answer("a document with the status of another", 422, PROBLEM_MEDIA_TYPE, MALFORMED),
    Answer("a document under another media type", 400, JSON_MEDIA_TYPE, MALFORMED),
    Answer("a document under no media type", 400, "", MALFORMED),
    Answer("a type that nobody knows", 400, PROBLEM_MEDIA_TYPE, json.dumps({"type": "urn:fedex:problem:colour"})),
    Answer("a type of others", 400, PROBLEM_MEDIA_TYPE, json.dumps({"type": "about:blank", "status": 400})),
    *(
        Answer(what, 422, PROBLEM_MEDIA_TYPE, json.dumps({"type": Problem.IMPOSSIBLE.value, "samples": samples}))
        for what, samples in {"no samples": [], "samples that fall": [1, 0], "a sample twice": [0, 0]}.items()
    ),
    Answer("a document that is cut off", 400, PROBLEM_MEDIA_TYPE, MALFORMED[:-1]),
    Answer("a refusal for the upload's fault, but later", 503, PROBLEM_MEDIA_TYPE, MALFORMED),
    *(
        page(f"a page, {status}", status)
        for status in (400, 401, 403, 404, 408, 410, 418, 422, 429, 500, 502, 503, 504)
    ),
    page("a proxy's bound", 413),
    page("a proxy's bound, of one sample", 413, of=1),
    *(page(f"{status}, which nobody asked for", status) for status in (204, 206, 304)),
    *(page(f"a redirect, {status}", status) for status in (301, 302, 303, 307, 308)),
]
ACKNOWLEDGEMENTS: Sequence[Answer] = [
    Answer("the acknowledgement", 201, JSON_MEDIA_TYPE, RIGHT),
    Answer("the acknowledgement again", 200, JSON_MEDIA_TYPE, RIGHT),
    Answer("with keys that nobody knows", 201, f"{JSON_MEDIA_TYPE}; charset=utf-8", f'{RIGHT[:-1]},"colour":"blue"}}'),
    Answer("of the most bytes", 201, JSON_MEDIA_TYPE, LONGEST),
    Answer("of a byte more", 201, JSON_MEDIA_TYPE, f"{LONGEST} "),
    Answer("of another upload", 201, JSON_MEDIA_TYPE, Acknowledgement("2b" * 32).encode().decode()),
    Answer("in capitals", 201, JSON_MEDIA_TYPE, RIGHT.replace(UPLOAD, UPLOAD.upper())),
    Answer("of nothing", 201, JSON_MEDIA_TYPE, ""),
    Answer("of another status", 202, JSON_MEDIA_TYPE, RIGHT),
    Answer("of another media type", 200, "text/plain", RIGHT),
    Answer("a page instead", 200, "text/html", "<p>Log in here</p>"),
]


def upload_answers() -> list[Json]:
    return [answer.vector() for answer in (*ACKNOWLEDGEMENTS, *REFUSALS, *OUTSIDE)]

"""A service on a free local port that keeps the contract, but for the faults that a test puts into it."""

import dataclasses
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask, Response, request
from numpy.typing import NDArray
from werkzeug.serving import ThreadedWSGIServer, make_server

from contract import routes
from contract.bundle import read_device_bundle
from contract.envelope import ENVELOPE_MEDIA_TYPE, Envelope, Signature, key_id, pae
from contract.files import FileRef, sha256_hex
from contract.formats import FORMATS
from contract.key_chain import KEY_LINK_PAYLOAD_TYPE, KeyChain, KeyLink
from contract.labels import encode_labels
from contract.manifest import MANIFEST_PAYLOAD_TYPE, Channel, HeadFile, Manifest, Precision
from contract.problems import PROBLEM_MEDIA_TYPE, Problem, ProblemDocument
from contract.proof import ProofKey, ProofRequest
from contract.space_list import SPACES_PAYLOAD_TYPE, SpaceList

CODE = "let-me-in"
TOKEN = "t" * 43
ISSUED = 1_800_000_000
EXPIRES = ISSUED + 30 * 86_400

Fault = Callable[[], Response | None]
"""Answers a request instead of the service; None leaves it to the service after all."""


@dataclass
class StubService:
    """What the service has, and what it was sent."""

    bundle: Path
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    group: str = "family"
    device: str = "d" * 16
    token: str = TOKEN
    next_token: str | None = None
    """Given out in place of `token`, and not used yet."""
    device_of: dict[bytes | None, str] = field(default_factory=dict)
    """Which device has which secret."""
    links: list[Envelope] = field(default_factory=list)
    """From the first key to `key`."""
    first_key: bytes | None = None
    """None: it is `key`."""
    url: str = ""
    releases: dict[str, bytes] = field(default_factory=dict)
    spaces: bytes | None = None
    """The envelope of the list of spaces."""
    retired: set[str] = field(default_factory=set)
    """Spaces that are refused, whatever the list says."""
    formats: set[str | None] = field(default_factory=set)
    """What came as the header of formats."""
    objects: dict[str, bytes] = field(default_factory=dict)
    uploads: list[tuple[str, str, bytes]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    tokens: set[str | None] = field(default_factory=set)
    """What came as authorization, None where nothing did."""
    faults: dict[str, Fault] = field(default_factory=dict)
    """Path prefix -> what is answered instead."""

    @property
    def public_key(self) -> bytes:
        """The key that devices pin."""
        return self.key.public_key().public_bytes_raw()

    def rotate(self, *, links: int = 1) -> None:
        """Let another key take the place of the service's, so many times."""
        for _ in range(links):
            self.first_key = self.first_key or self.public_key
            following = Ed25519PrivateKey.generate()
            self.links.append(link(self.key, following))
            self.key = following

    def keys(self) -> KeyChain:
        """All keys so far."""
        chain = KeyChain((self.first_key or self.public_key,))
        for one in self.links:
            chain = chain.extended(one)
        return chain

    def manifest(self, head: bytes, *, serial: int, labels: tuple[str, ...], **changes: object) -> Manifest:
        """Make a right manifest of a head, but for `changes`; head and labels can be downloaded from now on."""
        bundle = read_device_bundle(self.bundle)
        listed = encode_labels(labels)
        self.objects |= {sha256_hex(head): head, sha256_hex(listed): listed}
        logits = expected_logits(bundle.golden, classes=len(labels))
        manifest = Manifest(
            group=self.group,
            space=bundle.space,
            channel=Channel.BEST,
            serial=serial,
            issued=ISSUED,
            expires=EXPIRES,
            cut=bundle.cut,
            feature_shape=bundle.feature_shape,
            labels=FileRef.of(listed),
            label_count=len(labels),
            heads={Precision.FLOAT32: HeadFile.of(FileRef.of(head), logits)},
            golden_sample_sha256=bundle.golden_sample_sha256,
            temperature=1.0,
            threshold=0.5,
            validation_accuracy=0.9,
            validation_samples=10,
            parent=None,
        )
        return dataclasses.replace(manifest, **changes)  # type: ignore[arg-type]  # a test names fields freely

    def list_spaces(self, *, serial: int, **changes: object) -> None:
        """Sign a list of spaces."""
        listed = SpaceList(self.group, serial, ISSUED, EXPIRES, current=frozenset(), retired=frozenset())
        changed = dataclasses.replace(listed, **changes)  # type: ignore[arg-type]  # a test names fields freely
        self.spaces = sign(self.key, changed.encode(), payload_type=SPACES_PAYLOAD_TYPE)

    def sign(self, manifest: Manifest) -> bytes:
        """Return the envelope of a manifest."""
        return sign(self.key, manifest.encode())

    def publish(self, head: bytes, *, serial: int, labels: tuple[str, ...], **changes: object) -> Manifest:
        """Make a head the best release."""
        manifest = self.manifest(head, serial=serial, labels=labels, **changes)
        self.releases[Channel.BEST] = self.sign(manifest)
        return manifest

    def prove(self, device: str, asked: bytes) -> Response:
        """Answer a request for a proof."""
        if device != self.device:
            return refuse(Problem.NOT_FOUND)
        request = ProofRequest.parse(asked)
        reply = ProofKey.of(self.token, device=device).prove(request)
        if self.next_token is not None:
            following = ProofKey.of(self.next_token, device=device).prove(request)
            reply = dataclasses.replace(reply, next=(following.proof,))
        return Response(reply.encode(), mimetype=routes.JSON_MEDIA_TYPE)

    def app(self) -> Flask:
        """Make the routes of the contract."""
        app = Flask("service")

        @app.before_request
        def note() -> Response | None:
            self.asked.append(f"{request.method} {request.path}")
            self.tokens.add(request.headers.get(routes.AUTHORIZATION))
            self.formats.add(request.headers.get(FORMATS))
            fault = next((fault for path, fault in self.faults.items() if request.path.startswith(path)), None)
            answer = fault() if fault else None
            is_open = request.path == routes.DEVICES or request.path.endswith("/proof") or request.path == routes.KEYS
            if answer is not None or is_open:
                return answer
            if self.next_token and request.headers.get(routes.AUTHORIZATION) == f"Bearer {self.next_token}":
                self.token, self.next_token = self.next_token, None
            if request.headers.get(routes.AUTHORIZATION) != f"Bearer {self.token}":
                return refuse(Problem.UNAUTHENTICATED)
            return None

        @app.post(routes.DEVICES)
        def enrol() -> Response:
            asked = routes.EnrolmentRequest.parse(request.get_data())
            if asked.code != CODE:
                return refuse(Problem.FORBIDDEN)
            device = self.device_of.setdefault(asked.secret, self.device)
            reply = routes.EnrolmentReply(device, self.token, self.group, self.public_key)
            return Response(reply.encode(), 201, mimetype=routes.JSON_MEDIA_TYPE)

        @app.get(routes.KEYS)
        def get_keys() -> Response:
            return Response(self.keys().encode(), mimetype=routes.JSON_MEDIA_TYPE)

        @app.post(routes.TOKEN)
        def renew_token() -> Response:
            self.next_token = secrets.token_urlsafe(32)
            return Response(routes.TokenReply(self.next_token).encode(), mimetype=routes.JSON_MEDIA_TYPE)

        @app.delete(routes.SAMPLES)
        def erase() -> Response:
            self.uploads.clear()
            return Response(routes.ErasureReply("3c" * 16).encode(), 202, mimetype=routes.JSON_MEDIA_TYPE)

        @app.post("/v1/devices/<device>/proof")
        def prove(device: str) -> Response:
            return self.prove(device, request.get_data())

        @app.put("/v1/spaces/<space>/uploads/<upload>")
        def put(space: str, upload: str) -> Response:
            if space in self.retired:
                return refuse(Problem.RETIRED_SPACE)
            is_new = upload not in [known for _, known, _ in self.uploads]
            self.uploads.append((space, upload, request.get_data()))
            acknowledgement = routes.Acknowledgement(upload).encode()
            return Response(acknowledgement, 201 if is_new else 200, mimetype=routes.JSON_MEDIA_TYPE)

        @app.route("/v1/spaces/<space>/uploads/<upload>", methods=["HEAD"])
        def has(space: str, upload: str) -> Response:
            if upload not in [known for _, known, _ in self.uploads]:
                return refuse(Problem.NOT_FOUND)
            answer = Response()
            answer.set_etag(upload)
            return answer

        @app.get("/v1/spaces")
        def get_spaces() -> Response:
            if self.spaces is None:
                return refuse(Problem.NOT_FOUND)
            answer = Response(self.spaces, mimetype=ENVELOPE_MEDIA_TYPE)
            answer.set_etag(sha256_hex(self.spaces))
            answer.make_conditional(request)
            return answer

        @app.get("/v1/spaces/<space>/releases/<channel>")
        def release(space: str, channel: str) -> Response:
            if space in self.retired:
                return refuse(Problem.RETIRED_SPACE)
            if channel not in self.releases:
                return refuse(Problem.NOT_FOUND)
            answer = Response(self.releases[channel], mimetype=ENVELOPE_MEDIA_TYPE)
            answer.set_etag(sha256_hex(self.releases[channel]))
            answer.make_conditional(request)
            return answer

        @app.get("/v1/objects/<sha256>")
        def get_object(sha256: str) -> Response:
            if sha256 not in self.objects:
                return refuse(Problem.NOT_FOUND)
            data = self.objects[sha256]
            answer = Response(data, mimetype=routes.OBJECT_MEDIA_TYPE)
            answer.make_conditional(request, accept_ranges=True, complete_length=len(data))
            return answer

        return app


def link(old: Ed25519PrivateKey, new: Ed25519PrivateKey, *, signer: Ed25519PrivateKey | None = None) -> Envelope:
    """Return the link from one key to another, signed by the first or by somebody else."""
    payload = KeyLink(old.public_key().public_bytes_raw(), new.public_key().public_bytes_raw(), ISSUED).encode()
    return Envelope.parse(sign(signer or old, payload, payload_type=KEY_LINK_PAYLOAD_TYPE))


def sign(key: Ed25519PrivateKey, payload: bytes, *, payload_type: str = MANIFEST_PAYLOAD_TYPE) -> bytes:
    """Return the envelope of any payload, signed."""
    signature = Signature(key_id(key.public_key().public_bytes_raw()), key.sign(pae(payload_type, payload)))
    return Envelope(payload, payload_type, (signature,)).encode()


def expected_logits(golden: NDArray[np.float32], *, classes: int) -> NDArray[np.float32]:
    """Return what the tiny heads answer."""
    return (5.0 * golden[:classes]).astype(np.float32)


def refuse(problem: Problem, headers: Mapping[str, str] | None = None, *, samples: tuple[int, ...] = ()) -> Response:
    """Answer with a problem document."""
    document = ProblemDocument(problem, where="here", expected="this", got="that", samples=samples)
    return Response(document.encode(), problem.status, headers, mimetype=PROBLEM_MEDIA_TYPE)


@contextmanager
def serving(service: StubService) -> Iterator[StubService]:
    """Run the service until the block ends."""
    server = make_server("127.0.0.1", 0, service.app(), threaded=True)
    assert isinstance(server, ThreadedWSGIServer)  # its threads are daemons
    service.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

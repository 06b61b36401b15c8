"""The device's HTTP against servers that are busy, broken, or outside the contract."""

import socket
import struct
import threading
import time
from collections.abc import Callable
from email.utils import formatdate
from functools import partial
from pathlib import Path

import pytest
from flask import Response, request

from contract import routes
from contract.envelope import ENVELOPE_MEDIA_TYPE, MAX_ENVELOPE_BYTES
from contract.files import FileRef
from contract.problems import Problem, ProblemDocument
from device.errors import (
    CutOff,
    ProtocolViolation,
    Redirected,
    Refused,
    SettingError,
    TryLater,
    Unexplained,
    Unreachable,
)
from device.service import pace
from device.service.client import Client
from tests.device.raw import answering
from tests.device.serving import CODE, TOKEN, StubService, refuse

SPACE = "a" * 64
UPLOAD = "b" * 64


@pytest.fixture
def client(service: StubService) -> Client:
    return Client(service.url, token=TOKEN)


def get_release(client: Client) -> bytes:
    answer = client.release(space=SPACE, channel="best", etag="")
    assert answer is not None
    return answer.envelope


def sends(text: str, body: bytes = b"") -> Callable[[socket.socket], None]:
    """Answer with exactly this text."""
    return lambda connection: connection.sendall(text.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)


def test_enrolment_brings_an_identity_and_a_wrong_code_is_refused(service: StubService) -> None:
    reply = Client(service.url).enrol(CODE)
    assert (reply.group, reply.key) == ("family", service.public_key)
    with pytest.raises(Refused) as refused:
        Client(service.url).enrol("wrong")
    assert (refused.value.status, refused.value.problem) == (403, Problem.FORBIDDEN)


def test_an_upload_is_acknowledged_whether_new_or_known(service: StubService, client: Client) -> None:
    client.upload(b"body", space=SPACE, upload=UPLOAD)
    client.upload(b"body", space=SPACE, upload=UPLOAD)
    assert service.uploads == [(SPACE, UPLOAD, b"body")] * 2


def test_a_release_is_asked_for_by_its_tag(service: StubService, client: Client) -> None:
    service.releases["best"] = b"{}"
    first = client.release(space=SPACE, channel="best", etag="")
    assert first is not None
    assert first.envelope == b"{}"
    assert client.release(space=SPACE, channel="best", etag=first.etag) is None
    assert client.release(space=SPACE, channel="best", etag='"another"') is not None


def test_an_object_is_continued_where_it_stopped(service: StubService, client: Client) -> None:
    service.objects[UPLOAD] = bytes(range(100))
    stream = client.object(FileRef(UPLOAD, 100), begin=60)
    assert (stream.begin, b"".join(stream.chunks)) == (60, bytes(range(60, 100)))


def test_a_server_that_ignores_ranges_begins_anew(service: StubService, client: Client) -> None:
    service.faults["/v1/objects"] = lambda: Response(bytes(range(100)))
    stream = client.object(FileRef(UPLOAD, 100), begin=60)
    assert (stream.begin, len(b"".join(stream.chunks))) == (0, 100)


def test_a_token_travels_in_the_header_alone(service: StubService, client: Client) -> None:
    seen: dict[str, str] = {}
    service.faults["/"] = lambda: seen.update(request.headers) or None
    client.upload(b"body", space=SPACE, upload=UPLOAD)
    assert seen["Authorization"] == f"Bearer {TOKEN}"
    assert TOKEN not in repr(vars(client))


def test_netrc_does_not_replace_the_token(
    service: StubService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login mallory password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setattr("device.service.client.is_loopback_url", lambda url: False)  # netrc is for other machines
    client = Client(service.url, token=TOKEN, plain_http=True)
    client.upload(b"body", space=SPACE, upload=UPLOAD)
    client.close()


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_service_is_asked_again_when_it_says(service: StubService, client: Client, status: int) -> None:
    problem = {429: Problem.TOO_MANY_REQUESTS, 503: Problem.UNAVAILABLE}[status]
    service.faults["/v1/spaces"] = lambda: refuse(problem, {"Retry-After": "17"})
    with pytest.raises(TryLater, match=f"{status} here: expected this, got that") as busy:
        get_release(client)
    assert busy.value.retry_after_s == 17


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("", None), ("soon", None), ("-5", None), ("1e9", None), ("99999999999", 86_400), ("9" * 5000, None)],
)
def test_a_retry_after_that_makes_no_sense_is_bounded(
    service: StubService, client: Client, text: str, seconds: float | None
) -> None:
    service.faults["/v1/spaces"] = lambda: refuse(Problem.UNAVAILABLE, {"Retry-After": text})
    with pytest.raises(TryLater) as busy:
        get_release(client)
    assert busy.value.retry_after_s == seconds


@pytest.mark.parametrize(("shift_s", "low", "high"), [(600, 500, 601), (-60, 0, 0), (10**9, 86_400, 86_400)])
def test_a_retry_after_may_be_a_date(service: StubService, client: Client, shift_s: int, low: int, high: int) -> None:
    date = formatdate(time.time() + shift_s, usegmt=True)
    service.faults["/v1/spaces"] = lambda: refuse(Problem.UNAVAILABLE, {"Retry-After": date})
    with pytest.raises(TryLater) as busy:
        get_release(client)
    assert busy.value.retry_after_s is not None
    assert low <= busy.value.retry_after_s <= high


@pytest.mark.parametrize("status", [500, 502, 504, 408])
def test_trouble_of_the_service_is_tried_later(service: StubService, client: Client, status: int) -> None:
    service.faults["/v1/spaces"] = lambda: Response("oops", status)
    with pytest.raises(TryLater, match=f"{status} without a reason of FEDEx"):
        get_release(client)


def test_a_refusal_keeps_status_and_problem(service: StubService, client: Client) -> None:
    service.faults["/v1/spaces"] = lambda: refuse(Problem.WRONG_SPACE)
    with pytest.raises(Refused, match="422 here: expected this, got that") as refused:
        client.upload(b"body", space=SPACE, upload=UPLOAD)
    assert (refused.value.status, refused.value.problem) == (422, Problem.WRONG_SPACE)


IMPOSSIBLE = ProblemDocument(Problem.IMPOSSIBLE, where="here", expected="this", got="that").encode()
OTHERS_TYPE = IMPOSSIBLE.replace(b"urn:fedex:problem:impossible", b"https://example.org/problem")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 422, 451])
@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b"<h1>no</h1>", "text/html"),
        (b"", routes.PROBLEM_MEDIA_TYPE),
        (b"{}", routes.PROBLEM_MEDIA_TYPE),
        (OTHERS_TYPE, routes.PROBLEM_MEDIA_TYPE),
        (IMPOSSIBLE.replace(b"impossible", b"unavailable"), routes.PROBLEM_MEDIA_TYPE),
        (IMPOSSIBLE, routes.JSON_MEDIA_TYPE),
    ],
    ids=["page", "empty", "nothing", "others", "of-another-status", "json"],
)
def test_a_refusal_without_a_problem_document_of_the_contract_is_not_the_services(
    service: StubService, client: Client, status: int, body: bytes, media_type: str
) -> None:
    """One bare 422 set samples aside for good; one bare 401 made another device."""
    service.faults["/v1"] = lambda: Response(body, status, mimetype=media_type)
    for ask in (lambda: get_release(client), lambda: client.upload(b"", space=SPACE, upload=UPLOAD), client.is_known):
        with pytest.raises(Unexplained, match=f"{status} without a reason of FEDEx") as refused:
            ask()
        assert refused.value.status == status


def test_what_a_stranger_writes_cannot_control_the_terminal(service: StubService, client: Client) -> None:
    body = b'{"type": "urn:fedex:problem:impossible", "where": "\\u001b[2J\\n", "expected": "", "got": "%s"}' % (
        b"x" * 900
    )
    service.faults["/v1/spaces"] = lambda: Response(body, 422, mimetype=routes.PROBLEM_MEDIA_TYPE)
    with pytest.raises(Refused) as refused:
        get_release(client)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 500


@pytest.mark.parametrize(
    ("fault", "complaint"),
    [
        (lambda: Response("{}", mimetype="text/html"), "expected application/vnd.fedex.envelope"),
        (
            lambda: Response("{}", 302, {"Location": "https://evil.example/\x7f"}),
            "got 302, a redirect to https://evil.example/",
        ),
        (lambda: Response("{}", 204), "expected a status of the contract, got 204"),
        (lambda: Response("{}", 304), "as no tag was sent"),
        (
            lambda: Response(b"x", headers={"Content-Encoding": "gzip"}, mimetype=ENVELOPE_MEDIA_TYPE),
            "expected a body as it is, got coding gzip",
        ),
        (
            lambda: Response(bytes(MAX_ENVELOPE_BYTES + 1), mimetype=ENVELOPE_MEDIA_TYPE),
            "expected at most 4194304 bytes",
        ),
    ],
    ids=["page", "redirect", "204", "304", "gzip", "endless"],
)
def test_an_answer_outside_the_contract_is_a_protocol_violation(
    service: StubService, client: Client, fault: Callable[[], Response], complaint: str
) -> None:
    service.faults["/v1/spaces"] = fault
    with pytest.raises(ProtocolViolation, match=complaint):
        get_release(client)


JSON = routes.JSON_MEDIA_TYPE
RIGHT = routes.Acknowledgement(UPLOAD).encode()


@pytest.mark.parametrize(
    "fault",
    [
        lambda: Response("<h1>Welcome, please log in</h1>", 200),
        lambda: Response(b"", 201),
        lambda: Response(b"", 200, mimetype=JSON),
        lambda: Response(b"{}", 200, mimetype=JSON),
        lambda: Response(b'{"upload": true}', 201, mimetype=JSON),
        lambda: Response(routes.Acknowledgement("c" * 64).encode(), 201, mimetype=JSON),
        lambda: Response(RIGHT, 200, mimetype="text/html"),
        lambda: Response(RIGHT + b" " * 5_000, 200, mimetype=JSON),
        lambda: Response(RIGHT + RIGHT, 200, mimetype=JSON),
        lambda: Response(RIGHT, 202, mimetype=JSON),
        lambda: Response(b"", 204),
        lambda: Response(b"", 304),
    ],
    ids=[
        "page",
        "empty",
        "empty-json",
        "nothing",
        "another-type",
        "another-id",
        "html",
        "long",
        "twice",
        "accepted",
        "no-content",
        "304",
    ],
)
def test_only_an_answer_that_names_the_upload_acknowledges_it(
    service: StubService, client: Client, fault: Callable[[], Response]
) -> None:
    """Any 200 did once, a portal's or a proxy's too; and the samples were never sent again."""
    service.faults["/v1/spaces"] = fault
    with pytest.raises(ProtocolViolation):
        client.upload(b"body", space=SPACE, upload=UPLOAD)


def test_an_acknowledgement_may_say_more_in_any_case_of_its_type(service: StubService, client: Client) -> None:
    answer = b'{"later": 1, "upload": "%s"}' % UPLOAD.encode()
    service.faults["/v1/spaces"] = lambda: Response(answer, 200, {"Content-Type": "Application/JSON; charset=utf-8"})
    client.upload(b"body", space=SPACE, upload=UPLOAD)


CALLS: dict[str, Callable[[Client], object]] = {
    "enrol": lambda client: client.enrol(CODE),
    "is_known": lambda client: client.is_known(),
    "upload": lambda client: client.upload(b"body", space=SPACE, upload=UPLOAD),
    "has_upload": lambda client: client.has_upload(space=SPACE, upload=UPLOAD),
    "release": lambda client: client.release(space=SPACE, channel="best", etag='"a"'),
    "object": lambda client: client.object(FileRef(UPLOAD, 4), begin=0),
    "part of an object": lambda client: client.object(FileRef(UPLOAD, 4), begin=2),
}
REDIRECTS = (300, 301, 302, 303, 305, 307, 308, 399)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("status", REDIRECTS)
def test_no_redirect_is_followed_by_any_call(call: str, status: int) -> None:
    """Not one to the same service either: whoever follows one sends its token where another program says."""
    followed: list[bytes] = []
    with answering(lambda connection: followed.append(b"here")) as elsewhere:
        location = f"HTTP/1.1 {status} Moved\nLocation: {elsewhere}/v1/devices\nContent-Length: 0"
        with answering(sends(location)) as url, pytest.raises(Redirected, match=f"got {status}, a redirect to http"):
            CALLS[call](Client(url, token=TOKEN))
    assert followed == []


def test_a_redirect_to_nowhere_is_one_too() -> None:
    with answering(sends("HTTP/1.1 302 Found\nContent-Length: 0")) as url, pytest.raises(Redirected, match="nowhere"):
        get_release(Client(url, token=TOKEN))


def test_a_304_that_nobody_asked_for_is_not_a_redirect(service: StubService, client: Client) -> None:
    """It was called a redirect to an empty address once."""
    service.faults["/v1"] = lambda: Response(b"", 304)
    with pytest.raises(ProtocolViolation, match="expected a status of the contract, got 304"):
        client.object(FileRef(UPLOAD, 100), begin=0)


@pytest.mark.parametrize("content_range", ["bytes 0-99/100", "bytes 60-99/101", "bytes 61-99/100", "nonsense", ""])
def test_another_range_than_the_one_asked_for_is_a_protocol_violation(
    service: StubService, client: Client, content_range: str
) -> None:
    service.faults["/v1/objects"] = lambda: Response(bytes(40), 206, {"Content-Range": content_range})
    with pytest.raises(ProtocolViolation, match="Content-Range bytes 60-99/100"):
        client.object(FileRef(UPLOAD, 100), begin=60)


def test_an_object_larger_than_it_may_be_is_a_protocol_violation(service: StubService, client: Client) -> None:
    service.objects[UPLOAD] = bytes(1000)
    with pytest.raises(ProtocolViolation, match="expected at most 100 bytes"):
        list(client.object(FileRef(UPLOAD, 100), begin=0).chunks)


def test_an_enrolment_reply_without_its_fields_is_a_protocol_violation(service: StubService) -> None:
    service.faults["/v1/devices"] = lambda: Response('{"device": "x"}', 201)
    with pytest.raises(ProtocolViolation, match=r"POST /v1/devices \(request [0-9a-f]{16}\): enrolment"):
        Client(service.url).enrol(CODE)


def hang_up(connection: socket.socket) -> None:
    connection.close()


def stay_silent(connection: socket.socket) -> None:
    connection.recv(1)


def break_off(connection: socket.socket) -> None:
    headers = f"HTTP/1.1 200 OK\r\nContent-Type: {ENVELOPE_MEDIA_TYPE}\r\nContent-Length: 100\r\n\r\n"
    connection.sendall(headers.encode() + b"half")


def drip(connection: socket.socket, *, first: bytes, then: bytes) -> None:
    """Send some bytes at once, and others one by one, for ever."""
    connection.sendall(first)
    while True:
        for byte in then:
            connection.sendall(bytes([byte]))
            time.sleep(0.1)


OK = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\n" % ENVELOPE_MEDIA_TYPE.encode()
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
SLOW = "too little progress within the time-out"


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (hang_up, "the connection broke|Connection reset"),
        (break_off, "the connection broke"),
        (sends("SSH-2.0-OpenSSH_9.2"), "the connection broke"),
        (sends("HTTP/1.1 200 OK\n" + "X: y\n" * 200), "the connection broke"),
    ],
    ids=["hang-up", "break", "ssh", "headers"],
)
def test_a_service_that_breaks_off_is_unreachable(answer: Callable[[socket.socket], None], complaint: str) -> None:
    with answering(answer) as url, pytest.raises(Unreachable, match=complaint):
        get_release(Client(url, token=TOKEN))


@pytest.mark.parametrize(
    "answer",
    [
        stay_silent,
        partial(drip, first=b"HTTP/1.1 ", then=b"2"),
        partial(drip, first=OK, then=b"X-More: of it\r\n"),
        partial(drip, first=b"", then=b"HTTP/1.1 100 Continue\r\n\r\n"),
        partial(drip, first=OK + b"Content-Length: 9999\r\n\r\n", then=b"x"),
        partial(drip, first=CHUNKED, then=b"1"),
        partial(drip, first=CHUNKED + b"2\r\n{}\r\n", then=b"1\r\nx\r\n"),
        partial(drip, first=CHUNKED + b"2\r\n{}\r\n0\r\n", then=b"X-More: of it\r\n"),
    ],
    ids=["silence", "line", "headers", "continue", "body", "chunk-size", "chunks", "trailers"],
)
def test_a_service_that_is_silent_or_drips_is_unreachable(answer: Callable[[socket.socket], None]) -> None:
    """Each byte counted as progress once: headers that came one a second outlasted every time-out."""
    with answering(answer) as url, pytest.raises(Unreachable, match=SLOW):
        get_release(Client(url, token=TOKEN, timeout_s=1))


def flood(connection: socket.socket, *, first: bytes, then: bytes) -> None:
    """Send as fast as it is read, for ever."""
    connection.sendall(first)
    while True:
        connection.sendall(then * 1000)


@pytest.mark.parametrize(
    ("first", "then"),
    [(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), (CHUNKED + b"2\r\n{}\r\n0\r\n", b"X-More: of it\r\n")],
    ids=["continue", "trailers"],
)
def test_what_comes_fast_and_never_ends_is_ended(first: bytes, then: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither is a part of the body, whose bound would have ended it."""
    monkeypatch.setattr(pace, "MIN_BYTES_PER_S", 16 << 20)  # or the largest envelope would be given an hour
    with answering(partial(flood, first=first, then=then)) as url, pytest.raises(Unreachable, match=SLOW):
        get_release(Client(url, token=TOKEN, timeout_s=1))


def test_nobody_there_is_unreachable_in_a_few_words() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Unreachable, match=rf"^http://127\.0\.0\.1:{port}: Connection refused$"):
        get_release(Client(f"http://127.0.0.1:{port}", token=TOKEN))
    with pytest.raises(Unreachable, match=r"Name or service not known|name resolution|No address"):
        get_release(Client("https://fedex.invalid", token=TOKEN, timeout_s=5))


def read_slowly(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 << 10)
    left = 4_000_000 - (64 << 10)  # which may have come with the headers
    while left > 0 and (got := len(connection.recv(200_000))):
        left -= got
        time.sleep(0.1)
    headers = f"HTTP/1.1 201 Created\r\nContent-Type: {JSON}\r\nContent-Length: {len(RIGHT)}\r\n\r\n"
    connection.sendall(headers.encode() + RIGHT)
    while connection.recv(200_000):
        pass


def test_a_slow_line_is_not_a_dead_one() -> None:
    """Each block of an upload has a time-out of its own: the whole takes longer than one, and is fine."""
    with answering(read_slowly) as url:
        began = time.monotonic()
        Client(url, token=TOKEN, timeout_s=1.5).upload(bytes(4_000_000), space=SPACE, upload=UPLOAD)
        assert time.monotonic() - began > 1.5


def trickle(listener: socket.socket) -> None:
    """Take an upload at 8 KiB/s, with hardly a buffer, and acknowledge it."""
    connection, _ = listener.accept()
    with connection:
        left = 64 << 10
        while left > 0 and (got := len(connection.recv(1 << 10))):
            left -= got
            time.sleep(0.125)
        headers = f"HTTP/1.1 201 Created\r\nContent-Type: {JSON}\r\nContent-Length: {len(RIGHT)}\r\n\r\n"
        connection.sendall(headers.encode() + RIGHT)
        while connection.recv(1 << 10):
            pass


def test_what_waits_in_the_kernel_has_its_time_too() -> None:
    """The time for the answer began when the kernel had all of the body: up to two minutes before the line had it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2 << 10)  # those that it accepts have it too
        thread = threading.Thread(target=trickle, args=(listener,), daemon=True)
        thread.start()
        began = time.monotonic()
        client = Client(f"http://127.0.0.1:{listener.getsockname()[1]}", token=TOKEN, timeout_s=2.5)
        client.upload(bytes(64 << 10), space=SPACE, upload=UPLOAD)
        assert time.monotonic() - began > 6
        client.close()
        thread.join(timeout=10)


def reset(connection: socket.socket) -> None:
    connection.recv(4 << 10)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def test_a_body_that_was_cut_off_is_told_from_a_service_that_is_not_there() -> None:
    with answering(reset) as url, pytest.raises(CutOff):
        Client(url, token=TOKEN).upload(bytes(1 << 20), space=SPACE, upload=UPLOAD)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Unreachable) as refused:
        Client(f"http://127.0.0.1:{port}", token=TOKEN).upload(b"body", space=SPACE, upload=UPLOAD)
    assert type(refused.value) is Unreachable


@pytest.mark.parametrize(
    ("answer", "arrived"), [(f'HTTP/1.1 200 OK\r\nETag: "{UPLOAD}"', True), ("HTTP/1.1 404 Not Found", False)]
)
def test_a_service_says_whether_an_upload_arrived(answer: str, arrived: bool) -> None:
    with answering(sends(answer)) as url:
        assert Client(url, token=TOKEN).has_upload(space=SPACE, upload=UPLOAD) is arrived


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("HTTP/1.1 200 OK", ProtocolViolation),
        (f"HTTP/1.1 200 OK\r\nETag: {UPLOAD}", ProtocolViolation),
        (f'HTTP/1.1 200 OK\r\nETag: W/"{UPLOAD}"', ProtocolViolation),
        (f'HTTP/1.1 200 OK\r\nETag: "{"0" * 64}"', ProtocolViolation),
        (f'HTTP/1.1 302 Found\r\nLocation: /\r\nETag: "{UPLOAD}"', ProtocolViolation),
        ("HTTP/1.1 401 Unauthorized", Unexplained),
        ("HTTP/1.1 503 Service Unavailable", TryLater),
    ],
)
def test_nothing_else_says_that_an_upload_arrived(answer: str, error: type[Exception]) -> None:
    """A captive portal answers 200 to everything."""
    with answering(sends(answer)) as url, pytest.raises(error):
        Client(url, token=TOKEN).has_upload(space=SPACE, upload=UPLOAD)


def answer_slowly(connection: socket.socket) -> None:
    body = bytes(20 << 10)
    connection.sendall(OK + b"Content-Length: %d\r\n\r\n" % len(body))
    for begin in range(0, len(body), 1 << 10):
        connection.sendall(body[begin : begin + (1 << 10)])
        time.sleep(0.15)


def test_a_slow_answer_is_not_a_dead_one() -> None:
    """A body that comes at some kilobytes a second takes longer than the time-out, and is fine."""
    with answering(answer_slowly) as url:
        began = time.monotonic()
        assert len(get_release(Client(url, token=TOKEN, timeout_s=2))) == 20 << 10
        assert time.monotonic() - began > 2


def test_an_address_that_is_too_long_to_be_kept_is_refused() -> None:
    """An invitation has room for one that the identity, once written, could not be read with."""
    longest = "https://fedex.example.org/".ljust(1_024, "x")
    with pytest.raises(SettingError, match="FEDEX_URL: expected at most 1024 characters, got 1025"):
        Client(longest + "x", token=TOKEN)
    Client(longest, token=TOKEN)


def test_plain_http_to_another_machine_has_to_be_allowed(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="expected https"):
        Client("http://fedex.example.org", token=TOKEN)
    Client("http://fedex.example.org", token=TOKEN, plain_http=True)
    Client("https://fedex.example.org", token=TOKEN)
    with pytest.raises(SettingError, match="FEDEX_CA_FILE"):
        Client("https://fedex.example.org", token=TOKEN, ca_file=tmp_path / "missing.pem")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "localhost", "LOCALHOST", "127.1"])
def test_a_service_on_this_machine_needs_no_tls_and_is_never_asked_through_a_proxy(
    service: StubService, refusing_proxy: list[str], host: str
) -> None:
    """127.0.0.2 was "expected https", and with FEDEX_PLAIN_HTTP=1 it was asked through the company's proxy."""
    with answering(sends("HTTP/1.1 304 Not Modified"), host="0.0.0.0") as url:
        client = Client(url.replace("0.0.0.0", host), token=TOKEN)
        assert client.release(space=SPACE, channel="best", etag="any") is None
    assert refusing_proxy == []


def test_a_service_on_another_machine_is_asked_through_the_proxy(refusing_proxy: list[str]) -> None:
    with pytest.raises(Unexplained):
        get_release(Client("http://fedex.example.org", token=TOKEN, plain_http=True))
    assert "http://fedex.example.org/v1" in refusing_proxy[0]

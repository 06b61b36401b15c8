"""The check that every route makes that answers a document which has a format."""

from __future__ import annotations

from flask import request

from cloud.errors import RequestRefused
from contract.errors import shown
from contract.formats import FORMATS, encode_formats, parse_formats, reads
from contract.problems import Problem


def check_format(document: str, version: int) -> None:
    """Refuse a request of a client that does not read the one format that the service has of a document.

    Raises:
        RequestRefused: it does not; the answer says in the client's own header what there is.
        ContractError: its header is not a list of formats.
    """
    sent = request.headers.get(FORMATS, "")
    if not reads(parse_formats(sent), document, version):
        there_is = encode_formats([(document, version)])
        raise RequestRefused(
            Problem.NOT_ACCEPTABLE, FORMATS, expected=there_is, got=shown(sent), headers={FORMATS: there_is}
        )

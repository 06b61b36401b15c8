"""The files and folders that a request names, looked at before Keras is loaded: a wrong path is told at once."""

from __future__ import annotations

from export.errors import WeightsError
from export.examples.reading import are_photos
from export.kept_space import read_kept_space
from export.network.network_file import check_network_file
from export.request import Request


def check_sources(request: Request) -> None:
    """Refuse a request for what is not there; what the files hold is judged when they are read.

    Raises:
        WeightsError: the network's file cannot be one, or there is none of weights.
        ExamplesError: samples or photos are neither a folder nor a file of arrays.
        RequestError: there is no device bundle whose space could be kept.
        OSError: one of them cannot be read.
    """
    if request.model is not None:
        check_network_file(request.model, where=f"network {request.model}")
    if request.weights is not None and not request.weights.is_file():
        raise WeightsError(f"weights {request.weights}", expected="a file", got="none of that name")
    if request.space is not None:
        read_kept_space(request.space)
    if request.given is not None:
        are_photos(request.given)

"""The web application: `create_app` joins the routes, the problem documents and the request's log line.

It keeps nothing: any number of processes answer alike. It never imports TensorFlow.
"""

from __future__ import annotations

import logging
import secrets
import time
from contextlib import ExitStack
from functools import partial

from flask import Flask, Response, current_app, g, request
from werkzeug.exceptions import NotFound

from cloud.identity.counters import CounterTable
from cloud.identity.limits import ConcurrencyLimit
from cloud.logs import fields, request_id
from cloud.settings import Settings
from cloud.store import ObjectStore, open_store
from cloud.web.dashboard.views import register_dashboard
from cloud.web.held_bytes import MAX_HELD_BYTES, HeldBytes
from cloud.web.metrics import register_metrics
from cloud.web.places import Places
from cloud.web.problems import register_problems
from cloud.web.routes import (
    description,
    downloads,
    enrolment,
    erasure,
    health,
    operator_requests,
    proofs,
    releases,
    space_list,
    uploads,
    verification_keys,
)
from cloud.web.routes.ids import register_ids
from cloud.web.service import EXTENSION, current_context, open_context
from contract.formats import parse_formats
from contract.patterns import REQUEST_ID_PATTERN
from contract.routes import HEALTHZ, READYZ, REQUEST_ID

MAX_REQUESTS = 750
PLACES = "fedex places"
HELD_BYTES = "fedex held bytes"

logger = logging.getLogger(__name__)


def create_app(
    settings: Settings,
    *,
    store: ObjectStore | None = None,
    limit: ConcurrencyLimit | None = None,
    counters: CounterTable | None = None,
    places: int = MAX_REQUESTS,
    max_held_bytes: int = MAX_HELD_BYTES,
) -> Flask:
    """Make the WSGI application over the store of the settings, or over a given one. The store is not probed here.

    Args:
        settings: what an operator chose.
        store: in place of that of the settings.
        limit: of the bodies of one device; this process's own if it is not given.
        counters: of the quotas; this process's own if they are not given.
        places: how many requests may be under way at once, beside those for its health.
        max_held_bytes: of all their bodies together.
    """
    app = Flask("cloud", static_folder=None)
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.url_map.merge_slashes = False
    register_ids(app)
    store = store or open_store(settings.store)
    context = open_context(store, settings, limit=limit or ConcurrencyLimit(), counters=counters)
    app.extensions[EXTENSION] = context
    for routes in (
        enrolment,
        erasure,
        proofs,
        verification_keys,
        uploads,
        releases,
        space_list,
        downloads,
        operator_requests,
        health,
        description,
    ):
        app.register_blueprint(routes.blueprint)
    watch = register_dashboard(app, store, operators=context.operators)
    register_metrics(app, look=partial(watch.look, None))
    register_problems(app)
    app.extensions[PLACES] = Places(places)
    app.extensions[HELD_BYTES] = HeldBytes(max_held_bytes)
    app.before_request(_begin)
    app.after_request(_log)
    return app


def _begin() -> None:
    """Note when the request began, and refuse all but one spelling of its path, and a list of formats that is none.

    What is at no route, or not with this method, is refused for that, whatever else is wrong.

    Then it takes its place, which it has until its answer was sent.

    Werkzeug takes several, and a guard in front of the service knows one. No path of the contract needs an escape.

    Raises:
        HTTPException: another spelling of the path, or no such route.
        ContractError: `Fedex-Formats` is not a list of formats.
        RequestRefused: as many requests are under way as may be.
    """
    _name()
    g.place = ExitStack()
    held: HeldBytes = current_app.extensions[HELD_BYTES]
    g.hold = g.place.enter_context(held.body())
    environ = request.environ
    path, _, _ = environ["RAW_URI"].partition("?")
    if environ["PATH_INFO"].startswith("//") or "%" in path:
        raise NotFound
    if request.routing_exception is not None:
        raise request.routing_exception
    parse_formats(environ.get("HTTP_FEDEX_FORMATS", ""))
    if environ["PATH_INFO"] not in (HEALTHZ, READYZ):
        places: Places = current_app.extensions[PLACES]
        g.place.enter_context(places.take())


def _name() -> None:
    """Give the request the name that it came with, or another one, and note whose it is and when it began."""
    asked = request.headers.get(REQUEST_ID, "")
    g.request = asked if REQUEST_ID_PATTERN.fullmatch(asked) else secrets.token_hex(8)
    request_id.set(g.request)
    forwarded = request.headers.get("X-Forwarded-For", "")
    g.address = current_context().proxies.client_of(request.remote_addr or "", forwarded=forwarded)
    g.started = time.monotonic()


def _log(answer: Response) -> Response:
    answer.call_on_close(g.place.close)
    answer.call_on_close(partial(request_id.set, ""))  # what is logged between two requests of a connection is of none
    answer.headers[REQUEST_ID] = g.request
    took_ms = round(1000 * (time.monotonic() - g.started), 1)
    logger.info(
        "request",
        extra=fields(
            method=request.method,
            route=request.url_rule.rule if request.url_rule else None,
            status=answer.status_code,
            ms=took_ms,
            bytes_in=request.content_length or 0,
            bytes_out=answer.content_length,
            device=g.get("device"),
            operator=g.get("operator"),
            address=g.address,
            **({"upload": upload} if (upload := (request.view_args or {}).get("upload")) else {}),
        ),
    )
    return answer
